"""Asks several clusters at the same time, each within a time limit."""

import asyncio
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import httpx2
from lightkube import ApiError, AsyncClient

from mcwan.facts.connect import UnreachableError, client
from mcwan.facts.report import Failure
from mcwan.model.cluster import Cluster

Answer = TypeVar("Answer")
Ask = Callable[[str, AsyncClient], Awaitable[Answer]]
"""What is asked of a cluster, by its name."""
Done = Callable[[str, Answer | Failure, float], None]
"""Hears of each cluster as it is done: its name, what came of it, seconds since the first was asked."""
_AT_ONCE = 16
"""Clusters that are asked at the same time."""
_ONE_ANSWER = 0.9
"""The share of the limit that one answer may take: the client then closes its connection, which it does not do where
the whole is given up."""
_SLACK = 2.0
"""Seconds after the last limit, in which what did not keep to it, in the system's resolver, say, is given up."""


def ask_every(
    clusters: Mapping[str, Cluster], ask: Ask[Answer], seconds: float, done: Done[Answer] | None = None
) -> dict[str, Answer | Failure]:
    """Ask every cluster; what takes longer than its limit is given up, and whatever fails is a Failure.

    By coroutines of one thread: msgspec, by which lightkube reads answers, crashes where several threads use it first.
    It is a thread of its own, since a Pulumi program runs in an event loop already; a daemon, so that what hangs does
    not keep the program from ending.
    """
    answers: queue.Queue[tuple[str, Answer | Failure]] = queue.Queue()
    every = _each(clusters, ask, seconds, answers)
    threading.Thread(target=lambda: asyncio.run(every), name="clusters", daemon=True).start()
    begun = time.monotonic()
    deadline = begun + seconds * -(-len(clusters) // _AT_ONCE) + _SLACK
    found: dict[str, Answer | Failure] = {}
    while len(found) < len(clusters):
        try:
            name, answer = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            found |= {name: _late(seconds) for name in clusters if name not in found}
            break
        found[name] = answer
        if done is not None:
            done(name, answer, time.monotonic() - begun)
    return dict(sorted(found.items()))


def unreachable(error: httpx2.HTTPError) -> Failure:
    """Say why there was no answer."""
    if isinstance(error, httpx2.TimeoutException):
        return Failure(problem="it does not answer in time", remedy="see that it is up, or raise mcwan:facts.timeout")
    return Failure(problem=f"it cannot be reached: {error}", remedy="see that it is up and the kubeconfig right")


def refused(what: str, error: ApiError, rights: str = "of docs/how-to/facts.md") -> Failure:
    """Say what the API server refused; `rights` are those that it takes."""
    code = error.status.code
    remedy = f"give it the rights {rights}" if code in (401, 403) else "mend what the cluster says"
    return Failure(problem=f"{what}: {code} {error.status.message or ''}".rstrip(), remedy=remedy)


async def _each(
    clusters: Mapping[str, Cluster],
    ask: Ask[Answer],
    seconds: float,
    answers: "queue.Queue[tuple[str, Answer | Failure]]",
) -> None:
    free = asyncio.Semaphore(_AT_ONCE)

    async def work(name: str) -> None:
        async with free:
            answers.put((name, await _ask(name, clusters[name], ask, seconds)))

    await asyncio.gather(*(work(name) for name in sorted(clusters)))


async def _ask(name: str, cluster: Cluster, ask: Ask[Answer], seconds: float) -> Answer | Failure:
    try:
        async with asyncio.timeout(seconds):
            api = client(name, cluster, _ONE_ANSWER * seconds)
            try:
                return await ask(name, api)
            finally:
                await api.close()
    except TimeoutError:
        return _late(seconds)
    except UnreachableError as error:
        return error.failure
    except ApiError as error:
        return refused("it refuses", error)
    except httpx2.HTTPError as error:
        return unreachable(error)
    except Exception as error:  # whatever it is, the others are asked
        return Failure(
            problem=f"it cannot be asked: {type(error).__name__}",
            remedy="see that the kubeconfig is whole, and that its login command, if it has one, works by hand",
        )


def _late(seconds: float) -> Failure:
    return Failure(
        problem=f"it did not answer within {seconds:g} s", remedy="see that it is up, or raise mcwan:facts.timeout"
    )
