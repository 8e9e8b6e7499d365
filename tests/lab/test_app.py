"""What an application tells of a request: the answer, or why there is none."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from lab import app


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "host": self.headers["Host"], "one": self.headers.get("One")}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json" if self.path != "/plain" else "text/plain")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_an_answer_is_told(port: int) -> None:
    answer = app.answer("GET", f"localhost:{port}/there?a=b", {"One": "1"})
    assert (answer["status"], answer["said"]) == (201, {"path": "/there?a=b", "host": f"localhost:{port}", "one": "1"})
    plain = app.answer("GET", f"localhost:{port}/plain", {})
    assert (plain["status"], plain["said"]) == (201, {})


def test_why_there_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = app.answer("GET", "127.0.0.1:1/", {})

    def found(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", found)
    unknown = app.answer("GET", "nobody.invalid:80/", {})
    assert [(set(one), one["unknown"]) for one in (unknown, refused)] == [
        ({"error", "unknown"}, True),
        ({"error", "unknown"}, False),
    ]
    assert refused["error"].startswith("GET 127.0.0.1:1/: ConnectionRefusedError(")
