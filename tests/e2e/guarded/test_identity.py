"""Who may connect, and who may ask for what: certificates say it, and the gateways check them on both sides."""

import time
from functools import partial
from pathlib import Path

import pytest

from lab import certificates, client, faults
from lab.capture import Capture
from lab.state import Lab
from lab.topology import Site
from lab.waiting import until, wait
from mcwan.model.tls import dns_name, identity
from tests.e2e import by_hand
from tests.e2e.guarded.logs import log
from tests.e2e.ways import settles

pytestmark = pytest.mark.lab
SOON = 40.0
"""Seconds: Envoy writes its log every ten, and leaves out for five who fails."""
HIGH, LOW, OPEN = 31111, 31112, 31113
BILLING = "billing.secure.svc.cluster.local"
VAULT = "vault.secure.svc.cluster.local"


@pytest.fixture(scope="module")
def west(guarded: Lab) -> Path:
    """The files of west's egress gateway."""
    return guarded.site_directory(guarded.topology.sites["west"]) / "tls" / "egress"


def send(lab: Lab, files: Path | None, port: int, host: str, *, plain: bool = False) -> int | None:
    """Send a request from west's client to east's ingress gateway by hand; None if the connection is refused."""
    return by_hand.send(lab, ("west", "east"), files, port, host, plain=plain)


def by_istio(lab: Lab) -> bool:
    return lab.topology.sites["east"].profile == "istio"


def test_a_gateway_of_the_fabric_is_let_in(guarded: Lab, west: Path) -> None:
    assert send(guarded, west, HIGH, BILLING) == 200


def test_nobody_is_let_in_without_a_certificate_of_the_fabrics(guarded: Lab, tmp_path: Path) -> None:
    domain = guarded.fabric.domain
    names = (dns_name(domain, "west", "egress"), identity(domain, "west", "egress"))
    root = certificates.authority(guarded)
    refused: dict[str, Path | None] = {
        "none at all": None,
        "another root": certificates.issue(certificates.root(tmp_path / "root"), tmp_path / "a", names, "clientAuth"),
        "another fabric": certificates.issue(
            root, tmp_path / "b", (names[0], "spiffe://other/cluster/west/egress"), "clientAuth"
        ),
        "no identity of ours": certificates.issue(
            root, tmp_path / "c", (names[0], "https://example.com/"), "clientAuth"
        ),
        "an ingress gateway's": certificates.issue(root, tmp_path / "d", names, "serverAuth"),
    }
    since = len(log(guarded, "east", "mc-wan-ingress"))
    answers = {why: send(guarded, files, HIGH, BILLING) for why, files in refused.items()}
    cut = dict.fromkeys(refused)
    later = {
        "another fabric": 403,
        "no identity of ours": 403,
    }  # Istio's listener checks the root, and its policy the rest
    assert answers == (cut | later if by_istio(guarded) else cut)
    assert send(guarded, None, HIGH, BILLING, plain=True) is None

    def reasons() -> list[str]:
        return [one["tls_failure"] for one in log(guarded, "east", "mc-wan-ingress")[since:] if one.get("tls_failure")]

    at_handshake = 1 + sum(status is None for status in answers.values())
    wait(lambda: len(reasons()) >= at_handshake, "every refusal is said in the log", SOON)
    said = " ".join(reasons())
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in said
    assert "CERTIFICATE_VERIFY_FAILED" in said


def test_a_cluster_that_may_not_call_is_refused_and_the_log_says_who(guarded: Lab, west: Path) -> None:
    edge = guarded.site_directory(guarded.topology.sites["edge"]) / "tls" / "egress"
    assert (send(guarded, edge, LOW, VAULT), send(guarded, west, LOW, VAULT)) == (200, 403)
    for cluster, status in (("edge", 200), ("west", 403), ("east", 200)):
        site = guarded.topology.sites[cluster]
        settles(partial(_vault, site), status)

    def refused() -> set[tuple[str, str]]:
        lines = log(guarded, "east", "mc-wan-ingress")
        return {(one["peer"], one["export"]) for one in lines if one.get("response_code") == 403}

    wait(lambda: (identity(guarded.fabric.domain, "west", "egress"), "vault.secure") in refused(), "it is logged", SOON)


def test_what_is_not_exported_or_by_another_wan_policy_is_refused(guarded: Lab, west: Path) -> None:
    internal = "internal.secure.svc.cluster.local"
    asked = [(HIGH, internal), (LOW, internal), (HIGH, VAULT), (HIGH, "example.com"), (LOW, "logging.insecure")]
    told = [send(guarded, west, port, host) for port, host in asked]
    # Istio refuses who may not call before it looks for a route
    assert told == [404, 404, 403 if by_istio(guarded) else 404, 404, 404]


def test_the_remote_gateway_has_to_be_who_it_should_be(guarded: Lab, west: Path) -> None:
    """East's ingress gateway gets a certificate of another cluster's name: nobody sends it a request."""
    site, edge = guarded.topology.sites["east"], guarded.topology.sites["edge"]
    domain = guarded.fabric.domain
    right, wrong = ((dns_name(domain, one, "ingress"), identity(domain, one, "ingress")) for one in ("east", "west"))

    def shows(names: tuple[str, str]) -> None:
        until(
            lambda: by_hand.shown(guarded, ("west", "east"), west, HIGH, right[0]) == names, f"{names} is shown", SOON
        )

    assert _billing(edge) == 200
    try:
        _give(guarded, site, wrong)
        shows(wrong)
        with faults.gateway_killed("east")(guarded):  # connections that were there stayed
            time.sleep(1)
        shows(wrong)  # so it is there: none of these answers is for want of a gateway
        assert [_billing(edge) for _ in range(5)] == 5 * [503]
    finally:
        _give(guarded, site, right)
    until(lambda: _billing(edge) == 200, "the right one is there again", SOON)


def _give(lab: Lab, site: Site, names: tuple[str, str]) -> None:
    target = lab.site_directory(site) / "tls" / "given"
    files = certificates.issue(certificates.authority(lab), target, names, "serverAuth")
    with lab.api(site) as api:
        api.apply(certificates.secret(lab, site, "ingress", files), manager="lab")


def _vault(site: Site) -> int:
    return client.ask(site, "GET", "vault-clusterset.secure:8200/").status


def _billing(site: Site) -> int:
    return client.ask(site, "GET", "billing-clusterset.secure:8080/").status


def test_what_travels_cannot_be_read_unless_that_was_chosen(guarded: Lab) -> None:
    site = guarded.topology.sites["edge"]
    with Capture(guarded.topology, site) as seen:
        assert client.ask(site, "GET", "billing-clusterset.secure:8080/secret").status == 200
        assert client.ask(site, "GET", "logging-clusterset.insecure:8080/public").status == 200
    read = {
        port: [path for one, paths in seen.requests.items() if one.server[1] == port for path in paths]
        for port in (HIGH, OPEN)
    }
    assert read == {HIGH: [], OPEN: ["/public"]}
    assert {one.server[1] for one in seen.requests} >= {HIGH, OPEN}
