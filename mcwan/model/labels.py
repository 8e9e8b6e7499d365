"""The labels by which objects are found: mcwan's own, and those of others on Services, slices and pods of gateways."""

from collections.abc import Mapping

from mcwan.model.leaves import GROUP

MANAGER = "mcwan"
MANAGED_BY = "app.kubernetes.io/managed-by"
FABRIC = "app.kubernetes.io/instance"
COMPONENT = "app.kubernetes.io/component"
EXPORT, EXPORT_NAMESPACE = f"{GROUP}/export", f"{GROUP}/export-namespace"
"""The export that an object is made for; two labels, as one may be too short for it."""
SLICE_OF, SLICE_MANAGED_BY = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
"""The Service that an EndpointSlice is of, and who writes it."""
GATEWAY = "gateway.networking.k8s.io/gateway-name"
"""The Gateway, of the same namespace, whose Service or pod it is (GEP-1762); Istio and others."""
ENVOY_GATEWAY, ENVOY_GATEWAY_NAMESPACE = (
    "gateway.envoyproxy.io/owning-gateway-name",
    "gateway.envoyproxy.io/owning-gateway-namespace",
)
"""The same with Envoy Gateway, whose Services and pods may be in another namespace."""


def of_fabric(fabric: str) -> dict[str, str]:
    """Give the labels that all objects of a fabric have, and no others."""
    return {MANAGED_BY: MANAGER, FABRIC: fabric}


def fabric_of(labels: Mapping[str, str]) -> str:
    """Give the fabric that an object with these labels is of; empty if it is of none. The inverse of `of_fabric`."""
    return labels.get(FABRIC, "") if labels.get(MANAGED_BY) == MANAGER else ""
