"""`mcwan init`: write a first stack file."""

from pathlib import Path

import click

from mcwan.cli.options import new_stack_options, one_of
from mcwan.cli.running import mistakes, on_terminal


@click.command()
@click.option(
    "--wan-policy",
    "wan_policies",
    metavar="NAME=TUNNEL:PORT[:JITTER/LATENCY/LOSS]",
    multiple=True,
    help="A WAN policy, with what its tunnel promises (ms, ms, percent); may be repeated. "
    "[default: high=business:31111:50/100/1 and low=default:31112:1000/1000/100]",
)
@new_stack_options
def init(
    clusters: tuple[str, ...],
    wan_policies: tuple[str, ...],
    namespaces: tuple[str, ...],
    issuer: str,
    stack: str,
    project: Path,
    *,
    plaintext: bool,
    dry_run: bool,
) -> None:
    """Write a first stack file.

    It asks for what it needs on a terminal; else the options say it.

    \b
        mcwan init --stack prod --namespace secure \\
            --cluster east=east:10.1.0.11 --cluster west=west:10.2.0.11

    It deploys as it is, and has comments that teach. A stack file that is there is never overwritten.
    """  # noqa: D301 - click reads the backspace
    one_of(click.get_current_context(), "issuer", "plaintext")
    from mcwan.cli.editing.splice import EditError

    with mistakes(EditError):
        from mcwan.cli.editing import asking, described, first

        first.vacant(project, stack)
        if clusters:
            config = {
                "clusters": described.once("--cluster", (described.cluster(one, namespaces) for one in clusters)),
                "tls": described.tls(issuer, plaintext=plaintext),
                "wanPolicies": described.once("--wan-policy", map(described.wan_policy, wan_policies))
                or described.POLICIES,
            }
        elif on_terminal() and (typed := "--wan-policy" if wan_policies else "--namespace" if namespaces else ""):
            raise EditError(
                f"{typed}: says nothing without --cluster; name the clusters, too, or leave it out to be asked"
            )
        elif on_terminal():
            config = asking.environment()
        else:
            raise EditError(
                "no terminal to ask on; say what there is, each cluster once: "
                f"mcwan init --stack {stack} --cluster NAME=CONTEXT:ADDRESS, e.g. --cluster {described.CLUSTER}"
            )
        text = first.stack_text(config, [f"Pulumi.{stack}.yaml: an environment of mcwan, one key for each thing."])
        first.make(project, stack, text, dry_run=dry_run)
        for line in described.levels_supposed(wan_policies if clusters else ()):
            click.echo(line, err=True)
        if not dry_run:
            click.echo(f"next: mcwan export, mcwan check --stack {stack}, pulumi stack init {stack}, pulumi up")
