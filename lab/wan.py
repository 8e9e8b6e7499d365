"""The SD-WAN: edge routers that tell flows by the WAN port, a link per tunnel, counters of what each carried.

How they tell flows and where those go is what `mcwan sdwan --target linux` writes for routers that are no lab's.

`python -m lab.wan` sets how much the tunnels lose and how late their packets arrive, while the lab is up.
"""

import json
import math
import socket
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import click

from lab import netns, relay
from lab.machine import need_root
from lab.processes import Keeper
from lab.state import Lab, directory, lab_name
from lab.topology import Site, Topology, Tunnel
from lab.waiting import LabError, wait
from mcwan.sdwan import linux
from mcwan.sdwan.router import Hop, Marked, Route, Router

T = TypeVar("T")
Direction = Literal["out", "in"]
WEIGHT = 8000
HEAVY = {"x-weight": WEIGHT * "x"}
"""A header that makes each request that many bytes, and its answer, which tells it; too long for HTTP/2 to shorten."""
_FROM_DETOUR, _TO_DETOUR = 10, 20
"""Priorities of routing rules, before the tunnels' own. What comes from a detour does not go there again."""
_LAN = "lan0"
"""An edge router's interface to its node."""
_RELAY = "relay"
_QUEUE = 10000
"""Packets that may wait for a relay."""
_MOST_LOSS, _MOST_DELAY = 100, 10000
_PARTS = 1000
"""Of a percent: how losses are told to the kernel."""


@dataclass(frozen=True, order=True)
class Flow:
    """Packets on one tunnel as one site's edge router sees them."""

    site: str
    remote: str
    tunnel: str
    direction: Direction


def build(topology: Topology) -> None:
    """Make the edge routers of a lab whose nodes are there, and the tunnels between them."""
    for site in topology.sites.values():
        netns.add(site.edge)
        inner, outer = site.uplink
        netns.ip(site.node, [f"link add wan0 type veth peer name {_LAN} netns {site.edge}"])
        netns.ip(site.node, [f"address add {inner}/30 dev wan0", "link set wan0 up", f"route add default via {outer}"])
        netns.ip(
            site.edge,
            [f"address add {outer}/30 dev {_LAN}", f"link set {_LAN} up", f"route add {site.pods} via {inner}"],
        )
        forward = {"ipv4/ip_forward": "1", "ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0"}
        netns.sysctl(site.edge, forward)
    for link in topology.links:
        one, other = link.ends
        ends = f"link add {link.interface(one)} type veth peer name {link.interface(other)} netns {other.edge}"
        netns.ip(one.edge, [ends])
        for site in link.ends:
            name = link.interface(site)
            netns.ip(site.edge, [f"address add {link.address(site)}/31 dev {name}", f"link set {name} up"])
            _rate("add", site, name, link.tunnel.megabits)
    for site in topology.sites.values():
        netns.ip(site.edge, routes(topology, site))
        netns.nft(site.edge, ruleset(topology, site))


def router(topology: Topology, site: Site) -> Router:
    """Give a site's edge router: a hop per tunnel and remote site, and no fallback; detours may carry packets, too."""
    hops: dict[Tunnel, list[Route]] = {}
    for link in topology.links_of(site):
        remote = link.remote(site)
        name = f"{link.tunnel.name}.{remote.cluster}"
        hop = Hop(name, link.interface(site), str(link.address(remote)))
        hops.setdefault(link.tunnel, []).append(Route(remote.pods, (hop,)))
    return Router(
        (_LAN,),
        {port: tunnel.mark for port, tunnel in topology.ports.items()},
        {},
        tuple(
            Marked(tunnel.name, tunnel.mark, tuple(hops.get(tunnel, ())), (tunnel.detour,))
            for tunnel in topology.tunnels.values()
        ),
    )


def routes(topology: Topology, site: Site) -> list[str]:
    """Give what makes an edge router send each mark's packets by its tunnel; unmarked ones have no way out.

    While a tunnel has a delay, its packets take a detour first: see `delay`.
    """
    detours = [
        rule
        for tunnel in topology.tunnels.values()
        for rule in (
            f"rule add iif {tunnel.detour} lookup {tunnel.table} priority {_FROM_DETOUR}",
            f"rule add fwmark {tunnel.mark} lookup {tunnel.detour_table} priority {_TO_DETOUR}",
        )
    ]
    here = router(topology, site)
    return [*detours, *linux.rules(here), *linux.routes(here)]


