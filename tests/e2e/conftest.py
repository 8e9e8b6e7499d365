"""A lab of this session's own, or the one that MCWAN_E2E_LAB names and that stays up.

MCWAN_LAB_PROFILE says with which gateway implementations it comes up: the stories are the same for all of them.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import client, netns
from lab.client import Reply
from lab.down import down
from lab.errors import ERRORS
from lab.state import Lab, directory
from lab.stories import STACK
from lab.topology import Topology
from lab.up import PROFILE, up
from lab.waiting import interruptible

PREFIX = "e2e-"
Ask = Callable[..., Reply]


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    if existing := os.environ.get("MCWAN_E2E_LAB"):
        yield Lab.load(existing)
        return
    say = say_of(request)
    sweep()
    interruptible()
    name = f"{PREFIX}{os.getpid()}"
    try:
        made = up(name, STACK, say, os.environ.get(PROFILE, ""))
    except ERRORS as error:
        pytest.exit(str(error), returncode=1)
    try:
        yield made
    finally:
        down(name)


@pytest.fixture(scope="session")
def topology(lab: Lab) -> Topology:
    return lab.topology


@pytest.fixture(scope="session")
def ask(topology: Topology) -> Ask:
    """Gives a function that sends a request from a cluster's client: ask("west", "GET", "name:port/path")."""

    def send(
        cluster: str, method: str, url: str, headers: dict[str, str] | None = None, *, address: str | None = None
    ) -> Reply:
        return client.ask(topology.sites[cluster], method, url, headers, address=address)

    return send


def another(request: pytest.FixtureRequest, stack: str, profile: str = "") -> Iterator[Lab]:
    """Bring a lab with another stack up, and take it down; or give the one that MCWAN_E2E_STACK names.

    With a profile, all of its clusters have that.
    """
    if existing := os.environ.get(f"MCWAN_E2E_{stack.upper()}"):
        yield Lab.load(existing)
        return
    sweep()
    interruptible()
    name = f"{PREFIX}{os.getpid()}-{stack[0]}{profile[:1]}"
    try:
        made = up(name, stack, say_of(request), profile)
    except ERRORS as error:
        pytest.exit(str(error), returncode=1)
    try:
        yield made
    finally:
        down(name)


def say_of(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Progress goes to the terminal, captured output or not."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(line, flush=True)

    return say


def sweep() -> None:
    """Take down labs of sessions that are no more."""
    files = {path.name for path in directory(PREFIX).parent.glob(f"{PREFIX}*")}
    for name in files | {one.partition(".")[0] for one in netns.names()}:
        pid = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and pid.isdecimal() and not Path("/proc", pid).exists():
            down(name)
