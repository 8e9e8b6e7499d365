"""mc-wan's demos: a service under two names, each by its tunnel; and GET /anything by business, the rest by default."""

import pytest

from lab.topology import Topology
from lab.watch import watched, way
from tests.e2e.conftest import Ask

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("cluster", ["east", "edge"])
@pytest.mark.parametrize(("name", "tunnel"), [("payment-secure", "business"), ("payment-insecure", "default")])
def test_demo_01_service_level_policies(ask: Ask, topology: Topology, cluster: str, name: str, tunnel: str) -> None:
    with watched(topology) as wire:
        reply = ask(cluster, "GET", f"{name}.default.svc.clusterset.local:8000/")
    assert (reply.status, reply.who) == (200, "payment.default on west")
    assert wire.all() == way(cluster, "west", tunnel)


@pytest.mark.parametrize("cluster", ["east", "edge"])
@pytest.mark.parametrize(
    ("request_line", "tunnel"),
    [("GET /anything", "business"), ("GET /", "default"), ("GET /get", "default"), ("POST /anything", "default")],
)
def test_demo_02_traffic_management_by_request(
    ask: Ask, topology: Topology, cluster: str, request_line: str, tunnel: str
) -> None:
    method, path = request_line.split()
    with watched(topology) as wire:
        reply = ask(cluster, method, f"payment.default.svc.clusterset.local:8000{path}")
    assert (reply.status, reply.who, reply.said["path"]) == (200, "payment.default on west", path)
    assert wire.all() == way(cluster, "west", tunnel)
