"""How a manifest becomes a Pulumi resource."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.admissionregistration.v1 import ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Service
from pulumi_kubernetes.discovery.v1 import EndpointSlice
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from mcwan.plan import Owner, Plan
from mcwan.plan.addresses import Awaited
from mcwan.plan.manifests import Manifest, identity
from mcwan.plan.names import EGRESS, INGRESS, NAMESPACE

Providers = Mapping[str, kubernetes.Provider]
"""The Kubernetes provider of each cluster. A component takes one provider per package, so they are an argument."""
Foundation = Mapping[str, Mapping[str, pulumi.Resource]]
"""Per cluster and by kind, what has to be there before anything else: the namespace and WANPolicy's definition.

And by their names, the shared gateways, whose addresses others may wait for.
"""
Addresses = Mapping[str, pulumi.Input[str]]
"""The addresses that are waited for, by the word that stands for each in manifests; see `mcwan.plan.addresses`."""

_TYPED: dict[str, Callable[..., pulumi.Resource]] = {
    "ConfigMap": ConfigMap,
    "CustomResourceDefinition": CustomResourceDefinition,
    "EndpointSlice": EndpointSlice,
    "Namespace": Namespace,
    "NetworkPolicy": NetworkPolicy,
    "Role": Role,
    "RoleBinding": RoleBinding,
    "Service": Service,
    "ValidatingAdmissionPolicy": ValidatingAdmissionPolicy,
    "ValidatingAdmissionPolicyBinding": ValidatingAdmissionPolicyBinding,
}
_ARGUMENTS = {"addressType": "address_type", "roleRef": "role_ref"}
_FOUNDATION = ("CustomResourceDefinition", "Namespace")


def register(
    name: str,
    plan: Plan,
    owner: Owner,
    providers: Providers,
    parent: pulumi.Resource,
    foundation: Foundation | None = None,
    addresses: Addresses = MappingProxyType({}),
    *,
    waiting: bool | None = None,
) -> Foundation:
    """Register an owner's objects on every cluster below `parent`; gives the foundation among them.

    `addresses` take the place of the words that stand for them. `waiting` has only those objects registered that wait
    for an address or, if False, only the others.

    A child is called `<component>/<cluster>/<namespace>/<name>`, from what makes it itself and never from an index.

    Raises LookupError if a cluster has no provider, or the plan no such owner.
    """
    try:
        clusters = plan.by_owner[owner]
    except KeyError:
        raise LookupError(f"{owner.kind} {name!r}: the plan has no {owner.kind} called {owner.name!r}") from None
    missing = sorted(set(clusters) - set(providers))
    if missing:
        raise LookupError(f"{owner.kind} {name!r}: no provider for cluster {', '.join(missing)}; pass one for each")
    made: dict[str, dict[str, pulumi.Resource]] = {}
    for cluster, manifests in clusters.items():
        before = made[cluster] = dict(foundation[cluster]) if foundation else {}
        for manifest in manifests:
            if waiting is not None and waiting != plan.waits(manifest):
                continue
            # written out here: Pulumi's SDK keeps a stack trace per resource, whose cost is its depth
            api_version, kind, namespace, called = identity(manifest)
            child_name = "/".join(part for part in (name, cluster, namespace, called) if part)
            options = pulumi.ResourceOptions(
                parent=parent,
                provider=providers[cluster],
                depends_on=before.get(_needs(manifest)),
                # immutable in Kubernetes, and the provider does not know
                replace_on_changes=["addressType"] if kind == "EndpointSlice" else None,
            )
            whole = _with(addresses, manifest) if addresses else manifest
            rest = {_ARGUMENTS.get(key, key): whole[key] for key in whole if key not in ("apiVersion", "kind")}
            if kind in _TYPED:
                child = _TYPED[kind](child_name, opts=options, **rest)
            else:
                child = CustomResource(child_name, api_version=api_version, kind=kind, opts=options, **rest)
            if kind in _FOUNDATION:  # the plan has these first
                before[kind] = child
            elif kind == "Gateway" and called in (INGRESS, EGRESS):
                before[called] = child
            elif plan.awaited and isinstance(child, Service):
                word = str(Awaited(cluster, f"{called}.{namespace}", "cluster"))
                addresses = {**addresses, word: child.spec.cluster_ip}
    return made


def _with(addresses: Addresses, value: Any) -> Any:
    """Put addresses in place of the words for them."""
    if isinstance(value, str):
        return addresses.get(value, value)
    if isinstance(value, dict):
        return {key: _with(addresses, one) for key, one in value.items()}
    return [_with(addresses, one) for one in value] if isinstance(value, list) else value


def _needs(manifest: Manifest) -> str:
    """Say which part of the foundation has to be there before an object, if any."""
    if manifest["kind"] == "WANPolicy":
        return "CustomResourceDefinition"
    return "Namespace" if manifest["metadata"].get("namespace") == NAMESPACE else ""
