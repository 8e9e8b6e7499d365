"""Gateways are reachable over the SD-WAN only, and speak plaintext only where that was chosen."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import Field

from mcwan.gateways import balancers
from mcwan.model.labels import ENVOY_GATEWAY, ENVOY_GATEWAY_NAMESPACE, GATEWAY
from mcwan.model.leaves import RESERVED
from mcwan.plan.names import ADDRESSES_ANNOTATION, NAMESPACE, SERVICE_ANNOTATION
from mcwan.rules.backends import references
from mcwan.rules.evidence import ISTIO_SERVICE_TYPE, Evidence, component_of, profile_of, role
from mcwan.rules.gateway_services import overlay, parameters, selects_gateway
from mcwan.rules.likeness import Tally
from mcwan.rules.objects import Object, items, mapping, text, texts, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.targets import slices
from mcwan.rules.unknown import UnjudgedError, chosen, each, first
from mcwan.rules.words import listed, said

_INTERNAL = (
    *((key, wanted) for known in balancers.INTERNAL.values() for key, wanted in known.items()),
    ("cloud.google.com/load-balancer-type", "Internal"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", ""),
)
"""What is read on a Service so that its load balancer has a private address: what mcwan orders, and what others may.

An empty one has any value.
"""
_ISTIO = "istio"
"""The GatewayClass that Istio brings along; without its annotation it orders a LoadBalancer."""
_ENVOY_CLASSES = ("envoy-gateway", "eg")
"""The GatewayClass of mcwan's default, and of Envoy Gateway's own examples."""
_PUBLIC_CLASS = ("gke-l7-global-external", "gke-l7-regional-external", "gke-l7-gxlb")
"""How the names of GatewayClasses begin that are load balancers on the Internet (Google's)."""
_CLASS = "kubernetes.io/ingress.class"
_INTERNAL_INGRESS = (
    ("alb.ingress.kubernetes.io/scheme", "internal"),
    ("appgw.ingress.kubernetes.io/use-private-ip", "true"),
)
"""What controllers read on an Ingress so that it has a private address."""
_SERVICE_IMPORT = ("multicluster.x-k8s.io", "ServiceImport")
_TO_IMPORT = "remove it, or expose the service on the cluster that offers it: imports are for clients in their cluster"
_REMEDY = "use exposure ClusterIP or NodePort on private nodes, or the provider's annotation for an internal balancer"


def _orders(evidence: Evidence) -> list[Object | UnjudgedError]:
    """Give whatever orders, or is, the Service of a gateway of the fabric; all that is in its namespace among it."""
    services = chosen(
        evidence.of_kind("Service"),
        lambda one: first(
            lambda: one.namespace == NAMESPACE,
            lambda: bool(component_of(one)),
            lambda: _of_gateway(evidence, one),
            lambda: evidence.serves_gateway(one.cluster, f"{one.name}.{one.namespace}"),
            lambda: selects_gateway(evidence, one),
        ),
    )
    proxies = chosen(
        evidence.of_kind("EnvoyProxy"),
        lambda one: first(lambda: one.namespace == NAMESPACE, lambda: bool(component_of(one))),
    )
    gateways = chosen(
        evidence.of_kind("Gateway"), lambda one: first(lambda: one.namespace == NAMESPACE, lambda: bool(role(one)))
    )
    routes = chosen(
        evidence.of_kind("HTTPRoute"), lambda one: not component_of(one) and any(True for _ in _led_by(evidence, one))
    )
    return [*services, *proxies, *gateways, *evidence.of_kind("Ingress"), *routes]


def _of_gateway(evidence: Evidence, service: Object) -> bool:
    """Tell whether a Service is one of the fabric's gateways: by its labels, or those of the pods that it selects."""
    return any(
        _names_gateway(evidence, service, labels)
        for labels in (service.labels, mapping(service.content, "spec", "selector"))
    )


def _names_gateway(evidence: Evidence, service: Object, labels: Mapping[str, Any]) -> bool:
    for name, namespace in (
        (text(labels, ENVOY_GATEWAY), text(labels, ENVOY_GATEWAY_NAMESPACE)),
        (text(labels, GATEWAY), service.namespace),
    ):
        if name:
            gateway = evidence.find(service.cluster, "Gateway", namespace or NAMESPACE, name)
            if namespace == NAMESPACE or (gateway is not None and role(gateway)):
                return True
    return False


def _private(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    kinds = {"Service": _service, "EnvoyProxy": _envoy_proxy, "Gateway": _gateway, "Ingress": _ingress}
    yield from (_route if one.kind == "HTTPRoute" else kinds[one.kind])(evidence, one)


def _service(_: Evidence, one: Object) -> Iterator[Violation]:
    for address in texts(one.content, "spec", "externalIPs"):
        yield violation(f"{one} has the external IP {said(address)}", "remove spec.externalIPs", one)
    yield from _public(one, [text(one.content, "spec", "loadBalancerIP")])
    yield from _balancer(one, text(one.content, "spec", "type"), one.annotations)
    yield from _public(one, [text(given, "ip") for given in items(one.content, "status", "loadBalancer", "ingress")])


def _envoy_proxy(_: Evidence, one: Object) -> Iterator[Violation]:
    service = mapping(one.content, "spec", "provider", "kubernetes", "envoyService")
    patched = mapping(service, "patch", "value", "spec")
    ordered = text(patched, "type") or text(service, "type") or "LoadBalancer"  # Envoy Gateway's own default
    for address in texts(patched, "externalIPs"):
        yield violation(f"{one} has the external IP {said(address)}", "remove spec.externalIPs", one)
    yield from _public(one, [text(service, "loadBalancerIP"), text(patched, "loadBalancerIP")])
    merged = {**mapping(service, "annotations"), **mapping(service, "patch", "value", "metadata", "annotations")}
    yield from _balancer(one, ordered, merged)


def _gateway(evidence: Evidence, one: Object) -> Iterator[Violation]:
    values, doubts = each(items(one.content, "spec", "addresses"), lambda address: text(address, "value"))
    yield from _public(one, values + text(one.annotations, ADDRESSES_ANNOTATION).split(","))
    yield from _of_class(evidence, one)
    infrastructure = mapping(one.content, "spec", "infrastructure", "annotations")
    named = parameters(evidence, one)
    laid = overlay(named) if named is not None and named.kind == "ConfigMap" else {}
    ordered = text(one.annotations, ISTIO_SERVICE_TYPE) or text(infrastructure, ISTIO_SERVICE_TYPE)
    if not ordered and text(one.content, "spec", "gatewayClassName") == _ISTIO:
        ordered = "LoadBalancer"
    ordered = text(laid, "spec", "type") or ordered
    for address in texts(laid, "spec", "externalIPs"):
        yield violation(f"{one} has the external IP {said(address)} by {named}", "remove spec.externalIPs", one)
    yield from _public(one, [text(laid, "spec", "loadBalancerIP")])
    annotations = {**one.annotations, **infrastructure, **mapping(laid, "metadata", "annotations")}
    yield from _balancer(one, ordered, annotations)
    yield from _public(one, [text(given, "value") for given in items(one.content, "status", "addresses")])
    if _is_envoy_gateway(evidence, one) and (named is None or named.kind != "EnvoyProxy"):
        yield violation(
            f"{one} names no EnvoyProxy that is there, and gets a LoadBalancer by default",
            "let mcwan write that Gateway: its spec.infrastructure.parametersRef names its EnvoyProxy",
            one,
        )
    if doubts:
        raise doubts[0]


def _is_envoy_gateway(evidence: Evidence, gateway: Object) -> bool:
    return first(
        lambda: text(gateway.content, "spec", "gatewayClassName") in _ENVOY_CLASSES,
        lambda: evidence.find(gateway.cluster, "EnvoyProxy", gateway.namespace, gateway.name) is not None,
    )


def _of_class(evidence: Evidence, one: Object) -> Iterator[Violation]:
    """A cluster's gateways are of one class; Istio's also say it in the name of their Service."""
    called = text(one.content, "spec", "gatewayClassName")
    remedy = "set mcwan:clusters.CLUSTER.gateway.class, and let mcwan write that Gateway"
    if called.startswith(_PUBLIC_CLASS):
        yield violation(f"{one} is of class {called}, a load balancer on the Internet", remedy, one)
    elif not role(one):
        return
    elif profile_of(one) == "istio":
        service = text(one.annotations, SERVICE_ANNOTATION).partition(".")[0]
        if service.startswith(f"{one.name}-") and service != f"{one.name}-{called}":
            yield violation(f"{one} is of class {said(called or None)}, and its Service is {service}", remedy, one)
    elif called != (most := _classes(evidence)[one.cluster].most()):
        yield violation(
            f"{one} is of class {said(called or None)}, and others of its cluster of {said(most)}", remedy, one
        )


@lru_cache(maxsize=1)
def _classes(evidence: Evidence) -> Mapping[str, Tally[str]]:
    found: dict[str, Tally[str]] = {}
    for one in evidence.of_kind("Gateway"):
        found.setdefault(one.cluster, Tally()).add(lambda it=one: [_class(it)] if role(it) else [])  # type: ignore[misc]
    return found


def _class(gateway: Object) -> str:
    return text(gateway.content, "spec", "gatewayClassName")


def _ingress(evidence: Evidence, one: Object) -> Iterator[Violation]:
    """An Ingress that leads to a gateway, by its Service or by its name."""
    backends = [value(one.content, "spec", "defaultBackend")]
    for rule in items(one.content, "spec", "rules"):
        backends += (value(path, "backend") for path in items(rule, "http", "paths"))
    for name in sorted({text(backend, "service", "name") for backend in backends} - {""}):
        gateway = evidence.find(one.cluster, "Gateway", one.namespace, name)
        if (gateway is not None and role(gateway)) or evidence.serves_gateway(one.cluster, f"{name}.{one.namespace}"):
            yield violation(
                f"{one} sends to {said(name)}, a gateway of the fabric",
                "remove it: gateways are reached over the SD-WAN only",
                one,
            )
        elif not _is_internal(one):
            for to in _meant(evidence, one.cluster, one.namespace, name):
                yield violation(f"{one} sends to {to}, from wherever its controller is reached", _TO_IMPORT, one)


def _route(evidence: Evidence, one: Object) -> Iterator[Violation]:
    """A route on a Gateway of somebody else's that the Internet reaches leads neither to a gateway nor to an import."""
    for parent in evidence.parents(one):
        gateway = parent.gateway
        how = next(_reached(evidence, gateway), None) if gateway is not None and not parent.role else None
        if gateway is not None and how is not None:
            for to in _led_by(evidence, one):
                yield violation(f"{one} sends to {to}, and {how.what}", _TO_IMPORT, one, gateway)


def _reached(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    """Say how a Gateway is reached from the Internet, as far as it, or what it names, says so."""
    yield from _gateway(evidence, gateway)
    named = parameters(evidence, gateway)
    if named is not None and named.kind == "EnvoyProxy":
        yield from _envoy_proxy(evidence, named)


def _led_by(evidence: Evidence, route: Object) -> Iterator[str]:
    """Give the imports and the Services of the fabric's gateways that a route sends to."""
    for rule in items(route.content, "spec", "rules"):
        for ref in references(rule):
            kind, name = (text(ref, "group"), text(ref, "kind") or "Service"), text(ref, "name")
            if kind in (("", "Service"), _SERVICE_IMPORT):
                called = name if kind[0] == "" else f"{name}{RESERVED}"
                yield from _meant(evidence, route.cluster, text(ref, "namespace") or route.namespace, called)


def _meant(evidence: Evidence, cluster: str, namespace: str, service: str) -> Iterator[str]:
    """Say which import, or gateway of the fabric, a Service is the name of; nothing, if of none."""
    plain = service.removesuffix(RESERVED)
    one = evidence.find(cluster, "ServiceImport", namespace, plain) if plain != service else None
    if one is not None and component_of(one) == "import":
        yield f"{service}.{namespace}, the import of {plain}.{namespace}"
    elif evidence.serves_gateway(cluster, f"{service}.{namespace}"):
        yield f"{service}.{namespace}, a gateway of the fabric"


def _is_internal(ingress: Object) -> bool:
    """Tell whether an Ingress says that its controller keeps it from the Internet, by its class or an annotation."""
    classes = (text(ingress.content, "spec", "ingressClassName"), text(ingress.annotations, _CLASS))
    return any(word in one.lower() for one in classes for word in ("internal", "private")) or any(
        _says(text(ingress.annotations, key), wanted) for key, wanted in _INTERNAL_INGRESS
    )


def _balancer(one: Object, ordered: str, annotations: object) -> Iterator[Violation]:
    if ordered != "LoadBalancer":
        return
    said_of_it = [(key, text(annotations, key), wanted) for key, wanted in _INTERNAL]
    against = [f"{key}: {found}" for key, found, wanted in said_of_it if found and not _says(found, wanted)]
    if not any(_says(found, wanted) for _, found, wanted in said_of_it):
        yield violation(f"{one} orders a LoadBalancer without an annotation that keeps it internal", _REMEDY, one)
    elif against:
        yield violation(f"{one} orders a LoadBalancer that is internal, and not: {listed(against)}", _REMEDY, one)


def _says(found: str, wanted: str) -> bool:
    return bool(found) and (not wanted or found.lower() == wanted.lower())


def _public(one: Object, addresses: Iterable[str]) -> Iterator[Violation]:
    for address in addresses:
        if is_public(address.strip()):
            yield violation(
                f"{one} is at {address.strip()}, an address of the Internet",
                "write the address that the SD-WAN routes",
                one,
            )


def is_public(address: str) -> bool:
    """Tell whether a text is an address of the Internet."""
    try:
        return bool(address) and ip_address(address).is_global
    except ValueError:
        return False


def _sends_to_public(_: Evidence, one: Object, __: Options) -> Iterator[Violation]:
    for endpoint in items(one.content, "endpoints"):
        for address in texts(endpoint, "addresses"):
            if is_public(address):
                yield violation(
                    f"{one} sends to {address}, an address of the Internet",
                    "write the address that the SD-WAN routes: mcwan:clusters.CLUSTER.ingress.addresses",
                    one,
                )


class Plaintext(Options):
    """Where plaintext between gateways is allowed."""

    wan_policies: Annotated[tuple[str, ...] | None, Field(examples=[["low"]])] = None
    """WAN policies whose listeners may be plaintext; all if it is not set."""


def _encrypted(_: Evidence, gateway: Object, options: Plaintext) -> Iterator[Violation]:
    if options.wan_policies is None or role(gateway) != "ingress":
        return
    for one in items(gateway.content, "spec", "listeners"):
        name, protocol = text(one, "name"), text(one, "protocol")
        if protocol in ("HTTP", "TCP") and name not in options.wan_policies:
            yield violation(
                f"{gateway} listens in plaintext ({protocol}) for policy {name}",
                f"use TLS for it, or allow plaintext: add {json.dumps(name)} to wanPolicies of this rule",
                gateway,
            )


RULES = (
    Rule(
        "gateway-is-private",
        "No gateway of the fabric, and no import, can be reached from the Internet.",
        "East-west gateways admit requests by host name alone as long as they speak plaintext: on "
        "the Internet everybody could. Who reaches an import asks in the name of the fabric.",
        "Use exposure ClusterIP or NodePort on private nodes, or an internal load balancer.",
        _orders,
        _private,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "target-is-private",
        "No target sends requests to an address of the Internet.",
        "A request to an address of the Internet leaves by whatever route the node has, not by the SD-WAN.",
        "Write the addresses that the SD-WAN routes.",
        slices,
        _sends_to_public,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "plaintext-chosen",
        "Ingress gateways speak plaintext only for the WAN policies for which that is allowed.",
        "Plaintext between clusters can be read on the way; where that is accepted it should be said.",
        "Use TLS for the policy's listener, or list the policy.",
        lambda evidence: evidence.of_kind("Gateway"),
        _encrypted,
        options=Plaintext,
    ),
)
