"""Envoy Gateway: an EnvoyProxy per gateway orders its Service, which lies in the controller's namespace.

By default that Service would be a LoadBalancer with a generated name; `envoyService` pins type and name.
"""

from mcwan.model.cluster import Exposure
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.names import NAMESPACE
from mcwan.plan.profile import GatewayRequest, Infrastructure

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP", "NodePort"})
CONTROLLER_NAMESPACE = "envoy-gateway-system"


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
            }
        },
    )
    spec = {
        "parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": request.name},
    }
    namespace = request.cluster.gateway.service_namespace or CONTROLLER_NAMESPACE
    return Infrastructure(f"{name}.{namespace}", spec=spec, objects=(proxy,))
