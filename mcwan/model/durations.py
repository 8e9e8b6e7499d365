"""Durations, as Gateway API writes them (GEP-2257): `1h`, `15s`, `500ms`, `1m30s`."""

import re
from typing import Annotated

from pydantic import Field, StringConstraints

DURATION = r"^([0-9]{1,5}(h|m|s|ms)){1,4}$"
_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}

Duration = Annotated[
    str,
    StringConstraints(strict=True, pattern=DURATION),
    Field(description="A duration: 500ms, 15s, 1m30s, 1h."),
]


def lasting(milliseconds: int) -> str:
    """Write a length as a duration; longer ones in whole seconds, since a number in one has five digits at most."""
    return f"{milliseconds}ms" if milliseconds < 100_000 else f"{-(-milliseconds // 1000)}s"


def milliseconds(duration: str) -> int:
    """Give a duration's length. Longest units are tried first, so that `5ms` is no `5m`."""
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"([0-9]+)(ms|h|m|s)", duration))
