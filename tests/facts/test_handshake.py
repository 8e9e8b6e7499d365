"""Certificates that a server shows, and servers that show none."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcwan.facts.der import certificate
from mcwan.facts.handshake import handshakes
from mcwan.facts.surveyed import Shown

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not there")
SECONDS = 3.0


@contextmanager
def serving(context: ssl.SSLContext | None) -> Iterator[int]:
    """Answer one connection, with TLS or by closing it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                if context is not None:
                    try:
                        with context.wrap_socket(connection, server_side=True) as secure:
                            secure.recv(1)
                    except OSError:
                        return

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    subject = ["-subj", "/CN=ingress", "-days", "30", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subject += ["-addext", "subjectAltName=DNS:ingress.east.internal,URI:spiffe://internal/cluster/east/ingress"]
    where = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "crt.pem")]
    subprocess.run(["openssl", "req", "-x509", *subject, *where], check=True, capture_output=True)
    return tmp_path


@needs_openssl
def test_a_certificate_that_a_server_shows_which_asks_for_the_clients(files: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "crt.pem", files / "key.pem")
    context.load_verify_locations(files / "crt.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with serving(context) as port:
        (shown,) = handshakes([("east", "127.0.0.1", port)], SECONDS)
    own = certificate(ssl.PEM_cert_to_DER_cert((files / "crt.pem").read_text(encoding="ascii")))
    assert shown == Shown("east", "127.0.0.1", port, (own,))
    assert own.ends - own.begins == timedelta(days=30)
    assert abs(own.begins - datetime.now(UTC)) < timedelta(minutes=5)
    assert own.issuer.endswith(b"ingress".hex())
    assert own.names == ("ingress.east.internal", "spiffe://internal/cluster/east/ingress")
    assert len(own.key) == 40  # SHA-1 of its own key, since it signed itself


def test_a_server_without_tls() -> None:
    with serving(None) as port:
        (shown,) = handshakes([("east", "127.0.0.1", port)], SECONDS)
    assert (shown.certificates, shown.answers) == ((), True)
    assert shown.problem.startswith("no TLS handshake: ")


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (shown,) = handshakes([("east", "127.0.0.1", port)], SECONDS)
    assert (shown.certificates, shown.answers, shown.place) == ((), False, f"127.0.0.1:{port}")
    assert shown.problem


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x03\x02\x01\x00", b"\x30\x82\x01", b"no certificate"])
def test_what_is_no_certificate(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a certificate|cut off"):
        certificate(data)
