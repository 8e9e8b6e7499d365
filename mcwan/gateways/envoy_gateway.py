"""Envoy Gateway: an EnvoyProxy per gateway orders its Service, which lies in the controller's namespace.

By default that Service would be a LoadBalancer with a generated name; `envoyService` pins type and name. The access log
has fewer fields than by default.
"""

from collections.abc import Mapping

from mcwan.model.cluster import Exposure
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.names import NAMESPACE
from mcwan.plan.profile import GatewayRequest, Infrastructure

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP", "NodePort"})
CONTROLLER_NAMESPACE = "envoy-gateway-system"
ACCESS_LOG: Mapping[str, str] = {
    "start_time": "%START_TIME%",
    "x-request-id": "%REQ(X-REQUEST-ID)%",
    "x-forwarded-for": "%REQ(X-FORWARDED-FOR)%",
    "method": "%REQ(:METHOD)%",
    ":authority": "%REQ(:AUTHORITY)%",
    "x-envoy-origin-path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "response_code": "%RESPONSE_CODE%",
    "response_code_details": "%RESPONSE_CODE_DETAILS%",
    "response_flags": "%RESPONSE_FLAGS%",
    "duration": "%DURATION%",
    "route_name": "%ROUTE_NAME%",
    "upstream_host": "%UPSTREAM_HOST%",
}
"""Half of Envoy Gateway's default fields, under its names: every field costs processor time on every request."""


def infrastructure(request: GatewayRequest) -> Infrastructure:
    """Order a Service that is reachable inside only, under a name of ours."""
    name = request.name if request.namespace == NAMESPACE else f"{request.name}-{request.namespace}"
    service: Manifest = {
        "name": name,
        "type": request.cluster.ingress.exposure if request.role == "ingress" else "ClusterIP",
    }
    if service["type"] == "NodePort":
        ports = [{"port": port, "nodePort": port} for port in request.ports]
        service["patch"] = {"type": "StrategicMerge", "value": {"spec": {"ports": ports}}}
    proxy = manifest(
        "gateway.envoyproxy.io/v1alpha1",
        "EnvoyProxy",
        request.name,
        request.namespace,
        request.labels,
        spec={
            "provider": {
                "type": "Kubernetes",
                # else a listener below 1024 would be port + 10000 in the pod, which other clusters reach by its address
                "kubernetes": {"envoyService": service, "useListenerPortAsContainerPort": True},
            },
            "telemetry": {
                "accessLog": {
                    "settings": [
                        {
                            "format": {"type": "JSON", "json": dict(ACCESS_LOG)},
                            "sinks": [{"type": "File", "file": {"path": "/dev/stdout"}}],
                        }
                    ]
                }
            },
        },
    )
    spec = {
        "parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": request.name},
    }
    namespace = request.cluster.gateway.service_namespace or CONTROLLER_NAMESPACE
    return Infrastructure(f"{name}.{namespace}", spec=spec, objects=(proxy,))
