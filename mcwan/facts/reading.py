"""Reads the facts of several clusters at the same time, each within a time limit."""

from collections.abc import Callable, Mapping
from datetime import datetime

from lightkube import AsyncClient

from mcwan.facts.every import ask_every
from mcwan.facts.live import read
from mcwan.facts.report import Failure, Reading, Wanted
from mcwan.model.description import Description
from mcwan.model.durations import milliseconds

Say = Callable[[str], None]


def read_all(description: Description, wanted: Mapping[str, Wanted], now: datetime, *, say: Say) -> dict[str, Reading]:
    """Read what is wanted of each, within the description's `facts.timeout`; say how it went as each is done."""

    async def ask(name: str, api: AsyncClient) -> Reading:
        return await read(api, wanted[name], now)

    def done(name: str, answer: Reading | Failure, seconds: float) -> None:
        why = "; ".join(str(one) for one in _reading(answer).failures.values())
        say(f"{name}: {why or 'read'} ({seconds:.1f} s)")

    clusters = {name: description.clusters[name] for name in wanted}
    answers = ask_every(clusters, ask, milliseconds(description.facts.timeout) / 1000, done)
    return {name: _reading(one) for name, one in answers.items()}


def _reading(answer: Reading | Failure) -> Reading:
    return Reading(failures={"cluster": answer}) if isinstance(answer, Failure) else answer
