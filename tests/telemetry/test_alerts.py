"""Alerts: each says where; that they are raised when they should be is told by tests/e2e, by promtool."""

import re

from mcwan.telemetry.alerts import alerts
from mcwan.telemetry.rules import rules
from tests.fabrics import planned

_LABELS = {
    "McWanNoSuccess": {"source_cluster", "export"},
    "McWanErrors": {"source_cluster", "export"},
    "McWanSlow": {"source_cluster", "export", "wan_policy"},
    "McWanNotFirstChoice": {"source_cluster", "export", "destination_cluster", "wan_policy", "rule", "tunnel"},
    "McWanNobodyLeft": {"source_cluster", "export", "rule"},
    "McWanClientRefused": {"destination_cluster", "envoy_listener_address"},
    "McWanGatewayRefused": {"source_cluster", "export"},
    "McWanCertificateExpires": {"source_cluster", "destination_cluster"},
}
"""The labels that its sentences name: those are on it, says tests/e2e."""


def test_alerts_say_where() -> None:
    found = {one["alert"]: set(re.findall(r"\$labels\.(\w+)", str(one["annotations"]))) for one in alerts()}
    assert found == _LABELS


def test_every_alert_has_a_severity_and_two_sentences() -> None:
    assert {one["labels"]["severity"] for one in alerts()} == {"critical", "warning"}
    assert {frozenset(one["annotations"]) for one in alerts()} == {frozenset({"summary", "description"})}


def test_an_expression() -> None:
    (slow,) = (one for one in alerts() if one["alert"] == "McWanSlow")
    assert slow == {
        "alert": "McWanSlow",
        "expr": "mcwan:latency_ms:p50_5m > on (wan_policy) group_left () (2 * mcwan:wan_policy:latency_ms)",
        "for": "10m",
        "labels": {"severity": "warning"},
        "annotations": {
            "summary": "half of the requests from {{ $labels.source_cluster }} to {{ $labels.export }} take longer "
            "than {{ $labels.wan_policy }} promises",
            "description": "More than {{ $value }} ms, the service's own time included; the SLA's latency, there and "
            "back, is less.",
        },
    }


def test_the_groups_have_the_fabrics_name() -> None:
    groups = rules(planned(name="prod").context)["groups"]
    assert [group["name"] for group in groups] == ["mcwan-prod-recording", "mcwan-prod-alerts"]
    assert groups[1]["rules"] == alerts()
