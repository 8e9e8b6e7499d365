"""The command `mcwan`. Imports are lazy, so that help is quick.

Exit codes: 0 done; 1 the environment failed (a directory that cannot be written); 2 wrong input.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcwan import __version__

if TYPE_CHECKING:
    from mcwan.cli.render import Written
    from mcwan.plan import Plan

PROJECT_OPTION = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The directory with Pulumi.yaml and the stack files; the current one by default.",
)
STACK_OPTION = click.option("--stack", default="dev", show_default=True, help="The stack: NAME in Pulumi.NAME.yaml.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcwan")
def main() -> None:
    """Join Kubernetes service meshes over an SD-WAN.

    A stack file, Pulumi.NAME.yaml, describes an environment: clusters, WAN policies, exports. These commands read it
    without Pulumi and without a cluster; `pulumi up` deploys it.
    """


@main.command()
@STACK_OPTION
@PROJECT_OPTION
def check(stack: str, project: Path) -> None:
    """Check a stack file, and say what it describes.

    Every mistake is told in one run, a line each: its place, the value, what is allowed, the remedy.
    """
    with mistakes():
        from mcwan import gateways
        from mcwan.cli.tables import show
        from mcwan.stack import read

        show(gateways.plan(read(project, stack)))


@main.command()
@STACK_OPTION
@PROJECT_OPTION
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write; a directory per cluster below it.  [default: rendered/STACK]",
)
@click.option("--cluster", help="Write this cluster's objects only.")
def render(stack: str, project: Path, out: Path | None, cluster: str | None) -> None:
    """Write the objects of every cluster as YAML.

    The same objects as `pulumi up` makes, in an order that a cluster accepts:

    \b
        kubectl apply --server-side -f OUT/CLUSTER/00-crds.yaml
        kubectl apply --server-side -f OUT/CLUSTER

    Files of an earlier run that are no longer needed are removed; others are left alone.
    """  # noqa: D301 - click reads the backspace
    with mistakes():
        from mcwan import gateways
        from mcwan.stack import read

        plan = gateways.plan(read(project, stack))
        if cluster is not None and cluster not in plan.fabric.clusters:
            known = ", ".join(sorted(plan.fabric.clusters))
            raise click.BadParameter(
                f"{cluster!r} is not in Pulumi.{stack}.yaml; clusters there: {known}", param_hint="--cluster"
            )
        directory = out or project / "rendered" / stack
        written = written_to(plan, directory, cluster)
        click.echo(f"{written.objects} objects in {len(written.files)} files below {directory}")
        if written.removed:
            click.echo(f"{len(written.removed)} files of an earlier run removed")
        for note in plan.notes():
            click.echo(f"note: {note}")


@main.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, not to the terminal.")
def schema(out: Path | None) -> None:
    """Print the JSON Schema of a stack file, for editors and other programs."""
    from mcwan.cli.schema import stack_schema

    _print(stack_schema(), out)


@main.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, not to the terminal.")
def reference(out: Path | None) -> None:
    """Print the reference of a stack file's keys, as Markdown."""
    from mcwan.cli.schema import reference_page

    _print(reference_page(), out)


def written_to(plan: "Plan", directory: Path, cluster: str | None = None) -> "Written":
    """Render a plan to a directory; what stops that ends the command on one line, with exit code 1."""
    from mcwan.cli.render import write

    try:
        return write(plan, directory, cluster)
    except OSError as error:
        raise click.ClickException(f"cannot write to {directory}: {error}") from None


def _print(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write to {out}: {error}") from None


@contextmanager
def mistakes() -> Iterator[None]:
    """Tell an operator's mistakes plainly, and end with exit code 2."""
    from mcwan.model import MistakesError
    from mcwan.stack import StackFileError

    try:
        yield
    except MistakesError as error:
        click.echo(str(error), err=True)
        count = len(error.mistakes)
        click.echo(f"{count} mistake{'s' * (count > 1)}; nothing was done", err=True)
        raise click.exceptions.Exit(2) from None
    except StackFileError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(2) from None


if __name__ == "__main__":
    main()
