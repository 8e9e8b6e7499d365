"""`mcwan adopt`: make a stack file of mc-wan's own objects."""

from pathlib import Path

import click

from mcwan.cli.options import CHANGED, new_stack_options, one_of
from mcwan.cli.running import mistakes


@click.command()
@click.argument("files", metavar="[CLUSTER=]FILE…", nargs=-1, required=True)
@click.option(
    "--port", "ports", metavar="SERVICE=PORT", multiple=True, help="A port that no Service in the files tells."
)
@new_stack_options
def adopt(
    files: tuple[str, ...],
    clusters: tuple[str, ...],
    namespaces: tuple[str, ...],
    issuer: str,
    ports: tuple[str, ...],
    stack: str,
    project: Path,
    *,
    plaintext: bool,
    dry_run: bool,
) -> None:
    """Make a stack file of mc-wan's own objects.

    These are WANPolicy, ServiceExport and ServiceImport; the Services beside them have the ports.

    \b
        mcwan adopt --stack prod policies.yaml east=east.yaml west=west.yaml \\
            --cluster east=east:10.1.0.11 --cluster west=west:10.2.0.11

    Each FILE is YAML, - is standard input. Objects of one cluster stand in a file that is given as CLUSTER=FILE; those
    of the others are on all clusters. A cluster has the namespaces that its objects are in, and those of --namespace.
    What could not be carried over is told on standard error, a line each. A stack file is never overwritten.

    \b
    Exit codes:
      0  done
      2  wrong input; no file is written
      4  written without a WAN policy, an export or an import, which is told
    """  # noqa: D301 - click reads the backspace
    one_of(click.get_current_context(), "issuer", "plaintext")
    from mcwan.cli.editing.splice import EditError

    with mistakes(EditError):
        from mcwan import stack as stacks
        from mcwan.cli.adopting import command
        from mcwan.cli.adopting.meaning import adopt as adopted
        from mcwan.cli.editing import described, first

        first.vacant(project, stack)
        described_clusters = command.clusters(clusters, namespaces)
        objects = command.objects(files, described_clusters)
        config, left = adopted(
            objects,
            described_clusters,
            command.ports(ports),
            described.tls(issuer, plaintext=plaintext),
            lambda keys: stacks.known(project, stack, keys).plan(),
        )
        for one in left:
            click.echo(str(one), err=True)
        names = ", ".join(dict.fromkeys(one.source.name for one in objects))
        text = first.stack_text(
            config, [f"Pulumi.{stack}.yaml: an environment of mcwan, made by mcwan adopt of {names}."]
        )
        first.make(project, stack, text, dry_run=dry_run)
        if any(one.whole for one in left):
            raise click.exceptions.Exit(CHANGED)
