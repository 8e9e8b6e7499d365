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
from tests.docs.pages import REPOSITORY


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
    asked = {"_MCWAN_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    asked |= {"PULUMI_HOME": str(project / "home")}
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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mcwan export ", ["logging/insecure", "payment/secure"]),
        ("mcwan unexport --stack dev pay", ["payment/secure"]),
        ("mcwan import payment.", ["payment.secure"]),
        ("mcwan export payment/secure --wan-policy ", ["high", "low"]),
        ("mcwan unimport payment/secure --cluster ", ["cluster-1", "cluster-2"]),
        ("mcwan unimport --stack lab --context e", ["east", "edge"]),
        ("mcwan export --stack broken --wan-policy ", []),
        ("mcwan export --stack nowhere ", []),
        ("mcwan export --stack ../x ", []),
    ],
)
def test_names_of_the_stack_file(words: str, expected: list[str], tmp_path: Path) -> None:
    for stack in ("dev", "lab"):
        name = f"Pulumi.{stack}.yaml"
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    (tmp_path / "Pulumi.broken.yaml").write_text("config: {mcwan:exports: 1, mcwan:wanPolicies: [{}, 2]}\n")
    assert completed(tmp_path, words) == expected
