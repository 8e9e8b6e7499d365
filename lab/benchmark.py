"""What every benchmark is around what it measures: a lab to measure on, lines for what is missed, an exit code."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lab import load
from lab.down import down
from lab.errors import ERRORS
from lab.state import Lab, lab_name
from lab.waiting import LabError, interruptible


def main(variable: str, own: str, bring_up: Callable[[str], Lab], bench: Callable[[Lab], list[str]]) -> int:
    """Measure and print; exit code 1 if a bar is missed or it cannot be measured.

    `bench` gives a line for every bar that is missed, on the lab that the environment's `variable` names, else on one
    of its `own` that `bring_up` makes.
    """
    interruptible()
    try:
        if lacks := load.lacks():
            raise LabError("\n  ".join(["this machine cannot run the benchmark; it lacks", *lacks]))
        with _standing(variable, own, bring_up) as lab:
            missed = bench(lab)
    except ERRORS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


@contextmanager
def _standing(variable: str, own: str, bring_up: Callable[[str], Lab]) -> Iterator[Lab]:
    if variable in os.environ:
        yield Lab.load(lab_name(variable))
        return
    lab = bring_up(own)
    try:
        yield lab
    finally:
        down(own)
