"""`mcwan doctor` on clusters that are well, and on such where one thing is broken: it says that one thing, no other."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import deploy
from lab.api import Object
from lab.faults import CALLER
from lab.processes import REPOSITORY
from lab.state import Lab
from lab.waiting import wait
from tests.e2e.live import cluster
from tests.e2e.live.test_rights import Reader

pytestmark = pytest.mark.lab
SOON = 20.0
WAYS = {
    "billing.secure": "GET / by high, WAN port 31111",
    "ledger.secure": "GET / by high, WAN port 31111",
    "logging.insecure": "GET / by open, WAN port 31113",
    "payment.secure": "GET / by high, WAN port 31111",
    "quotes.secure": "GET / by high, WAN port 31111",
    "vault.secure": "GET / by low, WAN port 31112",
}
"""By which way the caller's requests leave, as Pulumi.guarded.yaml says."""
Finding = Mapping[str, Any]


@dataclass(frozen=True)
class Doctor:
    """The command, with a stack file of its own, at the desk or in a pod."""

    lab: Lab
    project: Path

    def write(self, kubeconfigs: Mapping[str, Path] | None = None) -> None:
        """Write the stack file; a cluster's kubeconfig may be another than the lab's."""
        config = deepcopy(self.lab.config)
        for name, one in config["clusters"].items():
            one["kubeconfigPath"] = str((kubeconfigs or {}).get(name, self.lab.kubeconfig))
        content = {"config": {f"mcwan:{key}": value for key, value in config.items()}}
        (self.project / "Pulumi.guarded.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def findings(self, *options: str, inside: str = "") -> list[Finding]:
        """Run it and give what it found; `inside` runs it in the client's pod of a cluster."""
        site = self.lab.topology.sites.get(inside)
        files = {"/etc/resolv.conf": str(self.lab.site_directory(site) / "resolv.conf")} if site else {}
        words = ["doctor", "--stack", "guarded", "--project", str(self.project), "-o", "json", *options]
        spec = {
            "netns": site.pod(site.client_address) if site else self.lab.topology.desk,
            "argv": [sys.executable, "-m", "mcwan.cli.main", *words, *(("--inside", inside) if inside else ())],
            "env": {"PATH": "/usr/bin:/bin", "HOME": str(self.project), "PYTHONPATH": str(REPOSITORY)},
            "files": files,
        }
        file = self.project / "doctor.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        argv = [sys.executable, "-m", "lab.container", str(file)]
        done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)
        assert done.stdout, done.stderr
        found: list[Finding] = json.loads(done.stdout)["findings"]
        assert done.returncode == int("failed" in {one["verdict"] for one in found}), done.stderr
        return found


@pytest.fixture
def doctor(guarded: Lab, tmp_path: Path) -> Doctor:
    made = Doctor(guarded, tmp_path)
    made.write()
    return made


def wrong(found: list[Finding]) -> list[tuple[str, str, list[str], str]]:
    """Give what is neither well nor unknown."""
    return [
        (one["check"], one["verdict"], one["clusters"], one["sentence"])
        for one in found
        if one["verdict"] not in ("ok", "not known")
    ]


def of(found: list[Finding], check: str, name: str) -> list[tuple[str, str]]:
    """Give verdicts and sentences of a check about a cluster."""
    return [(one["verdict"], one["sentence"]) for one in found if one["check"] == check and name in one["clusters"]]


def by_path_direct(export: str) -> tuple[str, str]:
    return "not known", f"{export}, rule all: GET / goes by path direct, which no API server can send"


def test_from_the_desk_requests_prove_by_which_port_they_leave(doctor: Doctor) -> None:
    found = doctor.findings("--probe")
    assert not [one for one in wrong(found) if one[1] == "failed"]
    ways = {("ok", f"{export}: {way}") for export, way in WAYS.items() if export != "logging.insecure"}
    assert set(of(found, "requests-leave", CALLER)) == {*ways, by_path_direct("logging.insecure")}
    stays = {("ok", f"{export}.secure: GET / stays in the cluster") for export in ("billing", "ledger", "vault")}
    assert stays <= set(of(found, "requests-leave", "east"))
    assert {one["verdict"] for one in found if one["check"] in ("dns-answers", "certificates-valid")} == {"not known"}


def test_inside_a_cluster_names_certificates_and_every_path_are_known(doctor: Doctor) -> None:
    found = doctor.findings("--cluster", CALLER, "--probe", inside=CALLER)
    assert wrong(found) == []
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
        doctor.write({"west": reader.kubeconfig})
        reader.may(_rights(doctor))
        lacking = doctor.findings("--cluster", "west", "--probe", "--service", "vault/secure")
        assert [one for one in of(lacking, "requests-leave", "west") if "403" not in one[1]] == []
        reader.may(_rights(doctor, "--probe"))
        ways = [("ok", f"vault.secure: {WAYS['vault.secure']}")]

        def known() -> bool:
            found = doctor.findings("--cluster", "west", "--probe", "--service", "vault/secure")
            return of(found, "requests-leave", "west") == ways and not wrong(found)

        wait(known, "the rights are enough", SOON)
    finally:
        cluster.remove(doctor.lab, "west", *reversed(reader.objects))


def _rights(doctor: Doctor, *options: str) -> list[Object]:
    words = ["doctor", "--rights", *options, "--stack", "guarded", "--project", str(doctor.project)]
    done = subprocess.run(
        [sys.executable, "-m", "mcwan.cli.main", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return list(yaml.safe_load(done.stdout)["rules"])


@contextmanager
def instead(lab: Lab, name: str, kind: str, called: str, change: Callable[[Object], None]) -> Iterator[None]:
    """Have a cluster's object otherwise than planned; afterwards it is as planned."""
    (planned,) = (
        one for one in deploy.rendered(lab.fabric)[name] if (one["kind"], one["metadata"]["name"]) == (kind, called)
    )
    changed = deepcopy(planned)
    change(changed)
    with lab.api(lab.topology.sites[name]) as api:
        try:
            api.apply(changed, manager=deploy.MANAGER)
            yield
        finally:
            api.apply(planned, manager=deploy.MANAGER)


def until_told(doctor: Doctor, *options: str) -> list[tuple[str, str, list[str], str]]:
    """Run it until it finds something wrong, and give that."""
    told: list[tuple[str, str, list[str], str]] = []

    def noticed() -> bool:
        told[:] = wrong(doctor.findings(*options))
        return bool(told)

    wait(noticed, "doctor notices", SOON)
    return told


def until_well(doctor: Doctor, *options: str) -> None:
    """Run it until it finds nothing wrong."""
    wait(lambda: not wrong(doctor.findings(*options)), "doctor finds nothing", SOON)


def test_an_export_that_leaves_by_another_port_is_told(doctor: Doctor) -> None:
    def elsewhere(route: Object) -> None:
        for ref in route["spec"]["rules"][0]["backendRefs"]:
            if "port" in ref:
                ref["port"] = 31112

    here = ("--cluster", CALLER, "--probe")
    with instead(doctor.lab, CALLER, "HTTPRoute", "quotes.secure.egress", elsewhere):
        ((check, verdict, clusters, sentence),) = until_told(doctor, *here)
        assert (check, verdict, clusters) == ("requests-leave", "failed", [CALLER])
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
        assert until_told(doctor) == [("gateways-programmed", "failed", [CALLER], said)]
    until_well(doctor)
