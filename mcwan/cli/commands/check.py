"""`mcwan check`: judge an environment by the rules."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcwan.cli.options import (
    ALLOW_OPTION,
    LIVE_OPTION,
    PATH,
    POLICY_CONFIG_OPTION,
    one_of,
    output_option,
    stack_options,
)
from mcwan.cli.running import environment, from_here, mistakes, print_to

if TYPE_CHECKING:
    from mcwan.cli.report import Report
    from mcwan.plan import Plan


@click.command()
@stack_options
@LIVE_OPTION
@ALLOW_OPTION
@click.option("--rendered", metavar="DIR", type=PATH, help="Judge what was rendered instead: a directory per cluster.")
@click.option("--state", metavar="FILE", type=PATH, help="Judge what `pulumi stack export` wrote instead.")
@POLICY_CONFIG_OPTION
@click.option("--rules", metavar="FILE", type=PATH, help="A Python file whose RULES, your own, are judged, too.")
@output_option("markdown", "sarif")
@click.option("--out", metavar="FILE", type=PATH, help="Write to this file; the terminal gets the counts only.")
@click.pass_context
def check(context: click.Context, /, form: str, out: Path | None, **options: Any) -> None:
    """Check an environment: a stack file, or what was rendered, or what is deployed.

    Of a stack file every mistake is told in one run, a line each: its place, the value, what is allowed, the remedy.
    Then every rule judges the objects of all clusters, as the policy pack does in Pulumi.

    \b
    Exit codes:
      0  done; advisory rules may be violated
      1  the environment failed: a file that cannot be written, say
      2  wrong input: a mistake in a stack file, a configuration or state that cannot be read
      3  a mandatory rule is violated, or a mandatory rule failed itself
    """  # noqa: D301 - click reads the backspace
    one_of(context, "stack", "rendered", "state")
    for option in ("rendered", "state"):
        one_of(context, option, "live")
        one_of(context, option, "allow-withdrawals")
    found, plan = _judged(**options)
    from mcwan.cli import report, tables

    text = report.FORMATS[form](found)
    if plan is not None and form == "table":
        text = tables.text(plan, plain=out is not None) + text
    print_to(text, out)
    if out is not None:
        click.echo(report.counts(found))
    if found.refused:
        raise click.exceptions.Exit(3)


def _judged(
    stack: str,
    project: Path,
    rendered: Path | None,
    state: Path | None,
    policy_config: Path | None,
    rules: Path | None,
    *,
    live: bool,
    allow: bool,
) -> tuple["Report", "Plan | None"]:
    """Judge what the options name; a stack's plan comes with the verdicts."""
    from mcwan.rules import RULES
    from mcwan.rules.settings import SettingsError, parse, read, with_rules_of
    from mcwan.rules.sources import SourceError, of_plan, of_rendered, of_state

    with mistakes(SettingsError, SourceError):
        from mcwan.cli.report import report

        every = with_rules_of(rules) if rules is not None else RULES
        settings = read(policy_config, every) if policy_config is not None else parse({}, every)
        if rendered is not None:
            return report(rendered.as_posix(), of_rendered(rendered), settings), None
        if state is not None:
            return report(state.as_posix(), of_state(state), settings), None
        plan = environment(stack, project, live=live, allow=allow).plan()
        return report(from_here(project / f"Pulumi.{stack}.yaml"), of_plan(plan), settings), plan
