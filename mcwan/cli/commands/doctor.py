"""`mcwan doctor`: whether the clusters are as a stack needs them."""

from pathlib import Path

import click

from mcwan.cli.options import output_option, stack_options
from mcwan.cli.running import mistakes


@click.command()
@stack_options
@click.option("--cluster", "clusters", metavar="NAME", multiple=True, help="This one only; may be given again.")
@click.option("--probe", is_flag=True, help="Send requests, too, and see by which WAN port each rule's leave.")
@click.option(
    "--service", "services", metavar="SERVICE", multiple=True, help="With --probe: this one's only; may be given again."
)
@click.option(
    "--inside",
    metavar="NAME",
    help="This machine is in that cluster's network: look names up here, and send its requests from here.",
)
@click.option("--rights", is_flag=True, help="Print the ClusterRole that it needs, and ask no cluster.")
@output_option()
def doctor(
    stack: str,
    project: Path,
    clusters: tuple[str, ...],
    services: tuple[str, ...],
    inside: str | None,
    form: str,
    *,
    probe: bool,
    rights: bool,
) -> None:
    """Diagnose the clusters of a stack.

    Before an update: what would stop it. After it: what is wrong. Each finding has a verdict, a remedy, and a
    section of docs/how-to/doctor.md. It needs the network, and changes nothing. Clusters with `renderTo`
    are not reached.

    --probe sends a GET or HEAD of each rule of each import to the egress gateway, through the cluster's API server or,
    with --inside, from here. The ingress gateway that it arrives at says in its answer by which WAN policy it came.
    SERVICE is an export, payment/secure or payment.secure.

    \b
    Exit codes:
      0  no check failed; there may be warnings, and what is not known
      1  a check failed
      2  wrong input
    """  # noqa: D301 - click reads the backspace
    if services and not probe:
        raise click.UsageError("--service says which requests are sent; write --probe, too")
    with mistakes():
        from mcwan.cli import doctor as told

        if rights:
            click.echo(told.rights(project, stack, probe=probe), nl=False)
            return
        from mcwan.doctor import diagnose

        chosen = [one.replace("/", ".") for one in services] if probe else None
        findings = diagnose(told.gather(project, stack, clusters, inside, chosen))
        click.echo(told.FORMS[form](findings), nl=False)
        if any(one.verdict == "failed" for one in findings):
            raise click.exceptions.Exit(1)