def ruleset(topology: Topology, site: Site) -> str:
    """Give an edge router's nftables: marks and, as a table of the lab's own, a counter per tunnel and direction."""
    flows = [(link, link.interface(site)) for link in topology.links_of(site)]
    counters = "\n".join(f"    counter {name}.{way} {{ }}" for _, name in flows for way in ("in", "out"))
    arrived = "\n".join(f'        iifname "{name}" counter name "{name}.in"' for _, name in flows)
    left = "\n".join(f'        oifname "{name}" counter name "{name}.out"' for _, name in flows)
    return f"""{linux.nftables(router(topology, site))}table ip wan {{
{counters}
    chain arrive {{
        type filter hook prerouting priority raw
{arrived}
    }}
    chain leave {{
        type filter hook postrouting priority filter
{left}
    }}
    chain lose {{
        type filter hook postrouting priority filter + 1
    }}
}}
"""


def packets(topology: Topology) -> Counter[Flow]:
    """Read how many packets every tunnel has carried, as each edge router counts them."""
    return _counters(topology, "packets")


def octets(topology: Topology) -> Counter[Flow]:
    """Read how many bytes every tunnel has carried: they tell requests from packets that are none, see `carriers`."""
    return _counters(topology, "bytes")


def carriers(moved: Mapping[T, int], requests: int = 0) -> set[T]:
    """Give what carried requests, of the bytes that each carried.

    That is whatever carried at least a quarter of what the busiest did, and of so many requests with `HEAVY`.
    Packets say less: a connection that rests is asked by PING whether the other end is there, and one that is refused
    is opened again; both cost packets, the more the longer a busy machine takes for requests, but of 70 bytes each.
    """
    least = max(max(moved.values(), default=0), requests * WEIGHT) / 4
    return {one for one, carried in moved.items() if carried and carried >= least}


def _counters(topology: Topology, unit: Literal["packets", "bytes"]) -> Counter[Flow]:
    found: Counter[Flow] = Counter()
    for site in topology.sites.values():
        listed = json.loads(netns.run("ip", "netns", "exec", site.edge, "nft", "-j", "list", "counters"))
        counted = {one["counter"]["name"]: one["counter"][unit] for one in listed["nftables"] if "counter" in one}
        for link in topology.links_of(site):
            name, remote = link.interface(site), link.remote(site).cluster
            found[Flow(site.cluster, remote, link.tunnel.name, "out")] = counted[f"{name}.out"]
            found[Flow(site.cluster, remote, link.tunnel.name, "in")] = counted[f"{name}.in"]
    return found


def lose(topology: Topology, percent: Mapping[str, float]) -> None:
    """Have tunnels lose a share of their packets in each direction; those that are not named lose none.

    A packet that is lost has left one edge router and does not arrive at the other.
    """
    for site in topology.sites.values():
        rules = [
            f'add rule ip wan lose oifname "{name}" numgen random mod {100 * _PARTS} <= {parts - 1} drop'
            for link in topology.links_of(site)
            for name in [link.interface(site)]
            if (parts := round(_PARTS * percent.get(link.tunnel.name, 0)))
        ]
        netns.nft(site.edge, "\n".join(["flush chain ip wan lose", *rules]) + "\n")


def throttle(topology: Topology, part: float) -> None:
    """Have every tunnel carry just a part of its rate; 1 is all of it."""
    for link in topology.links:
        for site in link.ends:
            _rate("change", site, link.interface(site), link.tunnel.megabits * part)


def _rate(verb: Literal["add", "change"], site: Site, interface: str, megabits: float) -> None:
    shape = f"tbf rate {megabits:g}mbit burst 128kb latency 50ms"
    netns.run("tc", "-n", site.edge, "qdisc", verb, "dev", interface, "root", *shape.split())


def losses(topology: Topology) -> dict[str, float]:
    """Read the percentage of packets that each tunnel loses; those that lose none are left out."""
    site = next(iter(topology.sites.values()))
    listed = netns.run("ip", "netns", "exec", site.edge, "nft", "-j", "list", "chain", "ip", "wan", "lose")
    rules = [one["rule"]["expr"] for one in json.loads(listed)["nftables"] if "rule" in one]
    found = {link["match"]["right"]: (share["match"]["right"] + 1) / _PARTS for link, share, _ in rules}
    return {
        link.tunnel.name: found[name] for link in topology.links_of(site) if (name := link.interface(site)) in found
    }


