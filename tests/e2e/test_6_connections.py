"""Requests of different WAN policies never share a connection between clusters."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.capture import Capture
from lab.client import Client
from lab.topology import Topology
from lab.watch import watched, way

pytestmark = pytest.mark.lab
TUNNEL = {31111: "business", 31112: "default"}


@pytest.mark.parametrize("cluster", ["west", "edge"])
def test_one_client_connection_becomes_one_connection_per_policy(topology: Topology, cluster: str) -> None:
    def mixed(seed: int) -> None:
        paths = [f"/{kind}/{seed}-{number}" for number in range(40) for kind in ("payment", "stats")]
        random.Random(seed).shuffle(paths)  # noqa: S311 - an order, the same each time
        with Client(topology.sites[cluster], "payment-clusterset.secure", 8080) as client:
            assert {client.ask("GET", path).status for path in paths} == {200}

    with (
        Capture(topology, topology.sites[cluster]) as capture,
        watched(topology) as wire,
        ThreadPoolExecutor(4) as pool,
    ):
        list(pool.map(mixed, range(4)))
    assert wire.all() == way(cluster, "east", "business", "default")
    kinds = {connection: {path.split("/")[1] for path in requests} for connection, requests in capture.requests.items()}
    assert all(len(found) <= 1 for found in kinds.values()), kinds
    assert sum(map(len, capture.requests.values())) == 4 * 80
    for connection, found in kinds.items():
        assert connection.tunnel == TUNNEL[connection.server[1]]
        assert found <= {{"business": "payment", "default": "stats"}[connection.tunnel]}
    ends = [(connection.client, connection.server) for connection in kinds]
    assert len(ends) == len(set(ends)), "a connection was seen on two tunnels"
