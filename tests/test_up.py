"""The main job where there is no Pulumi: rendered, said in one line, told in tables; what is in its way is one line."""

import shutil
import socket
import subprocess
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest
from click.testing import CliRunner, Result
from pulumi.automation import PulumiCommand

from mcwan import up

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def refused() -> str:
        raise OSError("no network")

    shutil.copy(PROJECT / "Pulumi.dev.yaml", tmp_path)
    monkeypatch.setattr(up, "_installed", refused)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    return tmp_path


def _run(project: Path) -> Result:
    return CliRunner().invoke(up.main, ["--stack", "dev", "--project", str(project)])


def test_without_pulumi_it_renders_and_says_so(project: Path) -> None:
    done = _run(project)
    assert done.exit_code == 0
    assert done.output.splitlines()[0] == (
        "no `pulumi` on PATH, and it cannot be installed from here (no network): rendered, not deployed; "
        "https://www.pulumi.com/docs/install/ says how to get it"
    )
    assert done.output.splitlines()[-1] == f"59 objects as YAML: {project}/rendered/dev/CLUSTER"
    assert all(title in done.output for title in ("Clusters", "WAN policies", "Exports", "Imports"))
    assert len(list((project / "rendered" / "dev").rglob("*.yaml"))) == 10


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            URLError(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
            "get.pulumi.com cannot be reached: Name or service not known",
        ),
        (URLError("unknown proxy"), "get.pulumi.com cannot be reached: unknown proxy"),
        (TimeoutError("timed out"), "timed out"),
        (HTTPError("u", 503, "Service Unavailable", Message(), None), "get.pulumi.com answers 503 Service Unavailable"),
        (
            subprocess.CalledProcessError(1, "x", b"one\n\x1b[31merror: no tar\x1b[0m\n\n"),
            "its installer failed: error: no tar",
        ),
        (subprocess.CalledProcessError(2, "x"), "its installer ended with 2"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_why_pulumi_cannot_be_installed_is_told_in_plain_words(
    error: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(**_: object) -> None:
        raise error

    shutil.copy(PROJECT / "Pulumi.dev.yaml", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(PulumiCommand, "install", install)
    done = _run(tmp_path)
    assert done.exit_code == 0
    assert done.output.splitlines()[0] == (
        f"no `pulumi` on PATH, and it cannot be installed from here ({said}): rendered, not deployed; "
        "https://www.pulumi.com/docs/install/ says how to get it"
    )


def test_a_file_in_its_way_is_told_on_one_line(project: Path) -> None:
    mine = project / "rendered" / "dev" / "cluster-1" / "10-fabric.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine\n")
    done = _run(project)
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == (
        f"cannot write to {project}/rendered/dev: cluster-1/10-fabric.yaml is there and not written by mcwan; "
        "move it away, or write elsewhere"
    )
    assert mine.read_text() == "mine\n"


def test_mistakes_end_it_before_anything_is_made(project: Path) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text().replace("tunnel: business", "tunel: business"))
    done = _run(project)
    assert done.exit_code == 2
    assert "wanPolicies.high.tunel: unknown key" in done.output
    assert not (project / "rendered").exists()
