"""What `mcwan sdwan` writes steers packets: two sites, two tunnels, in network namespaces of this test's own.

Each site has a host and an edge router; the routers' main tables lead by the tunnel `default`, so that whatever goes
by `business` does so because of its port. It needs root, `ip` and `nft`, and no clusters.
"""

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lab import netns
from lab.waiting import wait
from mcwan import sdwan
from mcwan.sdwan import Form, Target
from tests.sdwan.stack import BUSINESS, DEFAULT, formed

pytestmark = pytest.mark.lab

OTHER = 31900
"""No WAN policy's port."""
DAEMONS = Path("/usr/lib/frr")
WITHOUT_FRR = not (DAEMONS / "pbrd").exists() or shutil.which("vtysh") is None
EF = 46 << 2
"""As IP_TOS has it."""
SECONDS = 2.0
ADDRESSES = {f"clusters__cluster-{number}__ingress__addresses": [f"10.{number}.0.11"] for number in (1, 2)}
COUNT = """
table ip count {
    counter wan-b { }
    counter wan-d { }
    chain leave {
        type filter hook postrouting priority filter
        oifname "wan-b" meta l4proto tcp counter name "wan-b"
        oifname "wan-d" meta l4proto tcp counter name "wan-d"
    }
}
"""


@dataclass(frozen=True)
class Site:
    """A site: the namespaces of its host and its edge router."""

    number: int
    host: str
    edge: str

    @property
    def address(self) -> str:
        """Its ingress gateway, which is the host here."""
        return f"10.{self.number}.0.11"


