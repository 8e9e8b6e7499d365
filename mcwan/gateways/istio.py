"""Istio: deploys a gateway beside its Gateway object, with a Service `<gateway>-<class>`.

Without the annotation `networking.istio.io/service-type` that Service would be a LoadBalancer. Node ports come from a
ConfigMap of overlays, which `spec.infrastructure.parametersRef` names. Istio 1.30 has neither of Gateway API's ways to
mutual TLS (its conformance report says so): listeners have an option of Istio's own, targets a DestinationRule.
"""

import json
from collections.abc import Mapping, Sequence

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
FEATURES: frozenset[Feature] = frozenset({"mutual TLS"})
TARGET_PROTOCOL = "http"
TARGET_KIND = ("", "Service")
SPAN = ""
_MUTUAL = {"gateway.istio.io/tls-terminate-mode": "MUTUAL"}


def infrastructure(request: GatewayRequest) -> Infrastructure:
    """Order a Service that is reachable inside only; TLS is the listeners' own."""
    chosen = request.cluster.gateway
    namespace = chosen.service_namespace or request.namespace
    service = f"{request.name}-{chosen.class_name}.{namespace}"
    exposure = request.cluster.ingress.exposure if request.role == "ingress" else "ClusterIP"
    annotations = {"networking.istio.io/service-type": exposure}
    tls = {**listener_tls(request.certificate), "options": _MUTUAL} if request.certificate else None
    pods = {"gateway.networking.k8s.io/gateway-name": request.name}
    if exposure == "ClusterIP":
        return Infrastructure(service, annotations, pods=pods, listener_tls=tls)
    overlay = {"spec": {"ports": [{"port": port, "nodePort": port} for port in request.ports]}}
    parameters = manifest(
        "v1", "ConfigMap", request.name, request.namespace, request.labels, data={"service": json.dumps(overlay)}
    )
    spec = {"parametersRef": {"group": "", "kind": "ConfigMap", "name": request.name}}
    return Infrastructure(service, annotations, spec, (parameters,), pods, listener_tls=tls)


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
                "trafficPolicy": {"portLevelSettings": ports},
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
    """Give nothing yet."""
    raise NotImplementedError(request.name, identities)
