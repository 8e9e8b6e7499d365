"""The pieces that manifests are put together from: metadata, labels, the order in which they apply."""

from collections.abc import Iterable, Mapping
from typing import Any

from mcwan.model.fabric import Fabric
from mcwan.model.labels import COMPONENT, EXPORT, EXPORT_NAMESPACE, FABRIC, MANAGED_BY, MANAGER
from mcwan.plan.names import GROUP, POLICY_LABEL

Manifest = dict[str, Any]
"""A Kubernetes object as it stands in YAML. Parts may be shared between manifests: never change one in place."""

GATEWAY_API = "gateway.networking.k8s.io/v1"
REFERENCE_GRANT_API = "gateway.networking.k8s.io/v1beta1"

KINDS: Mapping[str, str] = {
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "Namespace": "v1",
    "WANPolicy": f"{GROUP}/v1alpha1",
    "ValidatingAdmissionPolicy": "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding": "admissionregistration.k8s.io/v1",
    "ConfigMap": "v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "Certificate": "cert-manager.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "EnvoyProxy": "gateway.envoyproxy.io/v1alpha1",
    "ClientTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "Gateway": GATEWAY_API,
    "EnvoyFilter": "networking.istio.io/v1alpha3",
    "ReferenceGrant": REFERENCE_GRANT_API,
    "Service": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "ServiceEntry": "networking.istio.io/v1",
    "DestinationRule": "networking.istio.io/v1",
    "PeerAuthentication": "security.istio.io/v1",
    "Backend": "gateway.envoyproxy.io/v1alpha1",
    "BackendTLSPolicy": GATEWAY_API,
    "BackendTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "SecurityPolicy": "gateway.envoyproxy.io/v1alpha1",
    "AuthorizationPolicy": "security.istio.io/v1",
    "ServiceExport": "multicluster.x-k8s.io/v1beta1",
    "ServiceImport": "multicluster.x-k8s.io/v1beta1",
    "VirtualService": "networking.istio.io/v1",
    "HTTPRoute": GATEWAY_API,
}
"""What is made, with its apiVersion (the MCS API's may be v1alpha1 on a cluster), in the order in which clusters accept
it: definitions, then the namespace, what is referred to, what protects, routes last."""
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def plural(kind: str) -> str:
    """Give what a kind is called in paths and rights: `networkpolicies`."""
    lower = kind.lower()
    if lower.endswith("y") and lower[-2] not in "aeiou":
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith("s") else f"{lower}s"


def labels(
    fabric: Fabric, component: str, *, export: str | None = None, policies: Iterable[str] = ()
) -> dict[str, str]:
    """Give the fabric's own labels, the recommended ones, and those that name the export and the WAN policies.

    `export` is a key (`payment.secure`). A WAN policy is in a
    label's key, since a gateway, say, serves several: `kubectl get gateways -l wan-policy.mc-wan.l7mp.io/high`.
    """
    found = dict(sorted(fabric.labels.items())) | {
        "app.kubernetes.io/name": "mc-wan",
        FABRIC: fabric.name,
        COMPONENT: component,
        "app.kubernetes.io/part-of": "mc-wan",
        MANAGED_BY: MANAGER,
    }
    if export is not None:
        name, _, namespace = export.partition(".")
        found |= {EXPORT: name, EXPORT_NAMESPACE: namespace}
    return found | {f"{POLICY_LABEL}{policy}": "true" for policy in policies}


def manifest(
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None,
    labels: Mapping[str, str],
    **rest: Any,
) -> Manifest:
    """Put an object together; `annotations` among `rest` go where they belong."""
    metadata: Manifest = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    metadata["labels"] = labels
    if annotations := rest.pop("annotations", None):
        metadata["annotations"] = annotations
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def identity(one: Manifest) -> tuple[str, str, str, str]:
    """Give what makes an object itself on its cluster: apiVersion, kind, namespace, name."""
    metadata = one["metadata"]
    return (one["apiVersion"], one["kind"], metadata.get("namespace", ""), metadata["name"])


def apply_order(one: Manifest) -> tuple[int, str, str, str, str]:
    """Give an object's place in the order in which a cluster accepts them."""
    api_version, kind, namespace, name = identity(one)
    return (_RANK.get(kind, len(_RANK)), kind, namespace, name, api_version)
