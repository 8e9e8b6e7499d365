"""What is deployed, as it is told: of files here, of real clusters in tests/e2e/live."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mcwan.cli.main import main
from tests.fabrics import changed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    config = {f"mcwan:{name}": value for name, value in changed({}).items()}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    assert run(tmp_path, "render").exit_code == 0
    for name, one in config["mcwan:clusters"].items():
        target = tmp_path / one["renderTo"]
        target.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "rendered" / "dev" / name).rename(target)
    return tmp_path


def run(project: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, [arguments[0], "--project", str(project), *arguments[1:]])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def told(project: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(project, "status", "--output", "json", *arguments).stdout)
    return found


def edit(project: Path, kind: str, field: tuple[str, ...], value: object) -> None:
    for path in sorted(project.rglob("*.yaml")):
        every = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        for one in every:
            if isinstance(one, dict) and one.get("kind") == kind:
                at = one
                for step in field[:-1]:
                    at = at[step]
                at[field[-1]] = value
                path.write_text(yaml.safe_dump_all(every), encoding="utf-8")
                return
    raise AssertionError(kind)


def test_all_as_planned(project: Path) -> None:
    found = told(project)
    assert (found["drift"], found["unread"]) == ([], [])
    row = {
        "service": "payment.secure",
        "cluster": "cluster-1",
        "role": "exports",
        "wanPolicy": "queries: high, stats: low",
        "tunnel": "queries: business, stats: default",
        "gateway": "198.51.100.11",
        "weight": "1",
        "state": "-",
        "drift": "no",
        "conflict": "-",
        "read": "files",
    }
    assert found["rows"][[one["service"] for one in found["rows"]].index("payment.secure")] == row
    assert run(project, "status", "--exit-code").exit_code == 0


def test_one_export(project: Path) -> None:
    assert {one["service"] for one in told(project, "payment/secure")["rows"]} == {"payment.secure"}
    assert told(project, "payment/secure") == told(project, "payment.secure")
    result = run(project, "status", "payment")
    assert result.exit_code == 2
    assert (
        "'payment' is not exported in Pulumi.dev.yaml; exports there: logging.insecure, payment.secure" in result.stderr
    )


def test_drift_is_told_by_field(project: Path) -> None:
    edit(project, "WANPolicy", ("spec", "port"), 31119)
    found = told(project)
    assert found["drift"] == ["cluster-1: WANPolicy high: spec.port is 31119, planned 31111"]
    assert {one["cluster"]: one["drift"] for one in found["rows"]} == {"cluster-1": "1 object", "cluster-2": "no"}
    assert run(project, "status", "--exit-code").exit_code == 4
    assert run(project, "status").exit_code == 0
    assert "drift: cluster-1: WANPolicy high: spec.port is 31119, planned 31111" in run(project, "status").stdout


def test_nothing_deployed_yet(project: Path) -> None:
    for path in (project / "cluster-2").glob("*.yaml") if (project / "cluster-2").exists() else ():
        path.unlink()
    edit(project, "Namespace", ("metadata", "name"), "other")
    assert any("Namespace mc-wan: is missing" in line for line in told(project)["drift"])
    assert any("Namespace other: is left over" in line for line in told(project)["drift"])


def test_yaml_says_the_same_as_json(project: Path) -> None:
    assert yaml.safe_load(run(project, "status", "--output", "yaml").stdout) == told(project)


def test_a_cluster_that_does_not_answer(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    one = content["config"]["mcwan:clusters"]["cluster-1"]
    del one["renderTo"]
    content["config"]["mcwan:clusters"]["cluster-1"] = {
        **one,
        "context": "east",
        "kubeconfigPath": str(project / "none"),
    }
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    result = run(project, "status", "--output", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    why = f"its kubeconfig cannot be used: No such file or directory: {project / 'none'}"
    assert found["unread"] == [f"cluster-1: {why}; see mcwan:clusters.cluster-1.kubeconfigPath"]
    assert {one["drift"] for one in found["rows"] if one["cluster"] == "cluster-1"} == {"not known"}
    assert run(project, "status", "--recorded").exit_code == 0


def test_rights(project: Path) -> None:
    role = yaml.safe_load(run(project, "status", "--rights").stdout)
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list"}
    assert "secrets" not in {name for rule in role["rules"] for name in rule["resources"]}
    assert {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list"]} in role[
        "rules"
    ]
