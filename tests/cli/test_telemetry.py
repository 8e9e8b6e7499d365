"""`mcwan telemetry`: two files, the same bytes each time, nobody else's overwritten."""

import json
from pathlib import Path

import pytest
import yaml

from mcwan import telemetry
from tests.cli.test_main import contents, run, write
from tests.fabrics import changed, described, planned

FILES = {"dashboard.json", "rules.yaml"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    write(directory, described())
    return directory


def test_two_files(project: Path, tmp_path: Path) -> None:
    result = run("telemetry", "--project", project, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (0, f"dashboard.json and rules.yaml in {tmp_path / 'out'}\n")
    context = planned(described(), name="dev").context
    dashboard, rules = ((tmp_path / "out" / name).read_text(encoding="utf-8") for name in sorted(FILES))
    assert json.loads(dashboard) == telemetry.dashboard(context)
    assert yaml.safe_load(rules) == telemetry.rules(context)
    assert rules.startswith("# Written by `mcwan telemetry`; changes here are lost.\n")


def test_the_same_bytes_again_and_in_another_order(project: Path, tmp_path: Path) -> None:
    run("telemetry", "--project", project, "--out", tmp_path / "one")
    once = contents(tmp_path / "one")
    assert run("telemetry", "--project", project, "--out", tmp_path / "one").exit_code == 0
    raw = described()
    raw["clusters"] = dict(reversed(raw["clusters"].items()))
    write(project, {**dict(reversed(raw.items())), "exports": raw["exports"][::-1]})
    run("telemetry", "--project", project, "--out", tmp_path / "other")
    assert once == contents(tmp_path / "one") == contents(tmp_path / "other")
    assert once.keys() == FILES


def test_it_goes_below_the_project(project: Path) -> None:
    assert run("telemetry", "--project", project).exit_code == 0
    assert contents(project / "telemetry" / "dev").keys() == FILES


@pytest.mark.parametrize("name", sorted(FILES))
def test_somebody_elses_file_stays(project: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    result = run("telemetry", "--project", project, "--out", tmp_path)
    assert (result.exit_code, result.stderr) == (
        1,
        f"cannot write to {tmp_path}: {name} is there and not written by mcwan; move it away, or write elsewhere\n",
    )
    assert contents(tmp_path).keys() & FILES == {name}


def test_mistakes_are_told(project: Path) -> None:
    write(project, changed({"exports/1/port": 0}))
    assert run("telemetry", "--project", project).exit_code == 2


def test_other_gateways_are_told(project: Path, tmp_path: Path) -> None:
    istio = {"profile": "istio"}
    write(project, changed({"clusters/cluster-2/gateway": istio}, described()))
    told = "note: cluster-2: metrics of these gateways have no exports; left out as sources"
    assert run("telemetry", "--project", project, "--out", tmp_path / "out").stdout.splitlines()[1] == told
    write(project, changed({"clusters/cluster-1/gateway": istio, "clusters/cluster-2/gateway": istio}, described()))
    result = run("telemetry", "--project", project, "--out", tmp_path / "none")
    assert (result.exit_code, contents(tmp_path / "none")) == (2, {})
    assert "no cluster of Pulumi.dev.yaml has the gateway profile envoy-gateway" in result.stderr
