"""`mcwan facts`: ask clusters for their facts, and record them."""

from pathlib import Path

import click

from mcwan.cli.options import ALLOW_OPTION, stack_options
from mcwan.cli.running import environment, from_here, mistakes


@click.command()
@stack_options
@ALLOW_OPTION
@click.option("--dry-run", is_flag=True, help="Record nothing.")
@click.option("--conditions", is_flag=True, help="Write the conditions of the fabric's ServiceExports, too.")
@click.option("--rights", is_flag=True, help="Print the ClusterRole that reading needs, and read nothing.")
def facts(stack: str, project: Path, *, allow: bool, dry_run: bool, conditions: bool, rights: bool) -> None:
    """Ask the clusters for their facts, and record these.

    Of each cluster with `facts: live` or `recorded`: namespaces, exported Services and their ready endpoints, gateway
    addresses, GatewayClasses, served versions, ServiceExports and ServiceImports. It needs the network. The record,
    facts/STACK.json, is meant to be committed: a preview in CI is then the same everywhere.
    """
    from mcwan.cli import facts as reading

    if rights:
        click.echo(reading.rights(conditions=conditions), nl=False)
        return
    with mistakes():
        from mcwan.facts.record import path, save

        found = environment(stack, project, live=True, allow=allow, refresh=True)
        if not found.known.reports:
            raise click.UsageError(f"no cluster of Pulumi.{stack}.yaml has `facts: live` or `recorded`")
        click.echo(reading.told(found), nl=False)
        for note in found.known.notes:
            click.echo(f"note: {note}")
        file = path(project, stack)
        told = from_here(file)
        if dry_run:
            click.echo(f"{told}: nothing recorded (--dry-run)")
        else:
            click.echo(f"{told}: {'recorded' if save(file, found.known.record) else 'unchanged'}")
        if conditions and not dry_run:
            for line in reading.conditions(found):
                click.echo(line)
