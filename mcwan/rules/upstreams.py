"""Where egress routes send: to targets and spares, and to upstreams, which keep several remote places together."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from mcwan.gateways import istio
from mcwan.model.traffic import DEFAULT, Timeouts, Traffic, merged
from mcwan.plan.manifests import Manifest
from mcwan.plan.names import CHOICE_LABEL, MESH_TARGET, SOURCE_CLUSTER, SPARE
from mcwan.plan.profile import Certificate, UpstreamPlace, UpstreamRequest
from mcwan.rules.backends import Backend, backends, hosts_sent_to, spares_sent_to
from mcwan.rules.evidence import Evidence, component_of, export_of, is_named, profile_of
from mcwan.rules.objects import Object, items, kept, mapping, number, text, texts
from mcwan.rules.unknown import UnjudgedError, chosen

_USUAL = merged(Traffic(timeouts=Timeouts(connect="1s", keepalive="1s")), DEFAULT)


class Sent(NamedTuple):
    """A backend of a route, and a remote ingress gateway and port that it leads to; `first` if that is no spare."""

    to: Backend
    gateway: Object
    port: int | None
    first: bool


class Place(NamedTuple):
    """A place of an upstream: the cluster that it stands for, that one's gateway if it is there, where it leads."""

    remote: str
    gateway: Object | None
    address: str
    port: int | None
    first: bool
    weight: int | None


def sent(evidence: Evidence, route: Object) -> Sequence[Sent]:
    """Give the remote places that a route sends to. Raises UnjudgedError."""
    known = _known(evidence)
    if id(route) not in known:
        known[id(route)] = tuple(_sent(evidence, route))
    return known[id(route)]


@lru_cache(maxsize=1)
def _known(_: Evidence) -> dict[int, Sequence[Sent]]:
    """Keep what the routes of an evidence send, by their identity, since many rules ask for it."""
    return {}


def _sent(evidence: Evidence, route: Object) -> Iterator[Sent]:
    for to in backends(route):
        service = evidence.find(route.cluster, "Service", to.namespace, to.name)
        if service is not None and service.label(SOURCE_CLUSTER):
            for gateway in evidence.behind(service):
                yield Sent(to, gateway, ports_of(service).get(to.port), first=True)
    for to in spares_sent_to(route):
        spare = evidence.find(route.cluster, "Backend", to.namespace, to.name)
        if spare is not None:
            ports = spare_ports(spare)
            yield from (Sent(to, gateway, port, first=False) for gateway in evidence.behind(spare) for port in ports)
    for to in hosts_sent_to(route):
        upstream = evidence.upstream(route.cluster, to.namespace, to.name)
        for place in places(evidence, upstream) if upstream is not None else ():
            if place.gateway is not None:
                yield Sent(to, place.gateway, place.port, place.first)


@kept
def ports_of(service: Object) -> Mapping[int | None, int | None]:
    """Give a Service's ports, and where each leads. Raises UnjudgedError."""
    return {number(one, "port"): number(one, "targetPort") for one in items(service.content, "spec", "ports")}


@kept
def spare_ports(spare: Object) -> Sequence[int | None]:
    """Give the ports that a spare leads to: one, if it is mcwan's. Raises UnjudgedError."""
    return tuple(dict.fromkeys(number(one, "ip", "port") for one in items(spare.content, "spec", "endpoints")))


def places(evidence: Evidence, upstream: Object) -> Iterator[Place]:
    """Give an upstream's places. Raises UnjudgedError."""
    ports = list(items(upstream.content, "spec", "ports"))
    name, usual = (text(ports[0], "name"), number(ports[0], "number")) if ports else ("", None)
    export = export_of(upstream)
    for one in items(upstream.content, "spec", "endpoints"):
        remote = text(one, "labels", SOURCE_CLUSTER)
        gateway = None
        if remote:
            own = evidence.ingress_gateway(remote, export) if export else None
            gateway = own or evidence.ingress_gateway(remote)
        port = number(one, "ports", name)
        first = text(one, "labels", CHOICE_LABEL) != SPARE
        yield Place(
            remote, gateway, text(one, "address"), usual if port is None else port, first, number(one, "weight")
        )


