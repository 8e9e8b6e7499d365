"""Reads several clusters at the same time, each within a time limit."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from mcwan.facts.connect import UnreachableError, client
from mcwan.facts.live import read
from mcwan.facts.report import Failure, Reading, Wanted
from mcwan.model.cluster import Cluster
from mcwan.model.description import Description
from mcwan.model.durations import milliseconds

Say = Callable[[str], None]
_AT_ONCE = 16
"""Clusters that are read at the same time."""
_ONE_ANSWER = 0.9
"""The share of the limit that one answer may take: the client then closes its connection, which it does not do where
the whole reading is given up."""
_SLACK = 2.0
"""Seconds after the last limit, in which what did not keep to it, in the system's resolver, say, is given up."""


def read_all(description: Description, wanted: Mapping[str, Wanted], now: datetime, *, say: Say) -> dict[str, Reading]:
    """Read what is wanted of each cluster, and say how it went as each is done.

    What takes longer than the description's `facts.timeout` is given up. The event loop has a thread of its own, since
    a Pulumi program runs in one already; a daemon, so that what hangs does not keep the program from ending.
    """
    seconds = milliseconds(description.facts.timeout) / 1000
    clusters = {name: description.clusters[name] for name in wanted}
    done: queue.Queue[tuple[str, Reading]] = queue.Queue()
    every = _each(clusters, wanted, seconds, now, done)
    threading.Thread(target=lambda: asyncio.run(every), name="facts", daemon=True).start()
    begun = time.monotonic()
    deadline = begun + seconds * -(-len(wanted) // _AT_ONCE) + _SLACK
    found: dict[str, Reading] = {}
    while len(found) < len(wanted):
        try:
            name, reading = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            found |= {name: _late(seconds) for name in wanted if name not in found}
            break
        found[name] = reading
        say(_said(name, reading, time.monotonic() - begun))
    return dict(sorted(found.items()))


async def _each(
    clusters: Mapping[str, Cluster],
    wanted: Mapping[str, Wanted],
    seconds: float,
    now: datetime,
    done: "queue.Queue[tuple[str, Reading]]",
) -> None:
    free = asyncio.Semaphore(_AT_ONCE)

    async def work(name: str) -> None:
        async with free:
            done.put((name, await _read(name, clusters[name], wanted[name], seconds, now)))

    await asyncio.gather(*(work(name) for name in sorted(clusters)))


async def _read(name: str, cluster: Cluster, wanted: Wanted, seconds: float, now: datetime) -> Reading:
    try:
        async with asyncio.timeout(seconds):
            api = client(name, cluster, _ONE_ANSWER * seconds)
            try:
                return await read(api, wanted, now)
            finally:
                await api.close()
    except TimeoutError:
        return _late(seconds)
    except UnreachableError as error:
        return Reading(failures={"cluster": error.failure})
    except Exception as error:  # whatever it is, the others are read, and the last facts hold
        return _failed(
            f"it cannot be read: {type(error).__name__}",
            "see that the kubeconfig is whole, and that its login command, if it has one, works by hand",
        )


def _late(seconds: float) -> Reading:
    return _failed(f"it was not read within {seconds:g} s", "see that it is up, or raise mcwan:facts.timeout")


def _failed(problem: str, remedy: str) -> Reading:
    return Reading(failures={"cluster": Failure(problem=problem, remedy=remedy)})


def _said(name: str, reading: Reading, seconds: float) -> str:
    why = "; ".join(str(one) for one in reading.failures.values())
    return f"{name}: {why or 'read'} ({seconds:.1f} s)"
