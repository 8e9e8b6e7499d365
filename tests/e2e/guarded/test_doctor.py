"""`mcwan doctor` on clusters that are well, and on such where one thing is broken: it says that one thing, no other."""

from pathlib import Path

import pytest

from lab.api import Object
from lab.faults import CALLER
from lab.state import Lab
from lab.waiting import wait
from tests.e2e.diagnosed import SOON, Doctor, instead, made, of, until_told, until_well, wrong
from tests.e2e.live import cluster
from tests.e2e.live.test_rights import Reader

pytestmark = pytest.mark.lab
WAYS = {
    "billing.secure": "GET / by high, WAN port 31111",
    "ledger.secure": "GET / by high, WAN port 31111",
    "logging.insecure": "GET / by open, WAN port 31113",
    "orders.secure": "GET / by high, WAN port 31111",
    "payment.secure": "GET / by high, WAN port 31111",
    "quotes.secure": "GET / by high, WAN port 31111",
    "vault.secure": "GET / by low, WAN port 31112",
}
"""By which way the caller's requests leave, as Pulumi.guarded.yaml says."""


@pytest.fixture
def doctor(guarded: Lab, tmp_path: Path) -> Doctor:
    return made(guarded, tmp_path)


def by_path_direct(export: str) -> tuple[str, str]:
    return "not known", f"{export}, rule all: GET / goes by path direct, which no API server can send"


def test_from_the_desk_requests_prove_by_which_port_they_leave(doctor: Doctor) -> None:
    found = until_well(doctor, "--probe")
    ways = {("ok", f"{export}: {way}") for export, way in WAYS.items() if export != "logging.insecure"}
    assert set(of(found, "requests-leave", CALLER)) == {*ways, by_path_direct("logging.insecure")}
    alone = ("billing", "ledger", "quotes", "vault")
    stays = {("ok", f"{export}.secure: GET / stays in the cluster") for export in alone}
    assert stays <= set(of(found, "requests-leave", "east"))
    assert {one["verdict"] for one in found if one["check"] in ("dns-answers", "certificates-valid")} == {"not known"}


def test_inside_a_cluster_names_certificates_and_every_path_are_known(doctor: Doctor) -> None:
    found = until_well(doctor, "--cluster", CALLER, "--probe", inside=CALLER)
    assert set(of(found, "requests-leave", CALLER)) == {("ok", f"{export}: {way}") for export, way in WAYS.items()}
    assert of(found, "dns-answers", CALLER) == [("ok", "the names of its imports resolve")]
    # from a pod the API servers of other clusters are not reached, but their gateways are
    every = doctor.findings(inside=CALLER)
    assert {one[0] for one in wrong(every)} == {"reachable"}
    for name in doctor.lab.topology.sites:
        assert of(every, "certificates-valid", name) == [("ok", "the certificates that it shows are valid")]
        assert of(every, "certificates-of-one-root", name) == [
            ("ok", "their certificates are signed by the same issuer")
        ]


def test_the_rights_that_it_prints_are_enough(doctor: Doctor, tmp_path: Path) -> None:
    reader = Reader(doctor.lab, tmp_path / "kubeconfig")
    try:
        doctor.write({"clusters/west/kubeconfigPath": str(reader.kubeconfig)})
        reader.may(doctor.rights())
        lacking = doctor.findings("--cluster", "west", "--probe", "--service", "vault/secure")
        assert [one for one in of(lacking, "requests-leave", "west") if "403" not in one[1]] == []
        reader.may(doctor.rights("--probe"))
        ways = [("ok", f"vault.secure: {WAYS['vault.secure']}")]

        def known() -> bool:
            found = doctor.findings("--cluster", "west", "--probe", "--service", "vault/secure")
            return of(found, "requests-leave", "west") == ways and not wrong(found)

        wait(known, "the rights are enough", SOON)
    finally:
        cluster.remove(doctor.lab, "west", *reversed(reader.objects))


def test_an_export_that_leaves_by_another_port_is_told(doctor: Doctor) -> None:
    def elsewhere(route: Object) -> None:
        for ref in route["spec"]["rules"][0]["backendRefs"]:
            if "port" in ref:
                ref["port"] = 31112

    here = ("--cluster", CALLER, "--probe")
    with instead(doctor.lab, CALLER, "HTTPRoute", "quotes.secure.egress", elsewhere):
        sentence = until_told(doctor, "requests-leave", "failed", [CALLER], *here)
        assert sentence.startswith("quotes.secure, rule all: GET / was answered ")
    until_well(doctor, *here)


def test_a_wan_policy_that_differs_is_told(doctor: Doctor) -> None:
    def moved(policy: Object) -> None:
        policy["spec"]["port"] = 31119

    with instead(doctor.lab, "west", "WANPolicy", "low", moved):
        told = wrong(doctor.findings())
        assert {(check, verdict) for check, verdict, *_ in told} == {("ports-equal", "failed")}
        assert "31119" in told[0][3]
    assert wrong(doctor.findings()) == []


def test_a_listener_that_is_missing_is_told(doctor: Doctor) -> None:
    def without(gateway: Object) -> None:
        gateway["spec"]["listeners"] = [one for one in gateway["spec"]["listeners"] if one["name"] != "low"]

    said = "Gateway mc-wan/mc-wan-ingress tells nothing of its listener low"
    with instead(doctor.lab, CALLER, "Gateway", "mc-wan-ingress", without):
        assert until_told(doctor, "gateways-programmed", "failed", [CALLER]) == said
    until_well(doctor)
