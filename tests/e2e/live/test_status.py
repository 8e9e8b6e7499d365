"""`mcwan status` and `mcwan plan --live` on real API servers: drift by field, with who wrote it; nothing is guessed."""

import json
from typing import Any

import pytest

from lab.state import Lab
from tests.e2e.live import cluster
from tests.e2e.live.desk import Desk

pytestmark = pytest.mark.lab
PAYMENT: dict[str, Any] = {"service": "payment.secure", "from": ["east", "west"], "wanPolicy": "high"}
SLICE = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "target-west-ipv4", "namespace": "mc-wan"},
}


def told(desk: Desk, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("\n".join(desk.mcwan("status", "--output", "json", *words).out))
    return found


def planned(desk: Desk) -> list[tuple[str, str, str, str]]:
    """Give what `mcwan plan --live` would do: cluster, how, kind and name of each object."""
    found = json.loads("\n".join(desk.mcwan("plan", "--live", "--output", "json").out))
    return [
        (cluster["name"], how, one["kind"], one["name"])
        for cluster in found["clusters"]
        for how in ("added", "changed", "removed")
        for one in cluster[how]
    ]


def edited(lab: Lab, where: str, name: str, weight: int) -> None:
    """Give the first backend of a route another weight, as somebody."""
    place: dict[str, Any] = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "mc-wan"},
    }
    with lab.api(lab.topology.sites[where]) as api:
        rules = api.get(place["apiVersion"], place["kind"], name, "mc-wan")["spec"]["rules"]
        rules[0]["backendRefs"][0]["weight"] = weight
        api.apply({**place, "spec": {"rules": rules}}, manager="somebody")


def test_drift_is_told_and_repaired(live: Lab, desk: Desk) -> None:
    desk.write([PAYMENT])
    desk.converge()
    before = told(desk)
    assert (before["drift"], before["unread"]) == ([], [])
    assert {(one["state"], one["drift"], one["conflict"], one["read"]) for one in before["rows"]} == {
        ("ok", "no", "-", "live")
    }
    assert planned(desk) == []

    edited(live, "west", "payment.secure.egress", 3)
    cluster.remove(live, "east", {**SLICE})
    try:
        found = told(desk)
        weight = "spec.rules[all].backendRefs[target-east].weight"
        assert found["drift"] == [
            "east: EndpointSlice mc-wan/target-west-ipv4: is missing",
            f"west: HTTPRoute mc-wan/payment.secure.egress: {weight} is 3, planned 1 (somebody)",
        ]
        assert {one["cluster"]: one["drift"] for one in found["rows"]} == {"east": "1 object", "west": "1 object"}
        assert desk.mcwan("status", "--exit-code").code == 4
        assert planned(desk) == [
            ("east", "added", "EndpointSlice", "target-west-ipv4"),
            ("west", "changed", "HTTPRoute", "payment.secure.egress"),
        ]
    finally:
        desk.converge()
    assert told(desk)["drift"] == []
    assert desk.mcwan("status", "--exit-code").code == 0


def test_a_cluster_that_does_not_answer_is_not_taken_for_empty(live: Lab, desk: Desk) -> None:
    desk.write([PAYMENT])
    desk.converge()
    with cluster.server_stopped(live, "west"):
        ran = desk.mcwan("status", "--output", "json")
        found = json.loads("\n".join(ran.out))
        assert (ran.code, found["drift"]) == (1, [])
        assert [one.partition(":")[0] for one in found["unread"]] == ["west"]
        west = [one for one in found["rows"] if one["cluster"] == "west"]
        assert {one["drift"] for one in west} == {"not known"}
        assert all(one["read"].startswith("recorded ") for one in west)
        assert desk.mcwan("plan", "--live").code == 1
    assert told(desk)["drift"] == []
