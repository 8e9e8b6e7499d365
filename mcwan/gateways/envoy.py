"""What Envoy is told in its own words, whichever implementation runs it: access logs, and what is sent again."""

from collections.abc import Mapping

from mcwan.model.durations import milliseconds
from mcwan.model.tls import Role
from mcwan.model.traffic import Traffic

SPAN = "%REQ(SPANID?X-REQUEST-ID)%"
"""The client's own span, else the id that Envoy gives each request."""
ACCESS_LOG: Mapping[str, str] = {
    "start_time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    ":authority": "%REQ(:AUTHORITY)%",
    "x-envoy-origin-path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "response_code": "%RESPONSE_CODE%",
    "response_code_details": "%RESPONSE_CODE_DETAILS%",
    "response_flags": "%RESPONSE_FLAGS%",
    "duration": "%DURATION%",
    "route_name": "%ROUTE_NAME%",
    "upstream_host": "%UPSTREAM_HOST%",
    "x-request-id": "%REQ(X-REQUEST-ID)%",
    "spanid": "%REQ(SPANID)%",
    "traceparent": "%REQ(TRACEPARENT)%",
    "export": "%REQ(MC-WAN-EXPORT)%",
    "source_cluster": "%REQ(MC-WAN-SOURCE)%",
}
"""Fields of every line; every one costs processor time on every request. The rest says who was on the other side."""
_EGRESS_LOG: Mapping[str, str] = {
    "wan_policy": "%RESP(MC-WAN-POLICY)%",
    "tunnel": "%RESP(MC-WAN-TUNNEL)%",
    "destination_cluster": "%RESP(MC-WAN-DESTINATION)%",
}
"""As the ingress gateway that answered says: by which way a request went is known once it has arrived."""
_INGRESS_LOG: Mapping[str, str] = {
    "wan_policy": "%REQ(MC-WAN-POLICY)%",
    "tunnel": "%REQ(MC-WAN-TUNNEL)%",
    "peer": "%DOWNSTREAM_PEER_URI_SAN%",
}
_CONNECTION_LOG: Mapping[str, str] = {
    "start_time": "%START_TIME%",
    "connection_from": "%DOWNSTREAM_REMOTE_ADDRESS%",
    "wan_port": "%DOWNSTREAM_LOCAL_PORT%",
    "peer": "%DOWNSTREAM_PEER_URI_SAN%",
    "tls_failure": "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
}
BACK_OFF = {"base": 25, "max": 250}
"""Milliseconds before a request is sent again, the first time and at most."""
PING_PAUSE = 50
"""Milliseconds by which PINGs are further apart than an answer may take: else the next one would be due before."""


def request_log(role: Role, cluster: str) -> dict[str, str]:
    """Give the fields of a gateway's line for every request."""
    if role == "egress":
        return {**ACCESS_LOG, **_EGRESS_LOG}
    return {**ACCESS_LOG, **_INGRESS_LOG, "destination_cluster": cluster}


def connection_log(cluster: str) -> dict[str, str]:
    """Give the fields of an ingress gateway's line for every connection that ends: the reason where TLS refused it."""
    return {**_CONNECTION_LOG, "destination_cluster": cluster}


def retry_on(settings: Traffic) -> list[str]:
    """Say what is sent again: never what may have been answered, unless it may be repeated."""
    unread = ["connect-failure", "refused-stream", "reset-before-request"]
    return unread + (["reset", "gateway-error"] if settings.idempotent else [])


def ping(settings: Traffic) -> int:
    """Give the milliseconds that the other end of a connection may take to answer an HTTP/2 PING."""
    return milliseconds(settings.timeouts.keepalive or "0s")
