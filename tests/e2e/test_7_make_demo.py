"""`make demo` finds everything as told on a lab that stands, leaves it there, and draws every cluster."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab.state import Lab
from lab.stories import STORIES
from lab.up import PROJECT

pytestmark = pytest.mark.lab


def test_the_demo_tells_every_story_and_draws_the_clusters(lab: Lab, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.demo", str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "MCWAN_LAB": lab.name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert [story.title for story in STORIES if f". {story.title}\n" not in done.stdout] == []
    picture = ElementTree.parse(tmp_path / "demo.svg")  # noqa: S314 - written by the line above
    written = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in written if text in lab.topology.sites] == ["edge", "east", "west"]
    assert lab.kubeconfig.exists(), "a lab that stood before stands after"
