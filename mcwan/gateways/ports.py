"""Ports at which a gateway's pods listen for purposes of their own, so that no listener of ours can be there."""

from collections.abc import Iterator, Mapping

from mcwan.model.cluster import ProfileName
from mcwan.model.description import Description
from mcwan.model.importing import all_importings
from mcwan.model.mistakes import Mistake, Place
from mcwan.plan import Profile


def ports_free(description: Description, profiles: Mapping[ProfileName, Profile]) -> Iterator[Mistake]:
    """Every WAN port, and every port of what a cluster imports, is free in the gateways of that cluster."""
    taken = {name: profiles[one.gateway.profile].TAKEN for name, one in description.clusters.items()}
    for name, policy in description.wan_policies.items():
        using = [cluster for cluster, ports in sorted(taken.items()) if policy.port in ports]
        if using:
            yield _mistake(description, ("wanPolicies", name, "port"), policy.port, using[0], "ingress")
    seen: set[tuple[str, int]] = set()
    places = {one.key: number for number, one in enumerate(description.exports)}
    for one in all_importings(description.exports, description.clusters, description.imports):
        for index, port in enumerate(one.export.all_ports if "gateway" in one.paths else ()):
            key = (one.export.key, port.port)
            if port.port in taken.get(one.cluster, ()) and key not in seen:
                seen.add(key)
                number = places[one.export.key]
                place: Place = ("exports", number, "ports", index, "port")
                place = place if one.export.ports else ("exports", number, "port")
                yield _mistake(description, place, port.port, one.cluster, "egress")


def _mistake(description: Description, place: Place, port: int, cluster: str, role: str) -> Mistake:
    profile = description.clusters[cluster].gateway.profile
    return Mistake(
        place,
        str(port),
        f"taken in the pods of {cluster}'s {role} gateway: proxies of profile {profile} listen there themselves; "
        "allowed: a port that no proxy has",
        "choose another WAN port" if role == "ingress" else f"choose path direct for {cluster}, or another port",
    )
