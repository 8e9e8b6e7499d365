"""Meshes: who imports federated has one, with a trust domain of its own, and speaks TLS."""

import pytest

from mcwan.model.mesh import workload
from tests.fabrics import ISSUED, Raw, changed, lines

MESH: Raw = {
    "tls": ISSUED,
    "clusters/cluster-2/gateway": {"profile": "istio"},
    "clusters/cluster-2/mesh": {"trustDomain": "east.example"},
    "imports": [{"service": "logging.insecure", "clusters": ["cluster-2"], "path": "federated"}],
}
MISTAKES: dict[str, tuple[Raw, list[str]]] = {
    "no mesh": (
        {"clusters/cluster-2/mesh": None},
        [
            "imports[0].path: 'federated': cluster-2 has no mesh, whose sidecars would send the requests; allowed: "
            "clusters with a mesh; write mcwan:clusters.cluster-2.mesh.trustDomain, or choose path gateway there"
        ],
    ),
    "no mesh that can be read": (
        {"clusters/cluster-2/mesh": {}},
        ["clusters.cluster-2.mesh.trustDomain: not written, but needed; write trustDomain"],
    ),
    "no cluster that can be read, with a mesh": (
        {"clusters/cluster-2/gateway": {"profile": "isto"}},
        [
            "clusters.cluster-2.gateway.profile: 'isto': not allowed; allowed: 'envoy-gateway', 'istio' or 'standard'; "
            "write one of them"
        ],
    ),
    "plaintext": (
        {"wanPolicies/low/tls": "plaintext"},
        [
            "imports[0].path: 'federated': callers of a mesh are known by their certificates, and WAN policy low is "
            "plaintext; allowed: WAN policies with TLS; choose path gateway, or mutual TLS for low"
        ],
    ),
    "plaintext spare": (
        {"wanPolicies/high/tls": "plaintext", "exports/1/failover": "high"},
        [
            "exports[1].failover: 'high': cluster-2 has profile istio, which keeps both tunnels together, and low has "
            "TLS while high is plaintext; allowed: both with TLS, or none; write failover: none for logging.insecure, "
            "or the same tls for both",
            "imports[0].path: 'federated': callers of a mesh are known by their certificates, and WAN policy high is "
            "plaintext; allowed: WAN policies with TLS; choose path gateway, or mutual TLS for high",
        ],
    ),
    "the fabric's own domain": (
        {"tls": ISSUED | {"domain": "wan.example"}, "clusters/cluster-2/mesh/trustDomain": "wan.example"},
        [
            "clusters.cluster-2.mesh.trustDomain: 'wan.example': the fabric's own domain, by whose identities "
            "gateways are known; allowed: another one; give the mesh a trust domain of its own "
            "(meshConfig.trustDomain)"
        ],
    ),
    "the fabric's own domain, not written": (
        {"clusters/cluster-2/mesh/trustDomain": "fabric.mc-wan.internal"},
        [
            "clusters.cluster-2.mesh.trustDomain: 'fabric.mc-wan.internal': the fabric's own domain, by whose "
            "identities gateways are known; allowed: another one; give the mesh a trust domain of its own "
            "(meshConfig.trustDomain)"
        ],
    ),
    "one trust domain for two": (
        {
            "clusters/cluster-1/gateway": {"profile": "istio"},
            "clusters/cluster-1/mesh": {"trustDomain": "east.example"},
            "imports/0/clusters": ["cluster-1", "cluster-2"],
        },
        [
            "clusters.cluster-2.mesh.trustDomain: 'east.example': already that of cluster-1, so that nobody could tell "
            "whose workload a caller is; allowed: one of its own; give the mesh a trust domain of its own "
            "(meshConfig.trustDomain)"
        ],
    ),
    "accounts behind a gateway": (
        {"exports/1/callers": [{"cluster": "cluster-1", "accounts": ["sleep.sleep"]}]},
        [
            "exports[1].callers[0].accounts: sleep.sleep: cluster-1 does not import logging.insecure federated, so "
            "that its gateway calls for all of its workloads; allowed: none; import it there with path federated "
            "(mcwan:imports), or let all of the cluster call"
        ],
    ),
    "accounts beside a gateway": (
        {
            "exports/0/callers": [{"cluster": "cluster-2", "accounts": ["sleep.sleep"]}],
            "exports/0/rules": [{"name": "all", "wanPolicy": "low"}],
            "imports/0/rules": [{"name": "all", "backend": "payment.secure"}],
        },
        [
            "exports[0].callers[0].accounts: sleep.sleep: cluster-2 asks for payment.secure by path gateway, too, "
            "which every workload there may use; allowed: path federated alone; import it there with path federated "
            "(mcwan:imports), also where rules lead to payment.secure"
        ],
    ),
    "accounts in an ambient mesh": (
        {
            "clusters/cluster-2/mesh/ambient": True,
            "exports/1/callers": [{"cluster": "cluster-2", "accounts": ["sleep.sleep"]}],
        },
        [
            "exports[1].callers[0].accounts: sleep.sleep: the mesh of cluster-2 is ambient, so that its egress gateway "
            "calls for all workloads that have no sidecar; allowed: none; let all of cluster-2 call, or give every "
            "client there a sidecar and take mcwan:clusters.cluster-2.mesh.ambient away"
        ],
    ),
    "no accounts": (
        {"exports/1/callers": [{"cluster": "cluster-2", "accounts": []}]},
        [
            "exports[1].callers[0].accounts: []: no account is left to call; allowed: one at least; take cluster-2 out "
            "of callers, or write accounts"
        ],
    ),
    "a caller twice": (
        {"exports/1/callers": [{"cluster": "cluster-2", "accounts": ["sleep.sleep"]}, "cluster-2"]},
        [
            "exports[1].callers[1]: 'cluster-2': written twice; allowed: each cluster once, with all of its accounts; "
            "remove one of them"
        ],
    ),
    "no account": (
        {"exports/1/callers": [{"cluster": "cluster-2", "accounts": ["sleep"]}]},
        [
            "exports[1].callers[0].accounts[0]: 'sleep': not allowed; allowed: a service account as name.namespace: a "
            "DNS name, '.', a DNS label; write accounts so"
        ],
    ),
    "istio's own": (
        {"clusters/cluster-2/mesh/trustDomain": "cluster.local"},
        [
            "clusters.cluster-2.mesh.trustDomain: 'cluster.local': in Istio's policies on another cluster that means "
            "its own mesh; allowed: another one; give the mesh a trust domain of its own (meshConfig.trustDomain)"
        ],
    ),
    "an alias of another's": (
        {"clusters/cluster-1/mesh": {"trustDomain": "west.example", "aliases": ["old.example", "east.example"]}},
        [
            "clusters.cluster-1.mesh.aliases[1]: 'east.example': already that of cluster-2, so that nobody could tell "
            "whose workload a caller is; allowed: one of its own; give the mesh a trust domain of its own "
            "(meshConfig.trustDomain)"
        ],
    ),
    "an alias of the fabric's": (
        {"clusters/cluster-2/mesh/aliases": ["fabric.mc-wan.internal"]},
        [
            "clusters.cluster-2.mesh.aliases[0]: 'fabric.mc-wan.internal': the fabric's own domain, by whose "
            "identities gateways are known; allowed: another one; give the mesh a trust domain of its own "
            "(meshConfig.trustDomain)"
        ],
    ),
    "a strict mesh without sidecars": (
        {"clusters/cluster-1/mesh": {"trustDomain": "west.example", "strict": True}},
        [
            "clusters.cluster-1.mesh.strict: true: profile envoy-gateway has no sidecars, and its gateways speak "
            "plaintext to services; allowed: with profile istio; remove it, or choose profile istio"
        ],
    ),
    "an ambient mesh without Istio": (
        {"clusters/cluster-1/mesh": {"trustDomain": "west.example", "ambient": True}},
        [
            "clusters.cluster-1.mesh.ambient: true: profile envoy-gateway has no mesh that could be; allowed: with "
            "profile istio; remove it, or choose profile istio"
        ],
    ),
    "an ambient mesh beside a gateway that may speak HTTP/1 only": (
        {
            "clusters/cluster-1/gateway": {"profile": "standard", "class": "x"},
            "clusters/cluster-2/mesh/ambient": True,
            "tls": ISSUED | {"caConfigMap": "root"},
            "imports": [],
        },
        [
            "clusters.cluster-2.mesh.ambient: true: it imports payment.secure by TLS from cluster-1, whose profile "
            "standard may speak HTTP/1 only, which proxies of an ambient mesh cannot find out; allowed: from profile "
            "envoy-gateway, istio; remove it, or narrow by mcwan:imports who imports payment.secure"
        ],
    ),
    "no trust domain": (
        {"clusters/cluster-2/mesh": {}, "imports": []},
        ["clusters.cluster-2.mesh.trustDomain: not written, but needed; write trustDomain"],
    ),
    "no such cluster": (
        {"exports/1/callers": [{"cluster": "cluster-3"}]},
        [
            "exports[1].callers[0].cluster: 'cluster-3': no such cluster; allowed: cluster-1, cluster-2; write "
            "one of them, or add mcwan:clusters.cluster-3"
        ],
    ),
    "profile without sidecars": (
        {"clusters/cluster-2/gateway": {"profile": "envoy-gateway"}},
        [
            "imports[0].path: 'federated': cluster-2 has profile envoy-gateway, which has no federated; allowed: with "
            "profile istio; choose path gateway there"
        ],
    ),
    "a gateway that cannot tell workloads": (
        {
            "clusters/cluster-1/gateway": {"profile": "standard", "class": "x"},
            "tls": ISSUED | {"caConfigMap": "root"},
        },
        [
            "imports[0].path: 'federated': cluster-1 has profile standard, which has no callers of a mesh; allowed: "
            "with profile envoy-gateway, istio; choose path gateway, or offer logging.insecure on another cluster"
        ],
    ),
}


