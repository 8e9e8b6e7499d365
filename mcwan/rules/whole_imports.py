"""An import by an egress gateway, or straight to the others, is whole: its Service, ports, slices, names, listeners.

Of a federated one, the mesh is told by federated-import-is-whole; an ambient mesh's egress routes are judged here.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from mcwan.plan.names import clusterset, egress_listener
from mcwan.plan.names import hostnames as names_of
from mcwan.rules.evidence import (
    Evidence,
    Export,
    component_of,
    export_of,
    hostnames,
    mesh_namespace_of,
    meshes_of,
    role,
)
from mcwan.rules.gateway_services import called_otherwise
from mcwan.rules.objects import Object, items, mapping, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.targets import has_endpoint
from mcwan.rules.unknown import UnjudgedError, chosen, grouped
from mcwan.rules.words import listed, said

_REMEDY = "let mcwan write the import"


def _subjects(evidence: Evidence) -> list[Object | UnjudgedError]:
    imports = chosen(evidence.of_kind("ServiceImport"), lambda one: component_of(one) == "import")
    return [*imports, *evidence.gateways]


def _judge(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    if one.kind == "ServiceImport":
        if not (meshes_of(one) or mesh_namespace_of(one)):
            yield from _import(evidence, one)
        yield from _names(evidence, one)
    elif role(one) == "egress":
        yield from _gateway(evidence, one)


def _import(evidence: Evidence, one: Object) -> Iterator[Violation]:
    ports = sorted({number(it, "port") or 0 for it in items(one.content, "spec", "ports")})
    if not ports:
        yield violation(f"{one} has no ports", _REMEDY, one)
    name = clusterset(one.name)
    service = evidence.find(one.cluster, "Service", one.namespace, name)
    if service is None:
        yield violation(f"{one} has no Service {one.namespace}/{name}, by which clients find it", _REMEDY, one)
    else:
        there = sorted({number(it, "port") or 0 for it in items(service.content, "spec", "ports")})
        if ports and there != ports:
            has, wanted = (listed(map(str, its)) or "none" for its in (there, ports))
            yield violation(f"{service} has ports {has}, and {one} {wanted}", _REMEDY, service, one)
        by_slices = text(service.content, "spec", "type") in ("", "ClusterIP")  # of others, import-by-egress tells
        if by_slices and not mapping(service.content, "spec", "selector"):
            yield from _leads(evidence, service)


def _names(evidence: Evidence, one: Object) -> Iterator[Violation]:
    """Each egress route of an import answers to all of its names; that of an ambient mesh to the short ones, too."""
    wanted_names = names_of(one.name, one.namespace, short=bool(meshes_of(one) or mesh_namespace_of(one)))
    routes, doubts = _routes(evidence)
    for route in routes.get((one.cluster, (one.name, one.namespace)), ()):
        its = hostnames(route)  # without any, it takes all
        if lost := [host for host in wanted_names if its and host not in its]:
            yield violation(f"{route} lacks host names of {one}: {listed(lost)}", _REMEDY, route, one)
    if doubt := doubts.get(one.cluster):
        raise doubt


@lru_cache(maxsize=1)
def _routes(evidence: Evidence) -> tuple[Mapping[tuple[str, Export], list[Object]], Mapping[str, UnjudgedError]]:
    """Give the egress routes of each import, by cluster."""

    def read(one: Object) -> Iterator[tuple[tuple[str, Export], Object]]:
        if component_of(one) == "egress-route" and (key := export_of(one)):
            yield (one.cluster, key), one

    return grouped(evidence.of_kind("HTTPRoute"), read)


def _leads(evidence: Evidence, service: Object) -> Iterator[Violation]:
    """Each port of a shadow Service leads to an endpoint that is ready, if the others say where they are reached."""
    ready = {
        text(port, "name")
        for one in evidence.slices_of(service)
        if has_endpoint(one)
        for port in items(one.content, "ports")
    }
    for name in [text(port, "name") for port in items(service.content, "spec", "ports")]:
        if name not in ready and any(evidence.addresses(one) for one in evidence.behind(service)):
            yield violation(f"{service} has no endpoint for port {said(name or None)}", _REMEDY, service)


def _gateway(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    """An egress gateway takes plain HTTP for every host name, on listeners that are called as their port."""
    for one in items(gateway.content, "spec", "listeners"):
        name, port = text(one, "name"), number(one, "port")
        wrong = []
        if name.startswith("http-") and name != egress_listener(port or 0):
            wrong.append(f"on port {said(port)}")
        if (protocol := text(one, "protocol")) != "HTTP":
            wrong.append(f"by protocol {said(protocol or None)}")
        if host := text(one, "hostname"):
            wrong.append(f"for {said(host)} only")
        if wrong:
            yield violation(
                f"{gateway}, listener {name}, listens {listed(wrong)}",
                "let mcwan write that Gateway: clients ask for the ports of imports, in plain HTTP",
                gateway,
            )
    yield from called_otherwise(evidence, gateway)


RULES = (
    Rule(
        "import-is-whole",
        "An import has its Service, ports, names and endpoints, and its egress gateway listens for them.",
        "Clients find nothing under a name that leads nowhere, and a listener for something else refuses them.",
        "Let mcwan write the import.",
        _subjects,
        _judge,
        severity=Severity.HIGH,
    ),
)
