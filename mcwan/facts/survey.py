"""Asks clusters for what a diagnosis needs; each part by itself, so that one that is refused does not lose the others.

The rights are those of docs/how-to/facts.md, to read WANPolicies, where there is a mesh two ConfigMaps, and where it
is ambient DaemonSets: `mcwan doctor --rights` prints them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.resources.core_v1 import ConfigMap, Namespace

from mcwan.facts.deployed import Kind, listed
from mcwan.facts.every import ask_every, refused, unreachable
from mcwan.facts.live import read
from mcwan.facts.reading import Say
from mcwan.facts.report import Failure, Wanted
from mcwan.facts.rights import MESH_CONFIG, ROOTS
from mcwan.facts.surveyed import Part, Survey
from mcwan.model.description import Description
from mcwan.model.durations import milliseconds
from mcwan.model.leaves import GROUP
from mcwan.model.mesh import Mesh

_KINDS: Mapping[Part, Kind] = {
    "gateways": Kind("gateway.networking.k8s.io/v1", "Gateway", "gateways"),
    "services": Kind("v1", "Service", "services"),
    "policies": Kind(f"{GROUP}/v1alpha1", "WANPolicy", "wanpolicies", namespaced=False),
    "namespaces": Kind("v1", "Namespace", "namespaces", namespaced=False),
    "daemonsets": Kind("apps/v1", "DaemonSet", "daemonsets"),
}
_ALWAYS: tuple[Part, ...] = ("uid", "gateways", "services", "policies")
_CONFIG_MAPS: Mapping[Part, tuple[str, str]] = {"roots": (ROOTS, "root-cert.pem"), "mesh": (MESH_CONFIG, "mesh")}
"""What tells of a mesh: the name of each ConfigMap, and the key in it."""


def survey_all(
    description: Description, wanted: Mapping[str, Wanted], now: datetime, *, say: Say
) -> dict[str, Survey | Failure]:
    """Ask the clusters in `wanted`, within the description's `facts.timeout`; say how it went as each is done."""

    async def ask(name: str, api: AsyncClient) -> Survey | Failure:
        return await survey(api, wanted[name], now, description.clusters[name].mesh)

    def done(name: str, answer: Survey | Failure, seconds: float) -> None:
        lost = (
            [answer] if isinstance(answer, Failure) else [*answer.reading.failures.values(), *answer.failures.values()]
        )
        why = "; ".join(dict.fromkeys(map(str, lost)))
        say(f"{name}: {why or 'read'} ({seconds:.1f} s)")

    clusters = {name: description.clusters[name] for name in wanted}
    return ask_every(clusters, ask, milliseconds(description.facts.timeout) / 1000, done)


async def survey(api: AsyncClient, wanted: Wanted, now: datetime, mesh: Mesh | None = None) -> Survey | Failure:
    """Ask one cluster, and for its mesh if it has one. Of a cluster that cannot be reached nothing is known."""
    reading = await read(api, wanted, now)
    if "cluster" in reading.failures:
        return reading.failures["cluster"]
    found: dict[str, Any] = {}
    failures: dict[Part, Failure] = {}
    for part in (*_ALWAYS, *(_of_mesh(mesh) if mesh else ())):
        try:
            found[part] = await _part(api, part, mesh)
        except ApiError as error:
            failures[part] = refused(f"{part} cannot be read", error, "that mcwan doctor --rights prints")
        except httpx2.HTTPError as error:
            return unreachable(error)
    return Survey(reading, **found, failures=failures)


def _of_mesh(mesh: Mesh) -> tuple[Part, ...]:
    return (*_CONFIG_MAPS, "namespaces", *(("daemonsets",) if mesh.ambient else ()))


async def _part(api: AsyncClient, part: Part, mesh: Mesh | None) -> Any:
    if part == "uid":
        one: Any = await api.get(Namespace, "kube-system")
        return str(one.metadata.uid)
    if part in _CONFIG_MAPS and mesh is not None:
        return await _config(api, mesh.root_namespace, *_CONFIG_MAPS[part])
    return tuple(await listed(api, _KINDS[part], "*", {}))


async def _config(api: AsyncClient, namespace: str, name: str, key: str) -> str:
    """Give a value of a ConfigMap, empty if it is not there. Raises ApiError."""
    try:
        one: Any = await api.get(ConfigMap, name, namespace=namespace)
    except ApiError as error:
        if error.status.code != 404:
            raise
        return ""
    return str((one.data or {}).get(key, ""))