def test_a_mesh_may_import_federated() -> None:
    assert lines(changed(MESH)) == []


@pytest.mark.parametrize(("changes", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes(changes: Raw, expected: list[str]) -> None:
    assert lines(changed(changes, changed(MESH))) == expected


def test_meshes_that_nobody_calls_from_may_have_one_trust_domain() -> None:
    both = {f"clusters/cluster-{number}/mesh": {"trustDomain": "cluster.local"} for number in (1, 2)}
    assert lines(changed(both | {"imports": []}, changed(MESH))) == []


def test_a_mesh_that_only_offers_has_another_trust_domain_too() -> None:
    same = {"clusters/cluster-1/mesh": {"trustDomain": "east.example"}}
    assert [line.partition(":")[0] for line in lines(changed(same, changed(MESH)))] == [
        "clusters.cluster-2.mesh.trustDomain"
    ]


def test_one_mesh_that_only_offers_may_have_istios_own_trust_domain() -> None:
    """No policy of another cluster names its workloads; a second one would be taken for it."""
    own = {"trustDomain": "cluster.local"}
    assert lines(changed({"clusters/cluster-1/mesh": own}, changed(MESH))) == []
    third = {"renderTo": "c", "mesh": own}
    found = lines(changed({"clusters/cluster-1/mesh": own, "clusters/cluster-3": third}, changed(MESH)))
    assert [line.partition(":")[0] for line in found] == ["clusters.cluster-3.mesh.trustDomain"]


def test_accounts_may_have_dots() -> None:
    callers = [{"cluster": "cluster-2", "accounts": ["build.robot.sleep", "0.x"]}]
    assert lines(changed({"exports/1/callers": callers}, changed(MESH))) == []
    assert workload("east.example", "build.robot.sleep") == "spiffe://east.example/ns/sleep/sa/build.robot"
