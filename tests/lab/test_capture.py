import socket
import struct

import pytest

from lab.capture import Capture, Connection
from lab.topology import topology
from lab.up import PROJECT
from mcwan import stack

CLIENT, SERVER = ("10.2.0.100", 40000), ("10.1.0.11", 31111)


def frame(number: int, payload: bytes, client: tuple[str, int] = CLIENT, server: tuple[str, int] = SERVER) -> bytes:
    """Make an Ethernet frame with a TCP segment that begins at a sequence number."""
    options = bytes(12)
    words = (5 + len(options) // 4) << 4
    tcp = struct.pack("!HHIIBBHHH", client[1], server[1], number, 1, words, 0x18, 502, 0, 0) + options + payload
    addresses = socket.inet_aton(client[0]) + socket.inet_aton(server[0])
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + addresses
    return bytes(12) + struct.pack("!H", 0x0800) + ip + tcp


def request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.fixture
def capture() -> Capture:
    made = topology("lab", stack.read(PROJECT, "lab"))
    return Capture(made, made.sites["west"])


def test_requests_of_a_connection_are_told_apart_by_where_they_begin(capture: Capture) -> None:
    first, same = request("/a"), request("/a")
    for number, payload in ((100, b""), (100, first), (100 + len(first), same)):
        capture.note("business", frame(number, payload))
    assert capture.requests == {Connection("business", CLIENT, SERVER): ["/a", "/a"]}


def test_what_is_sent_again_counts_once(capture: Capture) -> None:
    for number, path in ((100, "/a"), (100, "/a"), (200, "/b"), (100, "/a"), (200, "/b")):
        capture.note("business", frame(number, request(path)))
    assert capture.requests == {Connection("business", CLIENT, SERVER): ["/a", "/b"]}


def test_equal_numbers_on_other_connections_and_tunnels_are_other_requests(capture: Capture) -> None:
    other = (CLIENT[0], CLIENT[1] + 1)
    capture.note("business", frame(100, request("/a")))
    capture.note("business", frame(100, request("/b"), client=other))
    capture.note("default", frame(100, request("/a")))
    assert capture.requests == {
        Connection("business", CLIENT, SERVER): ["/a"],
        Connection("business", other, SERVER): ["/b"],
        Connection("default", CLIENT, SERVER): ["/a"],
    }


def test_what_is_not_a_request_to_a_wan_port_is_none(capture: Capture) -> None:
    capture.note("business", frame(100, b"HTTP/1.1 200 OK\r\n\r\n", client=SERVER, server=CLIENT))
    capture.note("business", frame(100, request("/a"), server=(SERVER[0], 8080)))
    capture.note("business", bytes(12) + struct.pack("!H", 0x0806) + bytes(28))
    assert capture.requests == {}
    capture.note("business", frame(100, b"of a body GET /a HTTP/1.1\r\n"))
    assert capture.requests == {Connection("business", CLIENT, SERVER): []}
