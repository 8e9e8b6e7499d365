"""A cluster of the lab has a mesh as Istio makes one: identities, interception, answers to DNS, refusals."""

from functools import partial
from ipaddress import IPv4Address, IPv4Network

import pytest

from lab import certificates, client, mesh, netns
from lab.api import Object
from lab.client import Reply
from lab.state import Lab
from lab.waiting import until, wait
from tests.e2e.federated.conftest import INTRUDER, SLEEP
from tests.e2e.live.cluster import applied

pytestmark = pytest.mark.lab
INTERNAL = "internal.secure"
ALLOCATED = IPv4Network("240.240.0.0/16")
"""Where Istio takes the addresses of names from that have none."""
SECONDS = 30.0


@pytest.fixture(scope="module", autouse=True)
def answered(federated: Lab) -> None:
    """Have every client be answered once: one that has just started may not know all yet."""
    for cluster, one in (("east", SLEEP), ("east", INTRUDER), ("west", "httpbin.httpbin")):
        until(partial(_answered, federated, cluster, one), f"{one} of {cluster} is answered", SECONDS)


def _answered(lab: Lab, cluster: str, one: str) -> bool:
    try:
        return mesh.ask(lab, cluster, one, "GET", f"{INTERNAL}:8080/").status == 200
    except client.UnknownNameError:
        return False


def caller(reply: Reply) -> str:
    """Give who called by mutual TLS, as the service's own sidecar told the service."""
    told = str(reply.said["headers"].get("x-forwarded-client-cert", ""))
    return told.rpartition("URI=")[2]


def plain(lab: Lab, cluster: str, url: str) -> int | None:
    """Send a request from the client without a sidecar; None if its connection is cut."""
    try:
        return client.ask(lab.topology.sites[cluster], "GET", url).status
    except OSError:
        return None


@pytest.mark.parametrize(
    ("cluster", "pod", "identity"),
    [
        ("east", SLEEP, "spiffe://east.example/ns/sleep/sa/sleep"),
        ("east", INTRUDER, "spiffe://east.example/ns/sleep/sa/intruder"),
        ("east", INTERNAL, "spiffe://east.example/ns/secure/sa/internal"),
        ("west", INTERNAL, "spiffe://west.example/ns/secure/sa/internal"),
    ],
)
def test_a_pod_has_the_identity_of_its_account_in_its_own_mesh(
    federated: Lab, cluster: str, pod: str, identity: str
) -> None:
    assert mesh.identities(federated, cluster, pod) == [identity]


@pytest.mark.parametrize("cluster", ["east", "west"])
def test_both_meshes_are_below_the_fabrics_root(federated: Lab, cluster: str) -> None:
    site = federated.topology.sites[cluster]
    with federated.api(site) as api:
        told = {name: api.get("v1", "ConfigMap", "istio-ca-root-cert", name)["data"] for name in site.namespaces}
    root = (certificates.authority(federated) / "ca.crt").read_text(encoding="ascii")
    assert {name: data["root-cert.pem"].strip() for name, data in told.items()} == dict.fromkeys(told, root.strip())


def test_what_an_application_sends_is_mutual_tls_of_its_identity(federated: Lab) -> None:
    reply = mesh.ask(federated, "east", SLEEP, "GET", f"{INTERNAL}:8080/")
    assert (reply.who, caller(reply)) == (f"{INTERNAL} on east", "spiffe://east.example/ns/sleep/sa/sleep")
    reply = mesh.ask(federated, "east", INTRUDER, "GET", f"{INTERNAL}.svc.cluster.local:8080/")
    assert caller(reply) == "spiffe://east.example/ns/sleep/sa/intruder"
    reply = client.ask(federated.topology.sites["east"], "GET", f"{INTERNAL}:8080/")
    assert (reply.who, caller(reply)) == (f"{INTERNAL} on east", ""), "whoever has no sidecar sends what it says"


def test_interception_is_the_pods_own(federated: Lab) -> None:
    site = federated.topology.sites["east"]
    address = mesh.address(federated, "east", SLEEP)
    seen = {
        name: "istio" in netns.run("ip", "netns", "exec", name, "nft", "list", "tables")
        for name in (site.pod(address), site.node, site.pod(site.client_address))
    }
    assert list(seen.values()) == [True, False, False]
    assert "istio" not in netns.run("nft", "list", "tables")


def test_a_name_of_the_mesh_alone_is_found_and_leads_where_the_mesh_says(federated: Lab) -> None:
    name = "elsewhere.example"
    with federated.api(federated.topology.sites["east"]) as api:
        address = api.get("v1", "Pod", "internal", "secure")["status"]["podIP"]
    entry: Object = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"name": "elsewhere", "namespace": "sleep"},
        "spec": {
            "hosts": [name],
            "resolution": "STATIC",
            "ports": [{"number": 8123, "name": "http", "protocol": "HTTP", "targetPort": 8080}],
            "endpoints": [{"address": address}],
        },
    }
    assert mesh.addresses(federated, "east", SLEEP, name) == []
    with applied(federated, "east", entry):
        wait(lambda: mesh.addresses(federated, "east", SLEEP, name) != [], f"{name} is found", SECONDS)
        (found,) = mesh.addresses(federated, "east", SLEEP, name)
        assert IPv4Address(found) in ALLOCATED
        assert client.query(federated.topology.sites["east"], name) is None, "the cluster's DNS knows nothing of it"
        # its name is known before its listener is
        until(
            lambda: mesh.ask(federated, "east", SLEEP, "GET", f"{name}:8123/").status == 200, f"{name} answers", SECONDS
        )
        assert mesh.ask(federated, "east", SLEEP, "GET", f"{name}:8123/").who == f"{INTERNAL} on east"


def test_plaintext_is_refused_where_the_mesh_is_strict(federated: Lab) -> None:
    url = f"{INTERNAL}:8080/"
    assert {cluster: plain(federated, cluster, url) for cluster in ("east", "west")} == {"east": 200, "west": None}
    assert mesh.ask(federated, "west", "httpbin.httpbin", "GET", url).who == f"{INTERNAL} on west"
