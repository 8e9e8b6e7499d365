"""Targets lead where they say: their addresses are the remote cluster's ingress, their ports are listeners there."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address

from mcwan.model.labels import MANAGER, SLICE_MANAGED_BY, SLICE_OF
from mcwan.plan.names import NAMESPACE, SOURCE_CLUSTER
from mcwan.rules.evidence import Component, Evidence, component_of, listeners
from mcwan.rules.objects import Object, items, mapping, number, text, texts, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, chosen, first
from mcwan.rules.words import listed, said


def slices(evidence: Evidence) -> list[Object | UnjudgedError]:
    """Give the EndpointSlices, and Endpoints, that stand for remote ingress gateways, whoever wrote them."""
    mirrored = _mirrored(evidence)
    doubts = [one for one in mirrored if isinstance(one, UnjudgedError)]
    mirrors = [one for one in mirrored if isinstance(one, Object)]
    known = chosen(
        (*evidence.of_kind("EndpointSlice"), *mirrors),
        lambda one: first(
            lambda: one.namespace == NAMESPACE,
            lambda: one.label(SLICE_MANAGED_BY) == MANAGER,
            lambda: (service := evidence.service_of(one)) is not None and _is_target(service),
        ),
    )
    return [*known, *doubts]


@lru_cache(maxsize=1)
def _mirrored(evidence: Evidence) -> tuple[Object | UnjudgedError, ...]:
    """Give Endpoints as Kubernetes mirrors them into slices of the Service of that name."""
    return tuple(_as_slices(evidence.of_kind("Endpoints")))


def _as_slices(ones: Iterable[Object]) -> Iterator[Object | UnjudgedError]:
    """Give Endpoints with the fields of an EndpointSlice; for those that cannot be read, the reason."""
    for one in ones:
        try:
            subsets = list(items(one.content, "subsets"))
            addresses = [text(it, "ip") for subset in subsets for it in items(subset, "addresses")]
            metadata = {**one.metadata, "labels": {**one.labels, SLICE_OF: one.name}}
            ports = [port for subset in subsets for port in items(subset, "ports")]
            added = {"metadata": metadata, "endpoints": [{"addresses": addresses}], "ports": ports}
            yield Object(one.cluster, {**one.content, **added}, one.urn, one.place)
        except UnjudgedError as doubt:
            yield doubt


def _addresses(evidence: Evidence, one: Object | Component, _: Options) -> Iterator[Violation]:
    if isinstance(one, Component):
        yield from _told_addresses(evidence, one)
        return
    behind = evidence.behind(one)
    known = [evidence.addresses(gateway) for gateway in behind]
    for gateway, its in zip(behind, known, strict=True):
        if not its and any(items(one.content, "endpoints")):
            raise UnjudgedError(str(gateway), f"says no address, and {one} leads to it")
    if not known or not all(known) or len(known) < len(evidence.stood_for(one)):
        return  # of a gateway that is not there, nothing can be said
    wanted = frozenset[str]().union(*known)
    for endpoint in items(one.content, "endpoints"):
        for address in texts(endpoint, "addresses"):
            if not is_among(address, wanted):
                yield violation(
                    f"{one} sends to {said(address)}; {listed(map(str, behind))} "
                    f"{'are' if len(behind) > 1 else 'is'} reached at {listed(sorted(wanted))}",
                    f"write the address once: mcwan:clusters.{behind[0].cluster}.ingress.addresses",
                    one,
                    *behind,
                )


def _told_addresses(evidence: Evidence, one: Component) -> Iterator[Violation]:
    for cluster in mapping(one.outputs, "clusters"):
        for remote in mapping(one.outputs, "clusters", cluster, "targets"):
            gateway = evidence.ingress_gateway(remote)
            wanted = evidence.addresses(gateway) if gateway is not None else frozenset()
            for address in texts(one.outputs, "clusters", cluster, "targets", remote):
                if gateway is not None and wanted and not is_among(address, wanted):
                    yield violation(
                        f"{one}: target {remote} on {cluster} is {said(address)}; {gateway} is reached at "
                        f"{listed(sorted(wanted))}",
                        f"write the address once: mcwan:clusters.{remote}.ingress.addresses",
                        one,
                        gateway,
                        clusters=[cluster],
                    )


def _ports(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    behind = evidence.behind(one)
    is_service = one.kind == "Service"
    ports = items(one.content, "spec", "ports") if is_service else items(one.content, "ports")
    for item in ports if behind else ():
        called, port = text(item, "name"), number(item, "targetPort" if is_service else "port")
        for gateway in behind:
            there = listeners(gateway)
            if port not in there.values():
                yield violation(
                    f"{one} leads to port {said(port)}, and {gateway} has no listener there",
                    "let mcwan write both: a target has a port per WAN policy",
                    one,
                    gateway,
                )
            elif called in there and there[called] != port:
                yield violation(
                    f"{one} leads to port {said(port)} for policy {called}, and {gateway} listens for it on port "
                    f"{said(there[called])}",
                    f"set mcwan:wanPolicies.{called}.port once, and let nothing else write targets",
                    one,
                    gateway,
                )


def _is_whole(evidence: Evidence, service: Object, _: Options) -> Iterator[Violation]:
    """A target leads to its slices and nowhere else, and each of its ports to an endpoint there."""
    remedy = "let mcwan write the targets: a Service without selector, and its EndpointSlices"
    if mapping(service.content, "spec", "selector"):
        yield violation(f"{service} has a selector, and leads to pods of its own cluster", remedy, service)
    if alias := text(service.content, "spec", "externalName"):
        yield violation(f"{service} is an alias of {said(alias)}", remedy, service)
    remote = service.label(SOURCE_CLUSTER)
    for one in evidence.slices_of(service):
        if (other := one.label(SOURCE_CLUSTER)) not in ("", remote):
            yield violation(f"{service} stands for {remote}, and {one} for {other}", remedy, service, one)
    slices_ = [one for one in evidence.slices_of(service) if has_endpoint(one)]
    for port in items(service.content, "spec", "ports"):
        name, wanted = text(port, "name"), number(port, "targetPort") or number(port, "port")
        leads = [
            (one, number(it, "port"))
            for one in slices_
            for it in items(one.content, "ports")
            if text(it, "name") == name
        ]
        if not leads:
            yield violation(f"{service} has no endpoint for port {said(name or None)}", remedy, service)
        for one, found in leads:
            if found != wanted:
                yield violation(
                    f"{service} leads to port {said(wanted)} as {said(name or None)}, and {one} to port {said(found)}",
                    remedy,
                    service,
                    one,
                )


def has_endpoint(one: Object) -> bool:
    """Tell whether a slice has an endpoint that is ready. Raises UnjudgedError."""
    return any(
        value(it, "conditions", "ready") is not False and any(texts(it, "addresses"))
        for it in items(one.content, "endpoints")
    )


def _standing(evidence: Evidence) -> list[Object | UnjudgedError]:
    return chosen(evidence.of_kind("Service"), evidence.is_standing)


def _told(evidence: Evidence) -> Iterable[Object | Component | UnjudgedError]:
    return [*slices(evidence), *evidence.component("EastWestGateway")]


def _targets(evidence: Evidence) -> list[Object | UnjudgedError]:
    return slices(evidence) + _standing(evidence)


def _is_target(service: Object) -> bool:
    return component_of(service) in ("target", "import")


def is_among(address: str, known: Iterable[str]) -> bool:
    """Tell whether an address is one of those that are known, however it is written."""
    return address in known or _plain(address) in map(_plain, known)


@lru_cache(maxsize=4096)
def _plain(address: str) -> str:
    """Write an address as Python does, whichever way it was written."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address


RULES = (
    Rule(
        "target-address",
        "Every address that a target sends to is the remote cluster's ingress address.",
        "A target with another cluster's address sends requests to services that were never asked.",
        "Write a cluster's ingress addresses once, in the stack.",
        _told,
        _addresses,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "target-port",
        "Every port of a target leads to the remote listener of the same WAN policy.",
        "A target's port has to be the remote listener of the same WAN policy: another one is "
        "another tunnel, or nobody.",
        "Let mcwan write the targets on both sides in one update.",
        _targets,
        _ports,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "target-is-whole",
        "A target leads to its own endpoints and nowhere else, each of its ports to one.",
        "By a selector or an alias, requests for another cluster go to whatever that names; a port without an "
        "endpoint answers 503.",
        "Let mcwan write the targets, Services and EndpointSlices together.",
        _standing,
        _is_whole,
        severity=Severity.CRITICAL,
    ),
)
