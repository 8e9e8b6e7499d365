"""Istio: deploys a gateway beside its Gateway object, with a Service `<gateway>-<class>`.

Without the annotation `networking.istio.io/service-type` that Service would be a LoadBalancer. Node ports come from a
ConfigMap of overlays, which `spec.infrastructure.parametersRef` names. Istio 1.30 has neither of Gateway API's ways to
mutual TLS (its conformance report says so): listeners have an option of Istio's own, targets a DestinationRule.

Its proxy picks one of a route's backends for good. So routes refer to a ServiceEntry of their export that has all its
places by one WAN policy, spares with a lower priority.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from mcwan.gateways import envoy, istio_mesh
from mcwan.gateways.gateway_api import listener_tls
from mcwan.gateways.istio_filters import gateway_filter, route_filter, upstream_filter
from mcwan.model.cluster import Exposure
from mcwan.model.labels import GATEWAY
from mcwan.model.mesh import workloads
from mcwan.model.shares import whole
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
    UpstreamRequest,
)

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP", "NodePort"})
FEATURES: frozenset[Feature] = frozenset(
    {
        "exposure",
        "mutual TLS",
        "fabric only",
        "callers",
        "federated",
        "callers of a mesh",
        "failover",
        "traffic",
        "span",
        "access log",
        "NetworkPolicy",
    }
)
LACKS: Mapping[Feature, str] = {
    "failover of own pods": "shares or failover, not both: a request that falls to them is tried again there only",
    "tracing": "Istio's own: Telemetry and mesh configuration",
}
TARGET_PROTOCOL = "kubernetes.io/h2c"
BACKEND = ("networking.istio.io", "Hostname")
SPAN = envoy.SPAN
federated, strict = istio_mesh.federated, istio_mesh.strict
spare = traffic_class = None
"""Spares are places of an upstream; nothing of Istio's selects routes by label."""
_RBAC = "rbac.authorization.k8s.io/v1"
_STATUS_PORT = 15021
METRICS = (15020, 15090)
"""Where a gateway tells its metrics: its agent's and Envoy's together, and Envoy's alone."""
TAKEN: tuple[int, ...] = (15000, 15004, *METRICS, _STATUS_PORT, 15053)
"""Envoy's admin interface, istiod's debug interface, the agent's DNS, and these (pilot-agent, status/server.go)."""
_WEIGHTS = 2**32 - 1
"""Envoy: the most that the weights of a cluster's endpoints are together."""
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
        METRICS,
        listener_tls={**listener_tls(known), "options": _MUTUAL} if known else None,
    )


def pods(name: str, _: str) -> Mapping[str, str]:
    """Give the labels of a gateway's pods."""
    return {GATEWAY: name}


def _node_ports(request: GatewayRequest) -> Iterator[Manifest]:
    """Give the overlay of the Service: node ports that are the WAN ports, and none for the port of Istio's status.

    Connections stay on the node where they arrive, and keep their source, by which a NetworkPolicy admits them.
    """
    ports = [*({"port": port, "nodePort": port} for port in request.ports), {"port": _STATUS_PORT, "$patch": "delete"}]
    overlay = json.dumps({"spec": {"externalTrafficPolicy": "Local", "ports": ports}})
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
        yield fabric_only(request.name, request.namespace, request.labels, ports, domain, request.meshes)


def fabric_only(
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    ports: Sequence[int],
    domain: str,
    meshes: Mapping[str, Sequence[str]],
) -> Manifest:
    """Give what refuses a gateway's clients of other fabrics: a listener checks the root, which several may share.

    Workloads of `meshes` are admitted for the host names that are theirs to ask for. Istio writes identities without
    their scheme. Ports in plaintext know no identities.
    """
    ours = identity(domain, "", "egress").removeprefix("spiffe://").removesuffix("/egress")
    operation = {"ports": [str(port) for port in ports]}
    theirs = {trust: _principal(workloads(trust)) for trust in sorted(meshes)}
    known = [f"{ours}*", *theirs.values()]
    rules = [{"from": [{"source": {"notPrincipals": known}}], "to": [{"operation": operation}]}]
    alike: dict[tuple[str, ...], list[str]] = {}
    for trust, principal in theirs.items():
        alike.setdefault(tuple(meshes[trust]), []).append(principal)
    for hosts, principals in alike.items():
        asked = operation | {"notHosts": _hosts(hosts)}
        rules.append({"from": [{"source": {"principals": principals}}], "to": [{"operation": asked}]})
    return _denied(name, namespace, labels, name, rules)


