"""What a command of the lab says when something does not answer."""

import os
import subprocess
import sys

import pytest

from lab import netns
from lab.api import Api, ApiError
from lab.errors import ERRORS
from lab.up import PROJECT


def test_a_server_that_cannot_be_reached_is_named() -> None:
    api = Api("no-lab.east.node", "10.1.0.1", 6443, "token", "")
    with pytest.raises(ApiError) as raised:
        api.request("GET", "/readyz")
    said = "no answer of the API server in no-lab.east.node to GET /readyz: "
    assert str(raised.value).startswith(said)
    assert raised.value.status == 0


def test_a_command_that_does_not_end_is_an_error_of_its_own() -> None:
    words = (sys.executable, "-c", "import time; time.sleep(60)")
    with pytest.raises(ERRORS) as raised:
        netns.run(*words, seconds=0.1)
    assert str(raised.value) == f"{' '.join(words)}: not done after 0.1 s"


@pytest.mark.parametrize("command", ["down", "wan", "kubectl"])
def test_who_is_not_root_is_told_so_in_a_line(command: str) -> None:
    program = f"import os, runpy; os.geteuid = lambda: 1000; runpy.run_module('lab.{command}', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, "MCWAN_LAB": "no-lab-of-this-name"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = "error: a lab's namespaces and files are root's: run this as root\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
