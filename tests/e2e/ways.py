"""Which way requests go, on a machine that may be busy.

The first request of a connection may go by its WAN policy's spare, as it should, or be refused where there is none: if
the handshake takes longer than the SLA allows. Then the first choice is left out for a while. Each worker of a gateway
opens connections of its own.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from lab.client import Reply
from lab.waiting import LabError, until

T = TypeVar("T")
TIMES = 4
"""Answers in a row: so many that both of a proxy's workers give some."""
_OPENED = 60.0
"""Seconds: who is left out is so for 5, and for 10 if that happens again."""


def tunnel(reply: Reply) -> str:
    """Give the tunnel that a request came by, as the remote gateway told the service."""
    return str(reply.said.get("headers", {}).get("mc-wan-tunnel", ""))


def settles(ask: Callable[[], T], expected: T) -> None:
    """Wait until what is asked for is as expected a few times in a row, and see that it then is each time."""
    with suppress(LabError):
        until(lambda: all(ask() == expected for _ in range(TIMES)), "connections are there", _OPENED)
    assert [ask() for _ in range(TIMES)] == TIMES * [expected]
