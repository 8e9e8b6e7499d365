"""A project of its own for the real engine, with its state in a temporary directory."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shipped import STACKS

PROJECT = Path(__file__).parents[2]
TIMEOUT = 240
"""Seconds that one Pulumi command may take."""


@dataclass(frozen=True)
class Engine:
    """A copy of the project, and Pulumi in it."""

    project: Path
    environment: dict[str, str]

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        """Run Pulumi; gives all that it printed."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert bool(done.returncode) == fails, done.stdout
        return done.stdout

    def edit(self, stack: str, change: Callable[[str], str]) -> None:
        """Edit a stack file as an operator would."""
        path = self.project / f"Pulumi.{stack}.yaml"
        before = path.read_text(encoding="utf-8")
        after = change(before)
        assert after != before
        path.write_text(after, encoding="utf-8")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    if shutil.which("pulumi") is None:
        pytest.skip("no `pulumi` on PATH: the real engine is not there")
    project = tmp_path / "project"
    state = tmp_path / "state"
    project.mkdir()
    state.mkdir()
    for name in ("Pulumi.yaml", "__main__.py", *(f"Pulumi.{stack}.yaml" for stack in STACKS)):
        shutil.copy(PROJECT / name, project)
    shutil.copytree(PROJECT / "policies", project / "policies")
    (project / ".venv").symlink_to(sys.prefix)
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    environment |= {
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    return Engine(project, environment)