Sites = tuple[Site, Site]


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Make both sites, their links, and a counter per link and router."""
    names = [f"mcwan-sdwan-{os.getpid()}.{number}" for number in (1, 2)]
    found = (Site(1, f"{names[0]}.host", f"{names[0]}.edge"), Site(2, f"{names[1]}.host", f"{names[1]}.edge"))
    with ExitStack() as stack:
        for site in found:
            for name in (site.host, site.edge):
                netns.add(name)
                stack.callback(netns.delete, name)
        for site in found:
            gateway = f"10.{site.number}.0.1"
            netns.ip(site.host, [f"link add eth0 type veth peer name lan0 netns {site.edge}"])
            netns.ip(site.host, [f"address add {site.address}/16 dev eth0", "link set eth0 up"])
            netns.ip(site.host, [f"route add default via {gateway}"])
            netns.ip(site.edge, [f"address add {gateway}/16 dev lan0", "link set lan0 up"])
        one, other = found
        for name, base in (("wan-b", 0), ("wan-d", 4)):
            netns.ip(one.edge, [f"link add {name} type veth peer name {name} netns {other.edge}"])
            for site in found:
                netns.ip(site.edge, [f"address add 192.0.2.{base + site.number}/30 dev {name}", f"link set {name} up"])
        for site in found:
            remote = 3 - site.number
            netns.ip(site.edge, [f"route add 10.{remote}.0.0/16 via 192.0.2.{4 + remote} dev wan-d"])
            netns.nft(site.edge, COUNT)
            netns.sysctl(site.edge, {"ipv4/ip_forward": "1"})
        yield found


def apply(form: Form, target: Target, sites: Sites, directory: Path) -> None:
    """Write the files and apply them as the page says."""
    for path, content in sdwan.files(form, target).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    for site in sites:
        here = directory / f"cluster-{site.number}"
        within = ("ip", "netns", "exec", site.edge)
        netns.run(*within, "sysctl", "--quiet", "--load", str(here / "sysctl.conf"))
        netns.run(*within, "nft", "-f", str(here / "nftables.conf"))
        if target == "linux":
            netns.run(*within, "sh", str(here / "routes.sh"))


def carried(sites: Sites) -> dict[str, list[int]]:
    """Read how many TCP packets each router has sent by each link."""
    found: dict[str, list[int]] = {"wan-b": [], "wan-d": []}
    for site in sites:
        listed = json.loads(netns.run("ip", "netns", "exec", site.edge, "nft", "-j", "list", "counters"))
        counted = [one["counter"] for one in listed["nftables"] if "counter" in one]
        for one in counted:
            found[one["name"]].append(one["packets"])
    return found


def asked(client: Site, server: Site, port: int, *, tos: int = 0) -> None:
    """Send a request to a server that listens for it, and get the answer. Raises OSError."""
    with netns.inside(server.host):
        listening = socket.create_server((server.address, port))
    with listening:
        listening.settimeout(SECONDS)
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        with netns.inside(client.host):
            calling = socket.socket()
        with calling:
            calling.settimeout(SECONDS)
            calling.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
            calling.connect((server.address, port))
            answering, _ = listening.accept()
            with answering:
                answering.settimeout(SECONDS)
                calling.sendall(b"ask")
                assert answering.recv(3) == b"ask"
                answering.sendall(b"tell")
                assert calling.recv(4) == b"tell"


def links(sites: Sites, port: int, *, tos: int = 0) -> set[str]:
    """Give the links that requests between both hosts and their answers took, whoever asks, at both routers."""
    before = carried(sites)
    asked(sites[0], sites[1], port, tos=tos)
    asked(sites[1], sites[0], port, tos=tos)
    after = carried(sites)
    grown = {name: [new - old for new, old in zip(after[name], before[name], strict=True)] for name in after}
    return {name if all(packets) else f"{name}, one way" for name, packets in grown.items() if any(packets)}


def fails_at_once(sites: Sites, port: int) -> bool:
    """Tell whether a request is refused in less time than a connection waits for its second try."""
    started = time.monotonic()
    with suppress(TimeoutError):
        try:
            asked(sites[0], sites[1], port)
        except OSError as error:
            return "No route to host" in str(error) and time.monotonic() - started < 1
    return False


def down(sites: Sites, name: str) -> None:
    """Take a link down at its far end: the near router sees its carrier gone."""
    netns.ip(sites[1].edge, [f"link set {name} down"])


def up(sites: Sites, name: str) -> None:
    netns.ip(sites[1].edge, [f"link set {name} up"])


def test_linux_steers_by_port_and_dscp_both_ways_and_falls_back_as_written(sites: Sites, tmp_path: Path) -> None:
    assert links(sites, BUSINESS) == {"wan-d"}, "nothing is applied yet"
    form = formed(**ADDRESSES)
    apply(form, "linux", sites, tmp_path)
    assert links(sites, OTHER, tos=EF) == {"wan-b"}, "the second key"
    assert links(sites, DEFAULT, tos=EF) == {"wan-d"}, "a port goes before the second key"
    apply(form, "linux", sites, tmp_path)  # it may be applied again
    steers(sites, again=lambda: apply(form, "linux", sites, tmp_path))


@pytest.mark.skipif(WITHOUT_FRR, reason="FRR is not installed (Debian: frr)")
def test_frr_steers_by_port_both_ways_and_falls_back_as_written(sites: Sites, tmp_path: Path) -> None:
    form = formed(**ADDRESSES)
    apply(form, "frr", sites, tmp_path)
    with ExitStack() as stack:
        for site in sites:
            stack.enter_context(frr(site, tmp_path / f"cluster-{site.number}" / "frr.conf"))
        eventually(sites, BUSINESS, {"wan-b"})
        steers(sites, again=lambda: None)


def steers(sites: Sites, again: Callable[[], None]) -> None:
    """Each policy's packets take its tunnel, then the fallback, and never another; and come back.

    `again` does what is needed where a router's own link was down: the kernel has dropped the routes by it.
    """
    assert (links(sites, BUSINESS), links(sites, DEFAULT)) == ({"wan-b"}, {"wan-d"})
    assert links(sites, OTHER) == {"wan-d"}, "no policy's packets go as the main table says"
    down(sites, "wan-b")
    eventually(sites, BUSINESS, {"wan-d"})
    assert links(sites, DEFAULT) == {"wan-d"}
    up(sites, "wan-b")
    again()
    eventually(sites, BUSINESS, {"wan-b"})
    down(sites, "wan-d")
    for site in sites:  # the main table leads by the other policy's tunnel now
        remote = 3 - site.number
        netns.ip(site.edge, [f"route replace 10.{remote}.0.0/16 via 192.0.2.{remote} dev wan-b"])
    wait(lambda: fails_at_once(sites, DEFAULT), "default, without a fallback, fails at once", seconds=10)
    assert links(sites, OTHER) == links(sites, BUSINESS) == {"wan-b"}


def eventually(sites: Sites, port: int, expected: set[str]) -> None:
    """Wait until requests take some links: a router needs a moment to see that one is gone."""

    def there() -> bool:
        try:
            return links(sites, port) == expected
        except OSError:
            return False

    wait(there, f"port {port} goes by {expected}", seconds=20)


@contextmanager
def frr(site: Site, configuration: Path) -> Iterator[None]:
    """Run zebra and pbrd in an edge router, with their files in a directory that FRR's user can read."""
    netns.run("vtysh", "-C", "-f", str(configuration))
    with TemporaryDirectory(prefix="mcwan-frr-") as name:
        directory = Path(name)
        copied = shutil.copy(configuration, directory)
        for one in (directory, copied):
            shutil.chown(one, "frr", "frr")
        try:
            for daemon, file in (("zebra", "/dev/null"), ("pbrd", str(copied))):
                own = directory / daemon
                files = ("-z", f"{directory}/zserv", "--vty_socket", name, "-i", f"{own}.pid", "-f", file)
                words = (str(DAEMONS / daemon), "-d", *files, "--log", f"file:{own}.log")
                netns.run("ip", "netns", "exec", site.edge, *words)
                wait(own.with_suffix(".vty").exists, f"{daemon} is there", seconds=10)
            yield
        finally:
            for daemon in ("pbrd", "zebra"):
                with suppress(OSError, ValueError):
                    os.kill(int((directory / f"{daemon}.pid").read_text(encoding="ascii")), signal.SIGTERM)
            wait(lambda: not netns.processes(site.edge), "FRR has ended", seconds=10)
