"""`mcwan plan`: what an update would do."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcwan.cli.options import ALLOW_OPTION, CHANGED, PATH, one_of, output_option, stack_options
from mcwan.cli.running import end_if_unread, environment, from_here, mistakes, print_to

if TYPE_CHECKING:
    from mcwan.changes.plan import Changes
    from mcwan.stack import Environment


@click.command()
@stack_options
@ALLOW_OPTION
@click.option("--state", metavar="FILE", type=PATH, help="What is deployed: what `pulumi stack export` wrote.")
@click.option("--rendered", metavar="DIR", type=PATH, help="What is deployed: an earlier folder of `mcwan render`.")
@click.option(
    "--from", "earlier", metavar="FILE", type=PATH, help="What is deployed: an earlier stack file; - is standard input."
)
@click.option("--live", is_flag=True, help="What is deployed: what the clusters themselves have. Needs the network.")
@output_option("markdown")
@click.option("--out", metavar="FILE", type=PATH, help="Write to this file; the terminal gets the summary only.")
@click.option("--exit-code", is_flag=True, help=f"End with exit code {CHANGED} if something changes.")
@click.pass_context
def plan(
    context: click.Context,
    /,
    stack: str,
    project: Path,
    state: Path | None,
    rendered: Path | None,
    earlier: Path | None,
    form: str,
    out: Path | None,
    *,
    allow: bool,
    live: bool,
    exit_code: bool,
) -> None:
    """Say what an update would do: in the words of the fabric, then object by object.

    Which requests move where, which exports come and go, whether traffic is disturbed and why, and what has to change
    on the SD-WAN's side. Nothing is changed. What is deployed is read from one of:

    \b
      --state FILE    pulumi stack export --stack NAME --file FILE
      --rendered DIR  a folder of mcwan render, say of the main branch
      --from FILE     git show main:Pulumi.NAME.yaml | mcwan plan --from -
      --live          the clusters, read now

    or, where every cluster has renderTo, from the directories that `pulumi up` wrote.

    \b
    Exit codes:
      0  done, whether something changes or not
      1  the environment failed: a file that cannot be written; with --live, a cluster that cannot be read
      2  wrong input: a mistake in a stack file, a state that cannot be read
      4  something changes, with --exit-code only
    """  # noqa: D301 - click reads the backspace
    one_of(context, "state", "rendered", "from", "live")
    from mcwan.rules.sources import SourceError

    with mistakes(SourceError):
        now = environment(stack, project, live=live, allow=allow)
        found = _planned(now, stack, project, state, rendered, earlier, live=live)
    from mcwan.cli import plan as telling

    text = telling.FORMATS[form](found)
    print_to(text if out is None else click.unstyle(text), out)
    if out is not None:
        click.echo(found.summary)
    if live:
        end_if_unread(now)
    if exit_code and found.changed:
        raise click.exceptions.Exit(CHANGED)


def _planned(
    now: "Environment",
    stack: str,
    project: Path,
    state: Path | None,
    rendered: Path | None,
    earlier: Path | None,
    *,
    live: bool,
) -> "Changes":
    """Compare a stack's plan with what the options name."""
    from mcwan.cli import plan as telling
    from mcwan.rules.sources import of_plan, of_rendered, of_state

    plan = now.plan()
    named = from_here(project / f"Pulumi.{stack}.yaml")
    if state is not None:
        before, where = of_state(state, written=True), state.as_posix()
    elif rendered is not None:
        before, where = of_rendered(rendered), rendered.as_posix()
    elif earlier is not None:
        was = telling.of_stack_file(earlier, project, stack)
        found = telling.planned(plan, of_plan(was), stack, telling.called(earlier), named)
        return telling.with_names(found, was, plan)
    elif live:
        before, where = telling.of_clusters(plan, project), "what the clusters have"
    else:
        before, where = telling.of_deployed(now, project), "what is deployed"
    return telling.planned(plan, before, stack, where, named)
