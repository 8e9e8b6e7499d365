"""Only GET /payment travels by business, /stats by default; anything else is refused, twice."""

import pytest

from lab.topology import Topology
from lab.watch import NOTHING, watched, way
from tests.e2e.conftest import Ask

pytestmark = pytest.mark.lab
PAYMENT = "payment-clusterset.secure"
EAST = "10.1.0.11"
BUSINESS, DEFAULT = 31111, 31112


@pytest.mark.parametrize("cluster", ["west", "edge"])
def test_each_request_travels_by_the_tunnel_of_its_rule(ask: Ask, topology: Topology, cluster: str) -> None:
    for path in ("/payment", "/payment/1?of=2"):
        with watched(topology) as wire:
            reply = ask(cluster, "GET", f"{PAYMENT}:8080{path}")
        assert (reply.status, reply.who, reply.said["path"]) == (200, "payment.secure on east", path)
        assert wire.all() == way(cluster, "east", "business")
    for method in ("GET", "POST"):
        with watched(topology) as wire:
            reply = ask(cluster, method, f"{PAYMENT}:8080/stats")
        assert (reply.status, reply.who, reply.said["method"]) == (200, "payment.secure on east", method)
        assert wire.all() == way(cluster, "east", "default")


@pytest.mark.parametrize("cluster", ["west", "edge", "east"])
@pytest.mark.parametrize(
    "request_line", ["POST /payment", "GET /payments", "GET /", "DELETE /other", "GET /statistics"]
)
def test_anything_else_is_refused_before_it_leaves(
    ask: Ask, topology: Topology, cluster: str, request_line: str
) -> None:
    method, path = request_line.split()
    with watched(topology) as wire:
        reply = ask(cluster, method, f"{PAYMENT}:8080{path}")
    assert (reply.status, reply.who) == (404, "nobody")
    assert wire.all() == NOTHING


@pytest.mark.parametrize(
    ("port", "request_line", "status"),
    [
        (BUSINESS, "GET /stats", 404),
        (BUSINESS, "POST /payment", 404),
        (BUSINESS, "GET /other", 404),
        (DEFAULT, "GET /payment", 404),
        (DEFAULT, "GET /other", 404),
    ],
)
def test_who_goes_round_the_egress_gateway_is_refused_by_the_ingress(
    ask: Ask, topology: Topology, port: int, request_line: str, status: int
) -> None:
    method, path = request_line.split()
    with watched(topology) as wire:
        reply = ask("west", method, f"{PAYMENT}:{port}{path}", address=EAST)
    assert (reply.status, reply.who) == (status, "nobody")
    assert wire.all() == way("west", "east", "business" if port == BUSINESS else "default")


@pytest.mark.parametrize(
    ("port", "path", "status"), [(BUSINESS, "/anything", 200), (DEFAULT, "/anything", 500), (DEFAULT, "/get", 200)]
)
def test_a_rule_for_all_the_rest_does_not_admit_what_belongs_to_another_policy(
    ask: Ask, port: int, path: str, status: int
) -> None:
    reply = ask("east", "GET", f"payment-clusterset.default:{port}{path}", address="10.2.0.11")
    assert (reply.status, reply.who) == (status, "payment.default on west" if status == 200 else "nobody")


@pytest.mark.parametrize("port", [BUSINESS, DEFAULT])
@pytest.mark.parametrize(
    "host",
    [
        "internal-clusterset.secure",
        "internal.secure.svc.cluster.local",
        "ledger.secure.svc.cluster.local",
        "kubernetes.default.svc.cluster.local",
        EAST,
    ],
)
def test_what_is_not_exported_is_on_no_listener(ask: Ask, host: str, port: int) -> None:
    reply = ask("west", "GET", f"{host}:{port}/", address=EAST)
    assert (reply.status, reply.who) == (404, "nobody")


def test_a_service_that_is_not_exported_is_there_for_its_own_cluster(ask: Ask) -> None:
    reply = ask("east", "GET", "internal.secure.svc.cluster.local:8080/")
    assert (reply.status, reply.who) == (200, "internal.secure on east")


def test_a_service_is_on_the_listener_of_its_own_policy_only(ask: Ask) -> None:
    for name, right, wrong in (
        ("billing-clusterset.secure", BUSINESS, DEFAULT),
        ("metrics-clusterset.insecure", DEFAULT, BUSINESS),
    ):
        assert ask("west", "GET", f"{name}:{right}/", address=EAST).status == 200
        assert ask("west", "GET", f"{name}:{wrong}/", address=EAST).status == 404


def test_node_ports_refuse_the_same(ask: Ask) -> None:
    name, node = "pricing-v2-clusterset.catalog", "10.3.0.1"
    assert ask("west", "GET", f"{name}:{DEFAULT}/", address=node).who == "pricing-v2.catalog on edge"
    assert ask("west", "GET", f"{name}:{BUSINESS}/", address=node).status == 404


def test_other_ports_do_not_cross_the_wan(ask: Ask, topology: Topology) -> None:
    pod = next(iter(topology.sites["east"].pod_addresses))
    with watched(topology) as wire, pytest.raises(OSError, match=r"unreachable|timed out"):
        ask("west", "GET", "payment.secure.svc.cluster.local:8080/payment", address=str(pod))
    assert wire.all() == NOTHING