def _principal(identity: str) -> str:
    return identity.removeprefix("spiffe://")


def _hosts(names: Iterable[str]) -> list[str]:
    """Give host names as Istio matches a Host header, which is as it stands: with a port and without."""
    return [host for name in names for host in (name, f"{name}:*")]


def _denied(
    name: str, namespace: str, labels: Mapping[str, str], gateway: str, rules: Sequence[Mapping[str, Any]]
) -> Manifest:
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway}
    spec = {"targetRefs": [target], "action": "DENY", "rules": list(rules)}
    return manifest("security.istio.io/v1", "AuthorizationPolicy", name, namespace, labels, spec=spec)


def target(_: TargetRequest) -> tuple[Manifest, ...]:
    """Nothing: its gateways send to upstreams."""
    return ()


def upstream(request: UpstreamRequest) -> tuple[Manifest, ...]:
    """Give a ServiceEntry with all places, and the DestinationRule that keeps the health of each."""
    known, spares = request.certificate, any(place.spare for place in request.places)
    protocol = "HTTP2" if known else "HTTP"
    visible = ["." if request.mesh is None else "*"]
    tls = _tls if request.mesh is None else _mesh_tls
    entry = {
        "hosts": [request.host],
        "exportTo": visible,
        "location": "MESH_EXTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": request.port, "name": request.wan_policy, "protocol": protocol}],
        "endpoints": list(_endpoints(request)),
    }
    order = {"localityLbSetting": {"enabled": True, "failoverPriority": [f"{CHOICE_LABEL}={FIRST}"]}} if spares else {}
    policy = {
        "loadBalancer": {"simple": "ROUND_ROBIN", **order},
        **_connections(request.traffic),
        **({"tls": tls(known, sorted({place.cluster for place in request.places}))} if known else {}),
    }
    rule = {"host": request.host, "exportTo": visible, "trafficPolicy": policy}
    return (
        manifest("networking.istio.io/v1", "ServiceEntry", request.name, request.namespace, request.labels, spec=entry),
        manifest(
            "networking.istio.io/v1", "DestinationRule", request.name, request.namespace, request.labels, spec=rule
        ),
        *upstream_filter(request),
    )


def _endpoints(request: UpstreamRequest) -> Iterator[Manifest]:
    """Give the places' addresses; those of one place share its weight."""
    every = [(place, address) for place in request.places for address in place.addresses]
    shares = [Fraction(place.weight, len(place.addresses)) for place, _ in every]
    for (place, address), weight in zip(every, whole(shares, _WEIGHTS // max(1, len(every))), strict=True):
        yield {
            "address": address,
            "ports": {request.wan_policy: place.port},
            "weight": weight,
            "labels": {SOURCE_CLUSTER: place.cluster, CHOICE_LABEL: SPARE if place.spare else FIRST},
        }


def _tls(certificate: Certificate, remote: Sequence[str]) -> Manifest:
    """Give mutual TLS with an egress gateway's certificate, to one of some remote gateways."""
    return {"mode": "MUTUAL", "credentialName": certificate.secret, **_peer(certificate, remote)}


def _mesh_tls(certificate: Certificate, remote: Sequence[str]) -> Manifest:
    """Give the same with the certificate that each workload has of its mesh."""
    return {"mode": "ISTIO_MUTUAL", **_peer(certificate, remote)}


def _peer(certificate: Certificate, remote: Sequence[str]) -> Manifest:
    return {
        "sni": dns_name(certificate.domain, remote[0], "ingress"),
        "subjectAltNames": [identity(certificate.domain, one, "ingress") for one in remote],
    }


def _connections(settings: Traffic) -> Manifest:
    """Say how much may be under way, and when a place is left out."""
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
            "consecutiveGatewayErrors": out.errors,
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

    Istio writes identities without their scheme.
    """
    known = sorted(map(_principal, identities))
    source = {"notPrincipals": known} if known else {"principals": ["*"]}
    rule = {"from": [{"source": source}], "to": [{"operation": {"hosts": _hosts(request.hostnames)}}]}
    return (_denied(request.name, request.namespace, request.labels, request.gateway, [rule]),)
