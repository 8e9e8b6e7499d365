"""`mcwan doctor` as it is run on a lab, at the desk or in a pod, and what it found."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab import deploy, mesh
from lab.api import Object
from lab.node import resolver
from lab.processes import REPOSITORY
from lab.state import Lab
from lab.waiting import LabError, wait
from tests.fabrics import put

SOON = 60.0
"""Seconds: a changed upstream may be in effect 15 late (Envoy Gateway 1.9), and each run of doctor takes some."""
Told = tuple[str, str, list[str], str]
Finding = Mapping[str, Any]


@dataclass(frozen=True)
class Doctor:
    """The command, with a stack file of its own, at the desk or in a pod."""

    lab: Lab
    project: Path

    def write(self, changes: Mapping[str, Any] | None = None) -> None:
        """Write the stack file, with values at some places (`clusters/west/kubeconfigPath`) other than the lab's."""
        config = deepcopy(self.lab.config)
        for one in config["clusters"].values():
            one["kubeconfigPath"] = str(self.lab.kubeconfig)
        for place, value in (changes or {}).items():
            put(config, place, value)
        content = {"config": {f"mcwan:{key}": value for key, value in config.items()}}
        (self.project / f"Pulumi.{self.lab.stack}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def findings(self, *options: str, inside: str = "", pod: str = "") -> list[Finding]:
        """Run it and give what it found; `inside` runs it in a cluster's own client, `pod` in one of its mesh."""
        site = self.lab.topology.sites.get(inside)
        names = self.project / "resolv.conf"
        if site:
            names.write_text(resolver(site, pod.partition(".")[2] or "default"), encoding="ascii")
            address = mesh.address(self.lab, inside, pod) if pod else site.client_address
        words = ["doctor", "--stack", self.lab.stack, "--project", str(self.project), "-o", "json", *options]
        spec = {
            "netns": site.pod(address) if site else self.lab.topology.desk,
            "argv": [sys.executable, "-m", "mcwan.cli.main", *words, *(("--inside", inside) if inside else ())],
            "env": {"PATH": "/usr/bin:/bin", "HOME": str(self.project), "PYTHONPATH": str(REPOSITORY)},
            "files": {"/etc/resolv.conf": str(names)} if site else {},
            "user": None,
        }
        file = self.project / "doctor.json"
        file.write_text(json.dumps(spec), encoding="utf-8")
        argv = [sys.executable, "-m", "lab.container", str(file)]
        done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)
        assert done.stdout, done.stderr
        found: list[Finding] = json.loads(done.stdout)["findings"]
        assert done.returncode == int("failed" in {one["verdict"] for one in found}), done.stderr
        return found

    def rights(self, *options: str) -> list[Object]:
        """Give the rules of the ClusterRole that it prints."""
        words = ["doctor", "--rights", *options, "--stack", self.lab.stack, "--project", str(self.project)]
        argv = [sys.executable, "-m", "mcwan.cli.main", *words]
        done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        return list(yaml.safe_load(done.stdout)["rules"])


def made(lab: Lab, project: Path) -> Doctor:
    """Give the command with the lab's own stack file in a directory."""
    doctor = Doctor(lab, project)
    doctor.write()
    return doctor


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


def wrong(found: list[Finding]) -> list[Told]:
    """Give what is neither well nor unknown."""
    return [
        (one["check"], one["verdict"], one["clusters"], one["sentence"])
        for one in found
        if one["verdict"] not in ("ok", "not known")
    ]


def of(found: list[Finding], check: str, name: str) -> list[tuple[str, str]]:
    """Give verdicts and sentences of a check about a cluster."""
    return [(one["verdict"], one["sentence"]) for one in found if one["check"] == check and name in one["clusters"]]


def until_told(doctor: Doctor, check: str, verdict: str, clusters: list[str], *options: str, **where: str) -> str:
    """Run it until this is all that it finds wrong, and give the sentence; `where` is what `findings` has.

    What is on its way there may show as something else before.
    """
    told: list[Told] = []

    def noticed() -> bool:
        told[:] = wrong(doctor.findings(*options, **where))
        return [one[:3] for one in told] == [(check, verdict, clusters)]

    with suppress(LabError):
        wait(noticed, "doctor notices", SOON)
    assert [one[:3] for one in told] == [(check, verdict, clusters)], told
    return told[0][3]


def until_well(doctor: Doctor, *options: str, inside: str = "", pod: str = "") -> list[Finding]:
    """Run it until it finds nothing wrong, and give what it found.

    A request goes on by a spare, which is told, where a new connection's handshake takes longer than the SLA allows: on
    a busy machine one may.
    """
    found: list[Finding] = []

    def well() -> bool:
        found[:] = doctor.findings(*options, inside=inside, pod=pod)
        return not wrong(found)

    with suppress(LabError):
        wait(well, "doctor finds nothing", SOON)
    assert wrong(found) == []
    return found
