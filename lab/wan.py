"""The SD-WAN: edge routers that tell flows by the WAN port, a link per tunnel, counters of what each carried."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lab import netns
from lab.topology import Site, Topology

Direction = Literal["out", "in"]


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
        netns.ip(site.node, [f"link add wan0 type veth peer name lan0 netns {site.edge}"])
        netns.ip(site.node, [f"address add {inner}/30 dev wan0", "link set wan0 up", f"route add default via {outer}"])
        netns.ip(
            site.edge, [f"address add {outer}/30 dev lan0", "link set lan0 up", f"route add {site.pods} via {inner}"]
        )
        netns.sysctl(site.edge, {"ipv4/ip_forward": "1", "ipv4/conf/all/rp_filter": "0"})
    for link in topology.links:
        one, other = link.ends
        ends = f"link add {link.interface(one)} type veth peer name {link.interface(other)} netns {other.edge}"
        netns.ip(one.edge, [ends])
        for site in link.ends:
            name = link.interface(site)
            netns.sysctl(site.edge, {f"ipv4/conf/{name}/rp_filter": "0"})
            netns.ip(site.edge, [f"address add {link.address(site)}/31 dev {name}", f"link set {name} up"])
            rate = f"tbf rate {link.tunnel.megabits}mbit burst 128kb latency 50ms"
            netns.run("tc", "-n", site.edge, "qdisc", "add", "dev", name, "root", *rate.split())
    for site in topology.sites.values():
        netns.ip(site.edge, routes(topology, site))
        netns.nft(site.edge, ruleset(topology, site))


def routes(topology: Topology, site: Site) -> list[str]:
    """Give what makes an edge router send each mark's packets by its tunnel; unmarked ones have no way out."""
    rules = [f"rule add fwmark {t.mark} lookup {t.table} priority {t.table}" for t in topology.tunnels.values()]
    return rules + [
        f"route add {remote.pods} via {link.address(remote)} dev {link.interface(site)} table {link.tunnel.table}"
        for link in topology.links_of(site)
        for remote in [link.remote(site)]
    ]


def ruleset(topology: Topology, site: Site) -> str:
    """Give an edge router's nftables: a mark by WAN port for both directions, a counter per tunnel and direction."""
    ports = ", ".join(f"{port} : {tunnel.mark}" for port, tunnel in sorted(topology.ports.items()))
    flows = [(link, link.interface(site)) for link in topology.links_of(site)]
    counters = "\n".join(f"    counter {name}.{way} {{ }}" for _, name in flows for way in ("in", "out"))
    arrived = "\n".join(f'        iifname "{name}" counter name "{name}.in"' for _, name in flows)
    left = "\n".join(f'        oifname "{name}" counter name "{name}.out"' for _, name in flows)
    return f"""table ip wan {{
{counters}
    map tunnel {{
        type inet_service : mark
        elements = {{ {ports} }}
    }}
    chain arrive {{
        type filter hook prerouting priority raw
{arrived}
    }}
    chain classify {{
        type filter hook prerouting priority mangle
        meta mark set tcp dport map @tunnel
        meta mark set tcp sport map @tunnel
    }}
    chain lose {{
        type filter hook forward priority filter
    }}
    chain leave {{
        type filter hook postrouting priority filter
{left}
    }}
}}
"""


def packets(topology: Topology) -> Counter[Flow]:
    """Read how many packets every tunnel has carried, as each edge router counts them."""
    found: Counter[Flow] = Counter()
    for site in topology.sites.values():
        listed = json.loads(netns.run("ip", "netns", "exec", site.edge, "nft", "-j", "list", "counters"))
        counted = {one["counter"]["name"]: one["counter"]["packets"] for one in listed["nftables"] if "counter" in one}
        for link in topology.links_of(site):
            name, remote = link.interface(site), link.remote(site).cluster
            found[Flow(site.cluster, remote, link.tunnel.name, "out")] = counted[f"{name}.out"]
            found[Flow(site.cluster, remote, link.tunnel.name, "in")] = counted[f"{name}.in"]
    return found


def lose(topology: Topology, percent: Mapping[str, float]) -> None:
    """Have tunnels lose a share of their packets in each direction; those that are not named lose none."""
    for site in topology.sites.values():
        rules = [
            f'add rule ip wan lose oifname "{link.interface(site)}" numgen random mod 1000 < {round(10 * share)} drop'
            for link in topology.links_of(site)
            if (share := percent.get(link.tunnel.name, 0))
        ]
        netns.nft(site.edge, "\n".join(["flush chain ip wan lose", *rules]) + "\n")
