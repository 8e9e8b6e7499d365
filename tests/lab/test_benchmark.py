"""What every benchmark is around what it measures: whose lab, what is printed, the exit code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab import benchmark, load
from lab.state import Lab
from lab.tools import Tools
from lab.waiting import LabError

THERE = Path("/nowhere")
LAB = Lab("own", "lab", {}, Tools(THERE, THERE, THERE, THERE, THERE, ()), "token", None)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What becomes of labs, in order; none is touched."""
    events: list[str] = []

    def noted(event: str) -> Lab:
        events.append(event)
        return LAB

    monkeypatch.setattr(load, "lacks", list)
    monkeypatch.setattr(benchmark, "interruptible", lambda: None)
    monkeypatch.setattr(benchmark, "down", lambda name: noted(f"down {name}"))
    monkeypatch.setattr(Lab, "load", lambda name: noted(f"load {name}"))
    monkeypatch.delenv("THEIRS", raising=False)
    return events


def run(done: list[str], bench: Callable[[Lab], list[str]]) -> int:
    def bring_up(name: str) -> Lab:
        done.append(f"up {name}")
        return LAB

    return benchmark.main("THEIRS", "own", bring_up, bench)


def test_a_lab_of_its_own_goes_again(done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert (run(done, lambda _: []), done, capsys.readouterr().err) == (0, ["up own", "down own"], "")


def test_somebody_elses_lab_stays(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEIRS", "standing")
    assert (run(done, lambda _: []), done) == (0, ["load standing"])


def test_what_is_missed_is_told(done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    missed = (run(done, lambda _: ["one", "two"]), capsys.readouterr().err)
    assert missed == (1, "missed: one\nmissed: two\n")


@pytest.mark.parametrize(
    ("error", "code", "said"), [(LabError("no answer"), 1, "error: no answer\n"), (KeyboardInterrupt(), 130, "")]
)
def test_a_lab_of_its_own_goes_after_an_error(
    error: BaseException, code: int, said: str, done: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def bench(_: Lab) -> list[str]:
        raise error

    assert (run(done, bench), done, capsys.readouterr().err) == (code, ["up own", "down own"], said)


def test_what_the_machine_lacks_and_a_wrong_name_are_told_before_anything_is_made(
    done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THEIRS", "Not a name")
    said = "error: THEIRS='Not a name': not a lab's name; allowed: 1 to 20 small letters, digits and inner hyphens\n"
    assert (run(done, lambda _: []), done, capsys.readouterr().err) == (1, [], said)
    monkeypatch.setattr(load, "lacks", lambda: ["wrk"])
    said = "error: this machine cannot run the benchmark; it lacks\n  wrk\n"
    assert (run(done, lambda _: []), done, capsys.readouterr().err) == (1, [], said)
