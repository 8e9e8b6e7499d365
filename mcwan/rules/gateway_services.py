"""The Services by which gateways of the fabric are reached, and what orders them; WAN ports are the same on all."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml

from mcwan import yamls
from mcwan.plan.names import SERVICE_ANNOTATION
from mcwan.rules.evidence import Evidence, listeners, profile_of, role
from mcwan.rules.objects import Object, items, kept, mapping, number, text, value
from mcwan.rules.pods import has, labels_of, namespace_of
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, grouped
from mcwan.rules.words import listed, said

_REMEDY = "let mcwan write what orders the Services of gateways: each WAN port is the same in the pod and on the nodes"
_PRIVILEGED = 1024
"""Below it, the controller may have a gateway's pods listen on another port."""
_SAME_PORTS = "useListenerPortAsContainerPort"
"""Of an EnvoyProxy: pods listen on the port of the listener, be it below that."""
_Selected = Mapping[tuple[str, str], Sequence[tuple[Mapping[str, Any], Object]]]
"""By cluster and namespace, the labels of gateways' pods, and the gateways."""


def selects_gateway(evidence: Evidence, service: Object) -> bool:
    """Tell whether a Service selects the pods of one of the fabric's gateways. Raises UnjudgedError."""
    return any(True for _ in _selected(evidence, service))


def _selected(evidence: Evidence, service: Object) -> Iterator[Object]:
    found, doubts = _by_namespace(evidence)
    selector = mapping(service.content, "spec", "selector")
    if selector:
        there = found.get((service.cluster, service.namespace), ())
        yield from (gateway for labels, gateway in there if has(selector, labels))
        if doubt := doubts.get(service.cluster):
            raise doubt


@lru_cache(maxsize=1)
def _by_namespace(evidence: Evidence) -> tuple[_Selected, Mapping[str, UnjudgedError]]:
    def read(one: Object) -> Iterator[tuple[tuple[str, str], tuple[Mapping[str, Any], Object]]]:
        if role(one) and (labels := labels_of(one)):
            yield (one.cluster, namespace_of(one)), (labels, one)

    return grouped(evidence.of_kind("Gateway"), read)


def parameters(evidence: Evidence, gateway: Object) -> Object | None:
    """Give the EnvoyProxy or the ConfigMap of overlays that a Gateway names, if it is there. Raises UnjudgedError."""
    named = mapping(gateway.content, "spec", "infrastructure", "parametersRef")
    kind = text(named, "kind")
    if kind not in ("EnvoyProxy", "ConfigMap"):
        return None
    return evidence.find(gateway.cluster, kind, gateway.namespace, text(named, "name"))


def envoy_proxy(evidence: Evidence, gateway: Object) -> Object | None:
    """Give the EnvoyProxy that a Gateway names, if it is there. Raises UnjudgedError."""
    named = parameters(evidence, gateway)
    return named if named is not None and named.kind == "EnvoyProxy" else None


@kept
def overlay(ordering: Object) -> Mapping[str, Any]:
    """Give what an EnvoyProxy or a ConfigMap of overlays lays over the Service that it orders. Raises UnjudgedError."""
    if ordering.kind == "EnvoyProxy":
        return mapping(ordering.content, "spec", "provider", "kubernetes", "envoyService", "patch", "value")
    try:
        return mapping(yamls.objects(text(ordering.content, "data", "service")))
    except yaml.YAMLError:
        return {}


@lru_cache(maxsize=1)
def _every(evidence: Evidence) -> tuple[Mapping[int, Sequence[Object]], Mapping[str, UnjudgedError]]:
    """Give the Services that select a gateway's pods, by the gateway's id, and what is not known, by cluster."""
    return grouped(evidence.of_kind("Service"), lambda one: ((id(it), one) for it in _selected(evidence, one)))


