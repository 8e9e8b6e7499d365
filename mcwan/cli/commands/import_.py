"""`mcwan import`: have clusters import an export, in the stack file."""

from functools import partial
from pathlib import Path

import click

from mcwan.cli.options import edit_options
from mcwan.cli.running import mistakes


@click.command("import")
@click.option(
    "--path",
    type=click.Choice(["gateway", "direct", "federated"]),
    help="Through the egress gateway, straight to the remote one, or by the clients' own sidecars.  [default: as it "
    "is, else gateway]",
)
@edit_options
def import_(
    service: str,
    clusters: tuple[str, ...],
    contexts: tuple[str, ...],
    path: str | None,
    policy_config: Path | None,
    stack: str,
    project: Path,
    *,
    dry_run: bool,
) -> None:
    """Have clusters import an export.

    SERVICE is NAME/NAMESPACE. Those named by --cluster import it; without, all that have its namespace.

    An export of which `mcwan:imports` says nothing is imported by all that have its namespace: the first import for
    named clusters narrows it to these. Further ones add to them; `mcwan unimport` takes them away again. Where traffic
    goes to need not be said: each cluster's ingress addresses are in the stack file.
    """
    from mcwan.cli.editing.splice import EditError

    with mistakes(EditError):
        from mcwan.cli.editing import asked, doing, spelling

        key = spelling.service(service)
        change = asked.import_(asked.File.of(project, stack), key, clusters=clusters, contexts=contexts, path=path)
        doing.edit(
            project, stack, change, partial(doing.import_line, key), dry_run=dry_run, policy_config=policy_config
        )
