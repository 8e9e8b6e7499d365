"""`mcwan render`: write the objects of every cluster."""

from pathlib import Path

import click

from mcwan.cli.options import ALLOW_OPTION, DIRECTORY, LIVE_OPTION, stack_options
from mcwan.cli.running import environment, mistakes, written_to


@click.command()
@stack_options
@LIVE_OPTION
@ALLOW_OPTION
@click.option(
    "--out",
    type=DIRECTORY,
    help="Where to write; a directory per cluster below it.  [default: rendered/STACK]",
)
@click.option("--cluster", help="Write this cluster's objects only.")
def render(stack: str, project: Path, out: Path | None, cluster: str | None, *, live: bool, allow: bool) -> None:
    """Write the objects of every cluster as YAML.

    The same objects as `pulumi up` makes, in an order that a cluster accepts:

    \b
        kubectl apply --server-side --field-manager=mcwan -f OUT/CLUSTER/00-crds.yaml
        kubectl apply --server-side --field-manager=mcwan -f OUT/CLUSTER

    WANPolicies are guarded: their guard knows a deployment by that field manager.
    Files of an earlier run that are no longer needed are removed; others are left alone.
    """  # noqa: D301 - click reads the backspace
    with mistakes():
        plan = environment(stack, project, live=live, allow=allow).plan()
        if cluster is not None and cluster not in plan.fabric.clusters:
            known = ", ".join(sorted(plan.fabric.clusters))
            raise click.BadParameter(
                f"{cluster!r} is not in Pulumi.{stack}.yaml; clusters there: {known}", param_hint="--cluster"
            )
        directory = out or project / "rendered" / stack
        from mcwan.rules.words import many

        written = written_to(plan, directory, cluster)
        click.echo(f"{written.objects} objects in {len(written.files)} files below {directory}")
        if written.removed:
            click.echo(f"{many(len(written.removed), 'file')} of an earlier run removed")
        for note in plan.notes():
            click.echo(f"note: {note}")
