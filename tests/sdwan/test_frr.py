"""FRR: a sequence per choice and network, by mark; and vtysh's own word on it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mcwan import sdwan
from mcwan.sdwan import linux
from mcwan.sdwan.router import router
from tests.sdwan.stack import formed
from tests.sdwan.test_linux import V6

ONE = {"clusters__cluster-2__ingress__addresses": ["10.2.0.11"]}


def sequence(number: int, network: str, mark: int, group: str) -> list[str]:
    matches = [f" match dst-ip {network}", f" match mark {mark}"]
    return [f"pbr-map mcwan seq {number}", *matches, f" set nexthop-group {group}", "exit"]


def test_a_fallback_is_the_next_sequence_for_the_same_packets() -> None:
    files = sdwan.files(formed(**ONE), "frr", ["cluster-1"])
    assert set(files) == {"cluster-1/frr.conf", "cluster-1/nftables.conf", "cluster-1/sysctl.conf"}
    assert files["cluster-1/nftables.conf"] == linux.nftables(router(formed(**ONE), "cluster-1"))
    network = "10.2.0.0/16"
    assert files["cluster-1/frr.conf"].splitlines()[1:] == [
        *("nexthop-group business.cluster-2", " nexthop 192.0.2.2 wan-b", "exit"),
        *("nexthop-group default.cluster-2", " nexthop 192.0.2.6 wan-d", "exit"),
        *sequence(10, network, 1, "business.cluster-2"),
        *sequence(20, network, 1, "default.cluster-2"),
        *sequence(30, network, 2, "default.cluster-2"),
        *("interface lan0", " pbr-policy mcwan", "exit"),
    ]


def test_next_hops_of_each_version_of_ip_have_their_group() -> None:
    text = sdwan.files(formed(**ONE, **V6), "frr", ["cluster-1"])["cluster-1/frr.conf"]
    assert "nexthop-group business.cluster-2.6\n nexthop fd00:b::2 wan-b\nexit\n" in text
    assert "nexthop-group default.cluster-2\n nexthop wan-d\nexit\n" in text


@pytest.mark.skipif(shutil.which("vtysh") is None, reason="vtysh is not installed (Debian: frr)")
def test_vtysh_takes_it(tmp_path: Path) -> None:
    file = tmp_path / "frr.conf"
    for form in (formed(), formed(**ONE, **V6)):
        file.write_text(sdwan.files(form, "frr", ["cluster-1"])["cluster-1/frr.conf"], encoding="utf-8")
        command = ["vtysh", "-C", "-f", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        assert (done.returncode, done.stdout) == (0, "")
