"""Alerts: what somebody should look at. A WAN policy or an export without requests is no reason."""

from typing import Any

from mcwan.gateways.envoy_metrics import EXPORT, WAN_POLICY
from mcwan.telemetry.metrics import (
    CLASS,
    CLIENTS_REFUSED,
    DESTINATION,
    EXPIRY,
    GATEWAYS_REFUSED,
    LISTENER,
    SOURCE,
)
from mcwan.telemetry.promql import total
from mcwan.telemetry.recording import (
    ANSWERS,
    FIRST_CHOICE,
    HEALTHY,
    LATENCY,
    OF_RULE,
    PROMISED,
    TRIES,
)

Alert = dict[str, Any]
ERRORS, ELSEWHERE = 0.05, 0.05
"""Shares above which an alert is raised: of answers that are errors, of tries that go another way."""
DAYS = 7
"""Before a certificate expires."""
_OF_EXPORT = (SOURCE, EXPORT)
_WELL = f'{CLASS}!="5"'
_FAILED = f'{ANSWERS}{{{CLASS}="5"}}'


def alerts() -> list[Alert]:
    """Give the alerts."""
    return [
        _alert(
            "McWanNoSuccess",
            f"{_answered('')} > 0 unless on ({', '.join(_OF_EXPORT)}) {_answered(_WELL)} > 0",
            "1m",
            "critical",
            "no request from {{ $labels.source_cluster }} to {{ $labels.export }} succeeds",
            "Every answer of the last two minutes was an error of the service or of a gateway. The egress gateway's "
            "access log says by response_flags which.",
        ),
        _alert(
            "McWanErrors",
            f"{total(_OF_EXPORT, _FAILED)} / {total(_OF_EXPORT, ANSWERS)} > {ERRORS}",
            "5m",
            "warning",
            "{{ $value | humanizePercentage }} of the requests from {{ $labels.source_cluster }} to "
            "{{ $labels.export }} fail",
            "Answers 5xx, of the service or of a gateway, after retries.",
        ),
        _alert(
            "McWanSlow",
            f"{LATENCY['0.5']} > on ({WAN_POLICY}) group_left () (2 * {PROMISED})",
            "10m",
            "warning",
            "half of the requests from {{ $labels.source_cluster }} to {{ $labels.export }} take longer than "
            "{{ $labels.wan_policy }} promises",
            "More than {{ $value }} ms, the service's own time included; the SLA's latency, there and back, is less.",
        ),
        _alert(
            "McWanNotFirstChoice",
            f"{_elsewhere()} > {ELSEWHERE}",
            "2m",
            "warning",
            "requests from {{ $labels.source_cluster }} to {{ $labels.export }} go to "
            "{{ $labels.destination_cluster }} by {{ $labels.wan_policy }}, which is not their first choice",
            "A tunnel, a cluster or the service there is lost: {{ $value | humanizePercentage }} of the tries of rule "
            "{{ $labels.rule }} go by tunnel {{ $labels.tunnel }} to a spare.",
        ),
        _alert(
            "McWanNobodyLeft",
            f"{HEALTHY} == 0",
            "1m",
            "critical",
            "{{ $labels.source_cluster }} has no healthy gateway left for {{ $labels.export }}",
            "All remote ingress gateways of rule {{ $labels.rule }} are ejected: tunnels, clusters or the service are "
            "lost everywhere.",
        ),
        _alert(
            "McWanClientRefused",
            f"{_refused()} > 0",
            None,
            "warning",
            "{{ $labels.destination_cluster }} refuses connections to {{ $labels.envoy_listener_address }}",
            "The handshake fails: no certificate, one that is not of the fabric, or something that is no TLS. The "
            "ingress gateway's log says why, as tls_failure.",
        ),
        _alert(
            "McWanGatewayRefused",
            f"{_distrusted()} > 0",
            None,
            "warning",
            "{{ $labels.source_cluster }} does not trust a remote gateway, for {{ $labels.export }}",
            "The handshake fails: the certificate is not of the fabric, or another cluster's.",
        ),
        _alert(
            "McWanCertificateExpires",
            _expiring(),
            "1h",
            "warning",
            "a certificate of a gateway of {{ $labels.source_cluster }}{{ $labels.destination_cluster }} expires in "
            "{{ $value }} days",
            "Whoever makes it anew, cert-manager or you, has not done so yet.",
        ),
    ]


def _answered(more: str) -> str:
    asked = ", ".join(part for part in (f'{SOURCE}!=""', more) if part)
    return total(_OF_EXPORT, f"increase(envoy_cluster_upstream_rq_xx{{{asked}}}[2m])")


def _elsewhere() -> str:
    way = ", ".join((*OF_RULE, DESTINATION, WAN_POLICY))
    spare = f"({TRIES} unless on ({way}) {FIRST_CHOICE})"
    return f"{spare} / on ({', '.join(OF_RULE)}) group_left () {total(OF_RULE, TRIES)}"


def _refused() -> str:
    return total((DESTINATION, LISTENER), _any("envoy_listener", DESTINATION, CLIENTS_REFUSED))


def _distrusted() -> str:
    return total(OF_RULE, _any("envoy_cluster", SOURCE, GATEWAYS_REFUSED))


def _any(prefix: str, gateway: str, counters: tuple[str, ...]) -> str:
    return " + ".join(f'increase({prefix}_ssl_{counter}{{{gateway}!=""}}[5m])' for counter in counters)


def _expiring() -> str:
    return " or ".join(f'{EXPIRY}{{{gateway}!=""}} < {DAYS}' for gateway in (SOURCE, DESTINATION))


def _alert(name: str, expression: str, lasting: str | None, severity: str, summary: str, why: str) -> Alert:
    return {
        "alert": name,
        "expr": expression,
        **({"for": lasting} if lasting else {}),
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": why},
    }
