"""Istio: deploys a gateway beside its Gateway object, with a Service `<gateway>-<class>`.

Without the annotation `networking.istio.io/service-type` that Service would be a LoadBalancer. Node ports come from a
ConfigMap of overlays, which `spec.infrastructure.parametersRef` names. Istio 1.30 has neither of Gateway API's ways to
mutual TLS (its conformance report says so): listeners have an option of Istio's own, targets a DestinationRule.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from mcwan.gateways.gateway_api import listener_tls
from mcwan.model.cluster import Exposure
from mcwan.model.tls import dns_name, identity
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.profile import (
    Feature,
    GatewayRequest,
    Infrastructure,
    RouteRequest,
    SpareRequest,
    TargetRequest,
)

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP", "NodePort"})
FEATURES: frozenset[Feature] = frozenset({"mutual TLS", "callers", "NetworkPolicy"})
LACKS: Mapping[Feature, str] = {
    "fabric only": "a listener checks the root only: give each fabric one of its own",
    "failover": "a route's backends are clusters of their own to the proxy, and none stands in for another",
    "traffic": "Istio's own retries, and 5 connections in a row that fail leave a remote gateway out for 5 s",
    "span": "header values are fixed",
    "access log": "Istio's own: Telemetry and mesh configuration",
    "tracing": "Istio's own: Telemetry and mesh configuration",
}
TARGET_PROTOCOL = "http"
TARGET_KIND = ("", "Service")
SPAN = ""
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
        ),
        {"gateway.networking.k8s.io/gateway-name": request.name},
        listener_tls={**listener_tls(known), "options": _MUTUAL} if known else None,
    )


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


def target_tls(request: TargetRequest) -> tuple[Manifest, ...]:
    """Give a DestinationRule: mutual TLS with the egress gateway's certificate, to the remote gateway's name."""
    domain = request.certificate.domain
    tls = {
        "mode": "MUTUAL",
        "credentialName": request.certificate.secret,
        "sni": dns_name(domain, request.remote, "ingress"),
        "subjectAltNames": [identity(domain, request.remote, "ingress")],
    }
    ports = [{"port": {"number": port}, "tls": tls} for port in request.secure.values()]
    return (
        manifest(
            "networking.istio.io/v1",
            "DestinationRule",
            request.name,
            request.namespace,
            request.labels,
            spec={
                "host": f"{request.name}.{request.namespace}.svc.cluster.local",
                "exportTo": ["."],
                "trafficPolicy": {
                    # connections that fail, and no answer: many services share a target, and one of them may be broken
                    "outlierDetection": {
                        "splitExternalLocalOriginErrors": True,
                        "consecutiveLocalOriginFailures": 5,
                        "consecutive5xxErrors": 0,
                        "consecutiveGatewayErrors": 0,
                        "interval": "1s",
                        "baseEjectionTime": "5s",
                        "maxEjectionPercent": 100,
                    },
                    "portLevelSettings": ports,
                },
            },
        ),
    )


def spare(request: SpareRequest) -> Manifest:
    """Nothing yet: `mcwan.gateways` refuses to ask for one."""
    raise NotImplementedError(request.name)


def traffic(_: RouteRequest) -> tuple[Manifest, ...]:
    """Nothing: Istio's own defaults hold."""
    return ()


def traffic_class(_: str, __: Mapping[str, str], ___: RouteRequest) -> tuple[Manifest, ...]:
    """Nothing, as for a route."""
    return ()


def callers(request: RouteRequest, identities: Sequence[str]) -> tuple[Manifest, ...]:
    """Give an AuthorizationPolicy that refuses, for an export's host names, whoever has another certificate.

    Istio writes identities without their scheme, and matches a Host header with its port as it stands.
    """
    known = sorted(one.removeprefix("spiffe://") for one in identities)
    hosts = [host for name in request.hostnames for host in (name, f"{name}:*")]
    spec = {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": request.gateway}],
        "action": "DENY",
        "rules": [
            {
                "from": [{"source": {"notPrincipals": known}}] if known else [{"source": {"principals": ["*"]}}],
                "to": [{"operation": {"hosts": hosts}}],
            }
        ],
    }
    return (
        manifest(
            "security.istio.io/v1", "AuthorizationPolicy", request.name, request.namespace, request.labels, spec=spec
        ),
    )
