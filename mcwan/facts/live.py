"""Reads what one cluster reports. Each section by itself, so that one that is refused does not lose the others.

The rights that this needs are in docs/how-to/facts.md: none to change anything, none to read Secrets or ConfigMaps.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.resources.core_v1 import Namespace, Node
from lightkube.resources.core_v1 import Service as CoreService
from lightkube.resources.discovery_v1 import EndpointSlice

from mcwan.facts.every import refused, unreachable
from mcwan.facts.report import (
    SECTIONS,
    Class,
    Exported,
    Failure,
    Gateway,
    Imported,
    Port,
    Reading,
    Report,
    Service,
    Wanted,
    namespace_of,
    newest,
    within,
    written,
)
from mcwan.facts.rights import DEFINITIONS
from mcwan.model.labels import SLICE_OF, fabric_of
from mcwan.model.leaves import GROUP

_GATEWAY, _CLASS, _EXPORT, _IMPORT = (
    "gateways.gateway.networking.k8s.io",
    "gatewayclasses.gateway.networking.k8s.io",
    "serviceexports.multicluster.x-k8s.io",
    "serviceimports.multicluster.x-k8s.io",
)
_DEFINITION = create_global_resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"
)
_BY_VERSION = ("gateways", "classes", "exports", "imports")
"""The sections that are read in a version that is served, and are empty where none is."""
_CHUNK = 500
Served = Mapping[str, tuple[str, ...]]
"""The versions that are served, by the name of the CustomResourceDefinition."""


async def read(client: AsyncClient, wanted: Wanted, now: datetime) -> Reading:
    """Read a cluster; what fails is among the failures, and the report lacks it."""
    found: dict[str, Any] = {}
    failures: dict[Any, Failure] = {}
    served: Served = {}
    for section in ("served", *(one for one in SECTIONS if one != "served")):
        if section in _BY_VERSION and "served" in failures:
            failures[section] = failures["served"]  # what is served is not known: that there is none cannot be told
            continue
        try:
            found[section] = await _READERS[section](client, wanted, served)
        except ApiError as error:
            failures[section] = refused(f"{section} cannot be read", error)
        except httpx2.HTTPError as error:
            failures["cluster"] = unreachable(error)
            break
        if section == "served" and section in found:
            served = found[section]
    if not found:
        return Reading(failures=failures)
    return Reading(report=Report(at=written(now), **found), failures=failures)


async def _served(client: AsyncClient, _: Wanted, __: Served) -> dict[str, tuple[str, ...]]:
    return {name: await _versions(client, name) for name in DEFINITIONS}


async def _versions(client: AsyncClient, name: str) -> tuple[str, ...]:
    try:
        one = await client.get(_DEFINITION, name)
    except ApiError as error:
        if error.status.code != 404:
            raise
        return ()
    return tuple(version["name"] for version in one["spec"]["versions"] if version["served"])


async def _namespaces(client: AsyncClient, _: Wanted, __: Served) -> tuple[str, ...]:
    every = [one async for one in client.list(Namespace, chunk_size=_CHUNK)]
    return tuple(sorted(_name(one) for one in every if not (one.status and one.status.phase == "Terminating")))


async def _services(client: AsyncClient, wanted: Wanted, _: Served) -> dict[str, Service | None]:
    found: dict[str, Service | None] = dict.fromkeys(wanted.services)
    for namespace in _namespaces_of(wanted.services):
        names = within(wanted.services, namespace)
        services = {_name(one): one async for one in client.list(CoreService, namespace=namespace, chunk_size=_CHUNK)}
        ready = await _ready(client, namespace)
        for name in names:
            if name in services:
                found[f"{name}.{namespace}"] = _service(services[name], ready.get(name, 0))
    return dict(sorted(found.items()))


async def _ready(client: AsyncClient, namespace: str) -> dict[str, int]:
    """Count the ready endpoints of a namespace's services; an endpoint with addresses of two families counts once.

    `ready` that is not written means ready (discovery/v1, EndpointConditions).
    """
    found: dict[str, set[str]] = {}
    async for one in client.list(EndpointSlice, namespace=namespace, chunk_size=_CHUNK):
        service = _labels(one).get(SLICE_OF, "")
        for endpoint in one.endpoints or ():
            if endpoint.conditions is None or endpoint.conditions.ready in (None, True):
                pod = endpoint.targetRef.name if endpoint.targetRef and endpoint.targetRef.name else ""
                found.setdefault(service, set()).add(pod or endpoint.addresses[0])
    return {service: len(pods) for service, pods in found.items()}


def _service(one: CoreService, ready: int) -> Service:
    spec: Any = one.spec
    config = spec.sessionAffinityConfig
    seconds = config.clientIP.timeoutSeconds if config and config.clientIP else None
    return Service(
        ports=tuple(
            Port(name=port.name or "", port=port.port, protocol=port.protocol or "TCP", app_protocol=port.appProtocol)
            for port in spec.ports or ()
        ),
        type=spec.type or "ClusterIP",
        headless=spec.clusterIP == "None",
        session_affinity=spec.sessionAffinity or "None",
        session_affinity_seconds=seconds,
        ip_families=tuple(spec.ipFamilies or ()),
        internal_traffic_policy=spec.internalTrafficPolicy,
        traffic_distribution=spec.trafficDistribution,
        ready=ready,
    )


async def _gateways(client: AsyncClient, wanted: Wanted, served: Served) -> dict[str, Gateway]:
    kind = create_namespaced_resource("gateway.networking.k8s.io", "v1", "Gateway", "gateways")
    found: dict[str, Gateway] = {}
    nodes: list[str] | None = None
    for namespace in _namespaces_of(wanted.gateways) if "v1" in served.get(_GATEWAY, ()) else ():
        there = {_name(one): one async for one in client.list(kind, namespace=namespace)}
        for name in within(wanted.gateways, namespace):
            if name in there:
                status: Any = there[name].status or {}
                key = f"{name}.{namespace}"
                if wanted.exposure == "NodePort" and nodes is None:
                    nodes = await _nodes(client)
                found[key] = Gateway(
                    programmed=_is_true(status, "Programmed"),
                    addresses=tuple(sorted(await _reached(client, wanted, key, status, nodes or []))),
                )
    return dict(sorted(found.items()))


async def _reached(
    client: AsyncClient, wanted: Wanted, key: str, status: Mapping[str, Any], nodes: list[str]
) -> set[str]:
    """Give where other clusters reach a gateway: the balancer's, the nodes' or, with ClusterIP, the pods' addresses."""
    name, _, namespace = wanted.gateways[key].partition(".")
    if wanted.exposure == "LoadBalancer":
        every = status.get("addresses") or ()
        found = {one["value"] for one in every if one.get("type", "IPAddress") == "IPAddress" and one.get("value")}
        # until an update has ordered the balancer, a gateway is at its Service's own address: others cannot reach that
        return found - await _own(client, name, namespace) if found else found
    if wanted.exposure == "NodePort":
        return set(nodes)
    slices = [one async for one in client.list(EndpointSlice, namespace=namespace, labels={SLICE_OF: name})]
    return {
        address
        for one in slices
        for endpoint in one.endpoints or ()
        if endpoint.conditions is None or endpoint.conditions.ready in (None, True)
        for address in endpoint.addresses
    }