def _judge(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    yield from _lies_elsewhere(evidence, gateway)
    if role(gateway) != "ingress":
        return
    its = frozenset(port for port in listeners(gateway).values() if port is not None)
    policies = _policies(evidence, gateway.cluster)
    wan = its & policies  # of others, rules of listeners tell
    name, _dot, namespace = text(gateway.annotations, SERVICE_ANNOTATION).partition(".")
    own = evidence.find(gateway.cluster, "Service", namespace, name)
    others, doubts = _every(evidence)
    for one in {id(it): it for it in (own, *others.get(id(gateway), ())) if it is not None}.values():
        yield from _leads(gateway, one, wan)
    yield from called_otherwise(evidence, gateway)
    yield from _moved(evidence, gateway)
    if ordering := parameters(evidence, gateway):
        yield from _ordered(gateway, ordering, wan, its | policies)
    if doubt := doubts.get(gateway.cluster):
        raise doubt


def called_otherwise(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    """Tell if the Service that an EnvoyProxy orders is not the one that its Gateway says."""
    told, _, namespace = text(gateway.annotations, SERVICE_ANNOTATION).partition(".")
    ordering = envoy_proxy(evidence, gateway)
    if told and ordering is not None:
        name = text(ordering.content, "spec", "provider", "kubernetes", "envoyService", "name")
        if name != told:
            yield _wrong(gateway, ordering, f"the Service is called {said(name or None)}, and not {told}.{namespace}")


def _lies_elsewhere(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    """The Services of a cluster's gateways lie in one namespace: what most say, others should."""
    found, doubts = _homes(evidence)
    every = found.get((gateway.cluster, profile_of(gateway)), {})
    own = every.get(_home(gateway), ())
    other = next((ones[0] for home, ones in every.items() if home != _home(gateway) and len(ones) >= len(own)), None)
    if other is not None:
        yield violation(
            f"{gateway} says that its Service is in {said(namespace_of(gateway) or None)}, and {other} that its is in "
            f"{said(namespace_of(other) or None)}",
            "let mcwan write Gateways: mcwan:clusters.CLUSTER.gateway.serviceNamespace is for all of a cluster",
            gateway,
            other,
        )
    elif doubt := doubts.get(gateway.cluster):
        raise doubt


def _home(gateway: Object) -> str:
    """Give where a gateway's Service lies; nothing if beside it, as by Istio. Raises UnjudgedError."""
    found = namespace_of(gateway)
    return "" if found == gateway.namespace and profile_of(gateway) == "istio" else found


@lru_cache(maxsize=1)
def _homes(evidence: Evidence) -> tuple[dict[tuple[str, str], dict[str, list[Object]]], dict[str, UnjudgedError]]:
    """Give gateways by cluster, profile and where their Services lie; and why one cannot be read, by cluster."""
    found: dict[tuple[str, str], dict[str, list[Object]]] = {}
    doubts: dict[str, UnjudgedError] = {}
    for one in evidence.of_kind("Gateway"):
        try:
            if role(one) and (profile := profile_of(one)):
                found.setdefault((one.cluster, profile), {}).setdefault(_home(one), []).append(one)
        except UnjudgedError as doubt:
            doubts.setdefault(one.cluster, doubt)
    return found, doubts


def _moved(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    """Others reach the pods of Envoy Gateway's, where a low port is another one if that is not said otherwise."""
    ordering = envoy_proxy(evidence, gateway)
    ports = sorted(port for port in listeners(gateway).values() if port is not None and port < _PRIVILEGED)
    kubernetes = mapping(ordering.content, "spec", "provider", "kubernetes") if ordering is not None else {}
    if ports and ordering is not None and value(kubernetes, _SAME_PORTS) is not True:
        its = f"port {listed(map(str, ports))} is another one in the pod, as {_SAME_PORTS} is not set"
        yield _wrong(gateway, ordering, its)


def _policies(evidence: Evidence, cluster: str) -> frozenset[int]:
    every = [one for ones in evidence.policies.values() for one in ones if one.cluster == cluster]
    return frozenset(port for one in every if (port := number(one.content, "spec", "port")) is not None)


def _leads(gateway: Object, service: Object, wan: frozenset[int]) -> Iterator[Violation]:
    """A Service's port that leads to a WAN port is that port, and on nodes the same. Others are the controller's."""
    on_nodes = text(service.content, "spec", "type") == "NodePort"
    for one in items(service.content, "spec", "ports"):
        if (text(one, "protocol") or "TCP") != "TCP":
            continue
        port, node = number(one, "port"), number(one, "nodePort")
        inside = number(one, "targetPort") or (None if text(one, "targetPort") else port)
        if port in wan or inside in wan:
            moved = port is not None and port < _PRIVILEGED and inside not in wan
            if inside is not None and port != inside and not moved:
                yield _wrong(gateway, service, f"port {said(port)} leads to port {said(inside)}")
        if on_nodes and node is not None and node != port and (node in wan or port in wan or inside in wan):
            yield _wrong(gateway, service, f"port {said(port)} is node port {said(node)}")


def _ordered(gateway: Object, ordering: Object, wan: frozenset[int], known: frozenset[int]) -> Iterator[Violation]:
    """Whatever orders ports of the Service orders all WAN ports and no others; an overlay may delete others."""
    ports = list(items(overlay(ordering), "spec", "ports"))
    for one in ports:
        port, node, inside = number(one, "port"), number(one, "nodePort"), number(one, "targetPort")
        deleted = text(one, "$patch") == "delete"
        if deleted and port in wan:
            yield _wrong(gateway, ordering, f"port {said(port)} is deleted")
        elif not deleted and port not in known:
            yield _wrong(gateway, ordering, f"port {said(port)} is no WAN port of it")
        elif not deleted:
            if inside not in (None, port) or text(one, "targetPort"):
                wrong = said(inside) if inside is not None else text(one, "targetPort")
                yield _wrong(gateway, ordering, f"port {said(port)} leads to port {wrong}")
            if node not in (None, port):
                yield _wrong(gateway, ordering, f"port {said(port)} is node port {said(node)}")
    if _kind_of_service(gateway, ordering) == "NodePort":
        fixed = {number(one, "port") for one in ports if number(one, "nodePort") is not None}
        for port in sorted(wan - {one for one in fixed if one is not None}):
            yield _wrong(gateway, ordering, f"port {port} has no node port, and gets any")


def _kind_of_service(gateway: Object, ordering: Object) -> str:
    patched = text(overlay(ordering), "spec", "type")
    if ordering.kind == "EnvoyProxy":
        return patched or text(ordering.content, "spec", "provider", "kubernetes", "envoyService", "type")
    return patched or text(gateway.annotations, "networking.istio.io/service-type")


def _wrong(gateway: Object, one: Object, what: str) -> Violation:
    return violation(f"{one}, of {gateway}: {what}", _REMEDY, one, gateway)


RULES = (
    Rule(
        "service-has-wan-ports",
        "A WAN port is the same on an ingress gateway, on its Service and on the nodes.",
        "The SD-WAN classifies by the port at which a request arrives: one that leads to another policy's listener "
        "travels by a tunnel that was not meant.",
        "Let mcwan write what orders the Services of gateways.",
        lambda evidence: evidence.gateways,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
