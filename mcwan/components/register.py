"""How a manifest becomes a Pulumi resource."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Service
from pulumi_kubernetes.discovery.v1 import EndpointSlice

from mcwan.plan import Owner, Plan
from mcwan.plan.manifests import Manifest, identity

Providers = Mapping[str, kubernetes.Provider]
"""The Kubernetes provider of each cluster. A component takes one provider per package, so they are an argument."""
Foundation = Mapping[str, Sequence[pulumi.Resource]]
"""Per cluster, what has to be there before anything else: the namespace mc-wan and the definition of WANPolicy."""

_TYPED: dict[str, Callable[..., pulumi.Resource]] = {
    "ConfigMap": ConfigMap,
    "CustomResourceDefinition": CustomResourceDefinition,
    "EndpointSlice": EndpointSlice,
    "Namespace": Namespace,
    "Service": Service,
}
_ARGUMENTS = {"addressType": "address_type"}
_FOUNDATION = ("CustomResourceDefinition", "Namespace")


def register(
    name: str,
    plan: Plan,
    owner: Owner,
    providers: Providers,
    parent: pulumi.Resource,
    foundation: Foundation | None = None,
) -> Foundation:
    """Register an owner's objects on every cluster below `parent`; gives the foundation among them.

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
    made: dict[str, list[pulumi.Resource]] = {}
    for cluster, manifests in clusters.items():
        before = made[cluster] = list(foundation[cluster]) if foundation else []
        for manifest in manifests:
            child = _child(f"{name}/{cluster}", manifest, parent, providers[cluster], before)
            if manifest["kind"] in _FOUNDATION:  # the plan has these first
                before.append(child)
    return made


def _child(
    prefix: str,
    manifest: Manifest,
    parent: pulumi.Resource,
    provider: kubernetes.Provider,
    before: Sequence[pulumi.Resource],
) -> pulumi.Resource:
    api_version, kind, namespace, name = identity(manifest)
    options = pulumi.ResourceOptions(
        parent=parent,
        provider=provider,
        depends_on=[] if kind in _FOUNDATION else list(before),
        # immutable in Kubernetes, and the provider does not know
        replace_on_changes=["addressType"] if kind == "EndpointSlice" else None,
    )
    rest: dict[str, Any] = {
        _ARGUMENTS.get(key, key): value for key, value in manifest.items() if key not in ("apiVersion", "kind")
    }
    called = "/".join(part for part in (prefix, namespace, name) if part)
    if kind in _TYPED:
        return _TYPED[kind](called, opts=options, **rest)
    return CustomResource(called, api_version=api_version, kind=kind, opts=options, **rest)
