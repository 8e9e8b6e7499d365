"""Files that are written whole or not at all: whoever reads one, whenever this stops, finds the old or the new text."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def put(path: Path, content: bytes) -> None:
    """Write a file, new or not, at once; what is no file, /dev/stdout, say, is written to. Raises OSError."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    with beside(target, content) as made:
        made.chmod(target.stat().st_mode & 0o7777 if target.exists() else new_mode())
        made.replace(target)


@contextmanager
def beside(target: Path, content: bytes) -> Iterator[Path]:
    """Write a file beside another one, to disk; it is removed if it is still there at the end. Raises OSError."""
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


def keep(directory: Path) -> None:
    """Have the directory itself on disk: else a crash could undo the new name."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def new_mode() -> int:
    """Give the mode that a new file has."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
