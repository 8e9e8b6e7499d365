"""A cluster's own share of an export's requests, where other clusters answer them, too.

An egress gateway without upstreams has all places of a rule in one Envoy cluster, which speaks one protocol: HTTP/2 if
one place does (Envoy Gateway 1.9.1, internal/xds/translator/cluster.go, requiresHTTP2Options). Pods speak HTTP/1.1. So
beside places that speak HTTP/2 the own share goes where all others go: to an ingress gateway, the cluster's own, by a
target that stands for that. It leaves the cluster as little as before.

Where the own gateway's address is not known, nothing is sent that would break: the own pods get no share beside other
clusters and, where they are the only first choice, have no spares (`mcwan.plan.spares`).
"""

from typing import Literal

from mcwan.model.export import Export
from mcwan.model.importing import EgressRule, Importing
from mcwan.plan.addresses import ingress_addresses
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.gateways import shared_egress_ports
from mcwan.plan.spares import spares
from mcwan.plan.targets import HTTP_1, app_protocol, shared_target, shared_target_policies
from mcwan.plan.upstreams import first_choices

OwnWay = Literal["service", "target", "nowhere"]


def own_way(context: Context, cluster: str, rule: EgressRule) -> OwnWay:
    """Say how requests of a rule get to the cluster's own pods, if those are a first choice; else it says nothing."""
    listed = context.profiles[cluster].upstream is None and _is_first(rule.target, cluster)
    if not listed or not _beside_http_2(context, cluster, rule):
        return "service"
    return "target" if ingress_addresses(context, cluster, rule.target) else "nowhere"


def has_own_target(context: Context, cluster: str, export: Export) -> bool:
    """Tell whether a rule on a cluster sends requests for an export to a target of the cluster's own."""
    return any(own_way(context, cluster, rule) == "target" for _, rule in context.offered_at_home(cluster, export.key))


def leads_home(context: Context, cluster: str, export: Export) -> list[Importing]:
    """Give a cluster's imports by which its egress gateways send to its own ingress gateway, as a share or a spare."""
    return [
        importing
        for importing, rule in context.offered_at_home(cluster, export.key)
        if own_way(context, cluster, rule) == "target"
        or cluster in {it.cluster for it in spares(context, cluster, rule)}
    ]


def own_targets(context: Context) -> PerCluster:
    """Give every cluster that needs it a target for its own shared ingress gateway."""
    made: PerCluster = {}
    egress = shared_egress_ports(context)
    for cluster in context.clusters:
        if any(has_own_target(context, cluster, one) for one in context.exports.values() if one.scope == "shared"):
            made[cluster] = shared_target(context, cluster, app_protocol(context, cluster, cluster))
            made[cluster] += shared_target_policies(context, cluster, cluster) if cluster in egress else []
    return made


def _is_first(export: Export, cluster: str) -> bool:
    own = export.offers.get(cluster)
    return own is not None and bool(own.weight) and not own.spare


def _beside_http_2(context: Context, cluster: str, rule: EgressRule) -> bool:
    """Tell whether a rule has other places to which HTTP/2 is spoken; spares are, by TLS."""
    secure = context.fabric.secure
    others = first_choices(rule.target, cluster) if rule.wan_policy in secure else []
    found = {one.cluster for one in others if app_protocol(context, cluster, one.cluster) != HTTP_1}
    if context.profiles[cluster].spare is not None:
        found |= {one.cluster for one in spares(context, cluster, rule) if one.wan_policy in secure}
    return any(ingress_addresses(context, one, rule.target) for one in found)
