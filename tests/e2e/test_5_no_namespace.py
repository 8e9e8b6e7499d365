"""A cluster without the namespace gets nothing of its exports."""

import pytest

from lab import deploy
from lab.client import UnknownNameError, resolve
from lab.state import Lab
from lab.topology import Topology
from lab.watch import NOTHING, watched, way
from tests.e2e.conftest import Ask

pytestmark = pytest.mark.lab
EXPORTS = ["metrics", "logging", "archive"]
EAST, DEFAULT = "10.1.0.11", 31112


def test_there_is_no_object_of_it(lab: Lab) -> None:
    with lab.api(lab.topology.sites["edge"]) as api:
        found = {one for one in deploy.everything(api) if "insecure" in one[2] or ".insecure" in one[3]}
    assert found == set()


@pytest.mark.parametrize("name", EXPORTS)
def test_its_names_do_not_resolve(topology: Topology, name: str) -> None:
    for host in (f"{name}-clusterset.insecure", f"{name}.insecure.svc.clusterset.local"):
        with pytest.raises(UnknownNameError):
            resolve(topology.sites["edge"], host)


@pytest.mark.parametrize("name", EXPORTS)
def test_its_egress_gateway_sends_nothing_there(ask: Ask, topology: Topology, name: str) -> None:
    gateway = resolve(topology.sites["edge"], "billing-clusterset.secure")
    with watched(topology) as wire:
        reply = ask("edge", "GET", f"{name}-clusterset.insecure:8080/", address=gateway)
    assert (reply.status, reply.who) == (404, "nobody")
    assert wire.all() == NOTHING


def test_limit_of_today_who_goes_round_the_egress_gateway_is_answered(ask: Ask, topology: Topology) -> None:
    """Callers are not known yet: no mutual TLS. Once they are, this has to be refused."""
    with watched(topology) as wire:
        reply = ask("edge", "GET", f"metrics-clusterset.insecure:{DEFAULT}/", address=EAST)
    assert (reply.status, reply.who) == (200, "metrics.insecure on east")
    assert wire.all() == way("edge", "east", "default")
