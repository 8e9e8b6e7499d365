"""`python -m lab.down`: takes a lab down, whatever state it is in, and leaves nothing of it."""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress

from lab import netns
from lab.errors import ERRORS
from lab.machine import need_root
from lab.processes import Keeper
from lab.state import directory, lab_name
from lab.waiting import undisturbed


def down(name: str) -> bool:
    """End a lab's processes, remove its namespaces with their links, and its files. Tell whether there was any."""
    with undisturbed():
        return _down(name)


def _down(name: str) -> bool:
    files = directory(name)
    keepers = [Keeper(path) for path in sorted(files.glob("*/*")) if path.is_dir()]
    keepers.sort(key=lambda keeper: keeper.directory.name != "processes")  # nodes end before they can start pods again
    for keeper in keepers:
        keeper.stop(*keeper.names(), grace=0)
    namespaces = [one for one in netns.names() if one.startswith(f"{name}.")]
    for namespace in namespaces:
        _empty(namespace)
    for namespace in namespaces:
        netns.delete(namespace)
    existed = files.exists()
    shutil.rmtree(files, ignore_errors=True)
    with suppress(OSError):
        files.parent.rmdir()
    return existed or bool(namespaces)


def _empty(namespace: str) -> None:
    """End what runs in a namespace of the lab though no file tells of it: a bring-up was interrupted."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in netns.processes(namespace):
            if pid != os.getpid():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        deadline = time.monotonic() + 2
        while netns.processes(namespace) and time.monotonic() < deadline:
            time.sleep(0.05)


def main() -> int:
    """Take down the lab that MCWAN_LAB names."""
    try:
        need_root()
        name = lab_name()
        print(f"lab {name}: {'down' if down(name) else 'there is none'}")
    except ERRORS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
