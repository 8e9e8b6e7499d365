"""Which tunnels moved while something was done, in each direction and by how many packets."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lab import wan
from lab.topology import Topology
from lab.waiting import LabError

_QUIET = 0.15


@dataclass
class Wire:
    """The packets that each tunnel carried, known once the watching is over."""

    packets: Counter[wan.Flow] = field(default_factory=Counter)

    def moved(self, one: str, other: str) -> set[str]:
        """Give the tunnels that carried packets between two clusters. Raises LabError.

        Each carries them in both directions, and both ends see them.
        """
        found = {}
        for tunnel in {flow.tunnel for flow in self.packets}:
            seen = {
                (site, direction): self.packets[wan.Flow(site, remote, tunnel, direction)]
                for site, remote in ((one, other), (other, one))
                for direction in ("out", "in")
            }
            if any(seen.values()) and not all(seen.values()):
                raise LabError(
                    f"{tunnel} between {one} and {other}: packets at one end or in one direction only: {seen}"
                )
            found[tunnel] = any(seen.values())
        return {tunnel for tunnel, any_packet in found.items() if any_packet}

    def all(self) -> dict[frozenset[str], set[str]]:
        """Give the tunnels that moved, by the pair of clusters."""
        pairs = {frozenset((flow.site, flow.remote)) for flow in self.packets}
        return {pair: moved for pair in pairs if (moved := self.moved(*sorted(pair)))}

    def arrived(self) -> dict[tuple[str, str, str], int]:
        """Give how many packets arrived, by tunnel, sending cluster and receiving cluster."""
        return {
            (flow.tunnel, flow.remote, flow.site): count
            for flow, count in sorted(self.packets.items())
            if flow.direction == "in" and count
        }


def way(one: str, other: str, *tunnels: str) -> dict[frozenset[str], set[str]]:
    """Say that just these tunnels between two clusters moved, and nothing else anywhere."""
    return {frozenset((one, other)): set(tunnels)}


NOTHING: dict[frozenset[str], set[str]] = {}


@contextmanager
def watched(topology: Topology) -> Iterator[Wire]:
    """Count the packets of a block, once those of earlier requests have arrived. Raises LabError."""
    wire = Wire()
    before = _settled(topology)
    yield wire
    wire.packets = _settled(topology)
    wire.packets.subtract(before)


def _settled(topology: Topology) -> Counter[wan.Flow]:
    """Read the counters when they have stopped moving."""
    deadline = time.monotonic() + 10
    last = wan.packets(topology)
    while time.monotonic() < deadline:
        time.sleep(_QUIET)
        now = wan.packets(topology)
        if now == last:
            return now
        last = now
    raise LabError(f"the tunnels do not come to rest: {last}")
