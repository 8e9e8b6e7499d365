"""`mcwan facts` on real API servers: what changes is told in a line, and changes just that of the plan."""

from collections.abc import Iterator
from typing import Any

import pytest

from lab.state import Lab
from tests.e2e.live import cluster
from tests.e2e.live.desk import Desk, Rendered

pytestmark = pytest.mark.lab
PAYMENT: dict[str, Any] = {"service": "payment.secure", "from": ["east", "west"], "wanPolicy": "high"}


def shop(service: str, *clusters: str, **more: Any) -> dict[str, Any]:
    """An export of the namespace that these tests bring and take."""
    return {"service": f"{service}.shop", "from": list(clusters), "wanPolicy": "high", **more}


@pytest.fixture
def opened(live: Lab) -> Iterator[None]:
    """East has the namespace shop, with the Service cart."""
    with cluster.namespace(live, "shop", "east"):
        cluster.apply(live, "east", cluster.service("cart.shop"))
        yield


def changed(before: Rendered, after: Rendered) -> dict[str, list[tuple[str, str, str]]]:
    """Say which objects came, went, and are others now: cluster, kind and name."""
    found = {
        "new": after.keys() - before.keys(),
        "gone": before.keys() - after.keys(),
        "other": {one for one in before.keys() & after.keys() if before[one] != after[one]},
    }
    return {how: sorted((where, one[1], one[3]) for where, one in which) for how, which in found.items() if which}


@pytest.mark.usefixtures("opened")
def test_a_namespace_that_comes_and_goes_is_one_line_and_the_imports_there(live: Lab, desk: Desk) -> None:
    desk.write([PAYMENT, shop("cart", "east")])
    assert desk.facts().notes == ["cart.shop: no first choice has a ready pod; east may be asked, in equal shares"]
    before = desk.rendered()

    with cluster.namespace(live, "shop", "west"):
        assert "west: namespace shop is there now; it imports cart.shop" in desk.facts().notes
        after = desk.rendered()
        assert changed(before, after) == {
            "new": [
                ("west", "HTTPRoute", "cart.shop.egress"),
                ("west", "Service", "cart-clusterset"),
                ("west", "ServiceImport", "cart"),
            ]
        }

    assert "west: namespace shop is gone; it no longer imports cart.shop" in desk.facts().notes
    assert changed(before, desk.rendered()) == {}


@pytest.mark.usefixtures("opened")
def test_many_withdrawals_need_consent(live: Lab, desk: Desk) -> None:
    desk.write([PAYMENT, shop("cart", "east")], facts={"withdrawals": {"atMost": 0}})
    with cluster.namespace(live, "shop", "west"):
        desk.facts()
    record = desk.record
    refused = desk.mcwan("facts")
    assert (refused.code, refused.mistakes, desk.record) == (
        2,
        [
            "facts.withdrawals: 1 of 4 imports: clusters no longer have their namespaces (cart.shop on west); allowed "
            "without consent: 0, 50 percent, and not all of a cluster's; see why; to withdraw them, "
            "run once with --allow-withdrawals or mcwan:facts.withdrawals.allow: true"
        ],
        record,
    )
    assert "west: namespace shop is gone; it no longer imports cart.shop" in desk.facts("--allow-withdrawals").notes


def test_shares_follow_ready_pods(live: Lab, desk: Desk) -> None:
    desk.write([shop("cart", "east", "west")])
    seen = []
    with cluster.namespace(live, "shop", "east", "west"):
        for east, west in ((3, 1), (0, 1), (0, 0), (5, 1)):
            cluster.scale(live, "east", "cart.shop", east)
            cluster.scale(live, "west", "cart.shop", west)
            notes = desk.facts().notes
            seen.append((notes, desk.record.splits, shares(desk)))
    kept = "cart.shop: no first choice has a ready pod; west may be asked, in the shares that they had"
    assert seen == [
        ([], {"cart.shop": {"east": 3, "west": 1}}, {"cart": 1, "target-east": 3}),
        (
            ["cart.shop: east has no ready pod, and gets no requests"],
            {"cart.shop": {"east": 0, "west": 1}},
            {"cart": 1},
        ),
        ([kept], {"cart.shop": {"east": 0, "west": 1}}, {"cart": 1}),
        ([], {"cart.shop": {"east": 5, "west": 1}}, {"cart": 1, "target-east": 5}),
    ]


def test_a_gateway_that_moves_is_one_line_and_one_target(live: Lab, desk: Desk) -> None:
    desk.write([PAYMENT])
    assert desk.facts().notes == []
    before = desk.rendered()
    more = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "one-more",
            "namespace": "envoy-gateway-system",
            "labels": {"kubernetes.io/service-name": "mc-wan-ingress"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.1.0.12"], "conditions": {"ready": True}}],
        "ports": [],
    }
    try:
        cluster.apply(live, "east", more)
        notes = desk.facts().notes
    finally:
        cluster.remove(live, "east", more)
    assert notes == ["east: its ingress gateway is at 10.1.0.11, 10.1.0.12, no longer at 10.1.0.11"]
    assert changed(before, desk.rendered()) == {
        "other": [
            ("east", "Gateway", "mc-wan-ingress"),  # its annotation says where it is reached
            ("west", "EndpointSlice", "target-east-ipv4"),
        ]
    }


def shares(desk: Desk) -> dict[str, int]:
    """Give the backends of cart.shop on west, by weight."""
    ((_, route),) = (
        (key, one)
        for key, one in desk.rendered().items()
        if key == ("west", ("gateway.networking.k8s.io/v1", "HTTPRoute", "mc-wan", "cart.shop.egress"))
    )
    (rule,) = route["spec"]["rules"]
    return {one["name"]: one["weight"] for one in rule["backendRefs"]}
