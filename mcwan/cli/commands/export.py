"""`mcwan export`: export a service, in the stack file."""

from functools import partial
from pathlib import Path

import click

from mcwan.cli import completing
from mcwan.cli.options import edit_options
from mcwan.cli.running import mistakes


@click.command()
@click.option(
    "--wan-policy",
    metavar="NAME",
    shell_complete=completing.wan_policies,
    help="The WAN policy of all its requests.",
)
@click.option(
    "--rule",
    "rules",
    metavar="RULE",
    multiple=True,
    help="Instead: requests and their WAN policy, 'queries: GET /payment by high'; may be repeated, in order.",
)
@click.option(
    "--port", "ports", metavar="PORT", multiple=True, help="Its port, 8080; of several each with its name, http=8080."
)
@click.option("--replace", is_flag=True, help="Change the policy, rules or ports of what is exported already.")
@edit_options
def export(
    service: str,
    clusters: tuple[str, ...],
    contexts: tuple[str, ...],
    wan_policy: str | None,
    rules: tuple[str, ...],
    ports: tuple[str, ...],
    policy_config: Path | None,
    stack: str,
    project: Path,
    *,
    replace: bool,
    dry_run: bool,
) -> None:
    """Export a service by a WAN policy.

    SERVICE is NAME/NAMESPACE, payment/secure say. The stack file is edited, and nothing else done.

    The clusters that offer it have to be named, unless just one has its namespace. For a service that is exported
    already they are added to those that offer it; another policy, other rules or ports than written take --replace.
    Every cluster that has the namespace imports it; `mcwan import` and `unimport` narrow that.

    \b
    Rules:
      NAME: [METHOD] [PATH][, …] by POLICY
      'queries: GET /payment by high'    GET below /payment
      'stats: =/stats by low'            just that path
      'rest: by low'                     all other requests; without such a rule they are refused

    The whole fabric is checked, as by `mcwan check`, before anything is written.
    """  # noqa: D301 - click reads the backspace
    from mcwan.cli.editing.splice import EditError

    with mistakes(EditError):
        from mcwan.cli.editing import asked, doing, spelling

        key = spelling.service(service)
        change = asked.export(
            asked.File.of(project, stack),
            key,
            clusters=clusters,
            contexts=contexts,
            ports=ports,
            wan_policy=wan_policy,
            rules=rules,
            replace=replace,
        )
        doing.edit(
            project, stack, change, partial(doing.export_line, key), dry_run=dry_run, policy_config=policy_config
        )
