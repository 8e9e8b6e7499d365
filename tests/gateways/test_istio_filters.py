"""EnvoyFilters of the Istio profile, as whole objects."""

from dataclasses import replace
from typing import Any, Literal

from mcwan.gateways import envoy, istio_filters
from mcwan.model import Cluster
from mcwan.model.sla import SLA
from mcwan.model.traffic import DEFAULT, Traffic, merged, promised
from mcwan.plan import GatewayRequest
from mcwan.plan.profile import Certificate, RouteRequest, UpstreamRequest

LABELS = {"a": "b"}
TRAFFIC = merged(promised(SLA(jitter_ms=50, latency_ms=100, loss_percent=1)), DEFAULT)
KNOWN = Certificate("gw-tls", "a.b", None)
MANAGER = "envoy.filters.network.http_connection_manager"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def request(role: Literal["ingress", "egress"], certificate: Certificate | None) -> GatewayRequest:
    cluster = Cluster.model_validate({"gateway": {"profile": "istio"}})
    return GatewayRequest(role, "gw", "mc-wan", cluster, (31111,), LABELS, site="east", certificate=certificate)


def envoy_filter(name: str, gateway: str, *patches: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": name, "namespace": "mc-wan", "labels": LABELS},
        "spec": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway}],
            "configPatches": list(patches),
            **spec,
        },
    }


def patch(applies_to: str, match: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    merge = {"operation": "MERGE", "value": value}
    return {"applyTo": applies_to, "match": {"context": "GATEWAY", **match}, "patch": merge}


def log(fields: dict[str, str]) -> list[dict[str, Any]]:
    config = {
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
        "path": "/dev/stdout",
        "log_format": {"json_format": fields},
    }
    return [{"name": "envoy.access_loggers.file", "typed_config": config}]


def manager(fields: dict[str, str], **more: Any) -> dict[str, Any]:
    config = {
        "@type": f"type.googleapis.com/{MANAGER.replace('filters', 'extensions.filters')}.v3.HttpConnectionManager",
        "access_log": log(fields),
        **more,
    }
    match = {"listener": {"filterChain": {"filter": {"name": MANAGER}}}}
    return patch("NETWORK_FILTER", match, {"name": MANAGER, "typed_config": config})


def pings(interval: str, timeout: str) -> dict[str, Any]:
    alive = {"interval": interval, "timeout": timeout}
    return spoken("explicit_http_config", {"http2_protocol_options": {"connection_keepalive": alive}})


def spoken(how: str, options: dict[str, Any]) -> dict[str, Any]:
    chosen = {"@type": f"type.googleapis.com/{OPTIONS}", how: options}
    return {"typed_extension_protocol_options": {OPTIONS: chosen}}


def test_where_requests_leave_they_go_on() -> None:
    policy = {
        "retry_on": "connect-failure,refused-stream,reset-before-request",
        "num_retries": 3,
        "retry_priority": {
            "name": "envoy.retry_priorities.previous_priorities",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3."
                "PreviousPrioritiesConfig",
                "update_frequency": 1,
            },
        },
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    }
    assert istio_filters.gateway_filter(request("egress", KNOWN)) == envoy_filter(
        "gw",
        "gw",
        patch(
            "HTTP_ROUTE",
            {"routeConfiguration": {"vhost": {"route": {"action": "ROUTE"}}}},
            {"route": {"retry_policy": policy}},
        ),
        manager(envoy.request_log("egress", "east")),
    )


def test_where_requests_arrive_their_id_is_kept_and_refusals_are_logged() -> None:
    arriving = manager(envoy.request_log("ingress", "east"), preserve_external_request_id=True)
    assert istio_filters.gateway_filter(request("ingress", None)) == envoy_filter("gw", "gw", arriving)
    assert istio_filters.gateway_filter(request("ingress", KNOWN)) == envoy_filter(
        "gw", "gw", arriving, patch("LISTENER", {}, {"access_log": log(envoy.connection_log("east"))})
    )


def upstream(certificate: Certificate | None = KNOWN, **own: Any) -> list[dict[str, Any]]:
    settings = merged(Traffic.model_validate(own), TRAFFIC)
    return list(
        istio_filters.upstream_filter(
            UpstreamRequest("pay", "mc-wan", LABELS, "high.pay", "high", 31111, (), settings, "gw", certificate)
        )
    )


def test_an_upstream_notices_dead_paths_by_tls_and_is_asked_if_the_export_says_so() -> None:
    match = {"cluster": {"service": "high.pay"}}
    check = {
        "interval": "1s",
        "timeout": "0.5s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 2,
        "tcp_health_check": {},
    }
    checked = patch("CLUSTER", match, {"health_checks": [check]})
    usual, faster = (patch("CLUSTER", match, pings(*times)) for times in (("0.5s", "0.45s"), ("0.15s", "0.1s")))
    keepalive: dict[str, Any] = {"timeouts": {"keepalive": "100ms"}}
    assert upstream() == [envoy_filter("pay", "gw", usual, priority=10)]
    assert upstream(**keepalive) == [envoy_filter("pay", "gw", faster, priority=10)]
    assert upstream(health_checks={}, **keepalive) == [envoy_filter("pay", "gw", faster, checked, priority=10)]
    assert upstream(None, **keepalive) == []
    assert upstream(None, health_checks={}) == [envoy_filter("pay", "gw", checked, priority=10)]


def test_http_2_is_left_to_alpn_only_where_a_place_may_not_speak_it() -> None:
    asked = UpstreamRequest("pay", "mc-wan", LABELS, "high.pay", "high", 31111, (), TRAFFIC, "gw", KNOWN)
    alive = {"connection_keepalive": {"interval": "0.5s", "timeout": "0.45s"}}
    both = spoken("auto_config", {"http_protocol_options": {}, "http2_protocol_options": alive})
    (found,) = istio_filters.upstream_filter(replace(asked, by_alpn=True))
    assert found["spec"]["configPatches"] == [patch("CLUSTER", {"cluster": {"service": "high.pay"}}, both)]


def test_a_route_has_one_where_a_try_has_a_time_and_may_be_repeated() -> None:
    def route(**rules: dict[str, Any]) -> list[dict[str, Any]]:
        treated = {name: merged(Traffic.model_validate(own), TRAFFIC) for name, own in rules.items()}
        asked = RouteRequest("pay", "mc-wan", LABELS, treated, True, "gw", ("a.b", "c.d"))
        return list(istio_filters.route_filter(asked))

    tried, only = {"timeouts": {"per_try": "400ms"}}, {"name": "all", "action": "ROUTE"}
    assert route(all=tried, other={"idempotent": True}) == []
    assert route(all=tried | {"idempotent": True}, other={}) == [
        envoy_filter(
            "pay.tries",
            "gw",
            *(
                patch(
                    "HTTP_ROUTE",
                    {"routeConfiguration": {"vhost": {"domainName": host, "route": only}}},
                    {"route": {"retry_policy": {"per_try_timeout": "0.4s"}}},
                )
                for host in ("a.b", "c.d")
            ),
            priority=10,
        )
    ]
