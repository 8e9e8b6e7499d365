"""mcwan graph as an operator runs it: its forms, what it marks, what it needs."""

import shutil
from pathlib import Path

import pytest

from tests.cli.test_main import run, write
from tests.cli.test_plan import written
from tests.fabrics import changed, described, exported

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no `dot` on PATH: Graphviz draws SVG and PNG")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that everything is in; the current one."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, described())
    return tmp_path


def test_mermaid_needs_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = run("graph")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("flowchart LR\n  %% Fabric dev\n")
    assert run("graph", "--out", "fabric.mmd").output == ""
    assert Path("fabric.mmd").read_text(encoding="utf-8") == result.stdout


@needs_dot
def test_pictures_are_drawn() -> None:
    assert run("graph", "--out", "fabric.svg").exit_code == 0
    assert "<title>export payment.secure</title>" in Path("fabric.svg").read_text(encoding="utf-8")
    assert run("graph", "--out", "picture", "--output", "png").exit_code == 0
    assert Path("picture").read_bytes().startswith(b"\x89PNG")


def test_without_dot_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = run("graph", "--out", "fabric.svg")
    assert (result.exit_code, result.stderr) == (
        1,
        "svg is drawn by Graphviz, and no `dot` is on PATH; install it (apt install graphviz, brew install "
        "graphviz), or take --output mermaid, which needs no program\n",
    )
    assert not Path("fabric.svg").exists()


def test_a_plan_is_marked(project: Path) -> None:
    before = written(described(), "before.yaml")
    write(project, changed({"exports/0/rules/1/wanPolicy": "high"}))
    assert run("plan", "--from", before, "--output", "json", "--out", "plan.json").exit_code == 0
    lines = run("graph", "--from", "plan.json", "--output", "dot").stdout
    assert "Fabric dev<BR/>" in lines
    assert "<S>cluster-1</S>" in lines


def test_many_exports_are_counted_by_wan_policy(project: Path) -> None:
    many = [exported(service=f"service-{number}.secure") for number in range(31)]
    write(project, described(exports=many))
    counted = run("graph").stdout
    assert "service-0.secure" not in counted
    assert "31 exports" in counted
    assert "service-0.secure" in run("graph", "--by", "export").stdout
    one = run("graph", "--export", "service-7.secure").stdout
    assert ("service-7.secure" in one, "service-0.secure" in one) == (True, False)


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--out", "x.pdf"], 2, "--out x.pdf: of no known form; write --output, or end it in .svg, .png, .mmd or .dot"),
        (["--output", "png"], 2, "--output png needs a file; write --out FILE"),
        (["--from", "none"], 2, "none: cannot be read: No such file or directory"),
        (
            ["--from", "Pulumi.dev.yaml"],
            2,
            "Pulumi.dev.yaml: not a plan; name a file of `mcwan plan --output json --out FILE`",
        ),
        (
            ["--export", "none"],
            2,
            "--export none: no such export; there are: logging.insecure, payment.secure",
        ),
        (["--from", "x", "--stack", "dev"], 2, "--from and --stack exclude each other; write one of them"),
        (["--out", "no/x.mmd"], 1, "cannot write to no/x.mmd: No such file or directory"),
    ],
)
def test_what_is_wrong_is_told(arguments: list[str], code: int, expected: str) -> None:
    result = run("graph", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.splitlines()[-1] == expected
