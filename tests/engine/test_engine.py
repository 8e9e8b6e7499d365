"""The program in the real engine, with the real Kubernetes provider rendering instead of reaching a cluster."""

import json
from pathlib import Path

import pytest
import yaml

from tests.components.examples import plan
from tests.engine.conftest import Engine
from tests.shipped import STACKS

pytestmark = pytest.mark.engine


def _rendered(directory: Path) -> list[str]:
    """Everything that the provider wrote for a cluster."""
    found = [one for path in directory.rglob("*.yaml") for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    return sorted(yaml.safe_dump(one, sort_keys=True) for one in found)


RENDERED = [name for name in STACKS if all(one.render_to for one in plan(name).fabric.clusters.values())]


@pytest.mark.parametrize("name", RENDERED)
def test_preview_up_up_again_and_destroy(engine: Engine, name: str) -> None:
    engine.pulumi("stack", "init", name)
    made = plan(name)
    components = 2 + len(made.by_owner) - sum(not clusters for clusters in made.by_owner.values())  # stack and fabric
    count = len(made.objects) + components + len(made.fabric.clusters)  # and a provider per cluster
    assert f"+ {count} to create" in engine.pulumi("preview")
    assert f"+ {count} created" in engine.pulumi("up", "--yes", "--skip-preview")
    for cluster, described in made.fabric.clusters.items():
        planned = [one.manifest for one in made.objects if one.cluster == cluster]
        assert described.render_to is not None
        assert _rendered(engine.project / described.render_to) == sorted(
            yaml.safe_dump(json.loads(json.dumps(one)), sort_keys=True) for one in planned
        )
    again = engine.pulumi("up", "--yes", "--skip-preview")
    assert f"{count} unchanged" in again
    assert "- " not in again.partition("Resources:")[2]
    assert f"- {count} deleted" in engine.pulumi("destroy", "--yes", "--skip-preview")
    assert not list((engine.project / "deployed").rglob("*.yaml"))


def test_a_changed_port_updates_in_place_on_every_cluster(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    engine.pulumi("up", "--yes", "--skip-preview")
    engine.edit("dev", lambda text: text.replace("31111", "31113"))
    steps = json.loads(engine.pulumi("preview", "--json"))["steps"]
    changed = {(step["op"], step["urn"].rpartition("::")[2]) for step in steps if step["op"] != "same"}
    both = ("cluster-1", "cluster-2")
    objects = {("update", f"dev/high/{cluster}/high") for cluster in both}
    objects |= {("update", f"dev/gateways/{cluster}/mc-wan/mc-wan-ingress") for cluster in both}
    objects |= {
        ("update", f"dev/gateways/{cluster}/mc-wan/target-{other}{end}")
        for cluster, other in (both, both[::-1])
        for end in ("", "-ipv4")
    }
    objects |= {("update", "dev/payment.secure/cluster-2/mc-wan/payment.secure.egress")}
    assert changed - {("update", "mcwan-dev")} == objects


def test_mistakes_are_told_without_a_traceback(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    engine.edit("dev", lambda text: text.replace("wanPolicy: high", "wanPolicy: hihg").replace("31112", "31111"))
    told = engine.pulumi("preview", fails=True)
    assert "wanPolicies.low.port: 31111: already the WAN port of policy high" in told
    assert "exports[0].rules[0].wanPolicy: 'hihg': no such WAN policy; allowed: high, low; did you mean 'high'?" in told
    assert "Traceback" not in told
    assert "to create" not in told.replace("+ 1 to create", "")  # the stack itself


def test_a_secret_is_neither_shown_nor_kept_in_clear(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    engine.edit("dev", lambda text: text.replace("renderTo: deployed/dev/cluster-1", "context: east"))
    config = ["config", "set", "--path", "mcwan:clusters.cluster-1.kubeconfig", "--secret", "TOPSECRET: true"]
    engine.pulumi(*config, "--stack", "dev")
    told = engine.pulumi("preview", "--json")
    assert "TOPSECRET" not in (engine.project / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    steps = json.dumps(json.loads(told)["steps"])
    assert "cluster-1" in steps
    assert "TOPSECRET" not in steps


def test_a_resource_without_provider_is_refused(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    program = engine.project / "__main__.py"
    stray = "from pulumi_kubernetes.core.v1 import ConfigMap\n\nConfigMap('stray', metadata={'name': 'stray'})\n"
    program.write_text(program.read_text(encoding="utf-8") + stray, encoding="utf-8")
    assert "Default provider for 'kubernetes' disabled" in engine.pulumi("preview", fails=True)
