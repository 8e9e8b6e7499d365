"""What a target needs of `mcwan:sdwan`, and is not written: every one of it, with its place and remedy."""

from collections.abc import Collection, Iterator

from mcwan.model.mistakes import Mistake
from mcwan.model.sdwan import MAX_CISCO_NAME
from mcwan.sdwan import cisco
from mcwan.sdwan.form import Form, FormSite, Net, behind


def of_router(form: Form, sites: Collection[str], target: str) -> Iterator[Mistake]:
    """Linux and FRR need to know a router's interfaces, its next hops, and what is behind the other ones."""
    for name in sorted(sites):
        if not form.site(name).lan:
            yield _missing(("sites", name, "lan"), f"{target} marks packets where they come in", "write its interfaces")
        for remote in form.sites:
            if remote.name != name:
                yield from _ways(form, form.site(name), remote, target)
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


def _ways(form: Form, site: FormSite, remote: FormSite, target: str) -> Iterator[Mistake]:
    ways = {(way.tunnel, way.remote): way for way in site.ways}
    for tunnel in form.used:
        place = ("sites", site.name, "ways", tunnel)
        way = ways.get((tunnel, remote.name))
        if way is None:
            remedy = f"write its interface, or the one to {remote.name} below to"
            yield _missing(place, f"{target} needs the way to {remote.name}{_for(form, tunnel)}", remedy)
        elif way.gateways:
            versions = {one.version for one in way.gateways}
            for network in behind(remote):
                if network.version not in versions:
                    yield Mistake(
                        ("sdwan", *place, "gateways"),
                        ", ".join(map(str, way.gateways)),
                        f"no IPv{network.version} address, but {remote.name} has {network}",
                        "write one, too, or take that network out",
                    )
                    break


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
