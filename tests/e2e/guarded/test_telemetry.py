"""A request leaves the same traces at both gateways and at the service, and is counted by its way."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from lab import client
from lab.client import Client, Reply
from lab.collector import Span, collecting
from lab.state import Lab
from lab.waiting import until, wait
from mcwan import gateways
from mcwan.telemetry.endpoints import endpoints
from mcwan.telemetry.metrics import CLIENTS_REFUSED, EGRESS, INGRESS
from tests.e2e.guarded.logs import log
from tests.e2e.guarded.metrics import metrics
from tests.e2e.guarded.test_identity import BILLING, HIGH, send
from tests.e2e.ways import settles, tunnel

pytestmark = pytest.mark.lab
URL = "billing-clusterset.secure:8080/"


@pytest.fixture
def edge(guarded: Lab) -> Iterator[Client]:
    """Edge's client, with a connection whose requests go to east by business."""
    with Client(guarded.topology.sites["edge"], "billing-clusterset.secure", 8080) as one:
        settles(lambda: tunnel(_ask(one)), "business")
        yield one


def test_a_request_can_be_followed_from_end_to_end(guarded: Lab, edge: Client) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    reply = _ask(edge, {"traceparent": trace})
    span = reply.said["headers"]["spanid"]
    own = _ask(edge, {"spanid": "mine"})
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


def test_every_metric_that_rules_and_dashboard_use_is_there(traced: Lab, edge: Client) -> None:
    """With the labels that they ask for: what Envoy or its gateway call otherwise one day is noticed here."""
    assert _ask(edge).status == 200
    for cluster, gateway, known in (("edge", "mc-wan-egress", EGRESS), ("east", "mc-wan-ingress", INGRESS)):
        found = metrics(traced, cluster, gateway)
        for name, labels in known.items():
            assert any(one.name == name and one.labels.keys() >= labels for one in found), (gateway, name)


def test_requests_are_counted_by_export_rule_wan_policy_and_cluster(traced: Lab, edge: Client) -> None:
    """Exports of one name in two namespaces, say, or two exports, are not one: what is not asked for stands still."""
    before = _counted(traced)
    assert {_ask(edge).status for _ in range(10)} == {200}
    after = _counted(traced)
    assert {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)} == {
        ("edge", "billing.secure", "all", "east", "high"): 10,
        ("answers", "edge", "billing.secure", "all"): 10,
        ("arrivals", "east", "billing.secure", "all", "high"): 10,
    }


def test_clients_that_tls_refuses_are_counted(traced: Lab) -> None:
    before = _refused(traced)
    assert send(traced, None, HIGH, BILLING) is None
    assert send(traced, None, HIGH, BILLING, plain=True) is None
    wait(lambda: _refused(traced) == before + 2, "both are counted, at the listener of that WAN port", 40)


def _refused(lab: Lab) -> float:
    names = {f"envoy_listener_ssl_{one}" for one in CLIENTS_REFUSED}
    listener = {"destination_cluster": "east", "envoy_listener_address": f"0.0.0.0_{HIGH}"}
    return sum(
        one.value
        for one in metrics(lab, "east", "mc-wan-ingress")
        if one.name in names and one.labels.items() >= listener.items()
    )


def _counted(lab: Lab) -> dict[tuple[str, ...], float]:
    """Give the requests by their way: an endpoint is a cluster by a WAN policy."""
    ways = {one.address: (one.cluster, one.wan_policy) for one in endpoints(gateways.plan(lab.fabric).context)}
    egress, ingress = metrics(lab, "edge", "mc-wan-egress"), metrics(lab, "east", "mc-wan-ingress")
    found: dict[tuple[str, ...], float] = {}
    for one in egress:
        if one.name == "envoy_cluster_endpoint_rq_success":
            export, _, rule = one.labels["envoy_cluster_name"].partition(".egress/")
            way = ways[one.labels["envoy_endpoint_address"]]
            key: tuple[str, ...] = (one.labels["source_cluster"], export, rule, *way)
            found[key] = found.get(key, 0) + one.value
    answers = [one for one in egress if one.name == "envoy_cluster_upstream_rq_xx"]
    arrivals = [one for one in ingress if one.name == "envoy_cluster_upstream_rq_xx" and "export" in one.labels]
    for what, series, labels in (
        ("answers", answers, ("source_cluster", "export", "rule")),
        ("arrivals", arrivals, ("destination_cluster", "export", "rule", "wan_policy")),
    ):
        for one in series:
            if "export" in one.labels:
                key = (what, *(one.labels[label] for label in labels))
                found[key] = found.get(key, 0) + one.value
    return found


def test_one_trace_has_the_spans_of_both_gateways(traced: Lab, edge: Client) -> None:
    """Each has two, of the request that it gets and of the one that it sends; the service is told the last one."""
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with collecting(traced, 100) as spans:
        until(
            lambda: {"edge", "east"} <= {one.tags["cluster"] for one in _sent(spans, _ask(edge))}, "gateways trace", 150
        )
        settles(lambda: tunnel(_ask(edge)), "business")  # gateways that are to trace may have opened connections anew
        begun, passed = _ask(edge), _ask(edge, {"traceparent": f"00-{trace}-{parent}-01"})
        for reply in (begun, passed):
            wait(partial(_whole, spans, reply), "both gateways have sent theirs", 40)
    for reply, first in ((begun, ""), (passed, parent)):
        chain = _sent(spans, reply)
        common = {"export": "billing.secure", "spanid": reply.said["headers"]["spanid"]}
        egress = {"cluster": "edge", "gateway": "egress", **common}
        ingress = {"cluster": "east", "gateway": "ingress", "wan_policy": "high", **common}
        assert [_told(one) for one in chain] == [egress, egress, ingress, ingress]
        assert [one.parent for one in chain] == [first, *(one.id for one in chain[:-1])]
        assert {one.trace for one in chain} == {reply.said["headers"]["traceparent"].split("-")[1]}
        assert reply.said["headers"]["traceparent"].split("-")[2] == chain[-1].id
    assert {one.trace for one in _sent(spans, passed)} == {trace}


def test_without_a_collector_a_trace_is_passed_on_and_none_is_begun(guarded: Lab) -> None:
    """As a client sent it: no gateway adds a span that nobody would get."""
    site = guarded.topology.sites["edge"]
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    def untouched() -> bool:
        asked = [client.ask(site, "GET", URL, headers) for headers in 4 * ({}, {"traceparent": trace})]
        return [one.said.get("headers", {}).get("traceparent") for one in asked] == 4 * [None, trace]

    until(untouched, "traces are left alone", 90)


def _sent(spans: list[Span], reply: Reply) -> list[Span]:
    """Give the spans of a request that have come, those that belong to no other of them first."""
    wanted = reply.said["headers"]["spanid"]
    left = {one.id: one for one in list(spans) if one.tags.get("spanid") == wanted}
    found: list[Span] = []
    while left:
        before = next(one for one in left.values() if one.parent not in left)
        found.append(left.pop(before.id))
    return found


def _whole(spans: list[Span], reply: Reply) -> bool:
    return len(_sent(spans, reply)) == 4


def _told(span: Span) -> dict[str, str]:
    return {key: span.tags[key] for key in ("cluster", "gateway", "export", "wan_policy", "spanid") if key in span.tags}


def _ask(client: Client, headers: Mapping[str, str] | None = None) -> Reply:
    return client.ask("GET", "/", headers)
