"""`mcwan status`: what is deployed, what became of it, and what drifted."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcwan.cli.options import CHANGED, output_option, stack_options
from mcwan.cli.running import environment, mistakes

if TYPE_CHECKING:
    from mcwan.cli.status import Status


@click.command()
@click.argument("service", required=False)
@stack_options
@click.option("--recorded", is_flag=True, help="Ask no cluster; tell what is recorded of them.")
@click.option("--watch", metavar="SECONDS", type=click.FloatRange(1), help="Tell it again and again, until Ctrl-C.")
@click.option("--exit-code", is_flag=True, help=f"End with exit code {CHANGED} unless all is as planned.")
@click.option("--rights", is_flag=True, help="Print the ClusterRole that it needs, and read nothing.")
@output_option()
def status(
    service: str | None,
    stack: str,
    project: Path,
    form: str,
    watch: float | None,
    *,
    recorded: bool,
    exit_code: bool,
    rights: bool,
) -> None:
    """Show exports and imports as they are on the clusters, and every field that drifted.

    SERVICE is an export, payment/secure or payment.secure; without it all are shown. Needs the network: clusters that
    are reached are read, of others it is told what is recorded. Of rendered ones the files are compared.

    \b
    Exit codes:
      0  done
      1  a cluster could not be read
      2  wrong input
      4  something drifted, is not accepted, or conflicts; with --exit-code only
    """  # noqa: D301 - click reads the backspace
    if rights:
        click.echo(_rights(), nl=False)
        return
    while True:
        found = _status(service, stack, project, recorded=recorded)
        from mcwan.cli.status import FORMATS

        if watch is None:
            click.echo(FORMATS[form](found), nl=False)
            break
        click.clear()  # does nothing where there is no terminal
        click.echo(FORMATS[form](found), nl=False)
        try:
            time.sleep(watch)
        except KeyboardInterrupt:
            break
    if found.unread and not recorded:
        raise click.exceptions.Exit(1)
    if exit_code and not found.is_well:
        raise click.exceptions.Exit(CHANGED)


def _status(service: str | None, stack: str, project: Path, *, recorded: bool) -> "Status":
    from mcwan.rules.sources import SourceError

    with mistakes(SourceError):
        from mcwan.cli import deployed
        from mcwan.cli import status as telling

        now = environment(stack, project, live=False)
        plan = now.plan()
        key = service.replace("/", ".") if service is not None else None
        if key is not None and key not in plan.context.exports:
            known = ", ".join(plan.context.exports) or "none"
            raise click.BadParameter(
                f"{service!r} is not exported in Pulumi.{stack}.yaml; exports there: {known}", param_hint="SERVICE"
            )
        return telling.status(plan, now.known, deployed.found(plan, project, ask=not recorded), key)


def _rights() -> str:
    import yaml

    from mcwan.cli.deployed import rights
    from mcwan.facts.rights import cluster_role

    role = cluster_role("mcwan-status")
    return yaml.safe_dump({**role, "rules": rights()}, sort_keys=False)
