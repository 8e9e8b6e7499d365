"""A request leaves the same traces at both gateways and at the service."""

from collections.abc import Mapping
from typing import Any

import pytest

from lab import client
from lab.client import Reply
from lab.state import Lab
from lab.topology import Site
from lab.waiting import wait
from tests.e2e.guarded.logs import log

pytestmark = pytest.mark.lab


def test_a_request_can_be_followed_from_end_to_end(guarded: Lab) -> None:
    site = guarded.topology.sites["edge"]
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    wait(lambda: _ask(site).said["headers"]["mc-wan-policy"] == "high", "an ejection by a story before is over", 40)
    reply = _ask(site, {"traceparent": trace})
    span = reply.said["headers"]["spanid"]
    own = _ask(site, {"spanid": "mine"})
    assert own.said["headers"]["spanid"] == "mine"
    assert reply.said["headers"]["traceparent"].split("-")[1] == trace.split("-")[1]
    wanted = {
        "export": "billing.secure",
        "wan_policy": "high",
        "tunnel": "business",
        "source_cluster": "edge",
        "destination_cluster": "east",
        "spanid": span,
        "traceparent": trace,
        "response_code": 200,
    }

    def told(cluster: str, gateway: str) -> list[dict[str, Any]]:
        return [
            {key: one.get(key) for key in wanted} for one in log(guarded, cluster, gateway) if one.get("spanid") == span
        ]

    wait(
        lambda: bool(told("edge", "mc-wan-egress") and told("east", "mc-wan-ingress")),
        "both gateways have logged it",
        40,
    )
    assert told("edge", "mc-wan-egress") == told("east", "mc-wan-ingress") == [wanted]


def _ask(site: Site, headers: Mapping[str, str] | None = None) -> Reply:
    return client.ask(site, "GET", "billing-clusterset.secure:8080/", headers)
