"""What changes, in the words of whoever runs the SD-WAN."""

from typing import Any

import pytest

from mcwan import sdwan
from mcwan.sdwan import Change
from tests.fabrics import GONE
from tests.sdwan.stack import formed

THIRD = {"tunnel": "lte", "port": 31115, "sla": {"jitterMs": 1, "latencyMs": 1, "lossPercent": 1}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (
            {"wanPolicies__high__port": 31113},
            ["WAN policy high: port 31111 -> 31113; both directions, on every site"],
        ),
        ({"wanPolicies__high__dscp": GONE}, ["WAN policy high: DSCP 46 -> none; both directions, on every site"]),
        (
            {"wanPolicies__high__failover": "low"},
            ["WAN policy high: failover none -> low; gateways do it, nothing changes on the SD-WAN"],
        ),
        (
            {"wanPolicies__low__sla": {"jitterMs": 2, "latencyMs": 80, "lossPercent": 0.5}},
            ["SLA of low: jitter 1000 -> 2 ms", "SLA of low: latency 1000 -> 80 ms", "SLA of low: loss 100 -> 0.5%"],
        ),
        (
            {"wanPolicies__third": THIRD},
            [
                "WAN policy third: new; port 31115 by tunnel lte; both directions, on every site",
                "tunnel lte: new; mark 3, preferred color none, fallback none",
            ],
        ),
        (
            {
                "wanPolicies__high__tunnel": "default",
                "sdwan__tunnels": {},
                "sdwan__sites__cluster-1__ways__business": GONE,
                "sdwan__sites__cluster-2__ways__business": GONE,
            },
            [
                "WAN policy high: tunnel business -> default; both directions, on every site",
                "tunnel business: gone; mark 1, preferred color biz-internet, fallback default",
                "tunnel default: preferred color public-internet -> none",
                "tunnel default: mark 2 -> 1; on every Linux and FRR router",
                "site cluster-1: way of business to cluster-2 wan-b via 192.0.2.2 -> none",
                "site cluster-2: way of business to cluster-1 wan-b via 192.0.2.1 -> none",
            ],
        ),
        (
            {"sdwan__tunnels__business": {"color": "mpls"}},
            [
                "tunnel business: preferred color biz-internet -> mpls",
                "tunnel business: fallback default -> none",
            ],
        ),
        (
            {"sdwan__sites__cluster-1": {"lan": ["lan0", "lan1"], "ways": {"default": {"interface": "wan-d"}}}},
            [
                "site cluster-1: networks 10.1.0.0/16 -> none",
                "site cluster-1: LAN interfaces lan0 -> lan0, lan1",
                "site cluster-1: way of business to cluster-2 wan-b via 192.0.2.2 -> none",
                "site cluster-1: way of default to cluster-2 wan-d via 192.0.2.6 -> wan-d",
                "site cluster-1: Cisco's site id 100 -> none",
            ],
        ),
        (
            {"sdwan__cisco": {"name": "wan", "vpns": [10, 20]}},
            ["Cisco: name mcwan-test -> wan", "Cisco: VPNs 10 -> 10, 20"],
        ),
    ],
)
def test_it_is_said(changes: dict[str, Any], expected: list[str]) -> None:
    assert [one.text for one in sdwan.changes(formed(), formed(**changes))] == expected


def test_a_site_comes_and_goes() -> None:
    form = formed()
    less = form.model_copy(update={"sites": form.sites[:1]})
    assert [one.text for one in sdwan.changes(less, form)] == [
        "site cluster-2: new; networks and addresses 10.2.0.0/16, 198.51.100.12"
    ]
    (gone,) = sdwan.changes(form, less)
    assert (gone.place, gone.new) == ("sites.cluster-2", None)
    assert gone.old["siteId"] == 200


def test_values_are_as_in_the_form() -> None:
    assert sdwan.changes(formed(), formed(**{"sdwan__sites__cluster-1__networks": ["10.9.0.0/16"]})) == [
        Change(
            "sites.cluster-1.networks",
            ["10.1.0.0/16"],
            ["10.9.0.0/16"],
            "site cluster-1: networks 10.1.0.0/16 -> 10.9.0.0/16",
        )
    ]
