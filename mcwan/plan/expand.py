"""The whole plan: every object of every cluster, and what it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from mcwan.facts.resolve import NOTHING, Known
from mcwan.model.fabric import Fabric
from mcwan.plan.addresses import Awaited, ingress_addresses, is_asked
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.exports import service_export
from mcwan.plan.foundation import foundation
from mcwan.plan.gateways import shared_egress_ports, shared_gateways
from mcwan.plan.grants import grants
from mcwan.plan.imports import service_import
from mcwan.plan.manifests import Manifest, apply_order
from mcwan.plan.meshes import strict
from mcwan.plan.names import EGRESS, NAMESPACE
from mcwan.plan.notes import notes, too_large
from mcwan.plan.own_share import own_targets
from mcwan.plan.profile import Profile
from mcwan.plan.protection import ingress_protection
from mcwan.plan.spares import planned_spares
from mcwan.plan.targets import shared_targets, shared_targets_policies
from mcwan.plan.traffic import traffic_classes
from mcwan.plan.upstreams import upstreams
from mcwan.plan.wan_policies import wan_policy


@dataclass(frozen=True, order=True)
class Owner:
    """What objects are made for: a WAN policy, the fabric's gateways, an export or its imports, by name."""

    kind: Literal["EastWestGateway", "ServiceExport", "ServiceImport", "WANPolicy"]
    name: str


GATEWAYS = Owner("EastWestGateway", NAMESPACE)


@dataclass(frozen=True)
class PlannedObject:
    """One object on one cluster."""

    cluster: str
    owner: Owner
    manifest: Manifest


@dataclass(frozen=True)
class Plan:
    """What a fabric becomes. `by_owner` has each owner's manifests per cluster, in the order in which they apply."""

    fabric: Fabric
    context: Context
    by_owner: Mapping[Owner, PerCluster]

    @cached_property
    def objects(self) -> tuple[PlannedObject, ...]:
        """All objects, ordered by cluster and, in each, as the cluster accepts them."""
        found = [
            PlannedObject(cluster, owner, one)
            for owner, clusters in self.by_owner.items()
            for cluster, manifests in clusters.items()
            for one in manifests
        ]
        return tuple(sorted(found, key=lambda one: (one.cluster, apply_order(one.manifest))))

    @cached_property
    def awaited(self) -> dict[str, Awaited]:
        """The addresses of shared gateways that are waited for, by the word that stands for each in manifests."""
        context = self.context
        every = [one for cluster in context.clusters for one in ingress_addresses(context, cluster)]
        asked = [cluster for cluster in sorted(shared_egress_ports(context)) if is_asked(context, cluster)]
        every += [Awaited(cluster, f"{EGRESS}.{NAMESPACE}", "cluster") for cluster in asked]
        return {str(one): one for one in every if isinstance(one, Awaited)}

    def waits(self, manifest: Manifest) -> bool:
        """Tell whether an object has to wait for an address."""
        return bool(self.awaited) and _has(manifest, self.awaited)

    def notes(self) -> list[str]:
        """Say what the plan could not know, or leaves to somebody else."""
        return [*notes(self.context), *too_large(self.by_owner[GATEWAYS])]


def _has(value: object, words: Mapping[str, Awaited]) -> bool:
    if isinstance(value, dict):
        return any(_has(one, words) for one in value.values())
    return any(_has(one, words) for one in value) if isinstance(value, list) else value in words


def expand(fabric: Fabric, profiles: Mapping[str, Profile], known: Known = NOTHING, *, awaits: bool = False) -> Plan:
    """Expand a fabric over its clusters; `profiles` has the gateway profile of each, `known` the facts.

    `awaits`: whoever deploys it waits for addresses that balancers give; see `mcwan.plan.addresses`.
    """
    context = Context.of(fabric, profiles, known, awaits=awaits)
    by_owner: dict[Owner, PerCluster] = {
        Owner("WANPolicy", name): wan_policy(context, name) for name in sorted(fabric.wan_policies)
    }
    kept_together, spares = upstreams(context), planned_spares(context)
    for key, export in context.exports.items():
        by_owner[Owner("ServiceExport", key)] = service_export(context, export)
        by_owner[Owner("ServiceImport", key)] = _merged(
            service_import(context, export), kept_together.get(key, {}), spares.get(key, {})
        )
    routes = (
        (cluster, one)
        for clusters in by_owner.values()
        for cluster, manifests in clusters.items()
        for one in manifests
        if one["kind"] == "HTTPRoute"
    )
    by_owner[GATEWAYS] = _merged(
        foundation(context),
        strict(context),
        shared_gateways(context),
        {cluster: ingress_protection(context, cluster) for cluster in context.clusters},
        shared_targets(context),
        shared_targets_policies(context),
        own_targets(context),
        spares.get(None, {}),
        traffic_classes(context),
        grants(context, routes),
    )
    return Plan(
        fabric,
        context,
        {
            owner: {cluster: sorted(found, key=apply_order) for cluster, found in sorted(clusters.items())}
            for owner, clusters in sorted(by_owner.items())
        },
    )


def _merged(*parts: PerCluster) -> PerCluster:
    found: PerCluster = {}
    for part in parts:
        for cluster, manifests in part.items():
            found.setdefault(cluster, []).extend(manifests)
    return found
