"""The tunnels differ in delay, loss and rate: requests meet those of their own tunnel, and of no other."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from lab import wan
from lab.client import Client
from lab.topology import Topology
from lab.watch import watched, way
from tests.e2e.conftest import Ask

pytestmark = pytest.mark.lab
SENSITIVE, BULK = "billing-clusterset.secure", "metrics-clusterset.insecure"
BY_BUSINESS, BY_DEFAULT = "audit-clusterset.secure", "logging-clusterset.insecure"
"""The same by path direct: one proxy less that could be slower than a tunnel."""
DELAY = {"business": 10.0, "default": 40.0}
PERCENT = 5
REQUESTS = 100
FEW = 20
APART = {"business": 30.0, "default": 150.0}
"""So much that what else takes time on a busy machine is less."""
BODY, FASTER, SLACK = 4_000_000, 1.4, 0.9
"""Bytes; how much faster business has to be than default can be; what a tunnel's burst saves."""
PART = 0.2
"""Of the tunnels' rates: so little that they are the limit, and not the machine."""


@pytest.fixture(autouse=True)
def as_it_was(topology: Topology) -> Iterator[None]:
    """Tunnels without loss and delay before each story and after it."""
    try:
        wan.lose(topology, {})
        wan.delay(topology, {})
        yield
    finally:
        wan.throttle(topology, 1)
        wan.lose(topology, {})
        wan.delay(topology, {})


def round_trips(client: Client, times: int = 15) -> list[float]:
    """Measure requests over a connection that is there already, in milliseconds."""
    client.ask("GET", "/")
    found = []
    for _ in range(times):
        since = time.monotonic()
        assert client.ask("GET", "/").status == 200
        found.append(1000 * (time.monotonic() - since))
    return found


def seconds(client: Client) -> float:
    """Measure how long a large answer takes."""
    since = time.monotonic()
    reply = client.ask("GET", f"/bytes/{BODY}")
    assert (reply.status, reply.size) == (200, BODY)
    return time.monotonic() - since


def test_a_request_is_as_late_as_its_own_tunnel_makes_it(topology: Topology) -> None:
    west = topology.sites["west"]
    with Client(west, SENSITIVE, 8080) as sensitive, Client(west, BULK, 8080) as bulk:
        assert min(round_trips(sensitive)) < 2 * APART["business"]
        assert min(round_trips(bulk)) < 2 * APART["default"]
        wan.delay(topology, APART)
        assert wan.delays(topology) == APART
        late, later = round_trips(sensitive), round_trips(bulk)
        wan.delay(topology, {})
        assert min(round_trips(bulk)) < 2 * APART["default"]
    assert min(late) >= 2 * APART["business"]
    assert min(later) >= 2 * APART["default"]
    assert min(late) < APART["default"], "business does not wait for default"


@pytest.mark.parametrize(("name", "tunnel"), [(SENSITIVE, "business"), (BULK, "default")])
def test_a_delay_changes_neither_the_tunnel_nor_the_count(topology: Topology, name: str, tunnel: str) -> None:
    wan.delay(topology, DELAY)
    with Client(topology.sites["west"], name, 8080) as client:
        client.ask("GET", "/")
        with watched(topology) as wire:
            assert {client.ask("GET", "/").status for _ in range(FEW)} == {200}
    assert wire.all() == way("west", "east", tunnel)
    assert lost(wire.packets) == {"business": 0, "default": 0}
    moved = {flow: count for flow, count in wire.packets.items() if count}
    assert all(FEW <= count < 2 * FEW for count in moved.values()), f"a packet a request, a packet an answer: {moved}"


def test_a_large_answer_arrives_whole_however_late(ask: Ask, topology: Topology) -> None:
    wan.delay(topology, DELAY)
    for name in (SENSITIVE, BULK):
        reply = ask("west", "GET", f"{name}:8080/bytes/{BODY}")
        assert (reply.status, reply.size) == (200, BODY)


def test_losses_are_those_of_one_tunnel_and_tcp_repairs_them(topology: Topology) -> None:
    west = topology.sites["west"]
    with Client(west, SENSITIVE, 8080) as sensitive, Client(west, BULK, 8080) as bulk:
        for client in (sensitive, bulk):
            client.ask("GET", "/")
        wan.lose(topology, {"business": PERCENT})
        assert wan.losses(topology) == {"business": PERCENT}
        with watched(topology) as wire:
            answered = [client.ask("GET", "/").status for client in (sensitive, bulk) for _ in range(REQUESTS)]
    assert answered == 2 * REQUESTS * [200]
    missing = lost(wire.packets)
    assert missing["business"] > 0
    assert missing["default"] == 0


def test_a_large_answer_is_as_quick_as_its_own_tunnel_lets_it(topology: Topology) -> None:
    west = topology.sites["west"]
    least = 8 * BODY / 1e6 / (PART * topology.tunnels["default"].megabits)
    quick: list[float] = []
    slow: list[float] = []
    wan.throttle(topology, PART)
    deadline = time.monotonic() + 30
    with Client(west, BY_BUSINESS, 8080) as business, Client(west, BY_DEFAULT, 8080) as default:
        while len(quick) < 3 or (min(quick) >= least / FASTER and time.monotonic() < deadline):
            quick.append(seconds(business))
            slow.append(seconds(default))
    assert min(quick) < least / FASTER, "default could not have done that"
    assert min(slow) > SLACK * least


def test_a_command_sets_and_shows_it(topology: Topology) -> None:
    def said(*words: str) -> list[str]:
        return CliRunner().invoke(wan.main, words, env={"MCWAN_LAB": topology.lab}).output.splitlines()

    none = ["business: 400 Mbit/s, 0 ms one way, 0 % lost", "default: 200 Mbit/s, 0 ms one way, 0 % lost"]
    assert said() == none
    given = ["business: 400 Mbit/s, 0 ms one way, 20 % lost", "default: 200 Mbit/s, 30 ms one way, 0 % lost"]
    assert said("--loss", "business=20", "--delay", "default=30") == given
    more = ["business: 400 Mbit/s, 2.5 ms one way, 100 % lost", "default: 200 Mbit/s, 30 ms one way, 0 % lost"]
    assert said("--loss", "business=100", "--delay", "business=2.5") == more, "what is not named stays as it is"
    wrong = said("--clear", "--loss", "default=1", "--delay", "slow=30")
    assert wrong == ["error: slow=30: no such tunnel: 'slow'; allowed: business, default"]
    assert said() == more, "a mistake changes nothing"
    assert said("--clear") == none


def lost(packets: Counter[wan.Flow]) -> dict[str, int]:
    """Count the packets that have left by each tunnel and did not arrive."""
    found: dict[str, int] = {}
    for flow, count in packets.items():
        found[flow.tunnel] = found.get(flow.tunnel, 0) + (count if flow.direction == "out" else -count)
    return found
