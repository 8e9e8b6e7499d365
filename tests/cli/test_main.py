"""The commands as an operator runs them: output, exit codes, files."""

import os
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mcwan import __version__
from mcwan.cli.main import SECTIONS, main
from mcwan.model.leaves import LABEL, PATTERN_MEANS
from tests.fabrics import changed, described

MARK = "# Written by `mcwan render`; changes here are lost."

NOTE = "note: cluster-1, cluster-2: no sources are written, so that no NetworkPolicy protects the WAN ports\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    write(directory, described())
    return directory


def write(project: Path, raw: object, stack: str = "dev") -> None:
    assert isinstance(raw, dict)
    config = {f"mcwan:{name}": value for name, value in raw.items()}
    (project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_help_and_version() -> None:
    assert run("--help").exit_code == run("-h").exit_code == 0
    assert [command.name for commands in SECTIONS.values() for command in commands] == list(main.commands)
    assert run("--version").output == f"mcwan, version {__version__}\n"
    for command in main.commands:
        assert run(command, "-h").exit_code == 0


def test_check(project: Path) -> None:
    result = run("check", "--project", project)
    assert result.exit_code == 0
    assert result.stderr == ""
    for text in ("cluster-1", "198.51.100.12", "business", "31111", "payment.secure", "queries: high, stats: low"):
        assert text in result.stdout
    assert "payment-clusterset.secure.svc.cluster.local" in result.stdout


def test_check_tells_every_mistake(project: Path) -> None:
    write(project, changed({"exports/0/rules/0/wanPolicy": "hgih", "exports/1/port": 0}))
    result = run("check", "--project", project)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "exports[0].rules[0].wanPolicy: 'hgih': no such WAN policy; allowed: high, low; did you mean 'high'?",
        "exports[1].port: 0: not allowed; allowed: 1 to 65535; write port so",
        "2 mistakes; nothing was done",
    ]


def test_one_mistake(project: Path) -> None:
    write(project, changed({"exports/1/port": 0}))
    assert run("check", "--project", project).stderr.splitlines()[-1] == "1 mistake; nothing was done"


@pytest.mark.parametrize("command", ["check", "render"])
def test_no_stack_file(project: Path, command: str) -> None:
    result = run(command, "--project", project, "--stack", "prod")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        f"Pulumi.prod.yaml: no such file in {project}; stacks there: dev; name one of them with --stack, "
        "or write the file\n"
    )


def test_no_project(tmp_path: Path) -> None:
    assert run("check", "--project", tmp_path / "nowhere").exit_code == 2


