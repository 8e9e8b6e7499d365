"""`mcwan mesh`: what Istio has to be told when it is installed."""

from pathlib import Path

import click

from mcwan.cli.options import DIRECTORY, stack_options
from mcwan.cli.running import mistakes, unwritten


@click.command()
@stack_options
@click.option("--out", type=DIRECTORY, help="Write CLUSTER.yaml for each to this directory, not to the terminal.")
@click.argument("clusters", metavar="[CLUSTER]...", nargs=-1)
def mesh(clusters: tuple[str, ...], stack: str, project: Path, out: Path | None) -> None:
    """Print what Istio has to be told of each cluster's mesh, as values for its Helm chart istiod.

    \b
        mcwan mesh east | helm upgrade --install istiod istio/istiod --namespace istio-system --values -

    CLUSTER is one with `mesh` in the stack file: all of those, without. Istio itself, its certificates and the rest of
    its values are the operator's.
    """  # noqa: D301 - click reads the backspace
    from mcwan.cli.mesh import MeshError, write, written

    with mistakes(MeshError):
        from mcwan.stack import read

        found = written(read(project, stack), clusters)
        if out is None:
            click.echo("".join(found.values()), nl=False)
            return
        try:
            names = write(found, out)
        except OSError as error:
            raise unwritten(out, error) from None
        click.echo(f"{', '.join(names)} in {out}")