async def _own(client: AsyncClient, name: str, namespace: str) -> set[str]:
    """Give a Service's cluster IPs."""
    services = [one async for one in client.list(CoreService, namespace=namespace, fields={"metadata.name": name})]
    specs: list[Any] = [one.spec for one in services]
    return {address for spec in specs for address in spec.clusterIPs or ()}


async def _nodes(client: AsyncClient) -> list[str]:
    statuses: list[Any] = [one.status async for one in client.list(Node, chunk_size=_CHUNK)]
    return [
        address.address
        for status in statuses
        if any(condition.type == "Ready" and condition.status == "True" for condition in status.conditions or ())
        for address in status.addresses or ()
        if address.type == "InternalIP"
    ]


async def _answering(client: AsyncClient, wanted: Wanted, _: Served) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for namespace in _namespaces_of(wanted.answering):
        services = {_name(one): one async for one in client.list(CoreService, namespace=namespace, chunk_size=_CHUNK)}
        for name in within(wanted.answering, namespace):
            spec: Any = services[name].spec if name in services else None
            own = tuple(one for one in (spec.clusterIPs or () if spec else ()) if one != "None")
            if own:
                found[f"{name}.{namespace}"] = own
    return found


async def _classes(client: AsyncClient, wanted: Wanted, served: Served) -> dict[str, Class]:
    if "v1" not in served.get(_CLASS, ()):
        return {}
    kind = create_global_resource("gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses")
    every: dict[str, Any] = {_name(one): one.status or {} async for one in client.list(kind)}
    return {
        name: Class(
            accepted=_is_true(every[name], "Accepted"),
            features=tuple(sorted(_feature(one) for one in every[name].get("supportedFeatures") or ())),
        )
        for name in sorted(set(wanted.classes) & set(every))
    }


