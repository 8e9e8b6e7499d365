"""A stack file is written whole or not at all, and shown without secrets."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcwan.cli.editing import saving
from tests.docs.pages import REPOSITORY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("before\n", encoding="utf-8")
    path.chmod(0o640)
    return path


def test_it_keeps_its_mode_and_leaves_nothing_behind(file: Path) -> None:
    saving.replace(file, "before\n", "after\n")
    assert file.read_text(encoding="utf-8") == "after\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_a_symbolic_link_stays_one(file: Path) -> None:
    link = file.parent / "below" / "Pulumi.prod.yaml"
    link.parent.mkdir()
    link.symlink_to("../Pulumi.dev.yaml")
    saving.replace(link, "before\n", "after\n")
    assert (link.is_symlink(), file.read_text(encoding="utf-8")) == (True, "after\n")
    assert list(link.parent.iterdir()) == [link]


def test_what_somebody_else_changed_is_not_lost(file: Path) -> None:
    with pytest.raises(saving.ChangedError):
        saving.replace(file, "older\n", "after\n")
    assert (file.read_text(encoding="utf-8"), list(file.parent.iterdir())) == ("before\n", [file])


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_where_it_fails_the_file_is_as_it_was(
    file: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        saving.replace(file, "before\n", "after\n")
    assert (file.read_text(encoding="utf-8"), list(file.parent.iterdir())) == ("before\n", [file])


def test_a_process_that_is_killed_leaves_a_whole_file(file: Path) -> None:
    program = (
        "import itertools, pathlib, sys\n"
        "from mcwan.cli.editing import saving\n"
        "path, texts = pathlib.Path(sys.argv[1]), ['a' * 300000, 'b' * 300000]\n"
        "path.write_text(texts[0]); print('ready', flush=True)\n"
        "for one in itertools.count(): saving.replace(path, texts[one % 2], texts[1 - one % 2])\n"
    )
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(file)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.05)
            process.send_signal(signal.SIGKILL)
        assert file.read_text(encoding="utf-8") in ("a" * 300000, "b" * 300000)


def test_a_new_file_is_never_written_over_another(file: Path) -> None:
    with pytest.raises(FileExistsError):
        saving.create(file, "after\n")
    assert (file.read_text(encoding="utf-8"), list(file.parent.iterdir())) == ("before\n", [file])
    saving.create(file.parent / "new", "new\n")
    assert (file.parent / "new").read_text(encoding="utf-8") == "new\n"


def test_a_new_file_without_hard_links(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", fail)
    with pytest.raises(FileExistsError):
        saving.create(file, "after\n")
    saving.create(file.parent / "new", "new\n")
    assert (file.parent / "new").read_text(encoding="utf-8") == "new\n"


def test_no_secret_is_shown() -> None:
    before = "kubeconfig: {secure: AAAB=}\nkubeconfig:\n  secure: AAAC=\nencryptionsalt: v1:x\nnamespaces: [secure]\n"
    assert list(saving.difference("f", before, before + "added: 1\n")) == [
        "--- f",
        "+++ f",
        "@@ -4,2 +4,3 @@",
        " encryptionsalt: …",
        " namespaces: [secure]",
        "+added: 1",
    ]
    assert not [line for line in saving.difference("f", before, "") if "AAA" in line]


@pytest.mark.parametrize("text", ["a\nb\n", "a\r\nb\r\n", "\ufeffa\nb", "a\r\nb\n", ""])
def test_line_ends_stay(text: str) -> None:
    assert saving.with_newlines(text, lambda text: text) == text
    assert saving.with_newlines("a\r\nb\r\n", lambda text: text + "c\n") == "a\r\nb\r\nc\r\n"
