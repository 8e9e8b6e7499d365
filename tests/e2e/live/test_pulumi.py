"""The address of a gateway that one `pulumi up` makes goes to the other clusters within it, by the real engine."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import client, deploy
from lab.processes import REPOSITORY
from lab.state import Lab
from lab.waiting import until
from tests.e2e.live import cluster
from tests.e2e.live.balancer import ANSWER, BALANCED, NODE, OTHER, PAYMENT, URL, given, ordered
from tests.e2e.live.desk import Desk

pytestmark = [pytest.mark.lab, pytest.mark.engine]
SECONDS = 280
"""Less than Pulumi's provider waits for a gateway."""
EAST = "10.1.0.11"
TARGET = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "target-west-ipv4", "namespace": "mc-wan"},
}


@dataclass(frozen=True)
class Engine:
    """Pulumi at a desk, with a state of its own."""

    desk: Desk
    state: Path

    def started(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": self.state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONPATH": str(REPOSITORY),
        }
        lab = self.desk.lab
        return subprocess.Popen(
            ["ip", "netns", "exec", lab.topology.desk, "pulumi", *words, "--stack", lab.stack, "--non-interactive"],
            cwd=self.desk.project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str) -> str:
        """Run a command, which succeeds; gives what it printed."""
        return done(self.started(*words))

    def steps(self) -> set[tuple[str, str]]:
        """Give what a preview would do: each step that does something, and to which resource."""
        found = json.loads(self.run("preview", "--json"))["steps"]
        return {
            (one["op"], one["urn"].rpartition("::")[2]) for one in found if one["op"] not in ("same", "read", "refresh")
        }


def done(process: subprocess.Popen[str]) -> str:
    """Wait for a command, which succeeds; gives what it printed."""
    said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said
    return said


@pytest.fixture
def engine(live: Lab, desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Pulumi at a desk whose clusters have nothing of a fabric; they have the lab's own again afterwards."""
    if shutil.which("pulumi") is None:
        pytest.skip("no `pulumi` on PATH: the real engine is not there")
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(REPOSITORY / name, desk.project)
    (desk.project / ".venv").symlink_to(REPOSITORY / ".venv")
    deploy.withdraw(live)
    made = Engine(desk, tmp_path_factory.mktemp("state"))
    try:
        yield made
    finally:
        with suppress(AssertionError):  # what fails has been told; the lab's own objects come again whatever is left
            made.run("destroy", "--yes", "--skip-preview")
        deploy.deploy(live)
        deploy.wait_programmed(live)


def led_to(lab: Lab) -> Sequence[str]:
    """Give where east's requests to west go."""
    with lab.api(lab.topology.sites["east"]) as api:
        endpoints = api.get(*deploy.key(TARGET))["endpoints"]
    return [address for one in endpoints for address in one["addresses"]]


def test_an_address_that_is_given_during_the_update_is_where_the_others_go(live: Lab, engine: Engine) -> None:
    # east's is written: what its pods' addresses are, only the next update would know
    engine.desk.write([PAYMENT], {"east": {"ingress": {"addresses": [EAST]}}, "west": {"ingress": BALANCED}})
    engine.run("stack", "init")
    updating = engine.started("up", "--yes", "--skip-preview")
    ordered(live)
    with live.api(live.topology.sites["east"]) as api:
        assert not deploy.exists(api, TARGET)
    given(live, NODE)
    done(updating)
    assert led_to(live) == [NODE]
    deploy.wait_programmed(live)
    east = live.topology.sites["east"]
    until(lambda: client.ask(east, "GET", URL).who == ANSWER, "west answers by the balancer's address", cluster.SECONDS)

    assert engine.steps() == set()
    given(live, OTHER)
    name = f"{live.stack}/gateways/east/mc-wan/target-west-ipv4"
    assert engine.steps() == {("update", name)}
    assert "1 updated" in engine.run("up", "--yes", "--skip-preview")
    assert led_to(live) == [OTHER]
