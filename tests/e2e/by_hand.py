"""A request to an ingress gateway's WAN port by hand, past every gateway and sidecar of the caller's own."""

import http.client
import socket
import ssl
from contextlib import closing
from pathlib import Path

from lab import certificates, netns
from lab.state import Lab
from mcwan.model.tls import dns_name


def send(
    lab: Lab,
    ways: tuple[str, str],
    files: Path | None,
    port: int,
    host: str,
    path: str = "/",
    *,
    method: str = "GET",
    plain: bool = False,
) -> int | None:
    """Send a request from one cluster's client to the other's gateway; None if the connection is refused.

    `files` is the directory of the certificate that is shown.
    """
    caller, target = ways
    site = lab.topology.sites[caller]
    address = str(lab.fabric.clusters[target].ingress.addresses[0])
    with netns.inside(site.pod(site.client_address)):
        raw = socket.create_connection((address, port), 5)
    with closing(http.client.HTTPConnection(address, port, timeout=5)) as connection:
        connection.sock = raw
        try:
            if not plain:
                known = dns_name(lab.fabric.domain, target, "ingress")
                connection.sock = _context(lab, files).wrap_socket(raw, server_hostname=known)
            connection.request(method, path, headers={"Host": host})
            with connection.getresponse() as response:
                return response.status
        except (ssl.SSLError, ConnectionError, http.client.HTTPException):
            return None


def shown(lab: Lab, ways: tuple[str, str], files: Path, port: int, known: str) -> tuple[str, ...]:
    """Give the names in the certificate that the other's gateway shows one cluster's client. Raises OSError.

    `known` is the name that is asked for.
    """
    caller, target = ways
    site = lab.topology.sites[caller]
    context = _context(lab, files)
    context.check_hostname = False
    with netns.inside(site.pod(site.client_address)):
        raw = socket.create_connection((str(lab.fabric.clusters[target].ingress.addresses[0]), port), 5)
    with raw, context.wrap_socket(raw, server_hostname=known) as secured:
        found = secured.getpeercert() or {}
    return tuple(str(one[1]) for one in found.get("subjectAltName", ()))


def _context(lab: Lab, files: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates.authority(lab) / "ca.crt")
    if files is not None:
        context.load_cert_chain(files / "tls.crt", files / "tls.key")
    return context