def test_render(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("render", "--project", project, "--out", out)
    assert result.exit_code == 0
    assert result.stderr == ""
    found = contents(out)
    objects = sum(len(list(yaml.safe_load_all(text))) for text in found.values())
    assert result.stdout == f"{objects} objects in {len(found)} files below {out}\n{NOTE}"
    assert {path.split("/")[0] for path in found} == {"cluster-1", "cluster-2"}
    assert all(text.decode().startswith(MARK + "\n---\n") for text in found.values())


def test_render_says_what_it_could_not_know(project: Path, tmp_path: Path) -> None:
    write(project, changed({"clusters/cluster-2/ingress": {}}))
    result = run("render", "--project", project, "--out", tmp_path / "out")
    assert result.stdout.splitlines()[-1] == (
        "note: cluster-2: no ingress address is known, so that it has no target on the other clusters"
    )


def test_render_one_cluster(project: Path, tmp_path: Path) -> None:
    out, every = tmp_path / "one", tmp_path / "every"
    assert run("render", "--project", project, "--out", every).exit_code == 0
    result = run("render", "--project", project, "--out", out, "--cluster", "cluster-2")
    assert result.exit_code == 0
    assert contents(out) == {path: text for path, text in contents(every).items() if path.startswith("cluster-2/")}
    assert result.stdout.endswith(f"in {len(contents(out))} files below {out}\n{NOTE}")


def test_render_an_unknown_cluster(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("render", "--project", project, "--out", out, "--cluster", "edge")
    assert result.exit_code == 2
    assert "'edge' is not in Pulumi.dev.yaml; clusters there: cluster-1, cluster-2" in result.stderr
    assert not out.exists()


def test_mistakes_write_nothing(project: Path, tmp_path: Path) -> None:
    write(project, changed({"exports/1/port": 0}))
    assert run("render", "--project", project, "--out", tmp_path / "out").exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_second_run_rewrites_nothing(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("render", "--project", project, "--out", out).exit_code == 0
    for path in out.rglob("*.yaml"):
        os.utime(path, ns=(1, 1))
    before = contents(out)
    assert run("render", "--project", project, "--out", out).exit_code == 0
    assert contents(out) == before
    assert {path.stat().st_mtime_ns for path in out.rglob("*.yaml")} == {1}


def test_a_change_rewrites_what_it_touches(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("render", "--project", project, "--out", out).exit_code == 0
    for path in out.rglob("*.yaml"):
        os.utime(path, ns=(1, 1))
    write(project, changed({"exports/1/wanPolicy": "high"}))  # another class of traffic: 10-fabric.yaml, too
    assert run("render", "--project", project, "--out", out).exit_code == 0
    assert {str(path.relative_to(out)) for path in out.rglob("*.yaml") if path.stat().st_mtime_ns != 1} == {
        "cluster-1/10-fabric.yaml",
        "cluster-1/20-export.logging.insecure.yaml",
        "cluster-1/30-import.logging.insecure.yaml",
        "cluster-2/10-fabric.yaml",
        "cluster-2/30-import.logging.insecure.yaml",
    }


def test_stale_files_are_removed_and_foreign_ones_left(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("render", "--project", project, "--out", out).exit_code == 0
    foreign = {
        "cluster-1/kustomization.yaml": b"resources: []\n",
        "cluster-1/notes.txt": f"{MARK}\n".encode(),
        "cluster-1/binary.yaml": b"\xff\xfe\x00",
        "cluster-1/deeper/30-import.x.y.yaml": f"{MARK}\n".encode(),
        "elsewhere/a.yaml": b"a: 1\n",
        "top.yaml": f"{MARK}\n".encode(),
    }
    for path, text in foreign.items():
        (out / path).parent.mkdir(exist_ok=True)
        (out / path).write_bytes(text)
    raw = changed({"clusters/edge": described()["clusters"]["cluster-2"] | {"renderTo": "edge", "ingress": {}}})
    del raw["clusters"]["cluster-2"], raw["exports"][1]
    write(project, raw)
    result = run("render", "--project", project, "--out", out)
    assert result.exit_code == 0
    found = contents(out)
    assert {path: found.get(path) for path in foreign} == foreign
    assert "cluster-1/20-export.payment.secure.yaml" in found
    assert not [path for path in found if "logging" in path]
    assert not (out / "cluster-2").exists()
    assert "6 files of an earlier run removed" in result.stdout


def test_one_clusters_run_leaves_the_others_files(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("render", "--project", project, "--out", out).exit_code == 0
    before = contents(out)
    raw = changed({"exports": []})
    write(project, raw)
    assert run("render", "--project", project, "--out", out, "--cluster", "cluster-1").exit_code == 0
    found = contents(out)
    assert {p: t for p, t in found.items() if p.startswith("cluster-2")} == {
        p: t for p, t in before.items() if p.startswith("cluster-2")
    }
    assert not [path for path in found if path.startswith("cluster-1/2")]


def test_by_default_it_renders_below_the_project(project: Path, tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert run("render", "--project", project).exit_code == 0
    finally:
        os.chdir(before)
    assert (project / "rendered" / "dev" / "cluster-1" / "10-fabric.yaml").is_file()


def test_where_it_cannot_write_it_says_so(project: Path, tmp_path: Path) -> None:
    """A file where a directory has to be: whoever runs the test, even root, cannot write there."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "cluster-1").write_text("in the way", encoding="utf-8")
    result = run("render", "--project", project, "--out", out)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"cannot write to {out}: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_directory_that_is_read_only(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o500)
    result = run("render", "--project", project, "--out", out)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"cannot write to {out}: ")


def test_a_file_that_is_no_text_is_replaced_or_told(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "cluster-1").mkdir(parents=True)
    (out / "cluster-1" / "10-fabric.yaml").write_bytes(b"\xff\xfe\x00")
    assert run("render", "--project", project, "--out", out).exit_code in (0, 1)


def test_a_foreign_file_at_one_of_our_places_is_not_overwritten(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "cluster-1").mkdir(parents=True)
    foreign = out / "cluster-1" / "10-fabric.yaml"
    foreign.write_text("somebody: else's\n", encoding="utf-8")
    assert run("render", "--project", project, "--out", out).exit_code == 1
    assert foreign.read_text(encoding="utf-8") == "somebody: else's\n"


@pytest.mark.parametrize("command", ["schema", "reference"])
def test_generated_pages_go_to_the_terminal_or_a_file(command: str, tmp_path: Path) -> None:
    shown = run(command)
    assert shown.exit_code == 0
    path = tmp_path / "page"
    assert run(command, "--out", path).output == ""
    assert path.read_text(encoding="utf-8") == shown.stdout
    result = run(command, "--out", tmp_path / "no" / "such" / "page")
    assert result.exit_code == 1
    assert result.stderr.startswith("cannot write to ")


def test_the_output_does_not_depend_on_the_order_of_the_file(project: Path, tmp_path: Path) -> None:
    raw = described()
    assert run("render", "--project", project, "--out", tmp_path / "a").exit_code == 0
    shutil.rmtree(project)
    project.mkdir()
    raw = {name: raw[name] for name in reversed(raw)}
    raw["clusters"] = {name: raw["clusters"][name] for name in reversed(raw["clusters"])}
    raw["exports"] = raw["exports"][::-1]
    config = {f"mcwan:{name}": value for name, value in raw.items()}
    text = yaml.safe_dump({"config": config}, sort_keys=False)
    (project / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    assert run("render", "--project", project, "--out", tmp_path / "b").exit_code == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--nothing",), "No such option '--nothing'; see main --help"),
        (("nothing",), "No such command 'nothing'; see main --help"),
        (("export",), "Missing argument 'SERVICE'; see main export --help"),
        (
            ("status", "-o", "xml"),
            "Invalid value for '-o' / '--output' / '--format': 'xml' is not one of 'table', 'json', 'yaml'; see main "
            "status --help",
        ),
        (("sdwan", "diff", "a"), "Missing argument 'NEW'; see main sdwan diff --help"),
        (
            ("check", "--stack", "stacks/Pulumi.prod.yaml"),
            "--stack 'stacks/Pulumi.prod.yaml': the file of a stack; did you mean 'prod'?",
        ),
        (
            ("render", "--stack", ""),
            "--stack '': names no stack; write NAME of Pulumi.NAME.yaml, or leave the option out",
        ),
        (
            ("init", "--namespace", "shop, pay"),
            f"--namespace 'shop, pay': not allowed; allowed: {PATTERN_MEANS[LABEL]}; write --namespace shop "
            "--namespace pay",
        ),
        (("adopt", "--namespace", "A"), f"--namespace 'A': not allowed; allowed: {PATTERN_MEANS[LABEL]}; write it so"),
        (("export", "--\x1b[31m"), "No such option '--\\x1b[31m'; see main export --help"),
        (("doctor", "--foo"), "No such option '--foo'. Did you mean '--format'?"),
    ],
)
def test_wrong_usage_is_one_line(words: tuple[str, ...], line: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{line}\n")


def test_names_in_files_do_not_reach_the_terminal_as_they_are(project: Path) -> None:
    """Of a context that no stack file's check has seen; the terminal would obey its control characters."""
    write(project, changed({"clusters/cluster-1/context": "\x1b[31mred"}))
    result = run("export", "payment/secure", "--context", "nope", "--wan-policy", "high", "--project", project)
    assert (result.exit_code, result.stderr) == (
        2,
        "--context 'nope': the context of no cluster; allowed: \\x1b[31mred; name the cluster with --cluster\n",
    )


def test_a_place_that_takes_no_file_is_told_as_the_system_says_it(project: Path) -> None:
    result = run("render", "--project", project, "--out", "/proc/x")
    assert (result.exit_code, result.stderr) == (1, "cannot write to /proc/x: No such file or directory\n")


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--stack", "odd"),
        ("export", "payment/secure", "--wan-policy", "high", "--stack", "odd"),
        ("adopt", "Pulumi.odd.yaml", "--stack", "new", "--cluster", "east=east:10.1.0.11"),
        ("sdwan", "diff", "Pulumi.odd.yaml", "Pulumi.dev.yaml"),
        ("plan", "--from", "Pulumi.odd.yaml"),
        ("plan", "--state", "Pulumi.odd.yaml"),
        ("check", "--policy-config", "Pulumi.odd.yaml"),
        ("check", "--rendered", "out"),
        ("graph", "--from", "Pulumi.odd.yaml"),
    ],
)
def test_what_is_no_text_is_told_alike(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, described())
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.yaml").write_text("name: mcwan\nruntime: python\n", encoding="utf-8")
    file = "out/east/Pulumi.odd.yaml" if "out" in words else "Pulumi.odd.yaml"
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_bytes("name: é".encode("latin-1"))
    result = run(*words)
    line = f"{file}: cannot be read: it is not text in UTF-8; save it as that\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", line)
