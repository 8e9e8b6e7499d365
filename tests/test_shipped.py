"""The list of stacks that are shipped is what git tracks; an operator's own stack file changes nothing."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mcwan import stack
from tests.shipped import STACKS

ROOT = Path(__file__).parent.parent


def test_they_are_what_git_tracks() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no checkout: nothing says what is tracked")
    said = subprocess.run([git, "ls-files", "Pulumi.*.yaml"], cwd=ROOT, capture_output=True, text=True, check=False)
    if said.returncode:
        pytest.skip(f"git cannot say what is tracked: {said.stderr.strip()}")
    tracked = said.stdout.split()
    assert tracked == [f"Pulumi.{name}.yaml" for name in STACKS]


@pytest.mark.parametrize("name", STACKS)
def test_every_stack_that_is_shipped_is_good(name: str) -> None:
    assert stack.read(ROOT, name).name == name
