"""Addresses of gateways: those that are known, and those that are only there once an update has made the gateway.

Only a Pulumi program can wait for that: in its manifests a word stands for such an address, and the components put the
real one in its place. Everywhere else the address is left out until it is known.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, NamedTuple

from mcwan.model.export import Export
from mcwan.plan import names
from mcwan.plan.context import Context


class Awaited(NamedTuple):
    """An address of a Service on a cluster, an IPv4 one: that which its balancer gives, or its own, the cluster IP.

    `name` is that of the gateway whose Service it is or, of a Service of ours, its own, as name.namespace.
    """

    cluster: str
    name: str
    kind: Literal["balancer", "cluster"]

    def __str__(self) -> str:
        """Give the word that stands for it in manifests; no Kubernetes object has such a text."""
        return f"<{self.kind} address of {self.name} on {self.cluster}>"


Address = IPv4Address | IPv6Address | Awaited


def ingress_addresses(context: Context, cluster: str, export: Export | None = None) -> tuple[Address, ...]:
    """Give where a cluster's ingress gateway is reached: the shared one, or that of an export that has its own."""
    own = export if export is not None and export.scope == "service" else None
    if own is None and is_awaited(context, cluster):
        return (Awaited(cluster, f"{names.INGRESS}.{names.NAMESPACE}", "balancer"),)
    return own.offers[cluster].addresses if own else context.fabric.clusters[cluster].ingress.addresses


def is_awaited(context: Context, cluster: str) -> bool:
    """Tell whether the address of a cluster's shared ingress gateway comes from its status, in the update itself."""
    return context.awaits and cluster in context.known.balanced


def is_asked(context: Context, cluster: str) -> bool:
    """Tell whether the cluster IPs by which its imports answer are asked for in the update itself."""
    return context.awaits and context.fabric.clusters[cluster].facts == "live"


def in_order(addresses: Iterable[Address]) -> list[Address]:
    """Sort addresses, each once, IPv4 first."""
    return sorted(set(addresses), key=lambda one: (family(one), -1 if isinstance(one, Awaited) else int(one), str(one)))


def family(address: Address) -> int:
    """Give an address's family: 4 or 6."""
    return 4 if isinstance(address, Awaited) else address.version
