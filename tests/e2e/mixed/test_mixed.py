"""Clusters with Istio's and with Envoy Gateway's gateways are one fabric, with mutual TLS between all of them."""

import json
import subprocess
from pathlib import Path

import pytest

from lab import certificates, client, deploy, wan
from lab.capture import Capture
from lab.state import Lab
from lab.up import PROJECT, with_profile
from lab.waiting import until
from mcwan import stack
from mcwan.cli.render import dump
from mcwan.model.tls import dns_name
from tests.e2e.by_hand import send
from tests.e2e.ways import settles

pytestmark = pytest.mark.lab
REQUESTS = 60
HIGH = 31111


def carried(lab: Lab, cluster: str, url: str) -> dict[tuple[str, str], str]:
    """Send requests and give who answered, and by which tunnel each remote cluster was reached."""
    site = lab.topology.sites[cluster]
    before = wan.octets(lab.topology)
    name, _, path = url.partition("/")
    host, _, port = name.partition(":")
    with client.Client(site, host, int(port)) as one:
        told = {one.ask("GET", f"/{path}", wan.HEAVY).who for _ in range(REQUESTS)}
    carriers = wan.carriers(wan.octets(lab.topology) - before, REQUESTS)
    found = sorted((one.remote, one.tunnel) for one in carriers if (one.site, one.direction) == (cluster, "out"))
    return dict.fromkeys(found or [("", "")], ", ".join(sorted(told)))


@pytest.mark.parametrize(
    ("cluster", "url", "expected"),
    [
        ("edge", "billing-clusterset.secure:8080/", {("east", "business"): "billing.secure on east"}),
        ("west", "billing-clusterset.secure:8080/", {("east", "business"): "billing.secure on east"}),
        ("east", "billing-clusterset.secure:8080/", {("", ""): "billing.secure on east"}),
        ("east", "search-clusterset.secure:8080/", {("edge", "default"): "search.secure on edge"}),
        ("west", "search-clusterset.secure:8080/", {("edge", "default"): "search.secure on edge"}),
        (
            "west",
            "payment-clusterset.secure:8080/payment",
            dict.fromkeys(
                [("east", "business"), ("edge", "business")], "payment.secure on east, payment.secure on edge"
            ),
        ),
        (
            "west",
            "payment-clusterset.secure:8080/stats",
            dict.fromkeys([("east", "default"), ("edge", "default")], "payment.secure on east, payment.secure on edge"),
        ),
    ],
)
def test_requests_go_by_their_tunnel_whatever_the_gateways_are(
    mixed: Lab, cluster: str, url: str, expected: dict[tuple[str, str], str]
) -> None:
    assert carried(mixed, cluster, url) == expected


@pytest.mark.parametrize("cluster", ["east", "west", "edge"])
def test_what_no_rule_matches_is_refused(mixed: Lab, cluster: str) -> None:
    site = mixed.topology.sites[cluster]
    assert client.ask(site, "GET", "payment-clusterset.secure:8080/other").status == 404
    assert client.ask(site, "POST", "payment-clusterset.secure:8080/payment").status == 404


def test_only_callers_may_call_istios_gateway(mixed: Lab) -> None:
    def asked() -> dict[str, int]:
        sites = mixed.topology.sites.items()
        return {cluster: client.ask(site, "GET", "vault-clusterset.secure:8200/").status for cluster, site in sites}

    settles(asked, {"east": 200, "edge": 200, "west": 403})


@pytest.mark.parametrize("target", ["east", "edge"])
def test_nobody_is_let_in_without_a_certificate_of_the_fabrics(mixed: Lab, target: str, tmp_path: Path) -> None:
    names = (dns_name("elsewhere", "west", "egress"), "spiffe://elsewhere/cluster/west/egress")
    foreign = certificates.issue(certificates.root(tmp_path / "root"), tmp_path / "files", names, "clientAuth")
    own = mixed.site_directory(mixed.topology.sites["west"]) / "tls" / "egress"
    host = "payment.secure.svc.cluster.local"
    ways = ("west", target)
    answers = [send(mixed, ways, files, HIGH, host, "/payment") for files in (own, None, foreign)]
    assert answers == [200, None, None]
    assert send(mixed, ways, own, HIGH, "internal.secure.svc.cluster.local", "/payment") == 404


def test_what_travels_cannot_be_read(mixed: Lab) -> None:
    site = mixed.topology.sites["west"]
    with Capture(mixed.topology, site) as seen:
        for path in ("/payment/secret", "/stats/secret"):
            assert client.ask(site, "GET", f"payment-clusterset.secure:8080{path}").status == 200
    assert seen.requests
    assert [path for paths in seen.requests.values() for path in paths] == []


def test_new_certificates_are_taken_by_both_kinds(mixed: Lab) -> None:
    for site in mixed.topology.sites.values():
        with mixed.api(site) as api:
            for role in certificates.ROLES:
                files = certificates.gateway(mixed, site, role, certificates.authority(mixed))
                api.apply(certificates.secret(mixed, site, role, files), manager="lab")

    def answered() -> bool:
        urls = {"west": "payment-clusterset.secure:8080/payment", "east": "search-clusterset.secure:8080/"}
        return {client.ask(mixed.topology.sites[one], "GET", url).status for one, url in urls.items()} == {200}

    until(answered, "requests are answered after a rotation", 30)


@pytest.mark.parametrize("name", stack.stacks(PROJECT))
def test_istioctl_finds_nothing_wrong(mixed: Lab, tmp_path: Path, name: str) -> None:
    """In no cluster of any example stack, if Istio has its gateways; in `mixed` where it has."""
    assert mixed.tools.istio is not None
    config = stack.read_config(PROJECT, name)
    fabric = stack.fabric(name, config if name == mixed.stack else with_profile(config, "istio"))
    for cluster, objects in deploy.rendered(fabric).items():
        if fabric.clusters[cluster].gateway.profile != "istio":
            continue
        file = tmp_path / f"{cluster}.yaml"
        file.write_text(dump(objects), encoding="utf-8")
        command = [str(mixed.tools.istio / "istioctl"), "analyze", "-A", "--use-kube=false", "-o", "json", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        found = [one for one in json.loads(done.stdout or "[]") if one["level"] == "Error"]
        assert (done.returncode, found) == (0, []), done.stderr
