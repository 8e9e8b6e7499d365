"""A bring-up that is interrupted or killed leaves nothing, and the lab beside it does not notice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lab import netns
from lab.down import down
from lab.state import Lab, directory
from lab.up import PROJECT
from lab.waiting import wait
from tests.e2e.conftest import Ask

pytestmark = pytest.mark.lab
SECONDS = 60.0


@pytest.fixture
def second(lab: Lab) -> Iterator[str]:
    """A name for a lab of this test's own; nothing is left of it, whatever the test finds."""
    name = f"e2e-{os.getpid()}-b"
    assert name != lab.name
    try:
        yield name
    finally:
        down(name)


@pytest.fixture
def coming(second: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The second lab's bring-up, in the middle: its first processes run."""
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "lab.up"], **_settings(second), stdout=log, stderr=log)
    try:

        def begun() -> bool:
            return process.poll() is not None or len(list(directory(second).glob("*/processes/*.pid"))) >= 3

        wait(begun, f"the first processes of {second} run", SECONDS)
        assert process.poll() is None, (tmp_path / "up.log").read_text(encoding="utf-8")
        assert [name for name in netns.names() if name.startswith(f"{second}.")]
        assert processes(second)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def test_interrupted_it_takes_away_what_it_has_made(ask: Ask, second: str, coming: subprocess.Popen[bytes]) -> None:
    coming.send_signal(signal.SIGINT)
    assert coming.wait(SECONDS) == 130
    assert remains(second) == {}
    assert ask("west", "GET", "billing-clusterset.secure:8080/").who == "billing.secure on east"


def test_killed_it_goes_with_the_next_lab_down(ask: Ask, second: str, coming: subprocess.Popen[bytes]) -> None:
    coming.kill()
    coming.wait()
    assert remains(second) != {}, "nobody has taken it down yet"
    subprocess.run([sys.executable, "-m", "lab.down"], **_settings(second), check=True, timeout=SECONDS)
    assert remains(second) == {}
    assert ask("west", "GET", "billing-clusterset.secure:8080/").who == "billing.secure on east"


def remains(name: str) -> dict[str, list[str]]:
    """Give what there is of a lab: network namespaces, files, processes that name it."""
    found = {
        "namespaces": [one for one in netns.names() if one.startswith(f"{name}.")],
        "files": [str(path) for path in [directory(name)] if path.exists()],
        "processes": processes(name),
    }
    return {kind: each for kind, each in found.items() if each}


def processes(name: str) -> list[str]:
    """Give the command lines that name a lab."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if name in line]


def _settings(name: str) -> dict[str, Any]:
    return {"cwd": PROJECT, "env": {**os.environ, "MCWAN_LAB": name}}
