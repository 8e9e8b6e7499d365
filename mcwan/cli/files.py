"""Files that a command writes below a directory: its own it knows again by a mark, and nobody else's is overwritten."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from mcwan.files import put

_HEAD = 200
"""Bytes of a file among which its mark is."""


def write(files: Mapping[Path, str], directory: Path, mark: str, earlier: Iterable[str] = ()) -> tuple[Path, ...]:
    """Write files by their path below a directory; give those of an earlier run that are not among them, and removed.

    `earlier` are the patterns of paths that a run may have written; each file has `mark` near its beginning.
    Raises OSError, FileExistsError among them where somebody else's file is in the way; nothing is written then.
    """
    foreign = [path for path in files if (directory / path).exists() and not is_ours(directory / path, mark)]
    if foreign:
        raise FileExistsError(f"{foreign[0]} is there and not written by mcwan; move it away, or write elsewhere")
    for path, content in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != content.encode():
            put(target, content.encode())
    found = {path.relative_to(directory) for one in earlier for path in directory.glob(one) if is_ours(path, mark)}
    removed = tuple(sorted(found - files.keys()))
    for path in removed:
        (directory / path).unlink()
        if not any((directory / path.parent).iterdir()):
            (directory / path.parent).rmdir()
    return removed


def is_ours(path: Path, mark: str) -> bool:
    """Tell whether a run wrote a file, by its mark."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return mark.encode() in file.read(_HEAD)
