"""A container has files at paths that the machine does not have, and the machine does not get them."""

import time
from pathlib import Path

import pytest

from lab.processes import Keeper

pytestmark = pytest.mark.lab
PLACES = ("/var/lib/mcwan-lab-test/deep/one", "/etc/mcwan-lab-test")


def test_paths_that_the_machine_does_not_have(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("there\n")
    (tmp_path / "resolv.conf").write_text("nameserver 192.0.2.1\n")
    seen = [*(f"{place}/file" for place in PLACES), "/etc/resolv.conf", "/etc/passwd", "/mcwan-lab-test"]
    keeper = Keeper(tmp_path / "processes")
    files = dict.fromkeys(PLACES, source) | {"/mcwan-lab-test": source / "file"}
    keeper.start("cat", ["/bin/cat", *seen], files=files | {"/etc/resolv.conf": tmp_path / "resolv.conf"})
    deadline = time.monotonic() + 10
    while keeper.alive("cat") and time.monotonic() < deadline:
        time.sleep(0.05)
    passwd = Path("/etc/passwd").read_text(encoding="utf-8")
    assert keeper.log("cat").read_text() == f"there\nthere\nnameserver 192.0.2.1\n{passwd}there\n"
    machine = ["/var/lib/mcwan-lab-test", "/etc/mcwan-lab-test", "/mcwan-lab-test"]
    assert [place for place in machine if Path(place).exists()] == []
