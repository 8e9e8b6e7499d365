"""What every edit does alike: read the stack file, change it, check the whole fabric, show the diff, write."""

from collections.abc import Callable
from pathlib import Path

import click

from mcwan import stack as stacks
from mcwan.cli import report
from mcwan.cli.editing import saving
from mcwan.cli.running import from_here, unwritten
from mcwan.plan import Plan
from mcwan.rules import RULES
from mcwan.rules.settings import parse, read
from mcwan.rules.sources import of_plan

Edit = Callable[[str], str]
Tell = Callable[[Plan], str]


def edit(
    project: Path,
    stack: str,
    change: Edit,
    tell: Tell,
    *,
    dry_run: bool,
    policy_config: Path | None,
    note: str = "",
) -> None:
    """Change a stack file, if the fabric that it then describes is right; `tell` says in a line what holds of it.

    Raises EditError, StackFileError, RecordError or MistakesError; ends with exit code 3 where a mandatory rule
    refuses it, with 1 where it cannot be written. The file is untouched then.
    """
    path = stacks.stack_file(project, stack)
    name = from_here(path)
    before = stacks.read_text(path)
    after = saving.with_newlines(before, change)
    plan = judged(project, stack, after, policy_config)
    if after == before:
        click.echo(tell(plan))
        click.echo(f"{name}: nothing to change")
        return
    show(name, before, after)
    if note:
        click.echo(f"note: {note}")
    click.echo(tell(plan))
    if dry_run:
        click.echo(f"{name}: nothing written (--dry-run)")
        return
    try:
        saving.replace(path, before, after)
    except OSError as error:
        raise unwritten(name, error) from None
    click.echo(f"{name}: written")


def judged(project: Path, stack: str, text: str, policy_config: Path | None = None) -> Plan:
    """Check a stack file's text as `mcwan check` does, and give its plan; a mandatory rule ends with exit code 3."""
    name = f"Pulumi.{stack}.yaml"
    plan = stacks.known(project, stack, stacks.config_of(text, name)).plan()
    settings = read(policy_config, RULES) if policy_config is not None else parse({}, RULES)
    found = report.report(name, of_plan(plan), settings)
    if found.refused:
        click.echo(report.FORMATS["table"](found), nl=False, err=True)
        click.echo("refused by a mandatory rule; nothing was done", err=True)
        raise click.exceptions.Exit(3)
    return plan


def show(name: str, before: str, after: str) -> None:
    """Print what changes in a file; in colour on a terminal."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in saving.difference(name, before, after):
        click.echo(click.style(line, fg=colours.get(line[:1])))


def export_line(service: str, plan: Plan) -> str:
    """Say in a line who offers an export, by which WAN policies, and who imports it."""
    found = plan.context.exports.get(service)
    if found is None:
        return f"{service}: not exported"
    rules = ", ".join(f"{rule.name}: {rule.wan_policy}" for rule in found.rules)
    return (
        f"{service}: offered by {', '.join(found.offers)}, by {found.wan_policy or f'rules ({rules})'}; "
        f"{import_line(service, plan).removeprefix(f'{service}: ')}"
    )


def import_line(service: str, plan: Plan) -> str:
    """Say in a line who imports an export, and by which path if that is not the gateway's."""
    importing = plan.context.imports.get(service, ())
    shown = [one.cluster if one.path == "gateway" else f"{one.cluster} ({one.path})" for one in importing]
    return f"{service}: imported by {', '.join(shown) or 'nobody'}"
