"""Linux routers: what is marked, where it goes, what is refused; and nft's own word on it."""

import os
import shutil
import subprocess
from functools import cache

import pytest

from mcwan import sdwan
from mcwan.sdwan import linux
from mcwan.sdwan.router import router
from tests.sdwan.stack import formed

V6 = {
    "sdwan__sites__cluster-2__networks": ["10.2.0.0/16", "fd00:2::/48"],
    "sdwan__sites__cluster-1__ways__business__gateways": ["192.0.2.2", "fd00:b::2"],
    "sdwan__sites__cluster-1__ways__default__to__cluster-2__gateways": [],
}


@cache
def without_nft() -> str:
    """Say why nft cannot check a file here; nothing, if it can."""
    if shutil.which("nft") is None:
        return "nft is not installed (Debian: nftables)"
    if os.geteuid() and subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        return "nft needs root or user namespaces"
    return ""


def checked(ruleset: str) -> str:
    """Give what nft says against a ruleset: nothing, if it takes it."""
    if why := without_nft():
        pytest.skip(why)
    command = [*(("unshare", "-rn") if os.geteuid() else ("unshare", "-n")), "nft", "-c", "-f", "-"]
    done = subprocess.run(command, input=ruleset, capture_output=True, text=True, check=False, timeout=20)
    return done.stderr if done.returncode else ""


def test_packets_are_marked_where_they_come_in_by_either_port_or_the_dscp() -> None:
    lines = linux.nftables(router(formed(), "cluster-1")).splitlines()
    start = lines.index("        type filter hook prerouting priority mangle")
    assert lines[start + 1 : start + 5] == [
        '        iifname { "lan0" } ip dscp 46 meta mark set 1',
        '        iifname { "lan0" } ip6 dscp 46 meta mark set 1',
        '        iifname { "lan0" } meta mark set tcp dport map @tunnel',
        '        iifname { "lan0" } meta mark set tcp sport map @tunnel',
    ]
    assert "        elements = { 31111 : 1, 31112 : 2 }" in lines


def test_a_mark_leaves_by_its_tunnel_or_its_fallback_only() -> None:
    there = "ip daddr { 10.2.0.0/16, 198.51.100.12/32 }"
    refused = "reject with icmpx type host-unreachable"
    assert [line.strip() for line in linux.nftables(router(formed(), "cluster-1")).splitlines() if refused in line] == [
        f'iifname {{ "lan0" }} meta mark 1 {there} oifname != {{ "wan-b", "wan-d" }} {refused}',
        f'iifname {{ "lan0" }} meta mark 2 {there} oifname != {{ "wan-d" }} {refused}',
    ]


def test_a_table_per_tunnel_its_fallback_with_a_higher_metric() -> None:
    form = formed(**{"clusters__cluster-2__ingress__addresses": ["10.2.0.11"]})
    here = router(form, "cluster-1")
    assert linux.rules(here) == [
        "rule add fwmark 1 lookup 101 priority 101",
        "rule add fwmark 2 lookup 102 priority 102",
    ]
    assert linux.routes(here) == [
        "route add 10.2.0.0/16 via 192.0.2.2 dev wan-b table 101 metric 100",
        "route add 10.2.0.0/16 via 192.0.2.6 dev wan-d table 101 metric 200",
        "route add 10.2.0.0/16 via 192.0.2.6 dev wan-d table 102 metric 100",
    ]


def test_both_versions_of_ip_have_rules_routes_and_settings() -> None:
    files = sdwan.files(formed(**V6), "linux", ["cluster-1"])
    assert set(files) == {"cluster-1/nftables.conf", "cluster-1/routes.sh", "cluster-1/sysctl.conf"}
    script = files["cluster-1/routes.sh"]
    assert "\nip -6 -batch - <<'END'\nroute add fd00:2::/48 via fd00:b::2 dev wan-b table 101 metric 100\n" in script
    assert "route add fd00:2::/48 dev wan-d table 102 metric 100\n" in script
    assert script.count("rule add fwmark 1 lookup 101 priority 101\n") == 2
    assert "ip6 daddr { fd00:2::/48 }" in files["cluster-1/nftables.conf"]
    assert files["cluster-1/sysctl.conf"].splitlines()[1:] == [
        "net/ipv4/ip_forward = 1",
        "net/ipv4/conf/all/ignore_routes_with_linkdown = 1",
        "net/ipv4/conf/wan-b/ignore_routes_with_linkdown = 1",
        "net/ipv4/conf/wan-d/ignore_routes_with_linkdown = 1",
        "net/ipv6/conf/all/forwarding = 1",
        "net/ipv6/conf/all/ignore_routes_with_linkdown = 1",
        "net/ipv6/conf/wan-b/ignore_routes_with_linkdown = 1",
        "net/ipv6/conf/wan-d/ignore_routes_with_linkdown = 1",
        "net/ipv4/conf/wan-b/rp_filter = 2",
        "net/ipv4/conf/wan-d/rp_filter = 2",
    ]


def test_nft_takes_it() -> None:
    nested = {"sdwan__sites__cluster-2__networks": ["10.2.0.0/16", "10.2.3.0/24", "10.3.0.0/16"]}
    for form in (formed(), formed(**V6), formed(**nested)):
        assert checked(linux.nftables(router(form, "cluster-1"))) == ""


def test_the_shell_takes_the_script() -> None:
    script = linux.script(router(formed(**V6), "cluster-1"))
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")


def test_one_site_alone_has_nothing_to_refuse() -> None:
    form = formed()
    alone = form.model_copy(update={"sites": form.sites[:1]})
    ruleset = linux.nftables(router(alone, "cluster-1"))
    assert "reject" not in ruleset
    assert checked(ruleset) == ""
