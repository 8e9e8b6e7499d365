"""Notes: what a plan could not know, what it leaves to somebody else, and what of the description does not hold."""

import json
from collections.abc import Iterator
from ipaddress import collapse_addresses

from mcwan.model.importing import traffic
from mcwan.plan.addresses import family, ingress_addresses
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.own_share import own_way
from mcwan.plan.spares import spares_left_out
from mcwan.plan.upstreams import stays

_ETCD = 3 * 2**19
"""The most bytes that etcd takes at once, if not told otherwise (--max-request-bytes): 1.5 MiB."""


def too_large(found: PerCluster) -> Iterator[str]:
    """Say which objects no API server stores: what refuses workloads of meshes names every export that is theirs."""
    for cluster, manifests in found.items():
        for one in manifests:
            size = len(json.dumps(one, separators=(",", ":")))
            if size > _ETCD:
                place = f"{one['kind']} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
                yield (
                    f"{cluster}: {place} has {size / 2**20:.1f} MiB, and etcd takes 1.5: have meshes import the same "
                    "exports, or fewer"
                )


def notes(context: Context) -> Iterator[str]:
    """Give them: of clusters first, then of WAN policies and exports."""
    yield from context.known.notes
    unsaid = [name for name in context.clusters if not context.fabric.clusters[name].sources]
    if unsaid:
        yield f"{', '.join(unsaid)}: no sources are written, so that no NetworkPolicy protects the WAN ports"
    else:
        yield from _of_another_family(context)
    yield from _everybody(context)
    for name in context.clusters:
        cluster = context.fabric.clusters[name]
        if not ingress_addresses(context, name):
            yield f"{name}: no ingress address is known, so that it has no target on the other clusters"
        lacks = context.profiles[name].LACKS
        if why := lacks.get("exposure"):
            its = f"{name}, GatewayClass {cluster.gateway.class_name}: profile {cluster.gateway.profile}"
            yield f"{its} does not say how a gateway is reached: {why}"
        if why := lacks.get("traffic"):
            yield f"{name}: profile {cluster.gateway.profile} follows no settings for traffic: {why}"
    yield from _without_per_try(context)
    own = _of_own_pods(context)
    for key in context.exports:
        if not context.imports[key]:
            yield f"{key}: no cluster imports it"
        for said, clusters in own.get(key, {}).items():
            yield f"{key}: {', '.join(sorted(clusters))} {said}"


def _everybody(context: Context) -> Iterator[str]:
    """Say whose sources, written at once or in parts, are every address there is."""
    found: dict[str, list[str]] = {}
    for name in context.clusters:
        for version in (4, 6):
            mine = (one for one in context.fabric.clusters[name].sources if one.version == version)
            if any(not one.prefixlen for one in collapse_addresses(mine)):  # type: ignore[type-var]
                found.setdefault(f"IPv{version}", []).append(name)
    for family_, names in found.items():
        yield (
            f"{', '.join(names)}: sources have every {family_} address, so that NetworkPolicies keep none of them away "
            "from the WAN ports"
        )


def _of_another_family(context: Context) -> Iterator[str]:
    """Say which clusters are reached only at addresses of a family of which another one's sources have no network.

    A connection has the family of the address that it is for, and what is of no source is not admitted, if not somebody
    on the way translates it.
    """
    asked = {(one.cluster, rule.target.key) for one, rule in context.egress()}
    asked |= {(one.cluster, key) for key, ones in context.imports.items() for one in ones if not one.follows_rules}
    found: dict[tuple[str, str], set[str]] = {}
    for cluster, key in asked:
        export = context.exports[key]
        mine = {one.version for one in context.fabric.clusters[cluster].sources}
        for other in export.offers:
            at = {family(one) for one in ingress_addresses(context, other, export)}
            if other != cluster and at and not mine & at:
                found.setdefault((cluster, f"IPv{min(at)}"), set()).add(other)
    for (cluster, family_), others in sorted(found.items()):
        yield (
            f"{cluster}: sources have no {family_} network, and {', '.join(sorted(others))} is reached by {family_} "
            f"only: NetworkPolicies do not admit the requests of {cluster} there"
        )


def _of_own_pods(context: Context) -> dict[str, dict[str, set[str]]]:
    """Say, by export, what does not hold of clusters' own pods, and of which clusters."""
    found: dict[str, dict[str, set[str]]] = {}
    for importing, rule in context.egress():
        cluster = importing.cluster
        profile = context.fabric.clusters[cluster].gateway.profile
        for said, holds in (
            (f"has no spare for its own pods, with profile {profile}", stays(context, cluster, rule)),
            (
                "has no spare for its own pods until its ingress address is known",
                spares_left_out(context, cluster, rule),
            ),
            (
                "sends its own pods nothing until its ingress address is known",
                own_way(context, cluster, rule) == "nowhere",
            ),
        ):
            if holds:
                found.setdefault(importing.export.key, {}).setdefault(said, set()).add(cluster)
    return found


def _without_per_try(context: Context) -> Iterator[str]:
    """Say for which requests perTry is written and does not hold: those that may not be repeated have one try."""
    policies = context.fabric.wan_policies
    found: dict[str, set[str]] = {}
    for _, rule in context.egress():
        of_export = rule.target.traffic.timeouts.per_try is not None
        written = of_export or policies[rule.wan_policy].traffic.timeouts.per_try is not None
        if written and not traffic(rule.target, rule, policies).idempotent:
            place = rule.target.key if of_export else f"WAN policy {rule.wan_policy}"
            found.setdefault(place, set()).add(f"rule {rule.name}" if of_export else rule.target.key)
    for place, what in sorted(found.items()):
        yield (
            f"{place}: perTry does not hold for {', '.join(sorted(what))}: only requests that may be repeated are cut "
            "off; idempotent: true says that they may"
        )
