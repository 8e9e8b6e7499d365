"""TLS: where certificates come from, and who can speak it."""

import pytest

from tests.fabrics import ISSUED, Raw, changed, lines

MISTAKES: dict[str, tuple[Raw, list[str]]] = {
    "both": (
        {"tls": {"issuer": "a", "secrets": {"ingress": "a", "egress": "b"}}},
        ["tls.secrets: an issuer is written, too; allowed: one of them; remove issuer or secrets"],
    ),
    "both of a cluster": (
        {"tls": ISSUED, "clusters/cluster-2/tls": {"issuer": "a", "secrets": {"ingress": "a", "egress": "b"}}},
        ["clusters.cluster-2.tls.secrets: an issuer is written, too; allowed: one of them; remove issuer or secrets"],
    ),
    "none": (
        {"tls": {}},
        [
            "tls: TLS between the gateways is on, and certificates come from nowhere on cluster-1, "
            "cluster-2; allowed: an issuer of cert-manager, or secrets; write mcwan:tls.issuer or "
            "mcwan:tls.secrets, or choose plaintext: mcwan:tls.mode, or tls of the WAN policies that "
            "may be read on the way"
        ],
    ),
    "none somewhere": (
        {"tls": {}, "clusters/cluster-1/tls": ISSUED},
        [
            "clusters.cluster-2.tls: TLS between the gateways is on, and certificates come from nowhere"
            " on cluster-2; allowed: an issuer of cert-manager, or secrets; write mcwan:tls.issuer or "
            "mcwan:tls.secrets, or choose plaintext: mcwan:tls.mode, or tls of the WAN policies that "
            "may be read on the way"
        ],
    ),
    "none for one policy": (
        {"wanPolicies/high/tls": "mutual"},
        [
            "tls: TLS between the gateways is on, and certificates come from nowhere on cluster-1, "
            "cluster-2; allowed: an issuer of cert-manager, or secrets; write mcwan:tls.issuer or "
            "mcwan:tls.secrets, or choose plaintext: mcwan:tls.mode, or tls of the WAN policies that "
            "may be read on the way"
        ],
    ),
    "no root": (
        {"tls": ISSUED, "clusters/cluster-1/gateway": {"profile": "standard", "class": "x"}},
        [
            "tls.caConfigMap: the standard profile (cluster-1) takes the root from a ConfigMap; "
            "allowed: its name; write it, or choose plaintext: mcwan:tls.mode, or tls of the WAN "
            "policies that may be read on the way"
        ],
    ),
    "unknown caller": (
        {"tls": ISSUED, "exports/1/callers": ["cluster-3"]},
        [
            "exports[1].callers[0]: 'cluster-3': no such cluster; allowed: cluster-1, cluster-2; write "
            "one of them, or add mcwan:clusters.cluster-3"
        ],
    ),
    "callers plaintext": (
        {"exports/1/callers": ["cluster-2"]},
        [
            "exports[1].callers: cluster-2: callers are known by their certificates, and WAN policy low"
            " is plaintext; allowed: WAN policies with TLS; use another WAN policy, or let everybody "
            "call"
        ],
    ),
    "callers plaintext spare": (
        {"tls": ISSUED, "exports/1/callers": [], "exports/1/failover": "high", "wanPolicies/high/tls": "plaintext"},
        [
            "exports[1].callers: []: callers are known by their certificates, and WAN policy high is "
            "plaintext; allowed: WAN policies with TLS; use another WAN policy, or let everybody call"
        ],
    ),
    "direct tls": (
        {"tls": ISSUED, "imports": [{"service": "logging.insecure", "path": "direct"}]},
        [
            "imports[0].path: 'direct': WAN policy low has mutual TLS, and by path direct there is no "
            "gateway of ours that could speak it; allowed: gateway; choose path gateway or a plaintext "
            "WAN policy, or write meshTls: true where the clients' mesh does"
        ],
    ),
    "meshTls": (
        {"tls": ISSUED, "imports": [{"service": "logging.insecure", "meshTls": True}]},
        ["imports[0].meshTls: true: for path direct only; allowed: false; remove it, or choose path direct"],
    ),
    "balancer none": (
        {"clusters/cluster-1/ingress/exposure": "LoadBalancer"},
        [
            "clusters.cluster-1.ingress.balancer: a LoadBalancer is public unless its provider is told "
            "otherwise; allowed: aws, azure, gcp, metallb; write who provides it"
        ],
    ),
    "balancer idle": (
        {"clusters/cluster-1/ingress/balancer": "aws"},
        [
            "clusters.cluster-1.ingress.balancer: 'aws': exposure ClusterIP has no load balancer; "
            "allowed: with exposure LoadBalancer; remove it, or change the exposure"
        ],
    ),
    "pool none": (
        {"clusters/cluster-1/ingress/exposure": "LoadBalancer", "clusters/cluster-1/ingress/balancer": "metallb"},
        [
            "clusters.cluster-1.ingress.balancerPool: MetalLB takes the address from a pool, and nobody"
            " else does; allowed: with metallb, a pool of private addresses; write it"
        ],
    ),
    "pool idle": (
        {
            "clusters/cluster-1/ingress/exposure": "LoadBalancer",
            "clusters/cluster-1/ingress/balancer": "aws",
            "clusters/cluster-1/ingress/balancerPool": "p",
        },
        [
            "clusters.cluster-1.ingress.balancerPool: 'p': MetalLB takes the address from a pool, and "
            "nobody else does; allowed: with metallb, a pool of private addresses; remove it"
        ],
    ),
}
RIGHT: dict[str, Raw] = {
    "the clients' mesh speaks it": {
        "tls": ISSUED,
        "imports": [{"service": "logging.insecure", "path": "direct", "meshTls": True}],
    },
    "each cluster its own": {
        "tls": {},
        "clusters/cluster-1/tls": ISSUED,
        "clusters/cluster-2/tls": {"secrets": {"ingress": "a", "egress": "b"}},
    },
}


@pytest.mark.parametrize(("changes", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_remedy(changes: Raw, said: list[str]) -> None:
    assert lines(changed(changes)) == said


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_what_is_no_mistake(changes: Raw) -> None:
    assert lines(changed(changes)) == []
