"""The address that a balancer gives a gateway is where the other clusters' requests go; a changed one is one change.

The lab has no balancer: the tests give addresses in its place, as MetalLB does, in the status of the Service.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from lab import client, deploy
from lab.api import Object
from lab.state import Lab
from lab.waiting import wait
from mcwan.plan.manifests import apply_order
from tests.e2e.live import cluster
from tests.e2e.live.desk import Desk

pytestmark = pytest.mark.lab
PAYMENT: dict[str, Any] = {"service": "payment.secure", "port": 8080, "from": ["west"], "wanPolicy": "high"}
NAME = "payment.secure.svc.clusterset.local"
SERVICE, GATEWAY = ("mc-wan-ingress", "envoy-gateway-system"), ("mc-wan-ingress", "mc-wan")
POD, NODE, OTHER = "10.2.0.11", "10.2.0.1", "10.2.0.40"
"""West's gateway at its pod; at its node, where a balancer's address is answered in the lab; where nobody is."""


KEPT = "west: gateway mc-wan-ingress.mc-wan has no address now; those recorded AGE are kept"
BALANCED = {"exposure": "LoadBalancer", "balancer": "metallb", "balancerPool": "sdwan"}


@pytest.fixture
def balanced(live: Lab, desk: Desk) -> Iterator[Desk]:
    """A desk for which west's gateway is deployed as it was, by its pods, and then described behind a balancer."""
    desk.write([PAYMENT])
    desk.converge()
    desk.write([PAYMENT], {"west": {"ingress": BALANCED}})
    try:
        yield desk
    finally:
        deploy.apply(live, live.fabric)
        deploy.wait_programmed(live)


def given(lab: Lab, *addresses: str) -> None:
    """Give the Service of west's gateway these addresses, and wait until its Gateway says so."""
    with lab.api(lab.topology.sites["west"]) as api:
        path = api.path("v1", "Service", SERVICE[1], SERVICE[0])
        status = {"status": {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]}}}
        api.request("PATCH", f"{path}/status", status, "application/merge-patch+json")
        wait(lambda: at(api) == list(addresses), f"west's gateway is at {', '.join(addresses)}", cluster.SECONDS)


def at(api: Any) -> list[str]:
    """Give where west's gateway is, as its status says."""
    status: Object = api.get("gateway.networking.k8s.io/v1", "Gateway", *GATEWAY)["status"]
    return [one["value"] for one in status.get("addresses") or ()]


def ordered(lab: Lab) -> None:
    """Wait until the gateway's implementation has ordered a balancer."""
    with lab.api(lab.topology.sites["west"]) as api:
        wait(
            lambda: api.get("v1", "Service", *SERVICE)["spec"]["type"] == "LoadBalancer" and at(api) == [],
            "west's gateway waits for its balancer",
            cluster.SECONDS,
        )


def told(desk: Desk) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Give what `mcwan plan --live` says: its sentences, and every object that changes."""
    found = json.loads("\n".join(desk.mcwan("plan", "--live", "--output", "json").out))
    assert [one for where in found["clusters"] for how in ("added", "removed") for one in where[how]] == []
    changed = [(where["name"], one["kind"], one["name"]) for where in found["clusters"] for one in where["changed"]]
    return [one["text"] for one in found["sentences"]], changed


def applied(lab: Lab, desk: Desk) -> None:
    """Deploy what the desk plans."""
    objects: dict[str, Sequence[Object]] = {}
    for (where, _), one in desk.rendered().items():
        objects[where] = [*objects.get(where, ()), one]
    deploy.apply_objects(lab, {where: sorted(every, key=apply_order) for where, every in objects.items()})


def test_a_balancers_address_goes_to_the_other_clusters_and_a_changed_one_is_one_change(
    live: Lab, balanced: Desk
) -> None:
    east = live.topology.sites["east"]
    # it is not ordered yet: the gateway is at an address of its Service's own, which nobody outside can reach
    assert balanced.facts().notes == [KEPT]
    applied(live, balanced)
    ordered(live)
    assert balanced.facts().notes == [KEPT]

    given(live, NODE)
    assert balanced.facts().notes == [f"west: its ingress gateway is at {NODE}, no longer at {POD}"]
    assert told(balanced) == moved(POD, NODE)
    applied(live, balanced)
    assert told(balanced) == ([], [])
    for url, address in ((f"{NAME}:31111/", NODE), ("payment-clusterset.secure:8080/", None)):
        assert client.ask(east, "GET", url, address=address).who == "payment.secure on west"

    given(live, OTHER)
    assert balanced.facts().notes == [f"west: its ingress gateway is at {OTHER}, no longer at {NODE}"]
    assert told(balanced) == moved(NODE, OTHER)


def moved(before: str, after: str) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Give what is told of a gateway that moves: a sentence, east's target, and the gateway's own word for it."""
    return (
        [f"the ingress gateway of west answers at {after} instead of {before}"],
        [("east", "EndpointSlice", "target-west-ipv4"), ("west", "Gateway", "mc-wan-ingress")],
    )