def _feature(one: Any) -> str:
    """Give a feature's name; it was a plain text before Gateway API 1.3."""
    return str(one["name"]) if isinstance(one, Mapping) else str(one)


async def _exports(client: AsyncClient, wanted: Wanted, served: Served) -> dict[str, Exported]:
    found = {}
    carries = newest(served.get(_EXPORT, ())) != "v1alpha1"
    async for key, one in _multicluster(client, wanted, served, "ServiceExport", _EXPORT):
        spec = one.get("spec") or {}
        labels, annotations = dict(spec.get("exportedLabels") or {}), dict(spec.get("exportedAnnotations") or {})
        own = one.metadata.annotations or {}
        policy = f"{GROUP}/wan-policy"
        found[key] = Exported(
            created=_time(one.metadata.creationTimestamp),
            carries=carries,
            fabric=fabric_of(_labels(one)),
            wan_policy=annotations.get(policy) or own.get(policy, ""),
            labels=labels,
            annotations=annotations,
        )
    return found


async def _imports(client: AsyncClient, wanted: Wanted, served: Served) -> dict[str, Imported]:
    every = _multicluster(client, wanted, served, "ServiceImport", _IMPORT)
    return {key: Imported(fabric=fabric_of(_labels(one))) async for key, one in every}


async def _multicluster(
    client: AsyncClient, wanted: Wanted, served: Served, kind: str, definition: str
) -> AsyncIterator[tuple[str, Any]]:
    version = newest(served.get(definition, ()))
    if not version:
        return
    resource = create_namespaced_resource("multicluster.x-k8s.io", version, kind, definition.partition(".")[0])
    for namespace in _namespaces_of(wanted.exports):
        there = {_name(one): one async for one in client.list(resource, namespace=namespace, chunk_size=_CHUNK)}
        for name in within(wanted.exports, namespace):
            if name in there:
                yield f"{name}.{namespace}", there[name]


def _namespaces_of(names: Iterable[str]) -> list[str]:
    return sorted({namespace_of(one) for one in names})


def _labels(one: Any) -> dict[str, str]:
    return dict(one.metadata.labels or {})


def _name(one: Any) -> str:
    return str(one.metadata.name)


def _time(created: Any) -> str:
    if isinstance(created, datetime):
        return written(created)
    return str(created or "")


def _is_true(status: Mapping[str, Any], kind: str) -> bool:
    return any(one.get("type") == kind and one.get("status") == "True" for one in status.get("conditions") or ())


_READERS: dict[str, Callable[[AsyncClient, Wanted, Served], Awaitable[Any]]] = {
    "served": _served,
    "namespaces": _namespaces,
    "services": _services,
    "gateways": _gateways,
    "answering": _answering,
    "classes": _classes,
    "exports": _exports,
    "imports": _imports,
}
