"""What runs in east calls httpbin in west by name, by the right tunnel, as itself: docs/how-to/federate-meshes.md."""

import pytest

from lab import client, load, mesh, wan
from lab.client import Reply
from lab.state import Lab
from mcwan.plan.names import hostnames
from tests.e2e.federated.conftest import INTRUDER, SLEEP
from tests.e2e.ways import settles, tunnel

pytestmark = pytest.mark.lab
ENOUGH = 20
HTTPBIN = "httpbin.httpbin.svc.cluster.local:8000"


def ask(lab: Lab, url: str, who: str = SLEEP, method: str = "GET") -> Reply:
    return mesh.ask(lab, "east", who, method, url)


def way(reply: Reply) -> tuple[str, str, str]:
    """Give who answered, and by which WAN policy and tunnel the request came."""
    return reply.who, str(reply.said.get("headers", {}).get("mc-wan-policy", "")), tunnel(reply)


def carried(lab: Lab, url: str) -> set[tuple[str, str]]:
    """Send requests for a second and give which tunnels carried them out of east, to whom."""
    before = wan.octets(lab.topology)
    found = load.counted(mesh.run(lab, "east", SLEEP, *load.command(f"http://{url}", 1, wan.HEAVY)))
    assert (found.failed, found.requests > ENOUGH) == (0, True)
    carriers = wan.carriers(wan.octets(lab.topology) - before, ENOUGH)
    return {(one.remote, one.tunnel) for one in carriers if (one.site, one.direction) == ("east", "out")}


@pytest.mark.parametrize("host", hostnames("httpbin", "httpbin", short=True))
def test_it_answers_by_every_name(federated: Lab, host: str) -> None:
    settles(lambda: way(ask(federated, f"{host}:8000/headers")), ("httpbin.httpbin on west", "high", "business"))


def test_the_remote_gateway_sees_the_workload(federated: Lab) -> None:
    shown = ask(federated, f"{HTTPBIN}/headers").said["headers"]["x-forwarded-client-cert"]
    assert "URI=spiffe://east.example/ns/sleep/sa/sleep" in shown
    assert "By=spiffe://west.example/ns/httpbin/sa/httpbin" in shown, "west's own mesh goes on with mutual TLS"


def test_what_is_asked_for_says_which_tunnel(federated: Lab) -> None:
    assert carried(federated, f"{HTTPBIN}/headers") == {("west", "business")}
    assert carried(federated, f"{HTTPBIN}/status/200") == {("west", "default")}


def test_envoy_gateway_lets_the_mesh_in_too(federated: Lab) -> None:
    url = "billing.secure.svc.clusterset.local:8080/"
    settles(lambda: way(ask(federated, url)), ("billing.secure on edge", "low", "default"))
    assert carried(federated, url) == {("edge", "default")}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/ip"), ("POST", "/headers"), ("GET", "/headersandmore"), ("GET", "/")]
)
def test_what_no_rule_matches_is_refused(federated: Lab, method: str, path: str) -> None:
    assert ask(federated, HTTPBIN + path, method=method).status == 404


def test_another_workload_is_refused(federated: Lab) -> None:
    assert ask(federated, f"{HTTPBIN}/headers", INTRUDER).status == 403
    assert ask(federated, f"{HTTPBIN}/status", INTRUDER).status == 403
    # it has no callers
    settles(lambda: ask(federated, "billing-clusterset.secure:8080/", INTRUDER).status, 200)


def test_what_is_not_exported_has_no_name(federated: Lab) -> None:
    assert mesh.addresses(federated, "east", SLEEP, "internal.secure.svc.clusterset.local") == []


@pytest.mark.parametrize(
    ("cluster", "url", "expected"),
    [
        ("edge", "httpbin-clusterset.httpbin:8000/headers", ("httpbin.httpbin on west", "high", "business")),
        ("edge", "httpbin-clusterset.httpbin:8000/status", ("httpbin.httpbin on west", "low", "default")),
        ("east", "vault-clusterset.secure:8200/", ("vault.secure on west", "low", "default")),
    ],
)
def test_a_client_without_a_sidecar_goes_by_its_egress_gateway(
    federated: Lab, cluster: str, url: str, expected: tuple[str, str, str]
) -> None:
    settles(lambda: way(client.ask(federated.topology.sites[cluster], "GET", url)), expected)


def test_a_client_without_a_sidecar_gets_nowhere_where_only_sidecars_know_the_way(federated: Lab) -> None:
    with pytest.raises(OSError, match=r"refused|timed out"):
        client.ask(federated.topology.sites["east"], "GET", "httpbin-clusterset.httpbin:8000/headers")
