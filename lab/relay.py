"""Delays packets: takes those that an edge router sends to a TUN device, holds each for a while, and gives it back.

`python -m lab.relay DEVICE=MILLISECONDS…` makes the devices, in the network namespace that it runs in; they are gone
when it ends. What is given back arrives from the same device, and is routed from there.
"""

import fcntl
import os
import select
import struct
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_PACKET = 2048
"""Bytes of the largest packet, and some: links and TUN devices have an MTU of 1500."""
_BATCH = 64


@dataclass
class Held:
    """Packets under way, in their order, each with the time at which it is to go on."""

    seconds: float
    packets: deque[tuple[float, bytes]] = field(default_factory=deque)

    def take(self, packet: bytes, now: float) -> None:
        """Hold a packet that has come."""
        self.packets.append((now + self.seconds, packet))

    def due(self, now: float) -> Iterator[bytes]:
        """Let go of the packets whose time has come."""
        while self.packets and self.packets[0][0] <= now:
            yield self.packets.popleft()[1]


def serve(milliseconds: Mapping[str, float]) -> None:
    """Delay what comes from each device until the process is ended."""
    lines = {_open(device): Held(delay / 1000) for device, delay in milliseconds.items()}
    while True:
        first = min((held.packets[0][0] for held in lines.values() if held.packets), default=None)
        ready, _, _ = select.select(lines, [], [], None if first is None else max(0.0, first - time.monotonic()))
        for device in ready:
            with suppress(BlockingIOError):
                for _ in range(_BATCH):
                    lines[device].take(os.read(device, _PACKET), time.monotonic())
        now = time.monotonic()
        for device, held in lines.items():
            for packet in held.due(now):
                os.write(device, packet)


def _open(device: str) -> int:
    """Make a TUN device of bare IP packets. Gives the file that its packets are read from and written to."""
    opened = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(opened, _TUNSETIFF, struct.pack("16sH22x", device.encode("ascii"), _IFF_TUN | _IFF_NO_PI))
    return opened


if __name__ == "__main__":
    pairs = (word.partition("=") for word in sys.argv[1:])
    serve({device: float(delay) for device, _, delay in pairs})
