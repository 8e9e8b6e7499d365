"""Requests through an API server and from here: what comes back, and what is said where nothing does."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from mcwan.facts.probe import from_here, resolve, through_api_servers
from mcwan.facts.probed import Answer, Probe, Request, Resolved
from mcwan.facts.report import Failure
from mcwan.model.cluster import Cluster

SECONDS = 3.0
HOST = "payment-clusterset.secure.svc.cluster.local"
PROBE = Probe(
    "east",
    "payment.secure",
    "queries",
    HOST,
    8080,
    "mc-wan-egress.envoy-gateway-system",
    Request("GET", "/payment?a=b"),
)
WAY = {"mc-wan-policy": "high", "mc-wan-destination": "west"}
AUDITED = {"Audit-Id": "1"}
Reply = tuple[int, Mapping[str, str], Any]


@contextmanager
def answering(*replies: Reply) -> Iterator[tuple[int, list[tuple[str, str, dict[str, str]]]]]:
    """Give replies in order, the last one again and again; gives the port and what was asked."""
    asked: list[tuple[str, str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, content = replies[min(len(asked), len(replies)) - 1]
            body = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name is that of the standard library

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


def cluster(directory: Path, port: int) -> dict[str, Cluster]:
    """Give a cluster whose API server is on this machine."""
    content = {
        "clusters": [{"name": "east", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "me", "user": {"token": "secret"}}],
        "contexts": [{"name": "east", "context": {"cluster": "east", "user": "me"}}],
    }
    file = directory / "kubeconfig"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    raw = {
        "context": "east",
        "kubeconfigPath": str(file),
        "namespaces": ["secure"],
        "ingress": {"addresses": ["10.1.0.1"]},
    }
    return {"east": Cluster.model_validate(raw)}


def status(code: int, message: str) -> Reply:
    return code, AUDITED, {"kind": "Status", "apiVersion": "v1", "message": message}


def test_the_api_server_passes_host_and_path_on(tmp_path: Path) -> None:
    probe = replace(PROBE, request=Request("GET", "/payment?a=b", (("cookie", "user=test"),)))
    with answering((204, {**AUDITED, **WAY}, None)) as (port, asked):
        found = through_api_servers(cluster(tmp_path, port), [probe], SECONDS)
    assert found == {"east": (Answer(probe, 204, "high", "west"),)}
    ((method, path, headers),) = asked
    place = "/api/v1/namespaces/envoy-gateway-system/services/mc-wan-egress:8080/proxy/payment?a=b"
    assert (method, path, headers["host"], headers["cookie"]) == ("GET", place, f"{HOST}:8080", "user=test")
    assert (headers["authorization"], headers["user-agent"]) == ("Bearer secret", "mcwan-doctor")


@pytest.mark.parametrize(
    ("reply", "problem", "remedy"),
    [
        (
            status(403, "forbidden"),
            "the API server says 403: forbidden",
            "give the rights that mcwan doctor --probe --rights prints",
        ),
        (
            status(503, "no endpoints available"),
            "the API server says 503: no endpoints available",
            "see that Service mc-wan-egress in envoy-gateway-system is there and has pods",
        ),
        (
            (404, {}, None),
            "something before the API server answers 404 to a Host header that is not its own",
            "stand inside the cluster: --inside",
        ),
    ],
)
def test_what_is_no_answer_of_a_gateway(tmp_path: Path, reply: Reply, problem: str, remedy: str) -> None:
    with answering(reply) as (port, _):
        found = through_api_servers(cluster(tmp_path, port), [PROBE], SECONDS)
    assert found == {"east": (Answer(PROBE, problem=problem, remedy=remedy),)}


def test_an_answer_to_head_does_not_say_whose_it_is(tmp_path: Path) -> None:
    head = replace(PROBE, request=Request("HEAD", "/"))
    with answering((404, AUDITED, None), (404, {**AUDITED, **WAY}, None)) as (port, _):
        known = cluster(tmp_path, port)
        found = [through_api_servers(known, [head], SECONDS)["east"] for _ in range(2)]
    said = "404, by the API server or by a gateway"
    remedy = "see that Service mc-wan-egress in envoy-gateway-system is there and has pods"
    assert found == [(Answer(head, problem=said, remedy=remedy),), (Answer(head, 404, "high", "west"),)]


def test_it_is_sent_again_until_another_cluster_answers(tmp_path: Path) -> None:
    own: Reply = (200, AUDITED, {"kind": "Pod"})
    probe = replace(PROBE, tries=3)
    itself = {**AUDITED, **WAY, "mc-wan-destination": "east"}  # by its own ingress gateway
    with answering(own, (200, itself, None), (200, {**AUDITED, **WAY}, None)) as (port, asked):
        found = through_api_servers(cluster(tmp_path, port), [probe], SECONDS)
    assert (found, len(asked)) == ({"east": (Answer(probe, 200, "high", "west"),)}, 3)
    with answering(own) as (port, asked):
        found = through_api_servers(cluster(tmp_path, port), [probe], SECONDS)
    assert (found, len(asked)) == ({"east": (Answer(probe, 200),)}, 3)


def test_a_cluster_that_is_not_reached(tmp_path: Path) -> None:
    known = cluster(tmp_path, _closed())
    (answer,) = _answers(through_api_servers(known, [PROBE], SECONDS)["east"])
    assert answer.problem.startswith("through the API server: it cannot be reached: ")
    broken = {"east": known["east"].model_copy(update={"context": "nowhere"})}
    assert isinstance(through_api_servers(broken, [PROBE], SECONDS)["east"], Failure)
    assert through_api_servers(known, [], SECONDS) == {}


def _answers(found: tuple[Answer, ...] | Failure) -> tuple[Answer, ...]:
    assert not isinstance(found, Failure)
    return found


def _closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_from_here() -> None:
    with answering((200, WAY, None)) as (port, asked):
        probe = replace(PROBE, port=port)
        found = from_here([probe], {HOST: Resolved("east", HOST, ("127.0.0.1",))}, SECONDS)
    assert found == (Answer(probe, 200, "high", "west"),)
    assert [(path, headers["host"]) for _, path, headers in asked] == [("/payment?a=b", f"{HOST}:{port}")]


def test_from_here_where_nobody_is() -> None:
    probe = replace(PROBE, port=_closed())
    (lost,) = from_here([probe], {HOST: Resolved("east", HOST, ("127.0.0.1",))}, SECONDS)
    assert (lost.lost, lost.status, lost.problem.partition(": ")[0]) == (True, 0, f"http://127.0.0.1:{probe.port}")
    unknown = Resolved("east", HOST, problem="DNS does not know it")
    assert from_here([probe], {HOST: unknown}, SECONDS) == (
        Answer(probe, problem=f"{HOST}: DNS does not know it", remedy="see the check dns-answers"),
    )


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(name: str, *_: Any, **__: Any) -> list[Any]:
        if name == "known.":
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in ("10.0.0.1", "10.0.0.1", "10.0.0.2")
            ]
        raise socket.gaierror(socket.EAI_NONAME if name == "unknown." else socket.EAI_AGAIN, "no")

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert resolve("east", ["known", "unknown", "failing"], SECONDS) == (
        Resolved("east", "known", ("10.0.0.1", "10.0.0.2")),
        Resolved("east", "unknown", problem="DNS does not know it"),
        Resolved("east", "failing", problem="DNS gives no answer"),
    )
