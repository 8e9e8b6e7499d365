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
    if wanted["user"]:
        _become(*wanted["user"])
    argv: list[str] = wanted["argv"]
    os.execve(argv[0], argv, wanted["env"])  # noqa: S606


def _become(user: int, group: int) -> None:
    """Go on as another user, who may open the command's log, too, as those do who write to /dev/stdout."""
    os.fchown(1, user, group)
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def _root(files: Mapping[Path, Path]) -> None:
    """Change to a root that has the machine's files and, over them, those given by path."""
    system.unshare(system.NEW_MOUNTS)
    # SLAVE: what is unmounted on the machine goes here, too; what is mounted here does not show there
    system.mount("none", Path("/"), flags=system.RECURSIVE | system.SLAVE)
    system.mount("tmpfs", _ROOT, "tmpfs")
    _fill(_ROOT, Path("/"))
    inside = {_ROOT / path.resolve().relative_to("/"): source for path, source in sorted(files.items())}
    within = {place for place in inside if not inside.keys().isdisjoint(place.parents)}
    own = {_ROOT}
    for place, source in inside.items():
        if place not in within and not place.exists():
            _make(place, own, directory=source.is_dir())
    for place, source in inside.items():
        if place in within and source.is_dir():  # it becomes part of the directory that is mounted there by now
            place.mkdir(parents=True, exist_ok=True)
        system.mount(str(source), place, flags=system.BIND)
    os.chroot(_ROOT)
    os.chdir("/")


def _make(place: Path, own: set[Path], *, directory: bool) -> None:
    """Make something to mount on below the new root, in directories of its `own`: the machine's stay as they are."""
    if not place.parent.exists():
        _make(place.parent, own, directory=True)
        own.add(place.parent)
    if place.parent not in own:
        machine = Path("/") / place.parent.relative_to(_ROOT)
        system.mount("tmpfs", place.parent, "tmpfs")
        _fill(place.parent, machine)
        own.add(place.parent)
    if directory:
        place.mkdir()
    else:
        place.touch()


def _fill(inside: Path, machine: Path) -> None:
    """Have in a directory of the new root's own what one of the machine has in it."""
    for entry in machine.iterdir():
        place = inside / entry.name
        if entry.is_symlink():
            place.symlink_to(entry.readlink())
        elif entry.is_dir() and entry != _ROOT:
            place.mkdir()
            system.mount(str(entry), place, flags=system.BIND | system.RECURSIVE)
        elif entry.is_file():
            place.touch()
            system.mount(str(entry), place, flags=system.BIND)


if __name__ == "__main__":
    main(sys.argv[1:])
