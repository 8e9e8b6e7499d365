"""What a lab needs of the machine, found out at once: rights, programs, features of the kernel."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab.waiting import LabError

_PROGRAMS = {
    "ip": "Debian: iproute2",
    "tc": "Debian: iproute2",
    "nft": "Debian: nftables",
    "nice": "Debian: coreutils",
    "openssl": "Debian: openssl",
    "go": "1.26 or newer, from go.dev/dl; it builds the lab's tools",
}
_RIGHTS = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_SYS_CHROOT": 18, "CAP_SYS_ADMIN": 21}
_PAIR = "ip link add mcwanlab0 type veth peer name mcwanlab1"
_FEATURES = {
    "network namespaces with veth links (CONFIG_NET_NS, CONFIG_VETH)": _PAIR,
    "token bucket queues, for the tunnels' rates (CONFIG_NET_SCH_TBF)": (
        f"{_PAIR} && tc qdisc add dev mcwanlab0 root tbf rate 1mbit burst 32kb latency 50ms"
    ),
    "nftables with maps and counters (CONFIG_NF_TABLES)": (
        "nft 'add table ip t; add map ip t m { type inet_service : mark; }; add counter ip t c; "
        "add chain ip t p { type filter hook prerouting priority -150; }; "
        "add rule ip t p meta mark set tcp dport map @m'"
    ),
    "nftables' refusals for IPv4 and IPv6 (CONFIG_NFT_REJECT_INET)": (
        "nft 'add table inet t; add chain inet t f { type filter hook forward priority 0; }; "
        "add rule inet t f meta mark 1 reject with icmpx type host-unreachable'"
    ),
    "nftables' random numbers, for the tunnels' losses (CONFIG_NFT_NUMGEN)": (
        "nft 'add table ip t; add chain ip t f { type filter hook forward priority 0; }; "
        "add rule ip t f numgen random mod 100 < 1 drop'"
    ),
    "TUN devices, for the tunnels' delays (CONFIG_TUN, /dev/net/tun)": "ip tuntap add dev mcwanlab0 mode tun",
    "address translation by nftables, for kube-proxy (CONFIG_NFT_NAT, CONFIG_NF_CONNTRACK)": (
        "nft 'add table ip t; add chain ip t n { type nat hook prerouting priority -100; }; "
        "add rule ip t n ip daddr 10.9.9.9 tcp dport 80 dnat to 10.9.9.8:80'"
    ),
    "redirection by nftables, connections in zones, for sidecars (CONFIG_NFT_REDIR, CONFIG_NF_CONNTRACK_ZONES)": (
        "nft 'add table inet t; add chain inet t n { type nat hook output priority -100; }; "
        "add rule inet t n meta skuid 1337 tcp dport 80 redirect to :15001; "
        "add chain inet t r { type filter hook output priority -300; }; "
        "add rule inet t r udp dport 53 ct zone set 1'"
    ),
    "routing by packet mark (CONFIG_IP_MULTIPLE_TABLES)": "ip rule add fwmark 1 lookup 101",
}


def lacks() -> list[str]:
    """Give a line for each right, program or feature that a lab needs and that is not there."""
    return list(_lacks())


def need_root() -> None:
    """Raise LabError if this is not root: a lab is root's."""
    if os.geteuid() != 0:
        raise LabError("a lab's namespaces and files are root's: run this as root")


def _lacks() -> Iterator[str]:
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    yield from (f"program {name} is not on PATH ({_PROGRAMS[name]})" for name in missing)
    if os.geteuid() != 0:
        yield "the right of root: the lab makes network namespaces, links, routes and mounts; run it as root"
        return
    held = int(
        re.findall(r"^CapEff:\s*(\w+)", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)[0], 16
    )
    if rights := [right for right, bit in _RIGHTS.items() if not held >> bit & 1]:
        yield f"the right {', '.join(rights)}: root has it, but not in a container without privileges"
        return
    if not Path("/etc/resolv.conf").exists():
        yield "the file /etc/resolv.conf: pods have their own in its place; an empty one will do"
    if {"ip", "tc", "nft"} & set(missing):
        return
    for feature, command in _FEATURES.items():
        tried = subprocess.run(
            ["unshare", "--net", "sh", "-c", command], capture_output=True, text=True, check=False, timeout=30
        )
        if tried.returncode:
            yield f"kernel feature: {feature}: {(tried.stderr or tried.stdout).strip().splitlines()[0]}"
