"""A tunnel, a gateway or a cluster's pods are lost while sidecars send: requests that may be repeated all arrive."""

import math

import pytest

from lab import faults, health, load, mesh
from lab.faults import Fault, Outcome
from lab.load import Counted
from lab.state import Lab
from lab.waiting import until
from tests.e2e.federated.conftest import SLEEP
from tests.e2e.guarded.test_faults import STALL, all_arrived, tunnels
from tests.e2e.ways import tunnel

pytestmark = pytest.mark.lab
PAYMENT, HTTPBIN = "payment-clusterset.secure:8080", "httpbin.httpbin.svc.cluster.local:8000"
CONNECT = 1000.0
"""Milliseconds that two tries may take to find out that they do not connect."""


def under(lab: Lab, fault: Fault, broken: float, url: str = f"{PAYMENT}/") -> Outcome:
    def send(seconds: int) -> Counted:
        sending = load.command(f"http://{url}", seconds)
        return load.counted(mesh.run(lab, "east", SLEEP, *sending, seconds=load.longest(seconds)))

    return faults.during(lab, send, fault, broken)


def answered(lab: Lab) -> tuple[str, str]:
    reply = mesh.ask(lab, "east", SLEEP, "GET", f"{PAYMENT}/")
    return reply.who, tunnel(reply)


@pytest.fixture(autouse=True)
def settled(federated: Lab) -> None:
    def left_out() -> list[str]:
        return health.unhealthy(mesh.admin(federated, "east", SLEEP, health.CLUSTERS))

    until(lambda: left_out() == [], "no place is left out after a story before", 60)
    until(
        lambda: {answered(federated) for _ in range(10)} == {("payment.secure on west", "business")},
        "all is as it was",
        120,
    )


def test_a_lost_tunnel_is_replaced_within_a_second(federated: Lab) -> None:
    found = under(federated, faults.tunnel_lost("business"), 4, f"{HTTPBIN}/headers")
    all_arrived(found)
    assert tunnels(found, "east", "west") == {"default"}


def test_a_spare_behind_the_same_tunnel_costs_one_more_try(federated: Lab) -> None:
    """Edge by business is among the spares, too: who takes it waits until there is no connection."""
    found = under(federated, faults.tunnel_lost("business"), 4)
    all_arrived(found, bar=STALL + CONNECT)
    assert tunnels(found, "east", "west") | tunnels(found, "east", "edge") == {"default"}


def test_without_a_spare_a_lost_tunnel_is_a_failure(federated: Lab) -> None:
    found = under(federated, faults.tunnel_lost("default"), 7, f"{HTTPBIN}/status")
    assert found.failed > 0


def test_a_killed_gateways_requests_go_to_the_other_cluster(federated: Lab) -> None:
    found = under(federated, faults.gateway_killed("west"), 4)
    all_arrived(found)
    assert tunnels(found, "east", "edge") >= {"business"}


def test_pods_that_are_gone_are_replaced_by_those_of_the_other_cluster(federated: Lab) -> None:
    found = under(federated, faults.backends_gone("west", "payment.secure"), 4)
    all_arrived(found, bar=math.inf)
    assert tunnels(found, "east", "edge")
