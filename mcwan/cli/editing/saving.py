"""A stack file on disk: what changes in it, shown; written whole or not at all."""

import difflib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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
    """Write a file that has a text, at once: whoever reads it, whenever this stops, finds the one or the other.

    A symbolic link stays one, and the file keeps its mode. Raises OSError; ChangedError if it has another text.
    """
    target = Path(os.path.realpath(path))
    with _beside(target, after.encode()) as made:
        made.chmod(target.stat().st_mode & 0o7777)
        if target.read_bytes() != before.encode():
            raise ChangedError(f"{path.name} was changed in the meantime; try again")
        made.replace(target)
        _keep(target.parent)


def create(path: Path, text: str) -> None:
    """Write a new file, at once. Raises OSError; FileExistsError if it is there, and it is not touched then."""
    with _beside(path, text.encode()) as made:
        made.chmod(0o666 & ~_umask())
        try:
            os.link(made, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if path.exists():
                raise FileExistsError(f"{path.name} is there") from None
            made.replace(path)
        _keep(path.parent)


def put(path: Path, content: bytes) -> None:
    """Write a file, new or not, at once; what is no file, /dev/stdout, say, is written to. Raises OSError."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    with _beside(target, content) as made:
        made.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        made.replace(target)


@contextmanager
def _beside(target: Path, content: bytes) -> Iterator[Path]:
    """Write a file beside another one, to disk; it is removed if it is still there at the end."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield made
    finally:
        made.unlink(missing_ok=True)


def _keep(directory: Path) -> None:
    """Have the directory itself on disk: else a crash could undo the new name."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
