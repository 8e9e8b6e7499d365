"""Completion, as a shell asks for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mcwan.cli.commands.completion import SHELLS
from mcwan.cli.main import main


@pytest.mark.parametrize("shell", SHELLS)
def test_source(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert f"_MCWAN_COMPLETE={shell}_complete" in result.output


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on PATH")
def test_a_shell_can_read_it() -> None:
    text = CliRunner().invoke(main, ["completion", "bash"]).output
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


def completed(project: Path, words: str) -> list[str]:
    asked = {"_MCWAN_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()))}
    result = subprocess.run(
        [sys.executable, "-c", "from mcwan.cli.main import main; main(prog_name='mcwan')"],
        env=os.environ | asked,
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()[1::3]


def test_stacks(tmp_path: Path) -> None:
    for stack in ("dev", "prod", "pilot"):
        (tmp_path / f"Pulumi.{stack}.yaml").touch()
    assert completed(tmp_path, "mcwan check --stack ") == ["dev", "pilot", "prod"]
