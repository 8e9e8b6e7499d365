"""The metrics of Envoy that rules and dashboard use, with the labels that these ask for.

A test of the lab finds every one of them at a gateway: https://www.envoyproxy.io/docs/envoy/latest/configuration/
(upstream/cluster_manager/cluster_stats, listeners/stats) says what they count.
"""

from mcwan.gateways.envoy_metrics import CLUSTER, ENDPOINT, EXPORT, RULE, UPSTREAM, WAN_POLICY

SOURCE, DESTINATION = CLUSTER["egress"], CLUSTER["ingress"]
TUNNEL, CLASS, LISTENER = "tunnel", "envoy_response_code_class", "envoy_listener_address"
EXPIRY = "envoy_server_days_until_first_cert_expiring"
CLIENTS_REFUSED = ("connection_error", "fail_verify_error", "fail_verify_no_cert", "fail_verify_san")
"""Counters of a listener's TLS: why a client was refused."""
GATEWAYS_REFUSED = ("connection_error", "fail_verify_san")
"""Counters of an upstream's TLS: why a remote gateway was not trusted."""
_RULE = frozenset({SOURCE, EXPORT, RULE})
_ENDPOINT = frozenset({SOURCE, UPSTREAM, ENDPOINT})
EGRESS = {
    "envoy_cluster_membership_total": _RULE,
    "envoy_cluster_upstream_rq_xx": _RULE | {CLASS},
    "envoy_cluster_upstream_rq_time_bucket": _RULE | {"le"},
    "envoy_cluster_upstream_rq_retry": _RULE,
    "envoy_cluster_upstream_rq_retry_success": _RULE,
    "envoy_cluster_outlier_detection_ejections_active": _RULE,
    "envoy_cluster_upstream_rq_pending_overflow": _RULE,
    "envoy_cluster_endpoint_rq_success": _ENDPOINT,
    "envoy_cluster_endpoint_rq_error": _ENDPOINT,
    "envoy_cluster_endpoint_healthy": _ENDPOINT,
    "envoy_cluster_ssl_fail_verify_san": _RULE,
    "envoy_cluster_ssl_connection_error": _RULE,
    EXPIRY: frozenset({SOURCE}),
}
"""Of egress gateways."""
INGRESS = {
    "envoy_cluster_upstream_rq_xx": frozenset({DESTINATION, EXPORT, RULE, WAN_POLICY, CLASS}),
    "envoy_listener_ssl_connection_error": frozenset({DESTINATION, LISTENER}),
    "envoy_listener_ssl_fail_verify_error": frozenset({DESTINATION, LISTENER}),
    "envoy_listener_ssl_fail_verify_no_cert": frozenset({DESTINATION, LISTENER}),
    "envoy_listener_ssl_fail_verify_san": frozenset({DESTINATION, LISTENER}),
    EXPIRY: frozenset({DESTINATION}),
}
"""Of ingress gateways."""
