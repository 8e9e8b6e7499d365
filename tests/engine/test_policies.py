"""The policy pack in the real engine: what holds up an update, and what does not."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mcwan.cli.main import main
from tests.engine.conftest import Engine

pytestmark = pytest.mark.engine

FOREIGN = """
import pulumi_kubernetes
pulumi_kubernetes.core.v1.Service(
    "shortcut",
    metadata={"name": "shortcut", "namespace": "mc-wan"},
    spec={"type": "LoadBalancer", "ports": [{"port": 31111}]},
    opts=pulumi.ResourceOptions(
        provider=pulumi_kubernetes.Provider(
            "elsewhere", render_yaml_to_directory="deployed/elsewhere", cluster_identifier="cluster-1"
        )
    ),
)
"""
"""A Service that somebody adds to the program, past mcwan."""
SHORTCUT = "Service mc-wan/shortcut on cluster-1 orders a LoadBalancer without an annotation that keeps it internal"
PACK = ("--policy-pack", "policies")


def configured(engine: Engine, config: dict[str, object]) -> tuple[str, ...]:
    """Write a configuration of the pack; gives the arguments that take it."""
    (engine.project / "pack.json").write_text(json.dumps(config), encoding="utf-8")
    return (*PACK, "--policy-pack-config", "pack.json")


def add_foreign(engine: Engine) -> None:
    """Add somebody else's Service to the program."""
    main = engine.project / "__main__.py"
    main.write_text(f"import pulumi\n{main.read_text(encoding='utf-8')}{FOREIGN}", encoding="utf-8")


def test_a_consistent_environment_deploys_with_the_pack(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    assert "mcwan" in engine.pulumi("preview", *PACK)
    engine.pulumi("up", "--yes", "--skip-preview", *PACK)
    assert "unchanged" in engine.pulumi("up", "--yes", "--skip-preview", *PACK)
    engine.pulumi("destroy", "--yes", "--skip-preview")


def test_a_violation_holds_up_preview_and_update(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    add_foreign(engine)
    told = engine.pulumi("preview", *PACK, fails=True)
    assert f"gateway-is-private: {SHORTCUT}" in told.replace("\n", " ").replace("  ", " ")
    engine.pulumi("up", "--yes", "--skip-preview", *PACK, fails=True)
    assert SHORTCUT not in engine.pulumi("preview")


def test_levels_and_options_come_from_the_configuration(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    add_foreign(engine)
    told = engine.pulumi("preview", *configured(engine, {"gateway-is-private": "advisory"}))
    assert "gateway-is-private: " in told
    ports = {"lowest": 31112, "highest": 31999}
    told = engine.pulumi(
        "preview", *configured(engine, {"gateway-is-private": "disabled", "wan-port-range": ports}), fails=True
    )
    assert "policy high has port 31111 on cluster-1; allowed: 31112 to 31999" in told
    assert "gateway-is-private: " not in told


def test_a_wrong_configuration_is_refused(engine: Engine) -> None:
    engine.pulumi("stack", "init", "dev")
    told = engine.pulumi("preview", *configured(engine, {"wan-port-range": {"lowest": "many"}}), fails=True)
    assert "wan-port-range" in told
    assert "lowest" in told
    told = engine.pulumi("preview", *configured(engine, {"wan-port-rage": "mandatory"}), fails=True)
    assert "wan-port-rage: no such rule" in told


def test_a_saved_state_is_analyzed_without_the_program(engine: Engine, tmp_path: Path) -> None:
    engine.pulumi("stack", "init", "dev")
    engine.pulumi("up", "--yes", "--skip-preview")
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    engine.pulumi("stack", "export", "--file", str(good))
    state = json.loads(good.read_text(encoding="utf-8"))
    policy = next(
        one for one in state["deployment"]["resources"] if one["type"].endswith(":WANPolicy") and one["custom"]
    )
    policy["outputs"]["spec"]["port"] = 31119
    bad.write_text(json.dumps(state), encoding="utf-8")
    assert "wan-port-consistency: " not in engine.pulumi("policy", "analyze", *PACK, "--file", str(good))
    told = engine.pulumi("policy", "analyze", *PACK, "--file", str(bad), fails=True)
    judged = CliRunner().invoke(main, ["check", "--state", str(bad), "--format", "json"])
    assert judged.exit_code == 3
    lines = [
        f"{rule['name']}: {one['what']}; {one['remedy']}"
        for rule in json.loads(judged.stdout)["rules"]
        for one in rule["violations"]
    ]
    assert lines
    assert [line for line in lines if line not in told] == []
    assert told.count("[mandatory]") == len(lines)
