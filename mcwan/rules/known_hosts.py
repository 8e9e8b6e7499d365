"""What a mesh is told of host names: each of mcwan's once, and nothing of one that is not there."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from mcwan.plan.names import cluster_host
from mcwan.rules.evidence import Evidence, component_of
from mcwan.rules.objects import Object, items, mapping, number, text, texts
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.words import listed, said

_MESH = "mesh"
"""Istio's word for all sidecars, among the gateways of a VirtualService; meant if none is written."""


class _Host(NamedTuple):
    """A host name that objects of a kind tell the mesh of a cluster."""

    cluster: str
    kind: str
    name: str


@lru_cache(maxsize=1)
def _telling(evidence: Evidence) -> tuple[Mapping[_Host, list[Object]], Sequence[UnjudgedError]]:
    found: dict[_Host, list[Object]] = {}
    doubts: list[UnjudgedError] = []
    for one in (*evidence.of_kind("ServiceEntry"), *evidence.of_kind("VirtualService")):
        try:
            for host in dict.fromkeys(texts(one.content, "spec", "hosts")) if _is_for_mesh(one) else ():
                found.setdefault(_Host(one.cluster, one.kind, host), []).append(one)
        except UnjudgedError as doubt:
            doubts.append(doubt)
    return found, doubts


def _is_for_mesh(one: Object) -> bool:
    return one.kind != "VirtualService" or _MESH in (tuple(texts(one.content, "spec", "gateways")) or (_MESH,))


def _hosts(evidence: Evidence) -> Iterable[_Host | UnjudgedError]:
    found, doubts = _telling(evidence)
    yield from (host for host, ones in found.items() if len(ones) > 1 or host.name.endswith(cluster_host("")))
    yield from doubts


def _once(evidence: Evidence, host: _Host, _: Options) -> Iterator[Violation]:
    every = _telling(evidence)[0][host]
    told = _told_twice(every)
    if told and any(component_of(one) for one in told):
        yield violation(
            f"{host.name} is told to the mesh of {host.cluster} by {listed(sorted({str(one) for one in told}))}",
            "leave host names of exports and upstreams to mcwan's objects",
            *told,
        )
    name, dot, namespace = host.name.removesuffix(cluster_host("")).partition(".")
    if host.kind == "ServiceEntry" and dot and host.name.endswith(cluster_host("")):
        service = evidence.find(host.cluster, "Service", namespace, name)
        for one in every if service is not None else ():
            if component_of(one) or (service is not None and component_of(service)):
                yield violation(
                    f"{one} tells the mesh of {host.name}, which is that of {service}",
                    "import the export by path gateway there, or remove one of them",
                    one,
                    *([service] if service else ()),
                )


def _told_twice(every: Sequence[Object]) -> list[Object]:
    """Give those that one namespace sees beside another. Raises UnjudgedError."""
    seen = [_seen_in(one) for one in every]
    if any(its is None for its in seen):
        known = [one for one, its in zip(every, seen, strict=True) if its != frozenset()]
        return known if len(known) > 1 else []
    spaces = Counter(space for its in seen for space in its or ())
    twice = {space for space, count in spaces.items() if count > 1}
    return [one for one, its in zip(every, seen, strict=True) if twice & (its or frozenset())]


def _seen_in(one: Object) -> frozenset[str] | None:
    """Give the namespaces that see an object of Istio's; None if all do. Raises UnjudgedError."""
    seen = set(texts(one.content, "spec", "exportTo")) or {"*"}
    return None if "*" in seen else frozenset(one.namespace if it == "." else it for it in seen - {"~"})


def _has_host(evidence: Evidence, rule: Object, _: Options) -> Iterator[Violation]:
    host = text(rule.content, "spec", "host")
    entry = evidence.upstream(rule.cluster, rule.namespace, host)
    if entry is None:
        yield violation(
            f"{rule} is for host {said(host or None)}, which no ServiceEntry beside it has",
            "let mcwan write upstreams: the ServiceEntry and its DestinationRule",
            rule,
        )
        return
    ports = [number(one, "number") for one in items(entry.content, "spec", "ports")]
    for one in items(mapping(rule.content, "spec", "trafficPolicy"), "portLevelSettings"):
        if (port := number(one, "port", "number")) not in ports:
            yield violation(
                f"{rule} is for port {said(port)} of {entry}, which has {listed(map(said, ports)) or 'none'}",
                "let mcwan write upstreams: the ServiceEntry and its DestinationRule",
                rule,
                entry,
            )


RULES = (
    Rule(
        "host-told-once",
        "A host name that mcwan tells a mesh is told by nothing else there.",
        "Of two ServiceEntries or VirtualServices for one host name, Istio follows the older one, or parts of both; "
        "beside a Service of the same name, requests for its pods leave the cluster, or stay in it.",
        "Leave the host names of exports to mcwan's objects.",
        _hosts,
        _once,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "treated-host-is-there",
        "A DestinationRule of mcwan's is for an upstream that is there, and for ports that it has.",
        "For a host name or port that is not there, it does nothing, and its upstream is neither checked nor watched.",
        "Let mcwan write upstreams.",
        lambda evidence: chosen(evidence.of_kind("DestinationRule"), component_of),
        _has_host,
    ),
)
