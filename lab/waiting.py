"""Doing something for every cluster at the same time, and waiting: both end early once a bring-up is given up."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
SECONDS = 300.0
_PAUSE = 0.1
_worker = threading.local()
"""Of a thread that works for `each`: `given_up`, the event that says that its work is not wanted any more."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LabError(RuntimeError):
    """Something that the lab cannot do, with the remedy."""


def wait(check: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait until something holds. Raises LabError."""
    deadline = time.monotonic() + seconds
    while not check():
        still_wanted()
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds:.0f} s in vain until {what}")
        time.sleep(_PAUSE)


def until(check: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait for what is asked over a network: no answer means not yet. Raises LabError, with why there was none."""
    missing: list[OSError] = []

    def answered() -> bool:
        missing.clear()
        try:
            return check()
        except OSError as error:
            missing.append(error)
            return False

    try:
        wait(answered, what, seconds)
    except LabError as error:
        raise LabError(f"{error}: {missing[0]}" if missing else str(error)) from None


def each(do: Callable[[T], None], items: Iterable[T]) -> None:
    """Do something for all items at the same time. Raises what the first one that fails raises, once all have ended."""
    every, given_up = list(items), threading.Event()
    with ThreadPoolExecutor(len(every), initializer=setattr, initargs=(_worker, "given_up", given_up)) as pool:
        try:
            for done in [pool.submit(do, one) for one in every]:
                done.result()
        except BaseException:
            given_up.set()
            raise


def still_wanted() -> None:
    """Raise LabError if what is being done for all clusters has failed for one, or was interrupted."""
    given_up: threading.Event | None = getattr(_worker, "given_up", None)
    if given_up and given_up.is_set():
        raise LabError("given up")


def interruptible() -> None:
    """Have a request to end raise KeyboardInterrupt, so that what was made is taken down, and say so at once."""

    def stop(_: int, __: FrameType | None) -> None:
        with suppress(OSError):  # the terminal may be gone; not print: one may be under way
            os.write(2, b"interrupted; taking down what was made\n")
        raise KeyboardInterrupt

    for number in _SIGNALS:
        signal.signal(number, stop)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put requests to end off while something is cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
