"""Istio: deploys a gateway beside its Gateway object, with a Service `<gateway>-<class>`.

Without the annotation `networking.istio.io/service-type` that Service would be a LoadBalancer. Node ports come from a
ConfigMap of overlays, which `spec.infrastructure.parametersRef` names. Istio 1.30 has neither of Gateway API's ways to
mutual TLS (its conformance report says so): listeners have an option of Istio's own, targets a DestinationRule.

Its proxy picks one of a route's backends for good. Where an export has several places, its routes refer to a
ServiceEntry that has them all, spares with a lower priority.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import lcm
from typing import Any

from mcwan.gateways import envoy
from mcwan.gateways.gateway_api import listener_tls
from mcwan.gateways.istio_filters import gateway_filter, route_filter, upstream_filter
from mcwan.model.cluster import Exposure
from mcwan.model.tls import dns_name, identity
from mcwan.model.traffic import DEFAULT, Traffic
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.names import CHOICE_LABEL, FIRST, SOURCE_CLUSTER, SPARE
from mcwan.plan.profile import (
    Certificate,
    Feature,
    GatewayRequest,
    Infrastructure,
    RouteRequest,
    TargetRequest,
    Treatment,
    UpstreamPlace,
    UpstreamRequest,
)

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP", "NodePort"})
FEATURES: frozenset[Feature] = frozenset(
    {"mutual TLS", "fabric only", "callers", "failover", "traffic", "span", "access log", "NetworkPolicy"}
)
LACKS: Mapping[Feature, str] = {
    "tracing": "Istio's own: Telemetry and mesh configuration",
}
TARGET_PROTOCOL = "kubernetes.io/h2c"
BACKEND = ("networking.istio.io", "Hostname")
SPAN = envoy.SPAN
spare = traffic_class = None
"""Spares are places of an upstream; nothing of Istio's selects routes by label."""
_RBAC = "rbac.authorization.k8s.io/v1"
_STATUS_PORT = 15021
_MUTUAL = {"gateway.istio.io/tls-terminate-mode": "MUTUAL"}


def infrastructure(request: GatewayRequest) -> Infrastructure:
    """Order a Service that is reachable inside only; TLS is the listeners' own."""
    chosen, known = request.cluster.gateway, request.certificate
    namespace = chosen.service_namespace or request.namespace
    name = f"{request.name}-{chosen.class_name}"
    exposure = request.cluster.ingress.exposure if request.role == "ingress" else "ClusterIP"
    return Infrastructure(
        f"{name}.{namespace}",
        {"networking.istio.io/service-type": exposure},
        {"parametersRef": {"group": "", "kind": "ConfigMap", "name": request.name}} if exposure == "NodePort" else None,
        (
            *(_node_ports(request) if exposure == "NodePort" else ()),
            *(_reading(request, name) if known and request.role == "egress" else ()),
            *_fabric_only(request),
            gateway_filter(request),
        ),
        pods(request.name, request.namespace),
        listener_tls={**listener_tls(known), "options": _MUTUAL} if known else None,
    )


def pods(name: str, _: str) -> Mapping[str, str]:
    """Give the labels of a gateway's pods."""
    return {"gateway.networking.k8s.io/gateway-name": name}


def _node_ports(request: GatewayRequest) -> Iterator[Manifest]:
    """Give the overlay of the Service: node ports that are the WAN ports, and none for the port of Istio's status."""
    ports = [*({"port": port, "nodePort": port} for port in request.ports), {"port": _STATUS_PORT, "$patch": "delete"}]
    overlay = json.dumps({"spec": {"ports": ports}})
    yield manifest("v1", "ConfigMap", request.name, request.namespace, request.labels, data={"service": overlay})


def _reading(request: GatewayRequest, account: str) -> Iterator[Manifest]:
    """Let an egress gateway's account read Secrets: istiod asks that of who wants a DestinationRule's credential."""
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}]
    yield manifest(_RBAC, "Role", request.name, request.namespace, request.labels, rules=rules)
    yield manifest(
        _RBAC,
        "RoleBinding",
        request.name,
        request.namespace,
        request.labels,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": request.name},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": request.namespace}],
    )


def _fabric_only(request: GatewayRequest) -> Iterator[Manifest]:
    if request.certificate is not None and request.role == "ingress":
        ports, domain = sorted(request.secure), request.certificate.domain
        yield fabric_only(request.name, request.namespace, request.labels, ports, domain)


def fabric_only(name: str, namespace: str, labels: Mapping[str, str], ports: Sequence[int], domain: str) -> Manifest:
    """Give what refuses a gateway's clients of other fabrics: a listener checks the root, which several may share.

    Istio writes identities without their scheme. Ports in plaintext know no identities.
    """
    ours = identity(domain, "", "egress").removeprefix("spiffe://").removesuffix("/egress")
    operation = {"ports": [str(port) for port in ports]}
    rule = {"from": [{"source": {"notPrincipals": [f"{ours}*"]}}], "to": [{"operation": operation}]}
    return _denied(name, namespace, labels, name, rule)


def _denied(name: str, namespace: str, labels: Mapping[str, str], gateway: str, rule: Mapping[str, Any]) -> Manifest:
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway}
    spec = {"targetRefs": [target], "action": "DENY", "rules": [rule]}
    return manifest("security.istio.io/v1", "AuthorizationPolicy", name, namespace, labels, spec=spec)


