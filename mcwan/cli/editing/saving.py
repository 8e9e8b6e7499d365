"""A stack file on disk: what changes in it, shown; written whole or not at all."""

import difflib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from mcwan.files import beside, keep, new_mode

_SECRET = re.compile(r"^(.*\b(?:secure|encryptionsalt|encryptedkey)\b['\"]?\s*:\s*)[^\s{].*$")
_BOM = "\ufeff"


class ChangedError(OSError):
    """A file that somebody else changed, or made, in the meantime."""


def with_newlines(text: str, change: Callable[[str], str]) -> str:
    r"""Change a text as if its lines ended in `\n`, and give it the ends and the mark that it had."""
    mark = _BOM if text.startswith(_BOM) else ""
    end = "\r\n" if "\r\n" in text and text.count("\r\n") == text.count("\n") else "\n"
    return mark + change(text.removeprefix(mark).replace(end, "\n")).replace("\n", end)


def difference(name: str, before: str, after: str) -> Iterator[str]:
    """Give the unified diff of a file, as lines; no secret is in it, not even encrypted."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=2)
    yield from (_SECRET.sub(r"\1…", line.rstrip()) for line in lines)


def replace(path: Path, before: str, after: str) -> None:
    """Write a file that has a text, at once.

    A symbolic link stays one, and the file keeps its mode. Raises OSError; ChangedError if it has another text.
    """
    target = Path(os.path.realpath(path))
    with beside(target, after.encode()) as made:
        made.chmod(target.stat().st_mode & 0o7777)
        if target.read_bytes() != before.encode():
            raise ChangedError(f"{path.name} was changed in the meantime; try again")
        made.replace(target)
        keep(target.parent)


def create(path: Path, text: str) -> None:
    """Write a new file, at once. Raises OSError; FileExistsError if it is there, and it is not touched then."""
    with beside(path, text.encode()) as made:
        made.chmod(new_mode())
        try:
            os.link(made, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if path.exists():
                raise FileExistsError(f"{path.name} is there") from None
            made.replace(path)
        keep(path.parent)
