"""The rights that reading facts needs in a cluster, and no more: a ClusterRole, as it is in docs/how-to/facts.md."""

from collections.abc import Iterable
from typing import Any

from mcwan.model.leaves import GROUP

DEFINITIONS = (
    "gatewayclasses.gateway.networking.k8s.io",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "serviceexports.multicluster.x-k8s.io",
    "serviceimports.multicluster.x-k8s.io",
)
"""The CustomResourceDefinitions whose served versions are read."""
ROOTS, MESH_CONFIG = "istio-ca-root-cert", "istio"
"""The ConfigMaps that tell of a mesh: istiod writes the one into each namespace, its chart the other into istiod's."""
_LISTED = (
    ("", ("namespaces", "nodes", "services")),
    ("discovery.k8s.io", ("endpointslices",)),
    ("gateway.networking.k8s.io", ("gatewayclasses", "gateways")),
    ("multicluster.x-k8s.io", ("serviceexports", "serviceimports")),
)
_DIAGNOSED = {"apiGroups": [GROUP], "resources": ["wanpolicies"], "verbs": ["get", "list"]}
_MESHES = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [MESH_CONFIG, ROOTS], "verbs": ["get"]}
_AMBIENT = {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get", "list"]}
_PROXIED = {"apiGroups": [""], "resources": ["services/proxy"]}
_TOLD = {"apiGroups": ["multicluster.x-k8s.io"], "resources": ["serviceexports/status"], "verbs": ["patch"]}


def cluster_role(
    name: str = "mcwan-facts",
    *,
    conditions: bool = False,
    diagnosis: bool = False,
    meshes: bool = False,
    ambient: bool = False,
    proxied: Iterable[str] = (),
) -> dict[str, Any]:
    """Give the ClusterRole; with the rights to write conditions of ServiceExports, or to diagnose, if so wanted.

    `meshes` is the right to read what tells of a mesh, `ambient` that of one with ambient workloads. `proxied`
    are Services that requests may be sent to through the API server, as NAME:PORT.
    """
    rules: list[dict[str, Any]] = [
        {"apiGroups": [group], "resources": list(kinds), "verbs": ["get", "list"]} for group, kinds in _LISTED
    ]
    definitions = {
        "apiGroups": ["apiextensions.k8s.io"],
        "resources": ["customresourcedefinitions"],
        "resourceNames": list(DEFINITIONS),
        "verbs": ["get"],
    }
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [
            *rules,
            definitions,
            *([_DIAGNOSED] if diagnosis else []),
            *([_MESHES] if meshes else []),
            *([_AMBIENT] if ambient else []),
            *([_TOLD] if conditions else []),
            *([{**_PROXIED, "resourceNames": names, "verbs": ["get"]}] if (names := sorted(set(proxied))) else []),
        ],
    }
