"""Which stack is meant where none is named."""

import hashlib
import json
from pathlib import Path

import pytest

from mcwan.cli.options import selected


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    (tmp_path / "home" / "workspaces").mkdir(parents=True)
    return tmp_path / "home" / "workspaces"


def select(home: Path, project: Path, content: str) -> None:
    digest = hashlib.sha1(str(project / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    (home / f"mcwan-{digest}-workspace.json").write_text(content)


@pytest.mark.usefixtures("home")
def test_none(tmp_path: Path) -> None:
    assert selected(tmp_path) is None


def test_what_pulumi_left(home: Path, tmp_path: Path) -> None:
    select(home, tmp_path, json.dumps({"stack": "trio"}))
    assert selected(tmp_path) == "trio"
    assert selected(tmp_path / "other") is None


def test_of_pulumi_cloud(home: Path, tmp_path: Path) -> None:
    select(home, tmp_path, json.dumps({"stack": "acme/mcwan/prod"}))
    assert selected(tmp_path) == "prod"


def test_the_environment_comes_first(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select(home, tmp_path, json.dumps({"stack": "trio"}))
    monkeypatch.setenv("PULUMI_STACK", "live")
    assert selected(tmp_path) == "live"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"stack": ""}', '{"stack": 3}'])
def test_a_file_that_says_nothing(home: Path, tmp_path: Path, content: str) -> None:
    select(home, tmp_path, content)
    assert selected(tmp_path) is None
