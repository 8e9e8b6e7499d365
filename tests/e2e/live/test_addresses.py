"""The address that a balancer gives a gateway is where the other clusters' requests go; a changed one is one change."""

import json
from collections.abc import Iterator, Sequence

import pytest

from lab import client, deploy
from lab.api import Object
from lab.capture import Capture
from lab.state import Lab
from lab.waiting import until
from mcwan.plan.manifests import apply_order
from tests.e2e.live.balancer import ANSWER, BALANCED, NODE, OTHER, PAYMENT, URL, given, ordered
from tests.e2e.live.cluster import SECONDS
from tests.e2e.live.desk import Desk

pytestmark = pytest.mark.lab
POD = "10.2.0.11"
KEPT = "west: gateway mc-wan-ingress.mc-wan has no address now; those recorded AGE are kept"


@pytest.fixture
def balanced(live: Lab, desk: Desk) -> Iterator[Desk]:
    """A desk for which west's gateway is deployed as it was, by its pods, and then described behind a balancer."""
    if live.pulumi is not None:
        pytest.skip("Pulumi deployed this lab, which mcwan's rendered objects do not replace: see test_pulumi.py")
    desk.write([PAYMENT])
    desk.converge()
    desk.write([PAYMENT], {"west": {"ingress": BALANCED}})
    try:
        yield desk
    finally:
        deploy.apply(live, live.fabric)
        deploy.wait_programmed(live)


def test_a_balancers_address_is_where_the_others_go_and_a_changed_one_is_one_change(live: Lab, balanced: Desk) -> None:
    # it is not ordered yet: the gateway is at an address of its Service's own, which nobody outside can reach
    assert balanced.facts().notes == [KEPT]
    applied(live, balanced)
    ordered(live)
    assert balanced.facts().notes == [KEPT]

    given(live, NODE)
    assert balanced.facts().notes == [f"west: its ingress gateway is at {NODE}, no longer at {POD}"]
    assert told(balanced) == moved(POD, NODE)
    assert goes_to(live) == {POD}
    applied(live, balanced)
    assert told(balanced) == ([], [])
    east = live.topology.sites["east"]
    assert client.ask(east, "GET", "payment.secure.svc.clusterset.local:31111/", address=NODE).who == ANSWER
    # the pods' own address answers, too: which one a request goes to is seen on the way
    until(lambda: goes_to(live) == {NODE}, f"requests go to {NODE}", SECONDS)
    assert [goes_to(live) for _ in range(5)] == 5 * [{NODE}]

    given(live, OTHER)
    assert balanced.facts().notes == [f"west: its ingress gateway is at {OTHER}, no longer at {NODE}"]
    assert told(balanced) == moved(NODE, OTHER)


def goes_to(lab: Lab) -> set[str]:
    """Give the addresses to which a request of east's client leaves east."""
    east = lab.topology.sites["east"]
    with Capture(lab.topology, east) as seen:
        assert client.ask(east, "GET", URL).who == ANSWER
    return {one.server[0] for one, paths in seen.requests.items() if paths}


def applied(lab: Lab, desk: Desk) -> None:
    """Deploy what the desk plans."""
    objects: dict[str, Sequence[Object]] = {}
    for (where, _), one in desk.rendered().items():
        objects[where] = [*objects.get(where, ()), one]
    deploy.apply_objects(lab, {where: sorted(every, key=apply_order) for where, every in objects.items()})


def told(desk: Desk) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Give what `mcwan plan --live` says: its sentences, and every object that changes."""
    found = json.loads("\n".join(desk.mcwan("plan", "--live", "--output", "json").out))
    assert [one for where in found["clusters"] for how in ("added", "removed") for one in where[how]] == []
    changed = [(where["name"], one["kind"], one["name"]) for where in found["clusters"] for one in where["changed"]]
    return [one["text"] for one in found["sentences"]], changed


def moved(before: str, after: str) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Give what is told of a gateway that moves: a sentence, east's target, and the gateway's own word for it."""
    return (
        [f"the ingress gateway of west answers at {after} instead of {before}"],
        [("east", "EndpointSlice", "target-west-ipv4"), ("west", "Gateway", "mc-wan-ingress")],
    )
