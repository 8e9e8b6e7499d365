"""`mcwan sdwan` as an operator types it: to the terminal, to files, what changes, and what is wrong."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mcwan import sdwan
from mcwan.cli.commands.sdwan import sdwan as command
from mcwan.cli.main import main
from tests.cli.test_main import contents, run, write
from tests.fabrics import changed
from tests.sdwan.stack import formed, mapped

FILES = {"nftables.conf", "routes.sh", "sysctl.conf"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    write(directory, mapped(), "test")
    return directory


def ran(project: Path, *more: str | Path) -> tuple[int, str, str]:
    result = run("sdwan", "--project", project, "--stack", "test", *more)
    return result.exit_code, result.stdout, result.stderr


def test_the_targets_are_those_that_there_are() -> None:
    (option,) = (one for one in command.params if one.name == "target")
    assert tuple(getattr(option.type, "choices", ())) == sdwan.TARGETS


@pytest.mark.parametrize("target", sdwan.TARGETS)
def test_files_are_printed_with_their_paths_and_one_alone_as_it_is(project: Path, target: sdwan.Target) -> None:
    code, out, err = ran(project, "--target", target)
    files = sdwan.files(formed(), target)
    assert (code, err) == (0, "".join(f"note: {note}\n" for note in sdwan.notes(formed(), target)))
    if target == "json":
        assert json.loads(out) == json.loads(files["sdwan.json"])
    else:
        assert out == "\n".join(f"==> {path} <==\n{content}" for path, content in files.items())


@pytest.mark.parametrize("target", sdwan.TARGETS)
def test_files_are_written_and_those_of_an_earlier_run_go(project: Path, tmp_path: Path, target: sdwan.Target) -> None:
    out = tmp_path / "out"
    expected = {path: content.encode() for path, content in sdwan.files(formed(), target).items()}
    for _ in range(2):
        code, said, _ = ran(project, "--target", target, "--out", out)
        assert (code, said.splitlines()[0]) == (0, f"{len(expected)} file{'s' * (len(expected) > 1)} below {out}")
        assert contents(out) == expected


def test_a_site_that_is_gone_takes_its_files_along_and_others_stay(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran(project, "--target", "linux", "--out", out)
    (out / "cluster-2" / "mine.conf").write_text("mine", encoding="utf-8")
    raw = mapped()
    del raw["clusters"]["cluster-2"], raw["sdwan"]["sites"]["cluster-2"]
    del raw["sdwan"]["sites"]["cluster-1"]["ways"]["default"]["to"]
    raw["sdwan"]["sites"]["cluster-1"]["ways"]["default"]["interface"] = "wan-d"
    write(project, raw, "test")
    assert ran(project, "--target", "linux", "--out", out)[1].splitlines() == [
        f"3 files below {out}",
        "3 files of an earlier run removed",
    ]
    assert contents(out).keys() == {f"cluster-1/{name}" for name in FILES} | {"cluster-2/mine.conf"}


def test_one_site_alone_leaves_the_others_files(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran(project, "--target", "linux", "--out", out)
    assert ran(project, "--target", "linux", "--out", out, "--site", "cluster-2")[:2] == (0, f"3 files below {out}\n")
    assert len(contents(out)) == 2 * len(FILES)


def test_targets_that_call_files_alike_do_not_mix(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for first, other, its in (("linux", "frr", "routes.sh"), ("frr", "linux", "frr.conf")):
        ran(project, "--target", first, "--out", out / first)
        before = contents(out / first)
        assert ran(project, "--target", other, "--out", out / first) == (
            1,
            "",
            f"cannot write to {out / first}: cluster-1/{its} is there, for {first}; write {other} elsewhere, or "
            "remove that\n",
        )
        assert contents(out / first) == before
    assert ran(project, "--target", "json", "--out", out / "linux")[0] == 0


def test_somebody_elses_file_stays(project: Path, tmp_path: Path) -> None:
    (tmp_path / "sdwan.json").write_text("mine", encoding="utf-8")
    code, _, err = ran(project, "--target", "json", "--out", tmp_path)
    assert (code, err) == (
        1,
        f"cannot write to {tmp_path}: sdwan.json is there and not written by mcwan; move it away, or write elsewhere\n",
    )


def test_a_tunnel_without_a_mapping_is_wrong_input(project: Path) -> None:
    write(project, mapped(sdwan__tunnels__business={}), "test")
    assert ran(project, "--target", "cisco") == (
        2,
        "",
        "sdwan.tunnels.business.color: not written, but cisco needs it for WAN policy high; write its colour\n"
        "1 mistake; nothing was done\n",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing option '--target'; choose from: linux, frr, cisco, json"),
        (("--target", "juniper"), "'juniper' is not one of"),
        (
            ("--target", "linux", "--site", "cluster-3"),
            "'cluster-3' is not in Pulumi.test.yaml; clusters there: cluster-1, cluster-2",
        ),
        (("--target", "linux", "diff", "a", "b"), "diff has no --target, --site or --out; it compares two files"),
        (("difference",), "No such command 'difference'"),
    ],
)
def test_wrong_options(project: Path, words: tuple[str, ...], said: str) -> None:
    code, _, err = ran(project, *words)
    assert code == 2
    assert said in err


@pytest.fixture
def newer(project: Path) -> Path:
    """The same stack, in another directory, with a port moved."""
    directory = project.parent / "newer"
    directory.mkdir()
    write(directory, mapped(wanPolicies__high__port=31113), "test")
    return directory / "Pulumi.test.yaml"


MOVED = "WAN policy high: port 31111 -> 31113; both directions, on every site"


def test_diff_of_stack_files(project: Path, newer: Path) -> None:
    older = project / "Pulumi.test.yaml"
    assert run("sdwan", "diff", older, newer).output == f"{MOVED}\n"
    assert run("sdwan", "diff", older, older).output == "nothing changes on the SD-WAN's side\n"
    change = {"place": "policies.high.port", "old": 31111, "new": 31113, "text": MOVED}
    assert json.loads(run("sdwan", "diff", older, newer, "--output", "json").output) == {"changes": [change]}
    assert yaml.safe_load(run("sdwan", "diff", older, newer, "-o", "yaml").output) == {"changes": [change]}


def test_diff_of_plain_forms_and_standard_input(project: Path, newer: Path, tmp_path: Path) -> None:
    form = tmp_path / "deployed.json"
    form.write_text(ran(project, "--target", "json")[1], encoding="utf-8")
    assert run("sdwan", "diff", form, newer).output == f"{MOVED}\n"
    text = (project / "Pulumi.test.yaml").read_text(encoding="utf-8")
    result = CliRunner().invoke(main, ["sdwan", "diff", "-", str(newer)], input=text)
    assert (result.exit_code, result.output) == (0, f"{MOVED}\n"), "the environment is called as the other one"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: not JSON; write it with `mcwan sdwan --target json`"),
        ('{"version": 2}', "version: input should be 1; write it with `mcwan sdwan --target json`"),
        ("config: {", "not YAML"),
        ("other: 1", "no configuration; write the keys mcwan:clusters, … under config"),
    ],
)
def test_diff_of_what_is_neither(newer: Path, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "wrong"
    file.write_text(text, encoding="utf-8")
    result = run("sdwan", "diff", file, newer)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(str(file))
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr


def test_diff_of_files_that_cannot_be_used(newer: Path, tmp_path: Path) -> None:
    result = run("sdwan", "diff", tmp_path / "none.yaml", newer)
    missing = f"{tmp_path / 'none.yaml'}: cannot be read: No such file or directory\n"
    assert (result.exit_code, result.stderr) == (2, missing)
    assert run("sdwan", "diff", "-", "-").exit_code == 2
    write(tmp_path, changed({"exports/1/port": 0}), "wrong")
    result = run("sdwan", "diff", tmp_path / "Pulumi.wrong.yaml", newer)
    wrong = f"{tmp_path / 'Pulumi.wrong.yaml'}: exports[1].port: 0: not allowed; allowed: 1 to 65535; write port so\n"
    assert (result.exit_code, result.stderr) == (2, wrong)
