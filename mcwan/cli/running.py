"""What commands do alike: read an environment, tell an operator's mistakes, print or write."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mcwan import stack as stacks
    from mcwan.cli.render import Written
    from mcwan.plan import Plan


def environment(
    stack: str, project: Path, *, live: bool, allow: bool = False, refresh: bool = False
) -> "stacks.Environment":
    """Read a stack; its live clusters, too, if that is wanted. Progress goes to standard error."""
    from mcwan import stack as stacks

    if not live:
        return stacks.environment(project, stack, allow=allow)
    from functools import partial

    from mcwan.facts.reading import read_all

    say = partial(click.echo, err=True)
    return stacks.environment(project, stack, reader=partial(read_all, say=say), allow=allow, refresh=refresh)


def end_if_unread(found: "stacks.Environment") -> None:
    """End a command with exit code 1, once all is told, if a cluster that it asked was not read, or in part."""
    if found.known.unread:
        named = ", ".join(found.known.unread)
        raise click.ClickException(f"{named}: not read, or in part; what is recorded holds, as the notes say")


def written_to(plan: "Plan", directory: Path, cluster: str | None = None) -> "Written":
    """Render a plan to a directory; what stops that ends the command on one line, with exit code 1."""
    from mcwan.cli.render import write

    try:
        return write(plan, directory, cluster)
    except OSError as error:
        raise unwritten(directory, error) from None


def print_to(text: str, out: Path | None) -> None:
    """Print a text, or write it to a file; a file that cannot be written ends the command with exit code 1."""
    if out is None:
        click.echo(text, nl=False)
        return
    put_to(text.encode(), out)


def put_to(content: bytes, out: Path) -> None:
    """Write a file, whole or not at all; one that cannot be written ends the command with exit code 1."""
    from mcwan.files import put

    try:
        put(out, content)
    except OSError as error:
        raise unwritten(out, error) from None


def unwritten(place: Path | str, error: OSError) -> click.ClickException:
    """Give what ends a command that cannot write to a place: as the system says it, without its number."""
    return click.ClickException(f"cannot write to {place}: {error.strerror or error}")


def on_terminal() -> bool:
    """Tell whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def from_here(path: Path) -> str:
    """Give a path from the current directory if it is below that, so that it is the same on every machine."""
    here = Path.cwd()
    return (path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path).as_posix()


@contextmanager
def mistakes(*more: type[Exception]) -> Iterator[None]:
    """Tell an operator's mistakes plainly, and end with exit code 2; `more` are errors that are such mistakes, too."""
    from mcwan.facts.record import RecordError
    from mcwan.model import MistakesError
    from mcwan.stack import StackFileError

    told: tuple[type[Exception], ...] = (StackFileError, RecordError, *more)
    try:
        yield
    except MistakesError as error:
        from mcwan.rules.words import many  # whoever makes no mistake does without the rules

        click.echo(str(error), err=True)
        click.echo(f"{many(len(error.mistakes), 'mistake')}; nothing was done", err=True)
        raise click.exceptions.Exit(2) from None
    except told as error:
        from mcwan.model.mistakes import printable

        click.echo("\n".join(map(printable, str(error).split("\n"))), err=True)  # what files hold is told as it is
        raise click.exceptions.Exit(2) from None
