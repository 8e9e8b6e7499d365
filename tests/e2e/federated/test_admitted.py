"""Whom an ingress gateway admits past every sidecar: workloads of told meshes, for what these import, and no others."""

import time
from pathlib import Path

import pytest

from lab import certificates, faults, mesh
from lab.state import Lab
from lab.waiting import until
from mcwan.model.tls import dns_name
from tests.e2e.by_hand import send, shown
from tests.e2e.federated.conftest import SLEEP

pytestmark = pytest.mark.lab
HIGH, LOW = 31111, 31112
HTTPBIN, BILLING = "httpbin.httpbin.svc.cluster.local", "billing.secure.svc.cluster.local"
VAULT, INTERNAL = "vault.secure.svc.cluster.local", "internal.secure.svc.cluster.local"
WORKLOAD = "spiffe://east.example/ns/sleep/sa/sleep"


@pytest.fixture(scope="module")
def files(federated: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | None]:
    """Certificates by what they are: of the fabric's root, but for one."""
    made = tmp_path_factory.mktemp("shown")
    root, other = certificates.authority(federated), certificates.root(made / "root")

    def shows(name: str, uri: str, authority: Path = root) -> Path:
        return certificates.issue(authority, made / name, ("workload", uri), "clientAuth")

    return {
        "sleep": shows("sleep", WORKLOAD),
        "intruder": shows("intruder", "spiffe://east.example/ns/sleep/sa/intruder"),
        "a look-alike": shows("alike", "spiffe://east.example.evil/ns/sleep/sa/sleep"),
        "the other mesh": shows("west", "spiffe://west.example/ns/sleep/sa/sleep"),
        "a foreign mesh": shows("north", "spiffe://north.example/ns/sleep/sa/sleep"),
        "another root": shows("foreign", WORKLOAD, other),
        "nothing": None,
    }


def test_istios_gateway_tells_workloads_apart(federated: Lab, files: dict[str, Path | None]) -> None:
    answers = {who: send(federated, ("east", "west"), one, HIGH, HTTPBIN, "/headers") for who, one in files.items()}
    assert answers == {
        "sleep": 200,
        "intruder": 403,
        "a look-alike": 403,
        "the other mesh": 403,
        "a foreign mesh": 403,
        "another root": None,
        "nothing": None,
    }
    assert send(federated, ("east", "west"), None, HIGH, HTTPBIN, "/headers", plain=True) is None


def test_envoy_gateways_too(federated: Lab, files: dict[str, Path | None]) -> None:
    """It refuses trust domains that it was not told of in the handshake already."""
    answers = {who: send(federated, ("east", "edge"), one, LOW, BILLING) for who, one in files.items()}
    assert answers == {
        "sleep": 200,
        "intruder": 200,
        "a look-alike": None,
        "the other mesh": 200,
        "a foreign mesh": None,
        "another root": None,
        "nothing": None,
    }


def test_a_workload_may_ask_for_what_its_mesh_imports_federated_only(
    federated: Lab, files: dict[str, Path | None]
) -> None:
    sleep, ways = files["sleep"], ("east", "west")
    asked = [(HIGH, HTTPBIN), (HIGH, f"{HTTPBIN}:8000"), (LOW, VAULT), (LOW, INTERNAL), (HIGH, "example.com")]
    assert [send(federated, ways, sleep, port, host, "/headers") for port, host in asked] == [200, 200, 403, 403, 403]
    asked = [(LOW, BILLING), (LOW, HTTPBIN), (LOW, INTERNAL)]
    told = [send(federated, ("east", "edge"), sleep, port, host) for port, host in asked]
    assert (told[0], {*told[1:]} <= {403, 404}) == (200, True), told


@pytest.mark.parametrize(
    ("port", "method", "path", "status"),
    [
        (HIGH, "GET", "/headers", 200),
        (LOW, "GET", "/headers", 200),  # what goes on by low where high is lost
        (LOW, "GET", "/status", 200),
        (HIGH, "GET", "/status", 404),
        (HIGH, "POST", "/headers", 404),
        (LOW, "POST", "/headers", 404),
        (HIGH, "GET", "/ip", 404),
    ],
)
def test_a_request_comes_by_its_own_wan_policy(
    federated: Lab, files: dict[str, Path | None], port: int, method: str, path: str, status: int
) -> None:
    found = send(federated, ("east", "west"), files["sleep"], port, HTTPBIN, path, method=method)
    assert found == status


def test_whoever_answers_has_to_be_the_remote_gateway(federated: Lab, files: dict[str, Path | None]) -> None:
    """West's gateway gets a certificate of another cluster's name: no sidecar sends it a request."""
    site, sleep = federated.topology.sites["west"], files["sleep"]
    assert sleep is not None
    known = dns_name(federated.fabric.domain, "west", "ingress")
    made = federated.site_directory(site) / "tls"
    names = ("ingress.edge.federated.mc-wan.internal", "spiffe://federated.mc-wan.internal/cluster/edge/ingress")
    wrong = certificates.issue(certificates.authority(federated), made / "wrong", names, "serverAuth")

    def status() -> int:
        return mesh.ask(federated, "east", SLEEP, "GET", f"{HTTPBIN}:8000/headers").status

    def shows_another() -> None:
        until(lambda: shown(federated, ("east", "west"), sleep, HIGH, known) == names, f"{names} is shown", 40)

    assert status() == 200
    with federated.api(site) as api:
        try:
            api.apply(certificates.secret(federated, site, "ingress", wrong), manager="mcwan-lab")
            shows_another()
            with faults.gateway_killed("west")(federated):  # connections that were there stayed
                time.sleep(1)
            shows_another()  # so it is there: none of these answers is for want of a gateway
            assert [status() for _ in range(5)] == 5 * [503]
        finally:
            api.apply(certificates.secret(federated, site, "ingress", made / "ingress"), manager="mcwan-lab")
    until(lambda: status() == 200, "the right one is there again", 40)
