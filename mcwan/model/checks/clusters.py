"""Clusters: one way to reach each, addresses inside the SD-WAN and nobody else's."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from mcwan.model.cluster import Cluster
from mcwan.model.description import Description
from mcwan.model.mistakes import Mistake, Place


def reached_one_way(description: Description) -> Iterator[Mistake]:
    """A cluster is reached (kubeconfig or context) or rendered, not both and not neither."""
    for name, cluster in description.clusters.items():
        written = [key for key, value in _ways(cluster).items() if value]
        if "renderTo" in written and len(written) > 1:
            yield Mistake(
                ("clusters", name, "renderTo"),
                repr(cluster.render_to),
                f"a cluster that is rendered is not reached, but {' and '.join(written[:-1])} is written too",
                "remove one of them",
            )
        elif not written:
            yield Mistake(
                ("clusters", name),
                "",
                "nothing says how to reach it; allowed: kubeconfig (a secret), context, or renderTo",
                f"write mcwan:clusters.{name}.context, or renderTo with a directory",
            )


def namespaces_once(description: Description) -> Iterator[Mistake]:
    """A namespace is written once per cluster."""
    for name, cluster in description.clusters.items():
        for index, namespace in enumerate(cluster.namespaces):
            if namespace in cluster.namespaces[:index]:
                place = ("clusters", name, "namespaces", index)
                yield Mistake(place, repr(namespace), "written twice; allowed: once", "remove one of them")


def addresses_inside(description: Description) -> Iterator[Mistake]:
    """Ingress gateways are never reachable from the Internet, and their addresses can stand in an EndpointSlice."""
    for place, _, address in _addresses(description):
        if wrong := _unusable(address):
            yield Mistake(
                place,
                repr(str(address)),
                f"{wrong}; allowed: an address inside the SD-WAN, not reachable from the Internet",
                "write the private address of the ingress gateway",
            )


def addresses_once(description: Description) -> Iterator[Mistake]:
    """An address is one gateway's: the same one twice would send one gateway's requests to another."""
    seen: dict[IPv4Address | IPv6Address, Place] = {}
    for place, owner, address in _addresses(description):
        first = seen.setdefault(address, owner)
        if first != owner:
            yield Mistake(
                place,
                repr(str(address)),
                f"already the address of {_called(first)}; allowed: an address of one gateway only",
                "write this gateway's own address",
            )


CHECKS = (reached_one_way, namespaces_once, addresses_inside, addresses_once)


def _ways(cluster: Cluster) -> dict[str, bool]:
    return {
        "kubeconfig": cluster.kubeconfig is not None,
        "context": cluster.context is not None,
        "renderTo": cluster.render_to is not None,
    }


def _addresses(description: Description) -> Iterator[tuple[Place, Place, IPv4Address | IPv6Address]]:
    """Every gateway address with its place and the gateway that it is for."""
    for name, cluster in description.clusters.items():
        for index, address in enumerate(cluster.ingress.addresses):
            yield ("clusters", name, "ingress", "addresses", index), (name,), address
    for number, export in enumerate(description.exports):
        for position, offer in enumerate(export.from_):
            for index, address in enumerate(offer.addresses):
                place = ("exports", number, "from", position, "addresses", index)
                yield place, (offer.cluster, export.key), address


def _called(owner: Place) -> str:
    return f"{owner[0]}'s ingress gateway" if len(owner) == 1 else f"the ingress gateway of {owner[1]} on {owner[0]}"


def _unusable(address: IPv4Address | IPv6Address) -> str | None:
    if address.is_unspecified:
        return "no host's address"
    if address.is_loopback or address.is_link_local or address.is_multicast:
        return "a loopback, link-local or multicast address, which an EndpointSlice does not take"
    if address.is_global:
        return "a public address"
    return None
