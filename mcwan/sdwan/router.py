"""A site's edge router, where it is Linux or FRR: marks by WAN port, and where packets with a mark go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcwan.sdwan.form import Form, FormWay, Net, behind


@dataclass(frozen=True)
class Hop:
    """Where packets go to: an interface, perhaps a router behind it. `name` is TUNNEL.REMOTE."""

    name: str
    interface: str
    gateway: str | None = None


@dataclass(frozen=True)
class Route:
    """A remote network, and the hops to it, the first choice first."""

    network: Net
    hops: tuple[Hop, ...]


@dataclass(frozen=True)
class Marked:
    """Packets of one tunnel. `beside` are interfaces that may carry them besides, on their way to a hop."""

    tunnel: str
    mark: int
    routes: tuple[Route, ...]
    beside: tuple[str, ...] = ()

    @property
    def interfaces(self) -> list[str]:
        """Every interface that its packets may leave by, by name."""
        return sorted({hop.interface for route in self.routes for hop in route.hops}.union(self.beside))


@dataclass(frozen=True)
class Router:
    """An edge router. `ports` and `dscps` give the mark of each WAN port and DSCP, `lan` where packets come in."""

    lan: tuple[str, ...]
    ports: Mapping[int, int]
    dscps: Mapping[int, int]
    marked: tuple[Marked, ...]


def table(mark: int) -> int:
    """Give the routing table of a mark, which is also the priority of its rule."""
    return 100 + mark


def router(form: Form, site: str) -> Router:
    """Give a site's edge router. The form has what it needs: see `mcwan.sdwan.needs`."""
    here = form.site(site)
    marks = {one.name: one.mark for one in form.tunnels}
    ways = {(way.tunnel, way.remote): way for way in here.ways}
    return Router(
        here.lan,
        {policy.port: marks[policy.tunnel] for policy in form.policies},
        {policy.dscp: marks[policy.tunnel] for policy in form.policies if policy.dscp is not None},
        tuple(
            Marked(
                tunnel,
                marks[tunnel],
                tuple(
                    Route(network, tuple(_hop(ways[name, remote.name], network) for name in form.chain(tunnel)))
                    for remote in form.sites
                    if remote.name != site
                    for network in behind(remote)
                ),
            )
            for tunnel in sorted({policy.tunnel for policy in form.policies})
        ),
    )


def families(routes: Iterable[Route]) -> list[int]:
    """Give the versions of IP among routes."""
    return sorted({one.network.version for one in routes})


def _hop(way: FormWay, network: Net) -> Hop:
    gateway = next((one for one in way.gateways if one.version == network.version), None)
    return Hop(f"{way.tunnel}.{way.remote}", way.interface, None if gateway is None else str(gateway))
