"""Linux as edge router: marks by nftables, a routing table for each mark by iproute2.

Packets are marked by WAN port where they come in from the cluster, so in both directions: requests have it as
destination port, answers as source port. What has a mark leaves by its own tunnel or a fallback only: whatever the
routes say, nftables refuses it any other way out.
"""

from collections.abc import Iterable, Iterator

from mcwan.sdwan.form import MARK, Form, collapsed
from mcwan.sdwan.router import Marked, Router, families, router, table

IPV4, IPV6 = 4, 6
_STEP = 100
"""Between the metrics of first choice and fallbacks."""
_TABLE = "mcwan"
"""The nftables table."""


def files(form: Form, sites: Iterable[str]) -> dict[str, str]:
    """Give the files of sites, by their path."""
    found = {}
    for site in sites:
        here = router(form, site)
        found[f"{site}/nftables.conf"] = nftables(here)
        found[f"{site}/routes.sh"] = script(here)
        found[f"{site}/sysctl.conf"] = sysctl(here)
    return found


def nftables(here: Router) -> str:
    """Give the ruleset, a file for `nft -f`: it replaces what an earlier run made, all at once."""
    lan = f"iifname {_set(map(_quoted, here.lan))}"
    ports = _set(f"{port} : {mark}" for port, mark in sorted(here.ports.items()))
    marks = [
        f"{lan} {field} {dscp} meta mark set {mark}"
        for dscp, mark in sorted(here.dscps.items())
        for field in ("ip dscp", "ip6 dscp")
    ]
    marks += [f"{lan} meta mark set tcp {field} map @tunnel" for field in ("dport", "sport")]
    kept = [f"{lan} {rule}" for one in here.marked for rule in _kept(one)]
    lines = [
        f"# {MARK}",
        f"table inet {_TABLE} {{",
        "}",
        f"delete table inet {_TABLE}",
        f"table inet {_TABLE} {{",
        "    map tunnel {",
        "        type inet_service : mark",
        f"        elements = {ports}",
        "    }",
        *_chain("classify", "prerouting priority mangle", marks),
        *_chain("keep", "forward priority filter", kept),
        "}",
    ]
    return "\n".join(lines) + "\n"


def rules(here: Router) -> list[str]:
    """Give the routing rules, as lines for `ip -batch`: each mark has its table."""
    return [f"rule add fwmark {one.mark} lookup {table(one.mark)} priority {table(one.mark)}" for one in here.marked]


def routes(here: Router, version: int = IPV4) -> list[str]:
    """Give the routes of one version of IP, as lines for `ip -batch`; fallbacks have higher metrics."""
    return [
        f"route add {route.network}{f' via {hop.gateway}' if hop.gateway else ''} dev {hop.interface} "
        f"table {table(one.mark)} metric {_STEP * choice}"
        for one in here.marked
        for route in one.routes
        if route.network.version == version
        for choice, hop in enumerate(route.hops, start=1)
    ]


def script(here: Router) -> str:
    """Give the rules and routes as a script that may be run again: it replaces what an earlier run made."""
    lines = [
        "#!/bin/sh",
        f"# {MARK}",
        "# Run it as root after `nft -f nftables.conf`, once the interfaces are there; again after each change.",
        "set -eu",
    ]
    for version in families(route for one in here.marked for route in one.routes):
        for one in here.marked:
            number = table(one.mark)
            lines += [
                f"while ip -{version} rule del fwmark {one.mark} lookup {number} 2>/dev/null; do :; done",
                f"ip -{version} route flush table {number} 2>/dev/null || :",
            ]
        lines += [f"ip -{version} -batch - <<'END'", *routes(here, version), *rules(here), "END"]
    return "\n".join(lines) + "\n"


def sysctl(here: Router) -> str:
    """Give the kernel's settings: forward; take the next route where a link is down; let answers come another way."""
    out = sorted({name for one in here.marked for name in one.interfaces})
    versions = families(route for one in here.marked for route in one.routes)
    lines = [f"# {MARK}"]
    for version in versions:
        below = f"net/ipv{version}/conf"
        lines.append("net/ipv4/ip_forward = 1" if version == IPV4 else f"{below}/all/forwarding = 1")
        lines += [f"{below}/{name}/ignore_routes_with_linkdown = 1" for name in ("all", *out)]
    lines += [f"net/ipv4/conf/{name}/rp_filter = 2" for name in out if IPV4 in versions]
    return "\n".join(lines) + "\n"


def _kept(one: Marked) -> Iterator[str]:
    """Refuse packets with a mark another way to a remote network, in words that a client hears at once."""
    for version, field in ((IPV4, "ip"), (IPV6, "ip6")):
        there = collapsed(route.network for route in one.routes if route.network.version == version)
        if there:
            yield (
                f"meta mark {one.mark} {field} daddr {_set(map(str, there))} "
                f"oifname != {_set(map(_quoted, one.interfaces))} reject with icmpx type host-unreachable"
            )


def _chain(name: str, hook: str, lines: Iterable[str]) -> list[str]:
    return [
        f"    chain {name} {{",
        f"        type filter hook {hook}",
        *(f"        {line}" for line in lines),
        "    }",
    ]


def _set(items: Iterable[str]) -> str:
    return f"{{ {', '.join(items)} }}"


def _quoted(name: str) -> str:
    return f'"{name}"'
