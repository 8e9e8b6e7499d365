"""An ambient client in west, behind a real ztunnel: its cluster's egress gateway calls for it, by the same rules."""

import json
from collections.abc import Iterator
from functools import partial

import pytest

from lab import ambient, mesh, pods
from lab.client import Reply, UnknownNameError
from lab.state import Lab
from lab.waiting import wait
from mcwan.plan.names import hostnames
from tests.e2e.federated.test_walkthrough import way
from tests.e2e.ways import settles

pytestmark = pytest.mark.lab
WALKER, RIDER = "walker.secure", "rider.secure"
"""Clients in west: one has a ztunnel, the other a sidecar."""
LEDGER = "ledger.secure.svc.cluster.local:8080"
EGRESS, WORKLOAD = "spiffe://federated.mc-wan.internal/cluster/west/egress", "spiffe://west.example/ns/secure/sa/rider"
ENTRIES, TOTALS = ("ledger.secure on edge", "high", "business"), ("ledger.secure on edge", "low", "default")


@pytest.fixture(scope="module")
def west(federated: Lab) -> Iterator[Lab]:
    if not ambient.is_there():
        pytest.skip("no `ztunnel` on PATH: ambient clients are not there")
    mesh.start(federated, "west", WALKER, sidecar=False)
    mesh.start(federated, "west", RIDER)
    yield federated
    for client in (WALKER, RIDER):
        mesh.stop(federated, "west", client)


def ask(lab: Lab, url: str, who: str = WALKER, method: str = "GET") -> Reply:
    return mesh.ask(lab, "west", who, method, url)


def by_way(lab: Lab, url: str, who: str = WALKER, method: str = "GET") -> tuple[str, str, str]:
    return way(ask(lab, url, who, method))


def peers(lab: Lab, url: str, who: str) -> set[str]:
    """Send a request with a path of its own, and give who showed a certificate with it to edge's ingress gateway."""
    site, mark = lab.topology.sites["edge"], f"/{who}"
    assert ask(lab, url + mark, who).status == 200
    log = pods.keeper(lab, site).log(pods.gateway(lab, site, "mc-wan-ingress.mc-wan"))

    def found() -> set[str]:
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and mark in line]
        return {str(line["peer"]) for line in lines}

    wait(lambda: bool(found()), f"the request of {who} is in the log of edge's ingress gateway", 15)
    return found()


@pytest.mark.parametrize("host", hostnames("ledger", "secure", short=True))
def test_it_answers_by_every_name(west: Lab, host: str) -> None:
    for who in (WALKER, RIDER):
        settles(partial(by_way, west, f"{host}:8080/entries", who), ENTRIES)


def test_a_name_without_its_namespace_is_for_sidecars_alone(west: Lab) -> None:
    assert ask(west, "ledger:8080/entries").status == 404
    settles(partial(by_way, west, "ledger:8080/entries", RIDER), ENTRIES)


def test_what_is_asked_for_says_which_tunnel(west: Lab) -> None:
    billing = ("billing.secure on edge", "low", "default")
    settles(partial(by_way, west, f"{LEDGER}/entries"), ENTRIES)
    settles(partial(by_way, west, f"{LEDGER}/totals", method="POST"), TOTALS)
    settles(partial(by_way, west, "billing.secure.svc.cluster.local:8080/"), billing)


@pytest.mark.parametrize(("method", "path"), [("POST", "/entries"), ("GET", "/entriesandmore"), ("GET", "/")])
def test_what_no_rule_matches_is_refused(west: Lab, method: str, path: str) -> None:
    assert ask(west, LEDGER + path, method=method).status == 404


def test_the_egress_gateway_calls_and_a_sidecar_beside_it_for_itself(west: Lab) -> None:
    for host in (LEDGER, "ledger-clusterset.secure:8080"):
        assert peers(west, f"{host}/entries", WALKER) == {EGRESS}
        assert peers(west, f"{host}/entries", RIDER) == {WORKLOAD}


def test_ztunnel_sends_to_the_egress_gateway(west: Lab) -> None:
    """It knows the name by an address of Istio's own, and sends where the ServiceEntry says."""
    site = west.topology.sites["west"]
    with west.api(site) as api:
        gateway = api.get("v1", "Service", "mc-wan-egress-istio", "mc-wan")["spec"]["clusterIP"]
    (address,) = mesh.addresses(west, "west", WALKER, LEDGER.partition(":")[0])
    assert address.startswith("240.240.")
    ask(west, f"{LEDGER}/entries")
    log = pods.keeper(west, site).log(f"secure.walker.{ambient.PROGRAM}")
    said = f'dst.addr={gateway}:8080 dst.service="{LEDGER.partition(":")[0]}"'
    wait(lambda: said in log.read_text(), "ztunnel's log has the connection", 15)


def test_what_is_not_exported_has_no_name(west: Lab) -> None:
    with pytest.raises(UnknownNameError):
        ask(west, "internal.secure.svc.clusterset.local:8080/")


def test_another_mesh_is_refused_whatever_it_has(federated: Lab) -> None:
    assert mesh.ask(federated, "east", "sleep.sleep", "GET", f"{LEDGER}/entries").status == 403
