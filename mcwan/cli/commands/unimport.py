"""`mcwan unimport`: have clusters import an export no longer, in the stack file."""

from functools import partial
from pathlib import Path

import click

from mcwan.cli.options import edit_options
from mcwan.cli.running import mistakes


@click.command()
@edit_options
def unimport(
    service: str,
    clusters: tuple[str, ...],
    contexts: tuple[str, ...],
    policy_config: Path | None,
    stack: str,
    project: Path,
    *,
    dry_run: bool,
) -> None:
    """Have clusters import an export no longer.

    SERVICE is NAME/NAMESPACE. Those named by --cluster do not import it any more; without, nobody does. All others that
    import it still do. It takes the name and the route away; `callers` of an export says who may call it. The whole
    fabric is checked before anything is written.
    """
    from mcwan.cli.editing.splice import EditError

    with mistakes(EditError):
        from mcwan.cli.editing import asked, doing, spelling

        key = spelling.service(service)
        change = asked.unimport(asked.File.of(project, stack), key, clusters=clusters, contexts=contexts)
        doing.edit(
            project, stack, change, partial(doing.import_line, key), dry_run=dry_run, policy_config=policy_config
        )
