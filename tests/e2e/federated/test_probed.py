"""`mcwan doctor --probe` in pods of east: their sidecars send what is imported federated, and it says by which way."""

from pathlib import Path

import pytest

from lab.api import Object
from lab.state import Lab
from mcwan.plan.names import federated_host
from tests.e2e.diagnosed import Doctor, instead, made, of, until_told, until_well
from tests.e2e.federated.conftest import INTRUDER, SLEEP

pytestmark = pytest.mark.lab
CHECK = "requests-leave"
HERE = ("--cluster", "east", "--probe")
WAYS = {
    "billing.secure": "GET / by low, WAN port 31112",
    "httpbin.httpbin": "GET /headers by high, WAN port 31111; GET /status by low, WAN port 31112",
    "ledger.secure": "GET /entries by high, WAN port 31111; GET /totals by low, WAN port 31112",
    "payment.secure": "GET / by high, WAN port 31111",
    "vault.secure": "GET / by low, WAN port 31112",
}
"""By which way east's requests leave, as Pulumi.federated.yaml says; those for ledger are refused there."""
RULES = ["httpbin.httpbin, rule headers: GET /headers", "httpbin.httpbin, rule status: GET /status"]
ONE = ("--service", "httpbin/httpbin")


@pytest.fixture
def doctor(federated: Lab, tmp_path: Path) -> Doctor:
    return made(federated, tmp_path)


@pytest.mark.parametrize("pod", [SLEEP, INTRUDER])
def test_a_sidecar_sends_by_the_way_that_is_described(doctor: Doctor, pod: str) -> None:
    """Whoever may not call is refused where the request arrives, by the same way."""
    found = until_well(doctor, *HERE, inside="east", pod=pod)
    assert of(found, CHECK, "east") == [("ok", f"{export}: {way}") for export, way in WAYS.items()]
    assert of(found, "dns-answers", "east") == [("ok", "the names of its imports resolve")]
    assert of(found, "certificates-valid", "east") == [("ok", "the certificates that it shows are valid")]


def test_at_the_desk_what_sidecars_send_is_not_known(doctor: Doctor) -> None:
    by_federated = "goes by path federated, which no API server can send"
    assert of(doctor.findings(*HERE, *ONE), CHECK, "east") == [("not known", f"{one} {by_federated}") for one in RULES]


def test_a_pod_without_a_sidecar_is_told_to_ask_in_one(doctor: Doctor) -> None:
    found = [one for one in doctor.findings(*HERE, *ONE, inside="east") if one["check"] == CHECK]
    assert [(one["verdict"], one["sentence"].startswith(rule)) for one, rule in zip(found, RULES, strict=True)] == [
        ("failed", True)
    ] * 2
    remedy = "ask in a pod with a sidecar; in one, see that what is at that address runs"
    assert {one["remedy"] for one in found} == {remedy}


def test_a_virtual_service_that_sends_another_way_is_told(doctor: Doctor) -> None:
    def elsewhere(routes: Object) -> None:
        (rule,) = (one for one in routes["spec"]["http"] if one["name"] == "httpbin.httpbin.status")
        (to,) = rule["route"]
        to["destination"] = {"host": federated_host("httpbin.httpbin", "high"), "port": {"number": 31111}}

    there = {"inside": "east", "pod": SLEEP}
    with instead(doctor.lab, "east", "VirtualService", "httpbin-clusterset", elsewhere):
        said = f"{RULES[1]} was answered 404, by no ingress gateway"
        assert until_told(doctor, CHECK, "failed", ["east"], *HERE, *ONE, **there) == said
    until_well(doctor, *HERE, *ONE, **there)
