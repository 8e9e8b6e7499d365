"""Recording rules: the fabric's own first, then what is measured, joined with it."""

from mcwan.telemetry.recording import recording
from tests.fabrics import planned

HIGH = {"wan_policy": "high", "tunnel": "business"}
LOW = {"wan_policy": "low", "tunnel": "default"}
RULE = "source_cluster, export, rule"
WAY = f"{RULE}, destination_cluster, wan_policy, tunnel"
JOINED = "on (envoy_endpoint_address) group_left (destination_cluster, wan_policy, tunnel) mcwan:endpoint:info"
PARSED = (
    'label_replace(label_replace({}, "export", "$1", "envoy_cluster_name", "([^./]+\\\\.[^./]+)\\\\..+/(.+)"), '
    '"rule", "$2", "envoy_cluster_name", "([^./]+\\\\.[^./]+)\\\\..+/(.+)")'
)
BUCKETS = f'sum by (le, {RULE}) (rate(envoy_cluster_upstream_rq_time_bucket{{source_cluster!=""}}[5m]))'
LATENCY = f"on ({RULE}) group_left (wan_policy, tunnel) mcwan:rule:info"


def info(address: str, cluster: str, policy: dict[str, str]) -> dict[str, object]:
    labels = {"envoy_endpoint_address": address, "destination_cluster": cluster, **policy}
    return {"record": "mcwan:endpoint:info", "expr": "vector(1)", "labels": labels}


def chosen(export: str, rule: str, policy: dict[str, str]) -> dict[str, object]:
    asked = f'export="{export}", rule="{rule}", source_cluster=~"cluster-2"'
    return {
        "record": "mcwan:first_choice:info",
        "expr": f"group by (source_cluster) (envoy_cluster_membership_total{{{asked}}})",
        "labels": {"export": export, "rule": rule, "destination_cluster": "cluster-1", **policy},
    }


def by_way(expression: str) -> str:
    return f"sum by ({WAY}) ({PARSED.format(expression)} * {JOINED})"


HEALTHY = by_way('envoy_cluster_endpoint_healthy{source_cluster!=""}')


def test_recording() -> None:
    assert recording(planned().context) == [
        {"record": "mcwan:wan_policy:latency_ms", "expr": "vector(100)", "labels": {"wan_policy": "high"}},
        {"record": "mcwan:wan_policy:latency_ms", "expr": "vector(1000)", "labels": {"wan_policy": "low"}},
        info("198.51.100.11:31111", "cluster-1", HIGH),
        info("198.51.100.11:31112", "cluster-1", LOW),
        info("198.51.100.12:31111", "cluster-2", HIGH),
        info("198.51.100.12:31112", "cluster-2", LOW),
        {"record": "mcwan:wan_policy:info", "expr": "group by (wan_policy, tunnel) (mcwan:endpoint:info)"},
        chosen("logging.insecure", "all", LOW),
        chosen("payment.secure", "queries", HIGH),
        chosen("payment.secure", "stats", LOW),
        {
            "record": "mcwan:rule:info",
            "expr": f"group by ({RULE}, wan_policy, tunnel) (mcwan:first_choice:info)",
        },
        {
            "record": "mcwan:answers:rate5m",
            "expr": f"sum by ({RULE}, envoy_response_code_class) "
            '(rate(envoy_cluster_upstream_rq_xx{source_cluster!=""}[5m]))',
        },
        {
            "record": "mcwan:tries:rate5m",
            "expr": by_way(
                'rate(envoy_cluster_endpoint_rq_success{source_cluster!=""}[5m]) + '
                'rate(envoy_cluster_endpoint_rq_error{source_cluster!=""}[5m])'
            ),
        },
        {
            "record": "mcwan:failed_tries:rate5m",
            "expr": by_way('rate(envoy_cluster_endpoint_rq_error{source_cluster!=""}[5m])'),
        },
        {
            "record": "mcwan:healthy_gateways:sum",
            "expr": f"sum by ({RULE}) ({HEALTHY})",
        },
        {"record": "mcwan:latency_ms:p50_5m", "expr": f"histogram_quantile(0.5, {BUCKETS}) * {LATENCY}"},
        {"record": "mcwan:latency_ms:p99_5m", "expr": f"histogram_quantile(0.99, {BUCKETS}) * {LATENCY}"},
        {
            "record": "mcwan:arrivals:rate5m",
            "expr": "sum by (destination_cluster, export, rule, wan_policy, envoy_response_code_class) "
            '(rate(envoy_cluster_upstream_rq_xx{destination_cluster!=""}[5m])) '
            "* on (wan_policy) group_left (tunnel) mcwan:wan_policy:info",
        },
    ]
