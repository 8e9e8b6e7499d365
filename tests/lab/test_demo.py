import os
import subprocess
import sys
from pathlib import Path

from lab.up import PROJECT


def run(*arguments: str, path: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "lab.demo", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PATH": path, "MCWAN_LAB": "no-lab-of-this-name"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_without_dot_nothing_is_brought_up(tmp_path: Path) -> None:
    said = "error: program dot is not on PATH (Debian: graphviz): it draws the picture\n"
    assert run(str(tmp_path), path=str(tmp_path)) == (1, "", said)


def test_without_a_place_for_the_picture_nothing_is_brought_up(tmp_path: Path) -> None:
    (tmp_path / "dot").touch(mode=0o700)
    missing = tmp_path / "missing"
    said = f"error: {missing}: not a directory; the picture is to go there\n"
    assert run(str(missing), path=str(tmp_path)) == (1, "", said)
