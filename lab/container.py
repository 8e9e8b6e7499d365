"""Runs a command as a container would: in a network namespace, with files of its own at certain paths.

`python -m lab.container FILE` reads what to run from a JSON file. What it mounts lies in a mount namespace of its own
and is gone when the command ends. The root directory is the machine's, put together anew so that paths such as /certs
can be added without touching it.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab import netns, system

_ROOT = Path("/mnt")
"""Where the new root is put together; what the machine has there is hidden from the command."""


def main(arguments: list[str]) -> None:
    """Become the command."""
    wanted: dict[str, Any] = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    if wanted["netns"]:
        with netns.handle(wanted["netns"]) as there:
            system.setns(there, system.NEW_NET)
    if wanted["files"]:
        _root({Path(path): Path(source) for path, source in wanted["files"].items()})
    argv: list[str] = wanted["argv"]
    os.execve(argv[0], argv, wanted["env"])  # noqa: S606


def _root(files: Mapping[Path, Path]) -> None:
    """Change to a root that has the machine's files and, over them, those given by path."""
    system.unshare(system.NEW_MOUNTS)
    # SLAVE: what is unmounted on the machine goes here, too; what is mounted here does not show there
    system.mount("none", Path("/"), flags=system.RECURSIVE | system.SLAVE)
    system.mount("tmpfs", _ROOT, "tmpfs")
    for entry in Path("/").iterdir():
        inside = _ROOT / entry.name
        if entry.is_symlink():
            inside.symlink_to(entry.readlink())
        elif entry.is_dir() and entry != _ROOT:
            inside.mkdir()
            system.mount(str(entry), inside, flags=system.BIND | system.RECURSIVE)
    for path, source in files.items():
        inside = _ROOT / path.resolve().relative_to("/")
        if source.is_dir() and not path.exists():
            inside.mkdir()
        system.mount(str(source), inside, flags=system.BIND)
    os.chroot(_ROOT)
    os.chdir("/")


if __name__ == "__main__":
    main(sys.argv[1:])
