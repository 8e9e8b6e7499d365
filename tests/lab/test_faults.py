"""What is counted while something is broken means something only if requests were sent meanwhile."""

import threading
from collections import Counter
from pathlib import Path

import pytest

from lab import faults, wan
from lab.faults import Outcome
from lab.load import Counted
from lab.state import Lab
from lab.tools import Tools
from lab.up import PROJECT
from lab.waiting import LabError
from lab.wan import Flow
from mcwan import stack

THERE = Path("/")
SENT = Counted(requests=3, failed=0, longest=1.5)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab that is not there; each time they are read, its counters have counted a thousand bytes more."""
    read = iter(range(0, 10_000, 1000))
    monkeypatch.setattr(wan, "octets", lambda _: Counter({Flow("east", "edge", "business", "in"): next(read)}))
    monkeypatch.setattr(faults, "_BEFORE", 0.0)
    tools = Tools(THERE, THERE, THERE, THERE, THERE, ())
    return Lab("none", "guarded", stack.read_config(PROJECT, "guarded"), tools, "token", None)


def test_what_arrived_while_something_was_broken_is_counted(lab: Lab) -> None:
    over = threading.Event()

    def send(_: int) -> Counted:
        over.wait(10)
        return SENT

    threading.Timer(0.5, over.set).start()
    found = faults.during(lab, send, faults.nothing, 0.1)
    assert found == Outcome(3, 0, 1.5, {("business", "edge", "east"): 1000})


def test_load_that_has_ended_before_the_fault_is_an_error(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"^the load of 3 s ended before the fault did: "):
        faults.during(lab, lambda _: SENT, faults.nothing, 0.1)
