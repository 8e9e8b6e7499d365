"""Clusters: addresses inside the SD-WAN, directories and namespaces of their own."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import PurePosixPath
from posixpath import normpath

from mcwan.model.description import Description
from mcwan.model.leaves import FABRIC_NAMESPACE
from mcwan.model.mistakes import Mistake, Place


def class_is_known(description: Description) -> Iterator[Mistake]:
    """The standard profile serves any implementation, so that no class is its own."""
    for name, cluster in description.clusters.items():
        if cluster.gateway.profile == "standard" and cluster.gateway.gateway_class is None:
            yield Mistake(
                ("clusters", name, "gateway", "class"),
                "",
                "the standard profile has no GatewayClass of its own; allowed: one that the cluster has",
                "write it",
            )


def rendered_apart(description: Description) -> Iterator[Mistake]:
    """A directory is one cluster's: two would overwrite each other's files, or take them for their own.

    All that lies in it is read as that cluster's (`mcwan.rules.sources`), so that nothing else may lie there.
    """
    first: dict[PurePosixPath, str] = {}
    for name, cluster in sorted(description.clusters.items()):
        if cluster.render_to is not None:
            other = first.setdefault(PurePosixPath(normpath(cluster.render_to)), name)
            if other != name:
                yield _not_its_own(description, name, f"already the directory of {other}")
    for directory, name in first.items():
        if directory.name in ("", ".."):
            yield _not_its_own(description, name, "the project's own directory, or one around it")
        elif within := sorted(other for one, other in first.items() if directory in one.parents):
            several = "directories" if len(within) > 1 else "directory"
            yield _not_its_own(description, name, f"the {several} of {', '.join(within)} would lie in it")


def _not_its_own(description: Description, name: str, problem: str) -> Mistake:
    return Mistake(
        ("clusters", name, "renderTo"),
        repr(description.clusters[name].render_to),
        f"{problem}; allowed: one of its own",
        f"write another directory, e.g. one that ends in {name}",
    )


def namespaces_theirs(description: Description) -> Iterator[Mistake]:
    """The namespace mc-wan is the fabric's own: listeners there take every route that lies beside them."""
    for name, cluster in description.clusters.items():
        for index, namespace in enumerate(cluster.namespaces):
            if namespace == FABRIC_NAMESPACE:
                yield Mistake(
                    ("clusters", name, "namespaces", index),
                    repr(namespace),
                    "the fabric's own; allowed: namespaces of users",
                    "keep services in another namespace, and take it out here",
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


def balancer_is_known(description: Description) -> Iterator[Mistake]:
    """An internal load balancer is somebody's: each provider has an annotation of its own."""
    for name, cluster in description.clusters.items():
        ingress = cluster.ingress
        place: Place = ("clusters", name, "ingress")
        balanced = ingress.exposure == "LoadBalancer"
        if balanced and ingress.balancer is None:
            yield Mistake(
                (*place, "balancer"),
                "",
                "a LoadBalancer is public unless its provider is told otherwise; allowed: aws, azure, gcp, metallb",
                "write who provides it",
            )
        if not balanced and ingress.balancer is not None:
            yield Mistake(
                (*place, "balancer"),
                repr(ingress.balancer),
                f"exposure {ingress.exposure} has no load balancer; allowed: with exposure LoadBalancer",
                "remove it, or change the exposure",
            )
        if (ingress.balancer == "metallb") != (ingress.balancer_pool is not None):
            yield Mistake(
                (*place, "balancerPool"),
                repr(ingress.balancer_pool) if ingress.balancer_pool else "",
                "MetalLB takes the address from a pool, and nobody else does; allowed: with metallb, a pool of "
                "private addresses",
                "write it" if ingress.balancer == "metallb" else "remove it",
            )


CHECKS = (
    balancer_is_known,
    class_is_known,
    rendered_apart,
    namespaces_theirs,
    namespaces_once,
    addresses_inside,
    addresses_once,
)


_THIS_NETWORK = ip_network("0.0.0.0/8")
"""RFC 1122: no host's address."""


def _addresses(description: Description) -> Iterator[tuple[Place, Place, IPv4Address | IPv6Address]]:
    """Every gateway address with its place and the gateway that it is for."""
    for name, cluster in sorted(description.clusters.items()):
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
    if isinstance(address, IPv6Address) and (address.scope_id or address.ipv4_mapped):
        return "an address with a zone, or of IPv4 in IPv6 form"
    if address in _THIS_NETWORK or address.is_unspecified or (address.version == 4 and address.is_reserved):
        return "no host's address"
    if address.is_loopback or address.is_link_local or address.is_multicast:
        return "a loopback, link-local or multicast address, which an EndpointSlice does not take"
    if address.is_global:
        return "a public address"
    return None
