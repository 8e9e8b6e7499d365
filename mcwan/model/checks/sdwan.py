"""What the SD-WAN's systems call tunnels and sites: every name leads somewhere, and stands for one thing."""

from collections.abc import Collection, Iterator

from mcwan.model.description import Description
from mcwan.model.leaves import NO_FALLBACK, unknown
from mcwan.model.mistakes import Mistake, Place
from mcwan.model.near import near
from mcwan.model.sdwan import Hop


def _tunnels(description: Description) -> set[str]:
    """Give the tunnels that something sends packets by."""
    tunnels = description.sdwan.tunnels
    return _used(description) | ({one.fallback for one in tunnels.values()} & tunnels.keys() - {NO_FALLBACK})


def _used(description: Description) -> set[str]:
    return {policy.tunnel for policy in description.wan_policies.values()}


def _no_tunnel(place: Place, name: str, known: Collection[str], remedy: str) -> Mistake:
    meant = near(name, known)
    problem = f"no WAN policy's tunnel, and no fallback; allowed: {', '.join(sorted(known))}"
    return Mistake(place, repr(name), problem, f"did you mean {meant!r}?" if meant else remedy)


def tunnels_are_used(description: Description) -> Iterator[Mistake]:
    """A tunnel that nothing goes by is a misspelt one."""
    known = _tunnels(description)
    for name in description.sdwan.tunnels:
        if name not in known:
            yield _no_tunnel(("sdwan", "tunnels", name), name, known, "remove it, or have a WAN policy use it")
    for site, one in description.sdwan.sites.items():
        for name in one.ways:
            if name not in known:
                yield _no_tunnel(("sdwan", "sites", site, "ways", name), name, known, "remove it")


def fallbacks_are_there(description: Description) -> Iterator[Mistake]:
    """A fallback is another tunnel, that is described or that WAN policies use."""
    for name, one in description.sdwan.tunnels.items():
        known = (_used(description) | set(description.sdwan.tunnels)) - {name}
        if one.fallback == NO_FALLBACK or one.fallback in known:
            continue
        problem, remedy = "a tunnel cannot stand in for itself", "write one of them"
        if one.fallback != name:
            meant = near(one.fallback, known)
            problem = "no such tunnel"
            remedy = f"did you mean {meant!r}?" if meant else f"{remedy}, or add mcwan:sdwan.tunnels.{one.fallback}"
        allowed = ", ".join((*sorted(known), NO_FALLBACK))
        place = ("sdwan", "tunnels", name, "fallback")
        yield Mistake(place, repr(one.fallback), f"{problem}; allowed: {allowed}", remedy)


def sites_are_clusters(description: Description) -> Iterator[Mistake]:
    """A site is a cluster's, and its ways lead to other clusters."""
    clusters = description.clusters
    for name, site in description.sdwan.sites.items():
        if wrong := unknown("cluster", name, clusters):
            yield Mistake(("sdwan", "sites", name), repr(name), *wrong)
        for tunnel, way in site.ways.items():
            for remote in way.to:
                place = ("sdwan", "sites", name, "ways", tunnel, "to", remote)
                if wrong := unknown("cluster", remote, clusters.keys() - {name}):
                    yield Mistake(place, repr(remote), *wrong)


def names_stand_for_one(description: Description) -> Iterator[Mistake]:
    """Two tunnels with one mark or colour, or two sites with one id, could not be told apart."""
    tunnels, sites = description.sdwan.tunnels, description.sdwan.sites
    marks = {("tunnels", name, "mark"): one.mark for name, one in tunnels.items()}
    colors = {("tunnels", name, "color"): one.color for name, one in tunnels.items()}
    ids = {("sites", name, "siteId"): one.site_id for name, one in sites.items()}
    for values in (marks, colors, ids):
        first: dict[object, str] = {}
        for place, value in sorted(values.items()):
            _, name, key = place
            other = name if value is None else first.setdefault(value, name)
            if other != name:
                yield Mistake(
                    ("sdwan", *place),
                    repr(value),
                    f"already the {key} of {other}; allowed: one of its own",
                    f"give one of {other} and {name} another one",
                )


def hops_lead_somewhere(description: Description) -> Iterator[Mistake]:
    """A gateway is reached by an interface, and there is one for each version of IP at most."""
    for site, one in description.sdwan.sites.items():
        for tunnel, way in one.ways.items():
            place: Place = ("sdwan", "sites", site, "ways", tunnel)
            hops: dict[Place, Hop] = {place: way} | {(*place, "to", remote): hop for remote, hop in way.to.items()}
            for at, hop in hops.items():
                yield from _hop(at, hop, needed=at != place or not way.to)


def _hop(place: Place, hop: Hop, *, needed: bool) -> Iterator[Mistake]:
    if hop.interface is None and (needed or hop.gateways):
        yield Mistake((*place, "interface"), "", "not written, but needed", "write interface")
    versions = [one.version for one in hop.gateways]
    if len(set(versions)) < len(versions):
        shown = ", ".join(map(str, hop.gateways))
        problem = "two of one version of IP; allowed: one IPv4 and one IPv6 address at most"
        yield Mistake((*place, "gateways"), shown, problem, "remove one of them")


CHECKS = (tunnels_are_used, fallbacks_are_there, sites_are_clusters, names_stand_for_one, hops_lead_somewhere)
