"""Two exporting clusters share the requests by weight: east three of four, west one."""

from collections import Counter

import pytest

from lab.capture import Capture
from lab.client import Client
from lab.topology import Topology
from lab.watch import NOTHING, watched

pytestmark = pytest.mark.lab
REQUESTS, EAST, MARGIN = 4000, 0.75, 0.03
"""So many that chance alone exceeds the margin once in 100,000 runs."""


@pytest.mark.parametrize("cluster", ["edge", "east", "west"])
def test_requests_are_shared_by_weight(topology: Topology, cluster: str) -> None:
    site = topology.sites[cluster]
    with (
        Capture(topology, site) as capture,
        watched(topology) as wire,
        Client(site, "search-clusterset.catalog", 8080) as client,
    ):
        answered = Counter(client.ask("GET", "/").who for _ in range(REQUESTS))
    assert set(answered) == {"search.catalog on east", "search.catalog on west"}
    assert abs(answered["search.catalog on east"] / REQUESTS - EAST) < MARGIN, answered
    remote = {"east", "west"} - {cluster}
    assert wire.all() == {frozenset((cluster, one)): {"default"} for one in remote}
    left: Counter[str] = Counter()
    for connection, requests in capture.requests.items():
        left[f"search.catalog on {topology.at(connection.server[0]).cluster}"] += len(requests)
    assert left == {who: count for who, count in answered.items() if not who.endswith(f" {cluster}")}, "the rest stays"


def test_the_exporting_clusters_own_clients_stay_local_where_no_other_offers_it(topology: Topology) -> None:
    with watched(topology) as wire, Client(topology.sites["east"], "billing-clusterset.secure", 8080) as client:
        answered = {client.ask("GET", "/").who for _ in range(50)}
    assert answered == {"billing.secure on east"}
    assert wire.all() == NOTHING
