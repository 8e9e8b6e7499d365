"""The pieces that manifests are put together from: metadata, labels, the order in which they apply."""

from collections.abc import Iterable, Mapping
from typing import Any

from mcwan.model.fabric import Fabric
from mcwan.plan.names import GROUP

Manifest = dict[str, Any]
"""A Kubernetes object as it stands in YAML. Parts may be shared between manifests: never change one in place."""

GATEWAY_API = "gateway.networking.k8s.io/v1"
REFERENCE_GRANT_API = "gateway.networking.k8s.io/v1beta1"

_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            "CustomResourceDefinition",
            "Namespace",
            "WANPolicy",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ConfigMap",
            "Role",
            "RoleBinding",
            "Certificate",
            "NetworkPolicy",
            "EnvoyProxy",
            "ClientTrafficPolicy",
            "Gateway",
            "EnvoyFilter",
            "ReferenceGrant",
            "Service",
            "EndpointSlice",
            "ServiceEntry",
            "DestinationRule",
            "Backend",
            "BackendTLSPolicy",
            "BackendTrafficPolicy",
            "SecurityPolicy",
            "AuthorizationPolicy",
            "ServiceExport",
            "ServiceImport",
            "HTTPRoute",
        )
    )
}
"""What has to be there first: definitions, then the namespace, what is referred to, what protects, routes last."""


def labels(
    fabric: Fabric, component: str, *, export: str | None = None, policies: Iterable[str] = ()
) -> dict[str, str]:
    """Give the fabric's own labels, the recommended ones, and those that name the export and the WAN policies.

    `export` is a key (`payment.secure`); it takes two labels, as one may be too short for it. A WAN policy is in a
    label's key, since a gateway, say, serves several: `kubectl get gateways -l wan-policy.mc-wan.l7mp.io/high`.
    """
    found = dict(sorted(fabric.labels.items())) | {
        "app.kubernetes.io/name": "mc-wan",
        "app.kubernetes.io/instance": fabric.name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "mc-wan",
        "app.kubernetes.io/managed-by": "mcwan",
    }
    if export is not None:
        name, _, namespace = export.partition(".")
        found |= {f"{GROUP}/export": name, f"{GROUP}/export-namespace": namespace}
    return found | {f"wan-policy.{GROUP}/{policy}": "true" for policy in policies}


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
