"""All requests of a service travel by one WAN policy: those of one by business, those of another by default."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.capture import Capture
from lab.topology import Topology
from lab.watch import NOTHING, watched, way
from tests.e2e.conftest import Ask

pytestmark = pytest.mark.lab
PATHS = {
    "gateway": ("billing-clusterset.secure:8080", "metrics-clusterset.insecure:8080"),
    "direct": ("audit-clusterset.secure:8080", "logging-clusterset.insecure:8080"),
    "gateways of its own": ("vault-clusterset.secure:8200", "archive-clusterset.insecure:8200"),
}
BY_PATH = pytest.mark.parametrize(("sensitive", "bulk"), PATHS.values(), ids=PATHS)


def service(name: str) -> str:
    """Give the service behind an import's name."""
    return name.replace("-clusterset", "").partition(":")[0]


@BY_PATH
def test_a_sensitive_service_travels_by_business_and_a_bulk_one_by_default(
    ask: Ask, topology: Topology, sensitive: str, bulk: str
) -> None:
    with watched(topology) as wire:
        reply = ask("west", "GET", f"{sensitive}/")
    assert (reply.status, reply.who) == (200, f"{service(sensitive)} on east")
    assert wire.all() == way("west", "east", "business")

    with watched(topology) as wire:
        reply = ask("west", "POST", f"{bulk}/")
    assert (reply.status, reply.who) == (200, f"{service(bulk)} on east")
    assert wire.all() == way("west", "east", "default")


@BY_PATH
def test_both_at_once_keep_to_their_tunnels(ask: Ask, topology: Topology, sensitive: str, bulk: str) -> None:
    asked = [(sensitive, f"/sensitive/{number}") for number in range(25)]
    asked += [(bulk, f"/bulk/{number}") for number in range(25)]
    with Capture(topology, topology.sites["west"]) as capture, watched(topology) as wire, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda one: ask("west", "GET", "".join(one)), asked))
    assert {(reply.status, reply.who) for reply in replies} == {
        (200, f"{service(sensitive)} on east"),
        (200, f"{service(bulk)} on east"),
    }
    assert wire.all() == way("west", "east", "business", "default")
    seen: dict[str, set[str]] = {"business": set(), "default": set()}
    for connection, requests in capture.requests.items():
        seen[connection.tunnel].update(requests)
    assert seen == {
        "business": {path for name, path in asked if name == sensitive},
        "default": {path for name, path in asked if name == bulk},
    }


@BY_PATH
def test_in_the_exporting_cluster_the_same_names_lead_to_the_local_service(
    ask: Ask, topology: Topology, sensitive: str, bulk: str
) -> None:
    with watched(topology) as wire:
        replies = [ask("east", "GET", f"{name}/") for name in (sensitive, bulk)]
    assert [reply.who for reply in replies] == [f"{service(sensitive)} on east", f"{service(bulk)} on east"]
    assert wire.all() == NOTHING


def test_clusterset_local_names_the_same(ask: Ask, topology: Topology) -> None:
    with watched(topology) as wire:
        reply = ask("edge", "GET", "billing.secure.svc.clusterset.local:8080/")
    assert (reply.status, reply.who) == (200, "billing.secure on east")
    assert wire.all() == way("edge", "east", "business")