def target(request: TargetRequest) -> tuple[Manifest, ...]:
    """Give a DestinationRule: mutual TLS with the egress gateway's certificate, to the remote gateway's name.

    Many services share a target, and one of them may be broken: only connections that fail tell of its health.
    """
    known = request.certificate
    tls = _tls(known, [request.remote]) if known else {}
    ports = [
        {
            "port": {"number": way.port},
            **_connections(way.traffic, errors=0),
            **({"tls": tls} if way.secure else {}),
        }
        for way in request.ways.values()
    ]
    host = f"{request.name}.{request.namespace}.svc.cluster.local"
    spec = {"host": host, "exportTo": ["."], "trafficPolicy": {"portLevelSettings": ports}}
    return (_destination_rule(request.name, request.namespace, request.labels, spec),)


def upstream(request: UpstreamRequest) -> tuple[Manifest, ...]:
    """Give a ServiceEntry with all places, and the DestinationRule that keeps the health of each."""
    known, spares = request.certificate, any(place.spare for place in request.places)
    protocol = "HTTP2" if known else "HTTP"
    entry = {
        "hosts": [request.host],
        "exportTo": ["."],
        "location": "MESH_EXTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": request.way.port, "name": request.wan_policy, "protocol": protocol}],
        "endpoints": [one for place in request.places for one in _endpoints(request, place)],
    }
    order = {"localityLbSetting": {"enabled": True, "failoverPriority": [f"{CHOICE_LABEL}={FIRST}"]}} if spares else {}
    policy = {
        "loadBalancer": {"simple": "ROUND_ROBIN", **order},
        **_connections(request.traffic, errors=request.traffic.outliers.errors or 0),
        **({"tls": _tls(known, sorted({place.cluster for place in request.places}))} if known else {}),
    }
    rule = {"host": request.host, "exportTo": ["."], "trafficPolicy": policy}
    return (
        manifest("networking.istio.io/v1", "ServiceEntry", request.name, request.namespace, request.labels, spec=entry),
        _destination_rule(request.name, request.namespace, request.labels, rule),
        *upstream_filter(request),
    )


def _endpoints(request: UpstreamRequest, place: UpstreamPlace) -> Iterator[Manifest]:
    """Give a place's addresses, which share its weight; all weights are raised alike, to whole numbers."""
    common = lcm(*(len(one.addresses) for one in request.places if one.addresses))
    choice = SPARE if place.spare else FIRST
    for address in place.addresses:
        yield {
            "address": address,
            "ports": {request.wan_policy: place.port},
            "weight": place.weight * common // len(place.addresses),
            "labels": {SOURCE_CLUSTER: place.cluster, CHOICE_LABEL: choice},
        }


def _destination_rule(name: str, namespace: str, labels: Mapping[str, str], spec: Manifest) -> Manifest:
    return manifest("networking.istio.io/v1", "DestinationRule", name, namespace, labels, spec=spec)


def _tls(certificate: Certificate, remote: Sequence[str]) -> Manifest:
    """Give mutual TLS with an egress gateway's certificate, to one of some remote gateways."""
    return {
        "mode": "MUTUAL",
        "credentialName": certificate.secret,
        "sni": dns_name(certificate.domain, remote[0], "ingress"),
        "subjectAltNames": [identity(certificate.domain, one, "ingress") for one in remote],
    }


def _connections(settings: Traffic, errors: int) -> Manifest:
    """Say how much may be under way, and when a place is left out: after so many answers 502 to 504, 0 for never."""
    limits, out = settings.limits, settings.outliers
    return {
        "connectionPool": {
            "tcp": {"maxConnections": limits.connections, "connectTimeout": settings.timeouts.connect},
            "http": {
                "http1MaxPendingRequests": limits.pending,
                "http2MaxRequests": limits.requests,
                "maxRetries": limits.retries,
            },
        },
        "outlierDetection": {
            "splitExternalLocalOriginErrors": True,
            "consecutiveLocalOriginFailures": out.errors,
            "consecutiveGatewayErrors": errors,
            "consecutive5xxErrors": 0,  # an answer 500 is the service's own
            "interval": "1s",
            "baseEjectionTime": out.ejection,
            "maxEjectionPercent": 100,
            "minHealthPercent": 1,  # where nobody seems healthy, ask all the same
        },
    }


def treatment(settings: Traffic) -> Treatment:
    """Say what is sent again, and how often, where it is not as for the gateway's other routes, in Envoy's headers."""
    headers = {}
    if settings.idempotent:
        headers["x-envoy-retry-on"] = ",".join(envoy.retry_on(settings))
    if settings.retries != DEFAULT.retries:
        headers["x-envoy-max-retries"] = str(settings.retries)
    request = settings.timeouts.request
    return Treatment(headers, {"timeouts": {"request": request}} if request else {})


def traffic(request: RouteRequest) -> tuple[Manifest, ...]:
    """Give what the rules of a route cannot say themselves."""
    return tuple(route_filter(request))


def callers(request: RouteRequest, identities: Sequence[str]) -> tuple[Manifest, ...]:
    """Give an AuthorizationPolicy that refuses, for an export's host names, whoever has another certificate.

    Istio writes identities without their scheme, and matches a Host header with its port as it stands.
    """
    known = sorted(one.removeprefix("spiffe://") for one in identities)
    hosts = [host for name in request.hostnames for host in (name, f"{name}:*")]
    source = {"notPrincipals": known} if known else {"principals": ["*"]}
    rule = {"from": [{"source": source}], "to": [{"operation": {"hosts": hosts}}]}
    return (_denied(request.name, request.namespace, request.labels, request.gateway, rule),)