def delay(topology: Topology, milliseconds: Mapping[str, float]) -> None:
    """Have tunnels hold their packets for some time in each direction; those that are not named hold none.

    Packets of a tunnel with a delay are routed to its detour, a device whose packets `lab.relay` takes and gives back
    later; from there they go by the tunnel's link. The relay's end removes the device, and with it the routes to it.
    What is under way at a change is lost. Raises LabError.
    """
    held = [tunnel for tunnel in topology.tunnels.values() if milliseconds.get(tunnel.name)]
    for site in topology.sites.values():
        _keeper(site).stop(_RELAY)
    if not held:
        return
    words = [f"{tunnel.detour}={milliseconds[tunnel.name]:g}" for tunnel in held]
    for site in topology.sites.values():
        _keeper(site).start(_RELAY, [sys.executable, relay.__file__, *words], netns=site.edge)
    for site in topology.sites.values():
        wait(partial(_relayed, site, held), f"{site.edge} has devices for its tunnels' delays")
        netns.ip(
            site.edge,
            [f"link set {tunnel.detour} alias {milliseconds[tunnel.name]:g} txqueuelen {_QUEUE} up" for tunnel in held]
            + [
                f"route add {link.remote(site).pods} dev {link.tunnel.detour} table {link.tunnel.detour_table}"
                for link in topology.links_of(site)
                if link.tunnel in held
            ],
        )


def delays(topology: Topology) -> dict[str, float]:
    """Read the milliseconds for which each tunnel holds packets; those that hold none are left out."""
    site = next(iter(topology.sites.values()))
    listed = json.loads(netns.run("ip", "-n", site.edge, "-json", "link", "show"))
    found = {one["ifname"]: float(one["ifalias"]) for one in listed if "ifalias" in one}
    return {tunnel.name: found[tunnel.detour] for tunnel in topology.tunnels.values() if tunnel.detour in found}


def _relayed(site: Site, tunnels: list[Tunnel]) -> bool:
    """Tell whether a site's relay has made its devices. Raises LabError if it has ended."""
    keeper = _keeper(site)
    if not keeper.alive(_RELAY):
        raise LabError(f"{site.edge}: the relay has ended; see {keeper.log(_RELAY)}")
    with netns.inside(site.edge):
        there = {name for _, name in socket.if_nameindex()}
    return there >= {tunnel.detour for tunnel in tunnels}


def _keeper(site: Site) -> Keeper:
    """Give the keeper of an edge router's processes."""
    return Keeper(directory(site.lab) / site.cluster / "edge")


def amounts(words: Iterable[str], tunnels: Collection[str], most: float) -> dict[str, float]:
    """Read words of the form TUNNEL=NUMBER. Raises LabError."""
    found = {}
    for word in words:
        tunnel, _, number = word.partition("=")
        if tunnel not in tunnels:
            raise LabError(f"{word}: no such tunnel: {tunnel!r}; allowed: {', '.join(tunnels)}")
        try:
            found[tunnel] = float(number)
        except ValueError:
            found[tunnel] = math.nan
        if not 0 <= found[tunnel] <= most:
            raise LabError(f"{word}: {number!r} is not a number from 0 to {most:g}")
    return found


@click.command()
@click.option("--loss", multiple=True, metavar="TUNNEL=PERCENT", help="Packets lost in each direction; 0 for none.")
@click.option("--delay", "late", multiple=True, metavar="TUNNEL=MS", help="Milliseconds one way; 0 for none.")
@click.option("--clear", is_flag=True, help="Take all loss and delay away that is not given beside it.")
def main(loss: tuple[str, ...], late: tuple[str, ...], clear: bool) -> None:
    """Set loss and delay of the tunnels of the lab that MCWAN_LAB names, and print what they are then."""
    try:
        need_root()
        topology = Lab.load(lab_name()).topology
        lost, held = amounts(loss, topology.tunnels, _MOST_LOSS), amounts(late, topology.tunnels, _MOST_DELAY)
        if lost or clear:
            lose(topology, lost if clear else losses(topology) | lost)
        if held or clear:
            delay(topology, held if clear else delays(topology) | held)
        lost, held = losses(topology), delays(topology)
    except (LabError, netns.CommandError) as error:
        raise SystemExit(f"error: {error}") from None
    for name, tunnel in topology.tunnels.items():
        print(f"{name}: {tunnel.megabits} Mbit/s, {held.get(name, 0):g} ms one way, {lost.get(name, 0):g} % lost")


if __name__ == "__main__":
    main(prog_name="python -m lab.wan")
