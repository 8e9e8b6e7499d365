"""Work for every cluster at the same time ends early where it fails for one; a request to end is answered at once."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from lab.up import PROJECT
from lab.waiting import LabError, each, still_wanted, until


def test_what_fails_for_one_is_given_up_for_the_others_and_only_there() -> None:
    ended = {}

    def work(item: str) -> None:
        if item == "fails":
            raise LabError("no")
        try:
            while True:
                still_wanted()
        except LabError as error:
            ended[item] = str(error)

    with pytest.raises(LabError, match=r"^no$"):
        each(work, ["fails", "goes on"])
    assert ended == {"goes on": "given up"}
    still_wanted()


def test_work_stays_given_up_when_waiting_for_its_end_is_interrupted() -> None:
    begun, may_look, looked = threading.Event(), threading.Event(), threading.Event()
    found = []

    def work(item: str) -> None:
        if item == "fails":
            begun.wait(10)
            raise LabError("no")
        begun.set()
        may_look.wait(10)
        try:
            still_wanted()
        except LabError as error:
            found.append(str(error))
        looked.set()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    earlier = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        with pytest.raises(KeyboardInterrupt):
            each(work, ["fails", "goes on"])
    finally:
        signal.signal(signal.SIGALRM, earlier)
    may_look.set()
    assert looked.wait(10)
    assert found == ["given up"]


def test_no_answer_is_not_yet_and_is_told_in_the_end() -> None:
    answers: Iterator[OSError | bool] = iter([OSError("refused"), False, TimeoutError("timed out"), True])

    def check() -> bool:
        one = next(answers)
        if isinstance(one, OSError):
            raise one
        return one

    until(check, "it answers", 10)
    assert list(answers) == []

    def refused() -> bool:
        raise ConnectionRefusedError("refused")

    with pytest.raises(LabError, match=r"^waited 0 s in vain until it answers: refused$"):
        until(refused, "it answers", 0)
    with pytest.raises(LabError, match=r"^waited 0 s in vain until it is right$"):
        until(lambda: False, "it is right", 0)
    with pytest.raises(ZeroDivisionError):
        until(lambda: bool(1 // 0), "a mistake is no answer", 10)


def test_a_request_to_end_is_answered_at_once() -> None:
    program = """
import time
from lab.waiting import interruptible
interruptible()
try:
    print("up", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("away")
"""
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "up\n"
        started.terminate()
        assert started.communicate(timeout=30) == ("away\n", "interrupted; taking down what was made\n")
