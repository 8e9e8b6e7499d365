"""What is written down of a lab is read again by commands that come later."""

from pathlib import Path

import pytest

from lab import state
from lab.state import Lab
from lab.tools import Tools
from lab.up import PROJECT
from mcwan import stack

THERE = Path("/there")


@pytest.mark.parametrize("istio", [None, THERE / "istio"])
def test_a_lab_is_read_as_it_was_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, istio: Path | None) -> None:
    monkeypatch.setattr(state, "_RUNNING", tmp_path)
    tools = Tools(THERE, THERE, THERE, THERE, THERE / "envoy", (THERE / "crds",), istio)
    lab = Lab("one", "lab", stack.read_config(PROJECT, "lab"), tools, "token", None)
    lab.directory.mkdir()
    lab.save()
    assert Lab.load("one") == lab
