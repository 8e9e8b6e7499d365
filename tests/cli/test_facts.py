"""Facts that hold, for other programs; what a cluster that cannot be read means for a command that asks it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mcwan.cli import deployed
from mcwan.cli.facts import FORMATS
from mcwan.cli.main import main
from mcwan.facts.record import Record, path, save
from mcwan.facts.report import Gateway, Report, written
from mcwan.facts.resolve import Known
from mcwan.stack import Environment
from tests.fabrics import changed, fabric

REPORT = Report(
    at="2026-11-26T12:00:00Z",
    namespaces=("default", "secure"),
    gateways={"mc-wan-ingress.mc-wan": Gateway(programmed=True, addresses=("198.51.100.11",))},
)
FOUND = Environment(fabric(), Known(reports={"cluster-1": REPORT}))


def test_json_and_yaml_say_what_the_record_says() -> None:
    told = {"cluster-1": REPORT.model_dump(mode="json", by_alias=True, exclude_defaults=True)}
    assert json.loads(FORMATS["json"](FOUND)) == told
    assert yaml.safe_load(FORMATS["yaml"](FOUND)) == told
    assert told["cluster-1"]["gateways"] == {
        "mc-wan-ingress.mc-wan": {"programmed": True, "addresses": ["198.51.100.11"]}
    }


def test_a_table_for_people() -> None:
    assert "2026-11-26T12:00:00Z" in FORMATS["table"](FOUND)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A stack whose first cluster is live and cannot be reached, and is recorded."""
    live = {"context": "east", "kubeconfigPath": str(tmp_path / "none"), "facts": "live"}
    raw = changed({"clusters/cluster-1": live})
    for export in raw["exports"]:
        export["from"] = ["cluster-2"]
    config = {"config": {f"mcwan:{name}": value for name, value in raw.items()}}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    report = REPORT.model_copy(update={"at": written(datetime.now(UTC)), "services": {}})
    save(path(tmp_path, "dev"), Record(clusters={"cluster-1": report}))
    return tmp_path


def run(project: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, [*arguments, "--stack", "dev", "--project", str(project)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


UNREAD = "cluster-1: not read, or in part; what is recorded holds, as the notes say"


@pytest.mark.parametrize("arguments", [(), ("--dry-run",), ("--output", "json")])
def test_a_cluster_that_cannot_be_read_is_told_and_is_an_error(project: Path, arguments: tuple[str, ...]) -> None:
    before = path(project, "dev").read_bytes()
    result = run(project, "facts", *arguments)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, UNREAD)
    why = f"its kubeconfig cannot be used: No such file or directory: {project / 'none'}"
    notes = [line for line in result.output.splitlines() if line.startswith("note: ")]
    assert [re.sub(r"\d+ s ago \([^)]*\)", "AGE", line) for line in notes] == [
        f"note: cluster-1: facts as recorded AGE: {why}; see mcwan:clusters.cluster-1.kubeconfigPath"
    ]
    assert path(project, "dev").read_bytes() == before


def test_what_is_deployed_there_is_not_known_either(project: Path) -> None:
    result = run(project, "plan", "--live")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("nothing was compared: cluster-1: ")
    assert run(project, "status").exit_code == 1


def test_a_plan_by_facts_as_recorded_is_told_and_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The objects of every cluster could be read, say, and its namespaces could not."""
    monkeypatch.setattr(deployed, "deployed_on", lambda clusters, *_: dict.fromkeys(clusters, ()))
    for more in ((), ("--exit-code",)):
        result = run(project, "plan", "--live", *more)
        assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, UNREAD)
        assert result.stdout.startswith(f"{project}/Pulumi.dev.yaml against what the clusters have: ")


@pytest.mark.parametrize("arguments", [("check", "--live"), ("render", "--live"), ("check",), ("status", "--recorded")])
def test_what_does_not_ask_or_goes_on_by_what_is_recorded_is_no_error(
    project: Path, arguments: tuple[str, ...]
) -> None:
    assert run(project, *arguments).exit_code == 0
