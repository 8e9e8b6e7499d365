"""System calls that Python 3.11 has no names for: namespaces and mounts."""

import ctypes
import os
from pathlib import Path

NEW_MOUNTS = 0x00020000
NEW_NET = 0x40000000
BIND, RECURSIVE, SLAVE = 4096, 16384, 1 << 19

_libc = ctypes.CDLL(None, use_errno=True)


def setns(file: int, kind: int) -> None:
    """Move the calling thread, and only it, into the namespace of an open file."""
    _checked(_libc.setns(file, kind), "setns")


def unshare(kinds: int) -> None:
    """Give the calling process namespaces of its own."""
    _checked(_libc.unshare(kinds), "unshare")


def mount(source: str, target: Path, kind: str = "", flags: int = 0) -> None:
    """Mount, in the calling process's mount namespace."""
    result = _libc.mount(source.encode(), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags), None)
    _checked(result, f"mount {source} on {target}")


def _checked(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
