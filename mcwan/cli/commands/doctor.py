"""`mcwan doctor`: whether the clusters are as a stack needs them."""

from pathlib import Path

import click

from mcwan.cli.options import output_option, stack_options
from mcwan.cli.running import mistakes


@click.command()
@stack_options
@click.option("--cluster", "clusters", metavar="NAME", multiple=True, help="This one only; may be given again.")
@click.option("--rights", is_flag=True, help="Print the ClusterRole that it needs, and read nothing.")
@output_option()
def doctor(stack: str, project: Path, clusters: tuple[str, ...], form: str, *, rights: bool) -> None:
    """Diagnose the clusters of a stack.

    Before an update: what would stop it. After it: what is wrong. Each finding has a verdict, a remedy, and a
    section of docs/how-to/doctor.md. It needs the network, and changes nothing. Clusters with `renderTo`
    are not reached.

    \b
    Exit codes:
      0  no check failed; there may be warnings, and what is not known
      1  a check failed
      2  wrong input
    """  # noqa: D301 - click reads the backspace
    if rights:
        import yaml

        from mcwan.facts.rights import cluster_role

        click.echo(yaml.safe_dump(cluster_role("mcwan-doctor", diagnosis=True), sort_keys=False), nl=False)
        return
    with mistakes():
        from mcwan.cli import doctor as told
        from mcwan.doctor import diagnose

        findings = diagnose(told.gather(project, stack, clusters))
        click.echo(told.FORMS[form](findings), nl=False)
        if any(one.verdict == "failed" for one in findings):
            raise click.exceptions.Exit(1)
