"""Clusters that offer an export together: clients there are answered by their own pods, too, with TLS as elsewhere."""

import time
from collections import Counter

import pytest

from lab import faults, wan
from lab.client import Client
from lab.state import Lab
from lab.waiting import until
from tests.e2e.guarded.test_identity import by_istio

pytestmark = pytest.mark.lab
REQUESTS, MARGIN = 2000, 0.06
"""So many that chance alone exceeds the margin once in some millions of runs."""
EAST = {"payment": 1 / 2, "orders": 3 / 4}
"""East's share of what it offers together with west."""


@pytest.mark.parametrize("cluster", ["east", "west"])
@pytest.mark.parametrize(("service", "method"), [("payment", "GET"), ("orders", "POST")])
def test_requests_are_shared_by_weight_and_none_fails(guarded: Lab, cluster: str, service: str, method: str) -> None:
    """orders.secure is never asked again: a request that its own pods did not understand would fail."""
    with Client(guarded.topology.sites[cluster], f"{service}-clusterset.secure", 8080) as client:
        answers = [client.ask(method, "/") for _ in range(REQUESTS)]
    assert Counter(one.status for one in answers) == {200: REQUESTS}
    found = Counter(one.said["cluster"] for one in answers)
    assert set(found) == {"east", "west"}
    assert abs(found["east"] / REQUESTS - EAST[service]) < MARGIN, found


@pytest.mark.parametrize("cluster", ["east", "west"])
def test_the_own_share_is_not_seen_on_the_tunnels(guarded: Lab, cluster: str) -> None:
    """What left by tunnels is what the requests that left weigh, and no more."""
    with Client(guarded.topology.sites[cluster], "payment-clusterset.secure", 8080) as client:
        client.ask("GET", "/")
        before = wan.octets(guarded.topology)
        left = Counter(client.ask("GET", "/", wan.HEAVY).said["cluster"] for _ in range(REQUESTS))
        moved = wan.octets(guarded.topology) - before
    (other,) = {"east", "west"} - {cluster}
    sent = sum(n for flow, n in moved.items() if (flow.site, flow.remote, flow.direction) == (cluster, other, "out"))
    assert left[cluster] > REQUESTS / 3
    assert 0.8 < sent / (left[other] * wan.WEIGHT) < 1.4, (left, moved)
    carriers = {frozenset((flow.site, flow.remote)) for flow, n in moved.items() if n > REQUESTS * wan.WEIGHT / 20}
    assert carriers == {frozenset((cluster, other))}


@pytest.mark.parametrize("cluster", ["east", "west"])
def test_without_own_pods_the_other_cluster_answers(guarded: Lab, cluster: str) -> None:
    if by_istio(guarded):
        pytest.skip("with profile istio, a request that goes to own pods is tried again there only")
    (other,) = {"east", "west"} - {cluster}
    site = guarded.topology.sites[cluster]
    with faults.backends_gone(cluster, "payment.secure")(guarded):
        time.sleep(2)  # until every gateway knows
        with Client(site, "payment-clusterset.secure", 8080) as client:
            answers = [client.ask("GET", "/") for _ in range(200)]
    assert Counter((one.status, one.said.get("cluster")) for one in answers) == {(200, other): 200}

    def both() -> bool:
        with Client(site, "payment-clusterset.secure", 8080) as client:
            return {client.ask("GET", "/").said.get("cluster") for _ in range(60)} == {"east", "west"}

    until(both, "both clusters answer again", 60)


def test_its_own_clients_are_admitted_by_their_own_pods_only_if_it_is_no_caller(guarded: Lab) -> None:
    """`callers` are about requests of other clusters: east's own pods answer it, and west refuses it."""

    def answers() -> set[tuple[int, str | None]]:
        with Client(guarded.topology.sites["east"], "orders-clusterset.secure", 8080) as client:
            replies = [client.ask("POST", "/") for _ in range(60)]
        return {(one.status, one.said.get("cluster")) for one in replies}

    with faults.edited("orders.secure", {"callers": ["edge"]})(guarded):
        until(lambda: answers() == {(200, "east"), (403, None)}, "west refuses east, and east does not", 40)
    until(lambda: answers() == {(200, "east"), (200, "west")}, "both answer again", 60)
