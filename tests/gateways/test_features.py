"""What a description asks of a profile that cannot do it."""

import pytest

from tests.fabrics import Raw, changed, lines

STANDARD = {"profile": "standard", "class": "x"}
MISTAKES: dict[str, tuple[Raw, list[str]]] = {
    "p standard failover": (
        {"clusters/cluster-2/gateway": STANDARD, "wanPolicies/low/failover": "high"},
        [
            "exports[0].failover: cluster-2 has profile standard, which has no failover; allowed: with "
            "profile envoy-gateway, istio; write failover: none for payment.secure",
            "exports[1].failover: cluster-2 has profile standard, which has no failover; allowed: with "
            "profile envoy-gateway, istio; write failover: none for logging.insecure",
        ],
    ),
    "p standard spare": (
        {
            "clusters/cluster-2/gateway": STANDARD,
            "exports/1/from": ["cluster-1", {"cluster": "cluster-2", "spare": True}],
        },
        [
            "exports[1].from: cluster-2 has profile standard, which has no failover; allowed: with profile"
            " envoy-gateway, istio; take spare away"
        ],
    ),
    "p istio spare in plaintext": (
        {
            "tls": {"issuer": "mc-wan"},
            "clusters/cluster-2/gateway": {"profile": "istio"},
            "wanPolicies/low/tls": "plaintext",
            "exports/1/failover": "high",
        },
        [
            "exports[1].failover: 'high': cluster-2 has profile istio, which keeps both tunnels together, and high has "
            "TLS while low is plaintext; allowed: both with TLS, or none; write failover: none for logging.insecure, "
            "or the same tls for both"
        ],
    ),
    "p standard callers": (
        {
            "tls": {"issuer": "mc-wan", "caConfigMap": "r"},
            "clusters/cluster-1/gateway": {"profile": "standard", "class": "x"},
            "exports/1/callers": [],
        },
        [
            "exports[1].callers: []: cluster-1 has profile standard, which has no callers; allowed: "
            "with profile envoy-gateway, istio; offer it on another cluster, or let everybody call"
        ],
    ),
    "p tracing": (
        {"clusters/cluster-2/gateway": {"profile": "istio"}, "telemetry": {"otlp": {"service": "a.b"}}},
        [
            "telemetry.otlp: cluster-2 has profile istio, which has no tracing; allowed: with profile "
            "envoy-gateway; remove it"
        ],
    ),
    "p balancer": (
        {
            "clusters/cluster-1/gateway": {"profile": "istio"},
            "clusters/cluster-1/ingress/exposure": "LoadBalancer",
            "clusters/cluster-1/ingress/balancer": "aws",
        },
        [
            "clusters.cluster-1.ingress.exposure: 'LoadBalancer': profile istio cannot order that; "
            "allowed: ClusterIP, NodePort; leave it to the GatewayClass, or use one of the profiles "
            "envoy-gateway"
        ],
    ),
}
RIGHT: dict[str, Raw] = {
    "Envoy Gateway can fail over": {"wanPolicies/high/failover": "low"},
    "Istio can fail over": {
        "clusters/cluster-2/gateway": {"profile": "istio"},
        "wanPolicies/high/failover": "low",
        "exports/1/from": ["cluster-1", {"cluster": "cluster-2", "spare": True}],
        "exports/1/traffic": {"retries": 5},
    },
    "Envoy Gateway keeps each spare by itself": {
        "tls": {"issuer": "mc-wan"},
        "wanPolicies/low/tls": "plaintext",
        "exports/1/failover": "high",
    },
    "a cluster that does not import it need not": {
        "clusters/cluster-2/gateway": STANDARD,
        "exports/1/failover": "high",
        "exports/1/traffic": {"retries": 5},
        "imports": [{"service": "logging.insecure", "clusters": ["cluster-1"]}],
    },
}


@pytest.mark.parametrize(("changes", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_remedy(changes: Raw, said: list[str]) -> None:
    assert lines(changed(changes)) == said


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_what_is_no_mistake(changes: Raw) -> None:
    assert lines(changed(changes)) == []
