"""A container has files at paths that the machine does not have, and the machine does not get them."""

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
    assert keeper.wait("cat") == 0
    passwd = Path("/etc/passwd").read_text(encoding="utf-8")
    assert keeper.log("cat").read_text() == f"there\nthere\nnameserver 192.0.2.1\n{passwd}there\n"
    machine = ["/var/lib/mcwan-lab-test", "/etc/mcwan-lab-test", "/mcwan-lab-test"]
    assert [place for place in machine if Path(place).exists()] == []


def test_a_path_below_another_one_has_files_of_its_own(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    for directory in (outer, inner):
        directory.mkdir()
        (directory / "file").write_text(f"{directory.name}\n")
    place = PLACES[0]
    keeper = Keeper(tmp_path / "processes")
    files = {f"{place}/below": inner, place: outer}
    keeper.start("cat", ["/bin/cat", f"{place}/file", f"{place}/below/file"], files=files)
    assert (keeper.wait("cat"), keeper.log("cat").read_text()) == (0, "outer\ninner\n")


def test_a_container_of_another_user_writes_its_log(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "processes")
    keeper.start("id", ["/bin/sh", "-c", "id -u > /dev/stdout; id -g >> /dev/stdout"], user=(1337, 1336))
    assert (keeper.wait("id"), keeper.log("id").read_text()) == (0, "1337\n1336\n")
