"""Spares: where an egress gateway sends the requests that cannot go where they should.

A spare is a remote cluster's ingress gateway by one WAN policy. Several exports share one, as they do a target.
"""

from collections.abc import Iterator
from typing import NamedTuple

from mcwan.model.export import Export
from mcwan.model.importing import EgressRule, failover
from mcwan.plan import names
from mcwan.plan.addresses import ingress_addresses
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.manifests import Manifest, labels
from mcwan.plan.profile import SpareRequest
from mcwan.plan.targets import target_policies


class Spare(NamedTuple):
    """A cluster by a WAN policy; `weight` is its share among the spares of a rule."""

    cluster: str
    wan_policy: str
    weight: int


def spares(context: Context, cluster: str, rule: EgressRule) -> list[Spare]:
    """Give the spares of a rule: the other WAN policy to each first choice, and the clusters that are spares by both.

    A first choice of the cluster itself has no tunnel that could be lost.
    """
    found = _spares(context, cluster, rule)
    return [] if found and _without(context, cluster, rule, found) else found


def spares_left_out(context: Context, cluster: str, rule: EgressRule) -> bool:
    """Tell whether a rule would have spares, if the cluster's own ingress gateway had an address that is known."""
    return _without(context, cluster, rule, _spares(context, cluster, rule))


def _without(context: Context, cluster: str, rule: EgressRule, found: list[Spare]) -> bool:
    """Tell whether own pods, the only first choice, cannot stand beside spares with TLS (`mcwan.plan.own_share`)."""
    export = rule.target
    first = [offer.cluster for offer in export.offers.values() if offer.weight and not offer.spare]
    return (
        first == [cluster]
        and context.profiles[cluster].spare is not None
        and not ingress_addresses(context, cluster, export)
        and any(one.wan_policy in context.fabric.secure for one in found)
    )


def _spares(context: Context, cluster: str, rule: EgressRule) -> list[Spare]:
    export = rule.target
    other = failover(export, rule.wan_policy, context.fabric.wan_policies)
    offers = [offer for offer in export.offers.values() if offer.weight]
    found = [Spare(one.cluster, rule.wan_policy, one.weight) for one in offers if one.spare]
    if other:
        found += [Spare(one.cluster, other, one.weight) for one in offers if not one.spare and one.cluster != cluster]
        found += [Spare(one.cluster, other, one.weight) for one in offers if one.spare and one.cluster != cluster]
    return sorted(set(found))


def spare_name(export: Export | None, spare: Spare) -> tuple[str, str]:
    """Give a spare's name and namespace; `export` has gateways of its own, or shares those of the clusters."""
    if export is None or export.scope == "shared":
        return f"{names.target(spare.cluster)}.{spare.wan_policy}", names.NAMESPACE
    return f"{names.service_target(export.exported_name, spare.cluster)}.{spare.wan_policy}", export.namespace


def planned_spares(context: Context) -> dict[str | None, PerCluster]:
    """Give every cluster the spares that its routes refer to, by the export whose own gateways they are.

    Those that are the clusters' shared gateways are told by None.
    """
    needed: dict[str | None, dict[str, set[Spare]]] = {}
    for importing, rule in context.egress():
        owner = rule.target.key if rule.target.scope == "service" else None
        if found := {one._replace(weight=0) for one in spares(context, importing.cluster, rule)}:
            needed.setdefault(owner, {}).setdefault(importing.cluster, set()).update(found)
    return {
        owner: {
            cluster: [
                one
                for spare in sorted(found)
                for one in _spare(context, cluster, context.exports[owner] if owner else None, spare)
            ]
            for cluster, found in clusters.items()
            if context.profiles[cluster].spare
        }
        for owner, clusters in needed.items()
    }


def _spare(context: Context, cluster: str, own: Export | None, spare: Spare) -> Iterator[Manifest]:
    """Give a spare and its TLS; `own` is the export if that has gateways of its own. Nothing, if profiles have none."""
    name, namespace = spare_name(own, spare)
    profile, fabric = context.profiles[cluster], context.fabric
    addresses = ingress_addresses(context, spare.cluster, own)
    common = labels(fabric, "target", export=own.key if own else None, policies=[spare.wan_policy])
    port = fabric.wan_policies[spare.wan_policy].port
    marked = common | {names.SOURCE_CLUSTER: spare.cluster}
    if profile.spare is None:
        return
    yield profile.spare(
        SpareRequest(name, namespace, marked, tuple(map(str, addresses)), port, spare.wan_policy in fabric.secure)
    )
    _, kind = profile.BACKEND
    gateway = names.clusterset(own.exported_name) if own else names.EGRESS
    yield from target_policies(context, cluster, gateway, spare.cluster, (kind, name, namespace), [spare.wan_policy])
