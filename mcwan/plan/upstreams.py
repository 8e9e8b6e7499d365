"""Upstreams: the places of an export by one WAN policy, kept together for profiles whose routes cannot list them.

A proxy that picks one of a route's backends for good cannot go on to the next. Such a profile's routes refer to an
upstream instead, which has every remote place and keeps the health of each for this export and WAN policy.
"""

from collections.abc import Sequence

from mcwan.model.export import Export, Offer
from mcwan.model.importing import EgressRule, Importing, traffic
from mcwan.plan import names
from mcwan.plan.addresses import in_order, ingress_addresses
from mcwan.plan.certificates import certificate
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.manifests import labels
from mcwan.plan.profile import Certificate, UpstreamPlace, UpstreamRequest
from mcwan.plan.spares import spares
from mcwan.plan.targets import HTTP_1


def upstream(context: Context, importing: Importing, rule: EgressRule) -> UpstreamRequest | None:
    """Give the upstream that a rule's requests to other clusters go to.

    None if its route lists where they go, or if they go to no other cluster while all is well.
    """
    cluster, export, policy = importing.cluster, rule.target, rule.wan_policy
    if context.profiles[cluster].upstream is None or not first_choices(export, cluster):
        return None
    if importing.path == "federated":
        return _federated(context, importing, rule)
    own = importing.export.exported_name if importing.export.scope == "service" else None
    places = _places(context, cluster, rule)
    gateway = names.clusterset(own) if own else names.EGRESS
    return UpstreamRequest(
        names.upstream(export.key, policy, own),
        importing.export.namespace if own else names.NAMESPACE,
        labels(context.fabric, "target", export=export.key, policies=[policy]),
        names.upstream_host(export.key, policy, own),
        policy,
        context.fabric.wan_policies[policy].port,
        places,
        traffic(export, rule, context.fabric.wan_policies),
        gateway,
        certificate(context, cluster, "egress", gateway) if policy in context.fabric.secure else None,
        by_alpn=_by_alpn(context, places),
    )


def _federated(context: Context, importing: Importing, rule: EgressRule) -> UpstreamRequest:
    """Give the same for the workloads of a mesh, which send for themselves."""
    cluster, export, policy = importing.cluster, rule.target, rule.wan_policy
    places, mesh = _places(context, cluster, rule), context.fabric.clusters[cluster].mesh
    return UpstreamRequest(
        names.federated(export.key, policy),
        names.NAMESPACE,
        labels(context.fabric, names.MESH_TARGET, export=export.key, policies=[policy]),
        names.federated_host(export.key, policy),
        policy,
        context.fabric.wan_policies[policy].port,
        places,
        traffic(export, rule, context.fabric.wan_policies),
        "",
        Certificate("", context.fabric.domain, None),
        mesh.root_namespace if mesh is not None else None,
        by_alpn=_by_alpn(context, places),
    )


def upstreams(context: Context) -> dict[str, PerCluster]:
    """Give every cluster the upstreams that its routes refer to, by the export that they are made for.

    That is the one that they lead to; at gateways of an export's own, that export.
    """
    found: dict[str, dict[str, dict[str, UpstreamRequest]]] = {}
    for importing, rule in context.egress():
        if request := upstream(context, importing, rule):
            own = importing.export.scope == "service" and importing.path == "gateway"
            key = importing.export.key if own else rule.target.key
            found.setdefault(key, {}).setdefault(importing.cluster, {})[request.name] = request
    made: dict[str, PerCluster] = {}
    for key, clusters in found.items():
        for cluster, requests in clusters.items():
            make = context.profiles[cluster].upstream
            made.setdefault(key, {})[cluster] = [
                one for _, request in sorted(requests.items()) if make for one in make(request)
            ]
    return made


def first_choices(export: Export, cluster: str) -> list[Offer]:
    """Give the offers of other clusters that are no spares."""
    return [one for one in export.offers.values() if one.weight and not one.spare and one.cluster != cluster]


def stays(context: Context, cluster: str, rule: EgressRule) -> bool:
    """Tell whether a rule has spares that its requests cannot go on to, since only the cluster's own pods answer them.

    A route that goes to an upstream has its spares there, beside first choices of other clusters.
    """
    has_upstreams = context.profiles[cluster].upstream is not None
    return has_upstreams and not first_choices(rule.target, cluster) and bool(spares(context, cluster, rule))


def _by_alpn(context: Context, places: Sequence[UpstreamPlace]) -> bool:
    """Tell whether a place is a gateway of which is not known that it speaks HTTP/2."""
    return any(context.profiles[place.cluster].TARGET_PROTOCOL == HTTP_1 for place in places)


def _places(context: Context, cluster: str, rule: EgressRule) -> tuple[UpstreamPlace, ...]:
    export, policies = rule.target, context.fabric.wan_policies
    first = [(one.cluster, rule.wan_policy, one.weight, False) for one in first_choices(export, cluster)]
    others = [(*one, True) for one in spares(context, cluster, rule)]
    return tuple(
        UpstreamPlace(
            place,
            tuple(map(str, in_order(ingress_addresses(context, place, export)))),
            policies[policy].port,
            weight,
            spare,
        )
        for place, policy, weight, spare in [*sorted(first), *others]
    )
