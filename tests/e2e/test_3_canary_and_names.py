"""A canary that the consuming side chooses by cookie; one service under two names."""

import pytest

from lab.topology import Topology
from lab.watch import watched, way
from tests.e2e.conftest import Ask

pytestmark = pytest.mark.lab
PRICING = "pricing-v1-clusterset.catalog:80/"


@pytest.mark.parametrize("cookie", ["user=test", "a=b; user=test", "user=test; theme=dark"])
def test_the_cookie_leads_to_the_canary_by_its_own_tunnel(ask: Ask, topology: Topology, cookie: str) -> None:
    with watched(topology) as wire:
        reply = ask("east", "GET", PRICING, {"Cookie": cookie})
    assert (reply.status, reply.who) == (200, "pricing-v2.catalog on edge")
    assert wire.all() == way("east", "edge", "default")


@pytest.mark.parametrize("cookie", ["", "user=tester", "superuser=test", "user=other; theme=test"])
def test_everybody_else_stays_with_the_stable_version(ask: Ask, topology: Topology, cookie: str) -> None:
    with watched(topology) as wire:
        reply = ask("east", "GET", PRICING, {"Cookie": cookie} if cookie else None)
    assert (reply.status, reply.who) == (200, "pricing-v1.catalog on west")
    assert wire.all() == way("east", "west", "business")


@pytest.mark.parametrize(("name", "tunnel"), [("ledger-high", "business"), ("ledger-low", "default")])
def test_the_name_chooses_the_tunnel_to_the_same_service(ask: Ask, topology: Topology, name: str, tunnel: str) -> None:
    with watched(topology) as wire:
        reply = ask("edge", "GET", f"{name}-clusterset.secure:8080/")
    assert (reply.status, reply.who) == (200, "ledger.secure on east")
    assert wire.all() == way("edge", "east", tunnel)
