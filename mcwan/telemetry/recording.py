"""Recording rules: the gateways' metrics with the names of export, rule, WAN policy, tunnel and clusters on them.

Which endpoint is which way, and which ways are first choices, no metric says: those are rules of their own, made from
the fabric, whose value is always 1, and which the others are joined with.
"""

from collections.abc import Iterator
from typing import Any

from mcwan.gateways.envoy_metrics import ENDPOINT, EXPORT, RULE, WAN_POLICY
from mcwan.plan.context import Context
from mcwan.telemetry.endpoints import endpoints, first_choices
from mcwan.telemetry.metrics import CLASS, DESTINATION, SOURCE, TUNNEL
from mcwan.telemetry.promql import kept, named, quoted, rate, told, total

Rule = dict[str, Any]
WAY = "mcwan:endpoint:info"
FIRST_CHOICE = "mcwan:first_choice:info"
CHOSEN = "mcwan:rule:info"
CARRIED = "mcwan:wan_policy:info"
PROMISED = "mcwan:wan_policy:latency_ms"
ANSWERS = "mcwan:answers:rate5m"
TRIES, FAILED = "mcwan:tries:rate5m", "mcwan:failed_tries:rate5m"
ARRIVALS = "mcwan:arrivals:rate5m"
HEALTHY = "mcwan:healthy_gateways:sum"
LATENCY = {"0.5": "mcwan:latency_ms:p50_5m", "0.99": "mcwan:latency_ms:p99_5m"}
"""What is recorded."""
WINDOW = "5m"
OF_RULE = (SOURCE, EXPORT, RULE)
OF_WAY = (*OF_RULE, DESTINATION, WAN_POLICY, TUNNEL)
_EGRESS, _INGRESS = f'{{{SOURCE}!=""}}', f'{{{DESTINATION}!=""}}'


def recording(context: Context) -> list[Rule]:
    """Give the recording rules; what is joined comes before what it is joined with."""
    return [*_known(context), *_recorded()]


def _known(context: Context) -> Iterator[Rule]:
    policies = context.fabric.wan_policies
    for name, policy in sorted(policies.items()):
        yield _rule(PROMISED, f"vector({policy.sla.latency_ms})", {WAN_POLICY: name})
    for endpoint in endpoints(context):
        labels = {ENDPOINT: endpoint.address, DESTINATION: endpoint.cluster}
        yield _rule(WAY, "vector(1)", labels | _by(context, endpoint.wan_policy))
    yield _rule(CARRIED, kept((WAN_POLICY, TUNNEL), WAY))
    for one in first_choices(context):
        # only where the gateway has that rule: by the one metric that is there before any request
        sources = "|".join(one.sources)
        asked = f"{EXPORT}={quoted(one.export)}, {RULE}={quoted(one.rule)}, {SOURCE}=~{quoted(sources)}"
        found = kept((SOURCE,), f"envoy_cluster_membership_total{{{asked}}}")
        labels = {EXPORT: one.export, RULE: one.rule, DESTINATION: one.cluster}
        yield _rule(FIRST_CHOICE, found, labels | _by(context, one.wan_policy))
    yield _rule(CHOSEN, kept((*OF_RULE, WAN_POLICY, TUNNEL), FIRST_CHOICE))


def _recorded() -> Iterator[Rule]:
    answers = f"envoy_cluster_upstream_rq_xx{_EGRESS}"
    yield _rule(ANSWERS, total((*OF_RULE, CLASS), rate(answers, WINDOW)))
    failed = rate(f"envoy_cluster_endpoint_rq_error{_EGRESS}", WINDOW)
    # not rq_total: a try whose connection fails is an error, and not in that (seen where a tunnel is lost)
    yield _rule(TRIES, _by_way(f"{rate(f'envoy_cluster_endpoint_rq_success{_EGRESS}', WINDOW)} + {failed}"))
    yield _rule(FAILED, _by_way(failed))
    yield _rule(HEALTHY, total(OF_RULE, _by_way(f"envoy_cluster_endpoint_healthy{_EGRESS}")))
    buckets = total(("le", *OF_RULE), rate(f"envoy_cluster_upstream_rq_time_bucket{_EGRESS}", WINDOW))
    for quantile, record in LATENCY.items():
        found = f"histogram_quantile({quantile}, {buckets})"
        yield _rule(record, told(found, OF_RULE, (WAN_POLICY, TUNNEL), CHOSEN))
    arrived = total(
        (DESTINATION, EXPORT, RULE, WAN_POLICY, CLASS), rate(f"envoy_cluster_upstream_rq_xx{_INGRESS}", WINDOW)
    )
    yield _rule(ARRIVALS, told(arrived, (WAN_POLICY,), (TUNNEL,), CARRIED))


def _by_way(expression: str) -> str:
    """Give the metrics of endpoints by the ways that these are; what stays in the cluster goes none."""
    return total(OF_WAY, told(named(expression), (ENDPOINT,), (DESTINATION, WAN_POLICY, TUNNEL), WAY))


def _by(context: Context, wan_policy: str) -> dict[str, str]:
    return {WAN_POLICY: wan_policy, TUNNEL: context.fabric.wan_policies[wan_policy].tunnel}


def _rule(record: str, expression: str, labels: dict[str, str] | None = None) -> Rule:
    return {"record": record, "expr": expression, **({"labels": labels} if labels else {})}
