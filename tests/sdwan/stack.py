"""A stack with everything that `mcwan sdwan` can be told: two sites, two tunnels, one with a fallback."""

from ipaddress import ip_network
from typing import Any

from mcwan import sdwan
from tests.fabrics import Raw, changed, described, fabric

BUSINESS, DEFAULT = 31111, 31112


def way(tunnel: str, gateway: str | None) -> Raw:
    """Give the way by an interface that is called after the tunnel."""
    return {"interface": f"wan-{tunnel}", **({"gateways": [gateway]} if gateway else {})}


def mapped(**changes: Any) -> Raw:
    """Give the example with `sdwan`, and the values at some places replaced: `__` stands for `/`."""
    sites = {
        f"cluster-{number}": {
            "networks": [str(ip_network(f"10.{number}.0.0/16"))],
            "siteId": 100 * number,
            "lan": ["lan0"],
            "ways": {
                "business": way("b", f"192.0.2.{3 - number}"),
                "default": {"to": {f"cluster-{3 - number}": way("d", f"192.0.2.{7 - number}")}},
            },
        }
        for number in (1, 2)
    }
    tunnels = {
        "business": {"fallback": "default", "color": "biz-internet"},
        "default": {"color": "public-internet"},
    }
    raw = described(sdwan={"tunnels": tunnels, "sites": sites, "cisco": {"vpns": [10]}})
    raw["wanPolicies"]["high"]["dscp"] = "EF"
    return changed({place.replace("__", "/"): value for place, value in changes.items()}, raw)


def formed(**changes: Any) -> sdwan.Form:
    """Give its plain form."""
    return sdwan.form(fabric(mapped(**changes)))
