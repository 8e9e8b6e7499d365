"""What passes an edge router's tunnels: the TCP connections, and the requests that each carried."""

import re
import select
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from lab import netns
from lab.topology import Site, Topology
from lab.waiting import LabError

_ETH_P_IP, _TCP, _ALL = 0x0800, 6, 0x0003
_OUTGOING = 4
_SO_RCVBUFFORCE, _SOL_PACKET, _PACKET_STATISTICS = 33, 263, 6
_BUFFER = 64 << 20
"""Bytes for each tunnel, of what has passed while this process was not given a processor."""
_REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE|PATCH) (\S+) HTTP/1\.1\r\n")


@dataclass(frozen=True, order=True)
class Connection:
    """A TCP connection as its client opened it, and the tunnel it was seen on."""

    tunnel: str
    client: tuple[str, int]
    server: tuple[str, int]


@dataclass
class Capture:
    """Listens on the tunnels of a site's edge router, for what leaves by them, while it is open.

    Raises LabError at its end if packets were missed: then nothing is known of their requests.

    Requests are read where a packet begins with one, as those of the lab's clients do: they fit into one packet. One
    that TCP sends again counts once.
    """

    topology: Topology
    site: Site
    requests: dict[Connection, list[str]] = field(default_factory=dict)
    _sent: set[tuple[Connection, int]] = field(default_factory=set)
    """The sequence numbers at which a request of a connection began."""

    def __enter__(self) -> Self:
        self._sockets: dict[socket.socket, str] = {}
        with netns.inside(self.site.edge):
            for link in self.topology.links_of(self.site):
                listening = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
                listening.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
                listening.bind((link.interface(self.site), _ALL))
                self._sockets[listening] = link.tunnel.name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        missed = 0
        for listening in self._sockets:
            _, dropped = struct.unpack("II", listening.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
            missed += dropped
            listening.close()
        if missed and kind is None:
            raise LabError(f"{missed} packets of {self.site.cluster} passed uncounted: this machine is too busy")

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select(list(self._sockets), [], [], 0.2)
            for listening in ready:
                frame, address = listening.recvfrom(65536)
                if address[2] == _OUTGOING:
                    self.note(self._sockets[listening], frame)
            if not ready and self._stop.is_set():
                return

    def note(self, tunnel: str, frame: bytes) -> None:
        """Note what an Ethernet frame on a tunnel says of a connection and its requests."""
        if struct.unpack("!H", frame[12:14])[0] != _ETH_P_IP or frame[23] != _TCP:
            return
        packet = frame[14:]
        segment = packet[4 * (packet[0] & 15) : struct.unpack("!H", packet[2:4])[0]]
        source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        source_port, target_port, number = struct.unpack("!HHI", segment[:8])
        if target_port not in self.topology.ports:
            return  # an answer; what asked for it left at the other site
        connection = Connection(tunnel, (source, source_port), (target, target_port))
        seen = self.requests.setdefault(connection, [])
        found = _REQUEST.match(segment[4 * (segment[12] >> 4) :])
        if found and (connection, number) not in self._sent:
            self._sent.add((connection, number))
            seen.append(found[1].decode())
