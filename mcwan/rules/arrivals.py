"""What leaves a cluster arrives: the listener that it is sent to admits it on the other side."""

from collections.abc import Iterator
from typing import Any

from mcwan.model.leaves import RESERVED
from mcwan.plan.names import NAMESPACE, SERVICE_ANNOTATION, SOURCE_CLUSTER, cluster_host, clusterset
from mcwan.rules.backends import HOSTNAME, SPARE, Backend, backends, hosts_sent_to, references
from mcwan.rules.evidence import (
    Claim,
    Evidence,
    Export,
    answering,
    component_of,
    export_of,
    exports_of,
    hostnames,
    listeners,
    role,
    service_of_export,
)
from mcwan.rules.objects import Object, items, kept, mapping, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.targets import slices
from mcwan.rules.unknown import UnjudgedError, chosen, first
from mcwan.rules.upstreams import is_upstream, ports_of, sent
from mcwan.rules.words import listed, said


def _has_target(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    """A backend in the fabric's namespace is a target, and one elsewhere may be; its port is one of the target's."""
    for rule in items(route.content, "spec", "rules"):
        for ref in references(rule):
            if _is_spare(evidence, route, ref):
                continue
            if (text(ref, "group"), text(ref, "kind")) == HOSTNAME:
                continue
            if text(ref, "kind") not in ("", "Service") or text(ref, "group"):
                yield violation(
                    f"{route} sends to {said(text(ref, 'kind'))} {said(text(ref, 'name'))}, which is no Service",
                    "let mcwan write the route: its backends are Services",
                    route,
                )
    for to in hosts_sent_to(route):
        yield from _has_host(evidence, route, to)
    for to in backends(route):
        service = evidence.find(route.cluster, "Service", to.namespace, to.name)
        if service is None and meant_for_wan(evidence, route, to):
            yield violation(
                f"{route} sends to Service {to.namespace}/{to.name}, port {said(to.port)}, which is not there",
                "let mcwan write the route and its targets",
                route,
            )
        elif service is not None and to.port not in (there := ports_of(service)):
            yield violation(
                f"{route} sends to port {said(to.port)} of {service}, which has "
                f"{', '.join(map(said, there)) or 'none'}",
                "let mcwan write the route and its targets: a target has a port per WAN policy",
                route,
                service,
            )
        if service is not None and to.namespace == NAMESPACE and not service.label(SOURCE_CLUSTER):
            yield violation(
                f"{route} sends to {service}, which stands for no cluster",
                "let mcwan write the route and its targets: a target says which cluster it stands for",
                route,
                service,
            )


def _has_host(evidence: Evidence, route: Object, to: Backend) -> Iterator[Violation]:
    """A host name is an upstream's that is there; sidecars may also send to a Service of the cluster.

    That one has the port, as far as it is among what is judged.
    """
    service = evidence.find(route.cluster, "Service", to.service[1], to.service[0]) if to.service else None
    if service is not None and to.port not in (there := ports_of(service)):
        yield violation(
            f"{route} sends to port {said(to.port)} of {service}, which has {', '.join(map(said, there)) or 'none'}",
            "let mcwan write the route",
            route,
            service,
        )
    elif to.service is None and not is_upstream(evidence, route, to):
        which = "no upstream of the mesh has" if route.kind == "VirtualService" else "no ServiceEntry beside it has"
        yield violation(
            f"{route} sends to host {said(to.name or None)}, port {said(to.port)}, which {which}",
            "let mcwan write the route and its upstreams",
            route,
        )


def _is_spare(evidence: Evidence, route: Object, ref: Any) -> bool:
    """Tell whether a backend is a spare that is there and says which cluster it stands for."""
    if (text(ref, "group"), text(ref, "kind")) != SPARE:
        return False
    namespace = text(ref, "namespace") or route.namespace
    spare = evidence.find(route.cluster, "Backend", namespace, text(ref, "name"))
    return spare is not None and bool(spare.label(SOURCE_CLUSTER))


def _arrives(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    """Where an egress route sends a request, by its host name as rewritten, a route admits it."""
    for one in sent(evidence, route):
        for host in one.to.rewritten or hostnames(route):
            yield from _admitted(evidence, route, one.gateway, one.port, host)


def _shadow_arrives(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    """Where a shadow Service sends requests, a route admits the import's name."""
    subject = one if component_of(one) else evidence.service_of(one)
    key = export_of(subject) if subject is not None and component_of(subject) == "import" else None
    if key is not None:
        for gateway in evidence.behind(one):
            for item in items(one.content, "ports"):
                host = cluster_host(f"{clusterset(key[0])}.{key[1]}")
                yield from _admitted(evidence, one, gateway, number(item, "port"), host)


def _admitted(evidence: Evidence, sender: Object, gateway: Object, port: int | None, host: str) -> Iterator[Violation]:
    section = sections(gateway).get(port)
    if section is None:
        return  # target-port says so
    claim = Claim(gateway.cluster, f"{gateway.namespace}/{gateway.name}", section, host)
    if claim not in evidence.claims:
        if doubt := evidence.unread.get(gateway.cluster):
            raise doubt
        yield violation(
            f"{sender} sends {host} to port {said(port)} of {gateway}, where no route admits it on listener {section}",
            f"let mcwan write both sides: the export and its import name the same WAN policy {section}",
            sender,
            gateway,
        )


def _by_egress(evidence: Evidence, service: Object, __: Options) -> Iterator[Violation]:
    """An import's name is an alias of the Service that its egress gateway says, or leads by slices of its own.

    By path `direct`, a cluster that exports the service itself names that.
    """
    if text(service.content, "spec", "type") != "ExternalName":
        yield from _by_slices(service)
        return
    alias, key = text(service.content, "spec", "externalName"), _import_of(evidence, service)
    every = [one for one in evidence.of_kind("Gateway") if one.cluster == service.cluster and role(one) == "egress"]
    gateways = [one for one in every if key and export_of(one) == key] or [one for one in every if not export_of(one)]
    allowed = [text(one.annotations, SERVICE_ANNOTATION) for one in gateways]
    allowed += [service_of_export(one) for one in (evidence.exporting(key, service.cluster) if key else ())]
    if alias not in [cluster_host(one) for one in allowed if one]:
        yield violation(
            f"{service} is an alias of {said(alias)}, and not of {listed(map(str, gateways)) or 'an egress gateway'}",
            "let mcwan write the Services of imports",
            service,
            *gateways,
        )


def _by_slices(service: Object) -> Iterator[Violation]:
    ordered = text(service.content, "spec", "type") or "ClusterIP"
    if ordered != "ClusterIP" or mapping(service.content, "spec", "selector"):
        how = "has a selector" if ordered == "ClusterIP" else f"is a {ordered}"
        yield violation(
            f"{service} {how}, and stands for an import",
            "let mcwan write the Services of imports: an alias, or a ClusterIP without selector",
            service,
        )


def _imports(evidence: Evidence) -> list[Object | UnjudgedError]:
    return chosen(
        evidence.of_kind("Service"),
        lambda one: first(lambda: component_of(one) == "import", lambda: _import_of(evidence, one) is not None),
    )


def _import_of(evidence: Evidence, service: Object) -> Export | None:
    """Give the import that a Service is the name of. Raises UnjudgedError."""
    name = service.name.removesuffix(RESERVED)
    if name != service.name and evidence.find(service.cluster, "ServiceImport", service.namespace, name):
        return (name, service.namespace)
    return export_of(service) if component_of(service) == "import" else None


def egress_routes(evidence: Evidence) -> list[Object | UnjudgedError]:
    """Give the fabric's routes by which requests leave a cluster: those of egress gateways, and those of meshes."""
    routes = [one for one in evidence.routes if isinstance(one, UnjudgedError) or not _ingress(evidence, one)]
    return [*routes, *evidence.mesh_routes]


def _ingress(evidence: Evidence, route: Object) -> bool:
    try:
        return evidence.arrives_at_ingress(route)
    except UnjudgedError:
        return False


def meant_for_wan(evidence: Evidence, route: Object, to: Backend) -> bool:
    """Tell whether a backend that is not there is a target: by its namespace, or its port, which is a WAN port.

    A service that the cluster offers may have a port of that number. Raises UnjudgedError.
    """
    if to.namespace == NAMESPACE:
        return True
    if evidence.arrives_at_ingress(route) or offered_here(evidence, route, to):
        return False
    every = [one for ones in evidence.policies.values() for one in ones if one.cluster == route.cluster]
    return to.port in [number(one.content, "spec", "port") for one in every]


def offered_here(evidence: Evidence, route: Object, to: Backend) -> list[Object]:
    """Give the cluster's own ServiceExports that a backend of an egress route answers for. Raises UnjudgedError."""
    keys = [key for key in exports_of(to.rewritten) or exports_of(hostnames(route)) if key[0]]
    exports = [one for key in keys for one in evidence.exporting(key, route.cluster)]
    return [one for one in exports if f"{to.name}.{to.namespace}" in answering(one)]


@kept
def sections(gateway: Object) -> dict[int | None, str]:
    """Give a Gateway's listeners by their port. Raises UnjudgedError."""
    return {port: name for name, port in listeners(gateway).items()}


RULES = (
    Rule(
        "route-has-target",
        "Every backend of a route is a Service or an upstream that is there, with that port.",
        "A route to a Service or port that is not there answers 500.",
        "Let mcwan write routes and targets together.",
        lambda evidence: (*evidence.routes, *evidence.mesh_routes),
        _has_target,
    ),
    Rule(
        "route-arrives",
        "What an egress route or a sidecar sends to another cluster is admitted there, on the listener of its port.",
        "What a cluster sends by a WAN port is refused by the other side unless a route admits it on that listener.",
        "Deploy both sides in one update; the export and its import name the same WAN policy.",
        egress_routes,
        _arrives,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "shadow-arrives",
        "What a shadow Service sends to another cluster is admitted there, on the listener of its port.",
        "On path direct there is no egress gateway that could refuse early: the remote listener has to admit the name.",
        "Deploy both sides in one update.",
        slices,
        _shadow_arrives,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "import-by-egress",
        "An import's name leads to its own cluster's egress gateway, or to the service itself.",
        "By another alias, requests leave by whatever is there: past the WAN policies, or out of the cluster.",
        "Let mcwan write the Services of imports.",
        _imports,
        _by_egress,
        severity=Severity.CRITICAL,
    ),
)
