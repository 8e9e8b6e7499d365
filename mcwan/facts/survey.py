"""Asks clusters for what a diagnosis needs; each part by itself, so that one that is refused does not lose the others.

The rights are those of docs/how-to/facts.md, and to read WANPolicies: `mcwan doctor --rights` prints them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.resources.core_v1 import Namespace

from mcwan.facts.deployed import Kind, listed
from mcwan.facts.every import ask_every, refused, unreachable
from mcwan.facts.live import read
from mcwan.facts.reading import Say
from mcwan.facts.report import Failure, Wanted
from mcwan.facts.surveyed import Part, Survey
from mcwan.model.description import Description
from mcwan.model.durations import milliseconds
from mcwan.model.leaves import GROUP

_KINDS: Mapping[Part, Kind] = {
    "gateways": Kind("gateway.networking.k8s.io/v1", "Gateway", "gateways"),
    "services": Kind("v1", "Service", "services"),
    "policies": Kind(f"{GROUP}/v1alpha1", "WANPolicy", "wanpolicies", namespaced=False),
}


def survey_all(
    description: Description, wanted: Mapping[str, Wanted], now: datetime, *, say: Say
) -> dict[str, Survey | Failure]:
    """Ask the clusters in `wanted`, within the description's `facts.timeout`; say how it went as each is done."""

    async def ask(name: str, api: AsyncClient) -> Survey | Failure:
        return await survey(api, wanted[name], now)

    def done(name: str, answer: Survey | Failure, seconds: float) -> None:
        lost = (
            [answer] if isinstance(answer, Failure) else [*answer.reading.failures.values(), *answer.failures.values()]
        )
        why = "; ".join(dict.fromkeys(map(str, lost)))
        say(f"{name}: {why or 'read'} ({seconds:.1f} s)")

    clusters = {name: description.clusters[name] for name in wanted}
    return ask_every(clusters, ask, milliseconds(description.facts.timeout) / 1000, done)


async def survey(api: AsyncClient, wanted: Wanted, now: datetime) -> Survey | Failure:
    """Ask one cluster. Of one that cannot be reached nothing is known."""
    reading = await read(api, wanted, now)
    if "cluster" in reading.failures:
        return reading.failures["cluster"]
    found: dict[str, Any] = {}
    failures: dict[Part, Failure] = {}
    parts: tuple[Part, ...] = ("uid", *_KINDS)
    for part in parts:
        try:
            found[part] = await _part(api, part)
        except ApiError as error:
            failures[part] = refused(f"{part} cannot be read", error)
        except httpx2.HTTPError as error:
            return unreachable(error)
    return Survey(reading, **found, failures=failures)


async def _part(api: AsyncClient, part: Part) -> Any:
    if part == "uid":
        one: Any = await api.get(Namespace, "kube-system")
        return str(one.metadata.uid)
    return tuple(await listed(api, _KINDS[part], "*", {}))
