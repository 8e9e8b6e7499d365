"""Istio: deploys a gateway beside its Gateway object, with a Service `<gateway>-<class>`.

Without the annotation `networking.istio.io/service-type` that Service would be a LoadBalancer. Node ports come from a
ConfigMap of overlays, which `spec.infrastructure.parametersRef` names.
"""

import json

from mcwan.model.cluster import Exposure
from mcwan.plan.manifests import manifest
from mcwan.plan.profile import GatewayRequest, Infrastructure

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP", "NodePort"})


def infrastructure(request: GatewayRequest) -> Infrastructure:
    """Order a Service that is reachable inside only."""
    chosen = request.cluster.gateway
    namespace = chosen.service_namespace or request.namespace
    service = f"{request.name}-{chosen.class_name}.{namespace}"
    exposure = request.cluster.ingress.exposure if request.role == "ingress" else "ClusterIP"
    annotations = {"networking.istio.io/service-type": exposure}
    if exposure == "ClusterIP":
        return Infrastructure(service, annotations)
    overlay = {"spec": {"ports": [{"port": port, "nodePort": port} for port in request.ports]}}
    parameters = manifest(
        "v1", "ConfigMap", request.name, request.namespace, request.labels, data={"service": json.dumps(overlay)}
    )
    spec = {"parametersRef": {"group": "", "kind": "ConfigMap", "name": request.name}}
    return Infrastructure(service, annotations, spec, (parameters,))
