"""`mcwan unexport`: take an export away, in the stack file."""

from functools import partial
from pathlib import Path

import click

from mcwan.cli.options import edit_options
from mcwan.cli.running import mistakes


@click.command()
@edit_options
def unexport(
    service: str,
    clusters: tuple[str, ...],
    contexts: tuple[str, ...],
    policy_config: Path | None,
    stack: str,
    project: Path,
    *,
    dry_run: bool,
) -> None:
    """Take an export away.

    SERVICE is NAME/NAMESPACE. With --cluster, just those clusters offer it no longer. What `mcwan:imports` says of the
    export goes with it. Comments above it stay. The whole fabric is checked before anything is written.
    """
    from mcwan.cli.editing.splice import EditError

    with mistakes(EditError):
        from mcwan.cli.editing import asked, doing, spelling

        key = spelling.service(service)
        file = asked.File.of(project, stack)
        change = asked.unexport(file, key, clusters=clusters, contexts=contexts)
        note = asked.left_behind(file, key, change)
        tell = partial(doing.export_line, key)
        doing.edit(project, stack, change, tell, dry_run=dry_run, policy_config=policy_config, note=note)
