"""What a description asks of a profile that cannot do it."""

import pytest

from tests.fabrics import Raw, changed, lines

MISTAKES: dict[str, tuple[Raw, list[str]]] = {
    "p istio failover": (
        {"clusters/cluster-2/gateway": {"profile": "istio"}, "wanPolicies/low/failover": "high"},
        [
            "exports[0].failover: cluster-2 has profile istio, which has no failover; allowed: with "
            "profile envoy-gateway; write failover: none for payment.secure",
            "exports[1].failover: cluster-2 has profile istio, which has no failover; allowed: with "
            "profile envoy-gateway; write failover: none for logging.insecure",
        ],
    ),
    "p istio spare": (
        {
            "clusters/cluster-2/gateway": {"profile": "istio"},
            "exports/1/from": ["cluster-1", {"cluster": "cluster-2", "spare": True}],
        },
        [
            "exports[1].from: cluster-2 has profile istio, which has no failover; allowed: with profile"
            " envoy-gateway; take spare away"
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
    "a cluster that does not import it need not": {
        "clusters/cluster-2/gateway": {"profile": "istio"},
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