def is_upstream(evidence: Evidence, route: Object, to: Backend) -> bool:
    """Tell whether a host name that a route sends to is an upstream's that is there, with that port.

    Sidecars send to those of meshes only. Raises UnjudgedError.
    """
    upstream = evidence.upstream(route.cluster, to.namespace, to.name)
    if upstream is None or (route.kind == "VirtualService" and not is_of_mesh(upstream)):
        return False
    ports = items(upstream.content, "spec", "ports")
    return to.port in [number(one, "number") for one in ports]


def upstreams(evidence: Evidence) -> list[Object | UnjudgedError]:
    """Give the fabric's upstreams, of gateways and of meshes."""
    return chosen(evidence.of_kind("ServiceEntry"), lambda one: component_of(one) in ("target", MESH_TARGET))


def is_of_mesh(upstream: Object) -> bool:
    """Tell whether workloads of a mesh send to an upstream for themselves. Raises UnjudgedError."""
    return component_of(upstream) == MESH_TARGET


def filters_of(evidence: Evidence, upstream: Object) -> list[Object]:
    """Give the EnvoyFilters of an upstream: beside it or, of a mesh, in the root namespace. Raises UnjudgedError."""
    if is_of_mesh(upstream):
        return filters_of_mesh(evidence, upstream.cluster, upstream.name)
    one = evidence.find(upstream.cluster, "EnvoyFilter", upstream.namespace, upstream.name)
    return [one] if one is not None else []


def filters_of_mesh(evidence: Evidence, cluster: str, name: str) -> list[Object]:
    """Give the EnvoyFilters that are called so in a cluster's mesh's root namespace: elsewhere they are for no sidecar.

    Where no import says which that is, those of any namespace: of that, meshes-agree tells. Raises UnjudgedError.
    """
    if not evidence.mesh_namespaces(cluster):
        every = evidence.of_kind("EnvoyFilter")
        return [one for one in every if one.cluster == cluster and is_named(one) and one.name == name]
    found = (evidence.find(cluster, "EnvoyFilter", root, name) for root in evidence.mesh_namespaces(cluster))
    return [one for one in found if one is not None]


def rules_for(evidence: Evidence, upstream: Object) -> list[Object]:
    """Give the DestinationRules that an upstream is treated by. Raises UnjudgedError."""
    hosts = texts(upstream.content, "spec", "hosts")
    return [one for host in hosts for one in evidence.destination_rules(upstream.cluster, upstream.namespace, host)]


def rules_elsewhere(evidence: Evidence, upstream: Object) -> list[Object]:
    """Give the DestinationRules of other namespaces, which hold for workloads of a mesh there. Raises UnjudgedError."""
    hosts = texts(upstream.content, "spec", "hosts") if is_of_mesh(upstream) else ()
    return [one for host in hosts for one in evidence.rules_elsewhere(upstream.cluster, upstream.namespace, host)]


def as_made(evidence: Evidence, upstream: Object, certificate: Certificate | None) -> list[Manifest]:
    """Give the specs of the ServiceEntry, the DestinationRule and, if any, the EnvoyFilter of an upstream's places.

    How its requests are treated is not known: as usual. Raises UnjudgedError.
    """
    there = list(places(evidence, upstream))
    known = tuple(
        UpstreamPlace(one.remote, (one.address,), one.port or 0, one.weight or 1, not one.first)
        for one in there
        if one.remote  # of others, spare-leads-there tells
    ) or (UpstreamPlace("", (), 0, 1, spare=False),)
    ports = list(items(upstream.content, "spec", "ports"))
    name, port = (text(ports[0], "name"), number(ports[0], "number")) if ports else ("", None)
    host = next(texts(upstream.content, "spec", "hosts"), "")
    labels: dict[str, str] = {}
    mesh, by_alpn = "" if is_of_mesh(upstream) else None, _is_by_alpn(evidence, upstream, there)
    request = UpstreamRequest("", "", labels, host, name, port or 0, known, _USUAL, "", certificate, mesh, by_alpn)
    return [one["spec"] for one in istio.upstream(request)]


def _is_by_alpn(evidence: Evidence, upstream: Object, there: Sequence[Place]) -> bool:
    """Tell whether HTTP/2 is left to ALPN, and may be: of a place's gateway is not known that it speaks that."""
    if all(one.gateway is not None and profile_of(one.gateway) for one in there):
        return False
    patches = [one for its in filters_of(evidence, upstream) for one in items(its.content, "spec", "configPatches")]
    options = [mapping(one, "patch", "value", "typed_extension_protocol_options") for one in patches]
    return any("auto_config" in mapping(one) for its in options for one in its.values())
