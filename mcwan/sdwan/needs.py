"""What a target needs of `mcwan:sdwan`, and is not written: every one of it, with its place and remedy."""

from collections.abc import Collection, Iterator, Sequence

from mcwan.model.mistakes import Mistake, Place
from mcwan.model.sdwan import MAX_CISCO_NAME
from mcwan.sdwan import cisco
from mcwan.sdwan.form import Form, FormSite, FormWay, Net, behind


def of_router(form: Form, sites: Collection[str], target: str) -> Iterator[Mistake]:
    """Linux and FRR need to know a router's interfaces, its next hops, and what is behind the other ones."""
    for name in sorted(sites):
        if not form.site(name).lan:
            yield _missing(("sites", name, "lan"), f"{target} marks packets where they come in", "write its interfaces")
        yield from _ways(form, form.site(name), [one for one in form.sites if one.name != name], target)
    yield from _networks(form, sites, target)


def _networks(form: Form, sites: Collection[str], target: str) -> Iterator[Mistake]:
    """Answers need the networks that requests come from; two sites with one network have no way of their own."""
    for name in sorted({remote.name for site in sites for remote in form.sites if remote.name != site}):
        if not form.site(name).networks:
            yield Mistake(
                ("clusters", name, "sources"),
                "",
                f"not written, but {target} sends answers there",
                f"write its networks, or mcwan:sdwan.sites.{name}.networks",
            )
    first: dict[Net, str] = {}
    for site in form.sites:
        for network in behind(site):
            other = first.setdefault(network, site.name)
            if other != site.name:
                yield Mistake(
                    ("sdwan", "sites", site.name, "networks"),
                    str(network),
                    f"behind {other}, too, so that {target} cannot know the way there",
                    "give each site networks of its own",
                )


def _ways(form: Form, site: FormSite, remotes: Sequence[FormSite], target: str) -> Iterator[Mistake]:
    ways = {(way.tunnel, way.remote): way for way in site.ways}
    for tunnel in form.used:
        place = ("sites", site.name, "ways", tunnel)
        unknown = [remote.name for remote in remotes if (tunnel, remote.name) not in ways]
        if unknown:
            why = f"{target} needs the way to {', '.join(unknown)}{_for(form, tunnel)}"
            yield _missing(place, why, "write its interface, or one for each of them below to")
        for remote in remotes:
            way = ways.get((tunnel, remote.name))
            if way is not None and way.gateways:
                yield from _versions(("sdwan", *place, "gateways"), way, remote)


def _versions(place: Place, way: FormWay, remote: FormSite) -> Iterator[Mistake]:
    """A network is reached by a gateway of its own version of IP."""
    versions = {one.version for one in way.gateways}
    network = next((one for one in behind(remote) if one.version not in versions), None)
    if network is not None:
        yield Mistake(
            place,
            ", ".join(map(str, way.gateways)),
            f"no IPv{network.version} address, but {remote.name} has {network}",
            "write one, too, or take that network out",
        )


def of_cisco(form: Form, sites: Collection[str]) -> Iterator[Mistake]:
    """Cisco needs colours, the ids of sites and of VPNs, and short names."""
    for tunnel in form.used:
        if form.tunnel(tunnel).color is None:
            yield _missing(("tunnels", tunnel, "color"), f"cisco needs it{_for(form, tunnel)}", "write its colour")
    for name in sorted(sites):
        if form.site(name).site_id is None:
            yield _missing(("sites", name, "siteId"), "cisco needs it", "write the site's id")
    if not form.cisco.vpns:
        yield _missing(("cisco", "vpns"), "cisco needs them", "write the ids of the service VPNs")
    for name in cisco.too_long(form):
        yield Mistake(
            ("sdwan", "cisco", "name"),
            repr(form.cisco.name),
            f"the SLA class {name} has {len(name)} characters; allowed: {MAX_CISCO_NAME} at most",
            "write a shorter name",
        )


def _for(form: Form, tunnel: str) -> str:
    """Say for whom a tunnel is."""
    own = [policy.name for policy in form.policies if policy.tunnel == tunnel]
    return f" for WAN policy {', '.join(own)}" if own else f" as the fallback {tunnel}"


def _missing(place: tuple[str, ...], why: str, remedy: str) -> Mistake:
    return Mistake(("sdwan", *place), "", f"not written, but {why}", remedy)
