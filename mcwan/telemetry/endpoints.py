"""What an egress gateway's metrics do not say: which cluster and WAN policy an endpoint is, which are first choices."""

from ipaddress import IPv6Address
from typing import NamedTuple

from mcwan.gateways.envoy_metrics import PROFILE
from mcwan.model.cluster import Address
from mcwan.plan import upstreams
from mcwan.plan.context import Context
from mcwan.plan.own_share import own_way


class Endpoint(NamedTuple):
    """A remote ingress gateway by one WAN policy, as Envoy writes its address and port."""

    address: str
    cluster: str
    wan_policy: str


class FirstChoice(NamedTuple):
    """Where an egress gateway sends the requests of a rule as long as it can, from which clusters."""

    export: str
    rule: str
    cluster: str
    wan_policy: str
    sources: tuple[str, ...]


def measured(context: Context) -> tuple[str, ...]:
    """Give the clusters whose gateways have metrics by export and WAN policy, sorted."""
    return tuple(name for name in context.clusters if context.fabric.clusters[name].gateway.profile == PROFILE)


def unmeasured(context: Context) -> tuple[str, ...]:
    """Give the other clusters, sorted."""
    return tuple(sorted({*context.clusters} - {*measured(context)}))


def endpoints(context: Context) -> tuple[Endpoint, ...]:
    """Give every ingress gateway by every WAN policy, those of exports with gateways of their own, too; sorted."""
    fabric = context.fabric
    gateways = {(address, name) for name, cluster in fabric.clusters.items() for address in cluster.ingress.addresses}
    for export in context.exports.values():
        gateways |= {(address, name) for name, offer in export.offers.items() for address in offer.addresses}
    return tuple(
        sorted(
            Endpoint(_socket(address, policy.port), cluster, name)
            for address, cluster in gateways
            for name, policy in fabric.wan_policies.items()
        )
    )


def first_choices(context: Context) -> tuple[FirstChoice, ...]:
    """Give the first choices of every rule that are ingress gateways, sorted; the cluster's own may be among them."""
    known = set(measured(context))
    found: dict[tuple[str, str, str, str], set[str]] = {}
    for importing, rule in context.egress():
        if importing.cluster not in known:
            continue
        others = [offer.cluster for offer in upstreams.first_choices(rule.target, importing.cluster)]
        itself = [importing.cluster] if own_way(context, importing.cluster, rule) == "target" else []
        for cluster in (*others, *itself):
            choice = (importing.export.key, rule.name, cluster, rule.wan_policy)
            found.setdefault(choice, set()).add(importing.cluster)
    return tuple(FirstChoice(*choice, tuple(sorted(sources))) for choice, sources in sorted(found.items()))


def _socket(address: Address, port: int) -> str:
    return f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"
