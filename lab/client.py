"""A client in a cluster: resolves names by the cluster's DNS and sends HTTP requests from a pod of its own."""

import http.client
import json
import secrets
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from lab import netns
from lab.topology import Site

TIMEOUT = 5.0
_SEARCH = ("default.svc.cluster.local", "svc.cluster.local", "cluster.local")
_A, _IN, _RECURSE, _NDOTS = 1, 1, 0x0100, 5


class UnknownNameError(LookupError):
    """A name that the cluster's DNS does not know."""


@dataclass(frozen=True)
class Reply:
    """An answer: its status, what the server said of itself and of the request, the bytes of its body.

    Nothing was said if a gateway answered.
    """

    status: int
    said: Mapping[str, Any]
    size: int

    @property
    def who(self) -> str:
        """Say who answered: `payment.secure on east`, or nobody."""
        return f"{self.said['service']} on {self.said['cluster']}" if self.said else "nobody"


class Client:
    """Sends requests to one port of one name, over one connection as long as the other side keeps it."""

    def __init__(self, site: Site, name: str, port: int, *, address: str | None = None) -> None:
        """`address`: where to connect to, whatever the name resolves to."""
        self.site, self.name, self.port = site, name, port
        self.address = address or resolve(site, name)
        self._connection = http.client.HTTPConnection(self.address, port, timeout=TIMEOUT)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request and give the answer. Raises OSError if there is none in time."""
        host = self.name if self.port == 80 else f"{self.name}:{self.port}"
        if self._connection.sock is None:
            with netns.inside(self.site.pod(self.site.client_address)):
                self._connection.connect()
        self._connection.request(method, path, headers={"Host": host, **(headers or {})})
        response = self._connection.getresponse()
        body = response.read()
        said = json.loads(body) if response.headers.get_content_type() == "application/json" and body else {}
        return Reply(response.status, said, len(body))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()


def ask(
    site: Site, method: str, url: str, headers: Mapping[str, str] | None = None, *, address: str | None = None
) -> Reply:
    """Send one request to `name:port/path` over a connection of its own."""
    host, slash, path = url.partition("/")
    name, _, port = host.partition(":")
    with Client(site, name, int(port or 80), address=address) as client:
        return client.ask(method, slash + path, headers)


def resolve(site: Site, name: str) -> str:
    """Give a name's IPv4 address as a pod of the namespace `default` finds it. Raises UnknownNameError."""
    short = not name.endswith(".") and name.count(".") < _NDOTS
    tried = [f"{name}.{domain}" for domain in _SEARCH] if short else []
    for one in [*tried, name.rstrip(".")]:
        if address := query(site, one):
            return address
    raise UnknownNameError(f"{site.cluster}: DNS does not know {name}")


def query(site: Site, name: str, port: int = 53) -> str | None:
    """Ask a DNS server on the cluster's node, its own by default, for a name's address; None if it has none.

    Aliases are followed.
    """
    number = secrets.randbelow(1 << 16)
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    question = labels + b"\0" + struct.pack("!HH", _A, _IN)
    with netns.inside(site.pod(site.client_address)):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with udp:
        udp.settimeout(TIMEOUT)
        udp.connect((str(site.node_address), port))
        udp.send(struct.pack("!6H", number, _RECURSE, 1, 0, 0, 0) + question)
        answer = udp.recv(4096)
    count = struct.unpack("!H", answer[6:8])[0]
    place = 12 + len(question)
    for _ in range(count):
        place = _after_name(answer, place)
        kind, _, _, length = struct.unpack("!HHIH", answer[place : place + 10])
        place += 10
        if kind == _A:
            return socket.inet_ntoa(answer[place : place + length])
        place += length
    return None


def _after_name(message: bytes, place: int) -> int:
    """Give where a name ends: after a pointer, or after the empty label."""
    while message[place]:
        if message[place] >= 0xC0:
            return place + 2
        place += 1 + message[place]
    return place + 1
