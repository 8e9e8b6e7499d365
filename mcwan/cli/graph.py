"""Pictures of a fabric, in the form that is wanted."""

import subprocess
from collections.abc import Collection
from pathlib import Path

import click
from graphviz import ExecutableNotFound
from pydantic import ValidationError

from mcwan.changes.plan import Changes
from mcwan.changes.reading import view
from mcwan.changes.view import View
from mcwan.cli.running import put_to
from mcwan.model.mistakes import unread
from mcwan.picture import detail, overview
from mcwan.picture.dot import graph
from mcwan.picture.drawing import Drawing
from mcwan.picture.mermaid import text
from mcwan.plan import Plan
from mcwan.rules.sources import SourceError, of_plan

MOST_EXPORTS = 30
"""More exports than these are drawn by WAN policy, unless it is said otherwise."""
SUFFIXES = {".dot": "dot", ".gv": "dot", ".mermaid": "mermaid", ".mmd": "mermaid", ".png": "png", ".svg": "svg"}


def of_stack(plan: Plan) -> tuple[View, View, str]:
    """Give what is drawn of a plan: nothing before, the fabric, a title."""
    found = view(of_plan(plan))
    return View(), found, f"Fabric {plan.fabric.name}"


def of_changes(path: Path) -> tuple[View, View, str]:
    """Give what is drawn of a file of `mcwan plan --output json`. Raises SourceError."""
    try:
        found = Changes.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read: {unread(error)}") from None
    except ValidationError:
        raise SourceError(f"{path}: not a plan; name a file of `mcwan plan --output json --out FILE`") from None
    return found.deployed, found.planned, f"Fabric {found.stack}\n{found.summary}"


def drawing(views: tuple[View, View, str], exports: Collection[str], by: str) -> Drawing:
    """Draw by export or, where there are many, by WAN policy. Raises SourceError for an export that is not there."""
    before, after, title = views
    exports = [one.replace("/", ".") for one in exports]
    known = before.by_export.keys() | after.by_export.keys()
    if unknown := sorted(set(exports) - known):
        raise SourceError(f"--export {unknown[0]}: no such export; there are: {', '.join(sorted(known)) or 'none'}")
    shown = len(exports) or len(known)
    each = by == "export" or (by == "auto" and shown <= MOST_EXPORTS)
    draw = detail.drawing if each else overview.drawing
    return draw(before, after, title, lambda export: not exports or export in exports)


def written(found: Drawing, form: str) -> bytes:
    """Give a drawing as a file's content; what stops Graphviz ends the command with exit code 1."""
    if form == "mermaid":
        return text(found).encode()
    made = graph(found)
    if form == "dot":
        return made.source.encode()
    try:
        drawn: bytes = made.pipe(format=form)
    except ExecutableNotFound:
        raise click.ClickException(
            f"{form} is drawn by Graphviz, and no `dot` is on PATH; install it (apt install graphviz, brew install "
            "graphviz), or take --output mermaid, which needs no program"
        ) from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip().partition("\n")[0]
        raise click.ClickException(f"Graphviz's `dot` failed: {said}") from None
    return drawn


def write(content: bytes, out: Path | None) -> None:
    """Print a picture, or write it; a file that cannot be written ends the command with exit code 1."""
    if out is None:
        click.echo(content, nl=False)
        return
    put_to(content, out)
