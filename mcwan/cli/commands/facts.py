"""`mcwan facts`: ask clusters for their facts, and record them."""

from functools import partial
from pathlib import Path

import click

from mcwan.cli.options import ALLOW_OPTION, output_option, stack_options
from mcwan.cli.running import end_if_unread, environment, from_here, mistakes


@click.command()
@stack_options
@ALLOW_OPTION
@click.option("--dry-run", is_flag=True, help="Record nothing.")
@click.option("--conditions", is_flag=True, help="Write the conditions of the fabric's ServiceExports, too.")
@output_option()
@click.option("--rights", is_flag=True, help="Print the ClusterRole that reading needs, and read nothing.")
def facts(stack: str, project: Path, form: str, *, allow: bool, dry_run: bool, conditions: bool, rights: bool) -> None:
    """Ask the clusters for their facts, and record these.

    Of each cluster with `facts: live` or `recorded`: namespaces, exported Services and their ready endpoints, gateway
    addresses, GatewayClasses, served versions, ServiceExports and ServiceImports. It needs the network. The record,
    facts/STACK.json, is meant to be committed: a preview in CI is then the same everywhere.

    \b
    Exit codes:
      0  done
      1  a cluster could not be read, or in part: what is recorded of it holds, and the others are recorded
      2  wrong input, or a cluster of which nothing is known; nothing is recorded
    """  # noqa: D301 - click reads the backspace
    from mcwan.cli import facts as reading

    if rights:
        click.echo(reading.rights(conditions=conditions), nl=False)
        return
    with mistakes():
        from mcwan.facts.record import path, save

        found = environment(stack, project, live=True, allow=allow, refresh=True)
        if not found.known.reports:
            raise click.UsageError(
                f"no cluster of Pulumi.{stack}.yaml has `facts: live` or `recorded`; write one of them for it"
            )
        click.echo(reading.FORMATS[form](found), nl=False)
        # other programs get what holds alone; the rest is for people, who read standard error then
        say = partial(click.echo, err=form != "table")
        for note in found.known.notes:
            say(f"note: {note}")
        file = path(project, stack)
        told = from_here(file)
        if dry_run:
            say(f"{told}: nothing recorded (--dry-run)")
        else:
            say(f"{told}: {'recorded' if save(file, found.known.record) else 'unchanged'}")
        if conditions and not dry_run:
            for line in reading.conditions(found):
                say(line)
    end_if_unread(found)
