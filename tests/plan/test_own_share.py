"""A cluster's own share, where other clusters answer, too: beside HTTP/2 it goes to the own ingress gateway."""

from typing import Any

import pytest

from mcwan import gateways
from mcwan.facts.resolve import Known
from mcwan.plan import Plan
from tests.fabrics import ISSUED, Raw, called, changed, exported, fabric, on, planned, rule

SOURCES = {
    "clusters/cluster-1/sources": ["10.1.0.0/16"],
    "clusters/cluster-2/sources": ["10.2.0.0/16"],
}
BOTH: Raw = changed({"tls": ISSUED, "exports/1/from": ["cluster-1", {"cluster": "cluster-2", "weight": 3}]})
"""logging.insecure of both clusters, by low."""


def refs(plan: Plan, cluster: str, name: str = "logging.insecure.egress", namespace: str = "mc-wan") -> list[Any]:
    route = called(plan, cluster, "HTTPRoute", name, namespace)
    return [
        (ref["kind"], ref["namespace"], ref["name"], ref.get("port"), ref["weight"])
        for one in route["spec"]["rules"]
        for ref in one["backendRefs"]
    ]


def targets(plan: Plan, cluster: str) -> list[str]:
    return sorted(
        one["metadata"]["name"]
        for one in on(plan, cluster, "Service")
        if one["metadata"]["labels"]["app.kubernetes.io/component"] == "target"
    )


def test_beside_others_with_tls_the_own_share_goes_to_a_target_of_its_own() -> None:
    plan = planned(BOTH)
    for cluster in ("cluster-1", "cluster-2"):
        assert refs(plan, cluster) == [
            ("Service", "mc-wan", "target-cluster-1", 31112, 1),
            ("Service", "mc-wan", "target-cluster-2", 31112, 3),
        ]
        assert targets(plan, cluster) == ["target-cluster-1", "target-cluster-2"]


@pytest.mark.parametrize("kind", ["Service", "EndpointSlice", "BackendTLSPolicy"])
def test_it_is_as_that_of_every_other_cluster(kind: str) -> None:
    plan = planned(BOTH)
    name = "target-cluster-1-ipv4" if kind == "EndpointSlice" else "target-cluster-1"
    assert called(plan, "cluster-1", kind, name, "mc-wan") == called(plan, "cluster-2", kind, name, "mc-wan")


STANDARD: Raw = {"profile": "standard", "class": "x"}
SERVICE, OTHER = ("Service", "insecure", "logging", 8080), ("Service", "mc-wan", "target-cluster-2", 31112)


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"exports/1/from": ["cluster-1"]}, [(*SERVICE, 1)]),
        ({"wanPolicies/low/tls": "plaintext"}, [(*SERVICE, 1), (*OTHER, 3)]),
        ({"clusters/cluster-1/gateway": STANDARD}, [(*SERVICE, 1), (*OTHER, 3)]),
        ({"clusters/cluster-2/gateway": STANDARD}, [(*SERVICE, 1), (*OTHER, 3)]),
    ],
    ids=["no others", "plaintext", "the standard profile's", "beside it"],
)
def test_where_nothing_speaks_http_2_it_goes_straight_to_the_service(changes: Raw, sent: list[Any]) -> None:
    raw = changed({"tls": ISSUED | {"caConfigMap": "root"}, **changes}, BOTH)
    plan = planned(raw)
    assert refs(plan, "cluster-1") == sent
    assert targets(plan, "cluster-1") == ["target-cluster-2"]


def test_with_istio_it_goes_straight_to_the_service_beside_the_upstream() -> None:
    plan = planned(changed({"clusters/cluster-1/gateway": {"profile": "istio"}}, BOTH))
    route = called(plan, "cluster-1", "HTTPRoute", "logging.insecure.egress", "mc-wan")
    assert [ref["kind"] for ref in route["spec"]["rules"][0]["backendRefs"]] == ["Service", "Hostname"]
    assert targets(plan, "cluster-1") == []


def test_beside_a_spare_with_tls_it_does_though_its_own_policy_is_plaintext() -> None:
    raw = changed({"wanPolicies/low/tls": "plaintext", "wanPolicies/low/failover": "high"}, BOTH)
    assert refs(planned(raw), "cluster-1") == [
        ("Service", "mc-wan", "target-cluster-1", 31112, 1),
        ("Service", "mc-wan", "target-cluster-2", 31112, 3),
        ("Backend", "mc-wan", "target-cluster-2.high", None, 3),
    ]


def test_at_gateways_of_an_exports_own() -> None:
    offers = [
        {"cluster": "cluster-1", "addresses": ["10.0.0.1"]},
        {"cluster": "cluster-2", "addresses": ["10.0.0.2"]},
    ]
    plan = planned(changed({"tls": ISSUED, "exports": [exported(scope="service", from_=offers)]}))
    own, other = "cart-clusterset-to-cluster-1", "cart-clusterset-to-cluster-2"
    assert refs(plan, "cluster-1", "cart-clusterset", "secure") == [
        ("Service", "secure", own, 31112, 1),
        ("Service", "secure", other, 31112, 1),
    ]
    for kind, name in (("Service", own), ("EndpointSlice", f"{own}-ipv4"), ("BackendTLSPolicy", own)):
        found = [called(plan, cluster, kind, name, "secure") for cluster in ("cluster-1", "cluster-2")]
        assert found[0] == found[1]
    assert targets(plan, "cluster-1") == [own, other, "target-cluster-2"]


def test_a_consuming_sides_own_rules_lead_there_too() -> None:
    canary = {
        "service": "payment.secure",
        "clusters": ["cluster-1"],
        "rules": [rule("all", None, backend="logging.insecure")],
    }
    narrowed = {"service": "logging.insecure", "clusters": ["cluster-2"]}
    plan = planned(changed({"imports": [canary, narrowed]}, BOTH))
    assert refs(plan, "cluster-1", "payment.secure.egress") == [
        ("Service", "mc-wan", "target-cluster-1", 31112, 1),
        ("Service", "mc-wan", "target-cluster-2", 31112, 3),
    ]
    assert targets(plan, "cluster-1") == ["target-cluster-1", "target-cluster-2"]


def test_its_own_ingress_gateway_admits_it_whoever_the_callers_are() -> None:
    """And it admits nobody else; that of the other cluster does not admit it."""
    raw = changed({"tls": ISSUED | {"domain": "t"}, "exports/1/callers": []}, BOTH)
    plan = planned(changed({"imports": [{"service": "logging.insecure", "clusters": ["cluster-1"]}]}, raw))
    cel = 'connection.uri_san_peer_certificate in ["spiffe://t/cluster/cluster-1/egress"]'
    admitted = {"name": "callers", "action": "Allow", "cel": cel}
    said = {
        cluster: called(plan, cluster, "SecurityPolicy", "logging.insecure.ingress.low", "mc-wan")["spec"][
            "authorization"
        ]
        for cluster in ("cluster-1", "cluster-2")
    }
    assert said == {
        "cluster-1": {"defaultAction": "Deny", "rules": [admitted]},
        "cluster-2": {"defaultAction": "Deny"},
    }
    exports = {
        called(plan, cluster, "ServiceExport", "logging", "insecure")["metadata"]["annotations"][
            "mc-wan.l7mp.io/callers"
        ]
        for cluster in ("cluster-1", "cluster-2")
    }
    assert exports == {""}, "callers are those of other clusters, told alike"


def peer(name: str, namespace: str) -> Raw:
    owner = "gateway.envoyproxy.io/owning-gateway"
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "envoy-gateway-system"}},
        "podSelector": {"matchLabels": {f"{owner}-name": name, f"{owner}-namespace": namespace}},
    }


@pytest.mark.parametrize(
    ("offers", "admitted"),
    [
        (["cluster-1", "cluster-2"], {"cluster-1": True, "cluster-2": True}),
        (["cluster-1", {"cluster": "cluster-2", "spare": True}], {"cluster-1": True, "cluster-2": True}),
        (["cluster-1"], {"cluster-1": False, "cluster-2": False}),
    ],
    ids=["shares", "a spare of itself", "no others"],
)
def test_pods_of_its_own_egress_gateway_reach_its_ingress_gateway(offers: list[Any], admitted: dict[str, bool]) -> None:
    plan = planned(changed({**SOURCES, "exports/1/from": offers}, BOTH))
    for cluster, own in admitted.items():
        policy = called(plan, cluster, "NetworkPolicy", "mc-wan-ingress", "envoy-gateway-system")
        assert policy["spec"]["ingress"][0]["from"] == [
            {"ipBlock": {"cidr": "10.1.0.0/16"}},
            {"ipBlock": {"cidr": "10.2.0.0/16"}},
            *([peer("mc-wan-egress", "mc-wan")] if own else []),
        ]


def test_pods_of_an_exports_own_egress_gateway_reach_its_ingress_gateway() -> None:
    offers = [
        {"cluster": "cluster-1", "addresses": ["10.0.0.1"]},
        {"cluster": "cluster-2", "addresses": ["10.0.0.2"]},
    ]
    own = exported(scope="service", from_=offers)
    plan = planned(changed({**SOURCES, "tls": ISSUED, "exports/-": own}))
    policies = {one["metadata"]["name"]: one["spec"] for one in on(plan, "cluster-1", "NetworkPolicy")}
    assert {name: spec["ingress"][0]["from"][2:] for name, spec in policies.items()} == {
        "cart-ingress-secure": [peer("cart-clusterset", "secure")],
        "mc-wan-ingress": [],
    }


def balanced(offers: list[Any], *, awaits: bool) -> Plan:
    """Plan logging.insecure with cluster-1's address not known yet."""
    cluster = {
        "context": "east",
        "facts": "live",
        "namespaces": ["insecure"],
        "ingress": {"exposure": "LoadBalancer", "balancer": "metallb", "balancerPool": "sdwan"},
    }
    raw = changed({"clusters/cluster-1": cluster, "exports": [BOTH["exports"][1] | {"from": offers}]}, BOTH)
    return gateways.plan(fabric(raw), Known(balanced=frozenset({"cluster-1"})), awaits=awaits)


def test_an_address_that_is_waited_for_will_do() -> None:
    plan = balanced(["cluster-1", "cluster-2"], awaits=True)
    assert refs(plan, "cluster-1") == [("Service", "mc-wan", f"target-cluster-{one}", 31112, 1) for one in (1, 2)]
    waiting = {(one.cluster, one.manifest["metadata"]["name"]) for one in plan.objects if plan.waits(one.manifest)}
    assert ("cluster-1", "target-cluster-1-ipv4") in waiting


def test_without_its_address_the_own_pods_get_no_share_beside_others() -> None:
    plan = balanced(["cluster-1", "cluster-2"], awaits=False)
    assert refs(plan, "cluster-1") == [(*OTHER, 1)]
    assert targets(plan, "cluster-1") == ["target-cluster-2"]
    assert plan.notes()[-1] == (
        "logging.insecure: cluster-1 sends its own pods nothing until its ingress address is known"
    )


def test_without_its_address_own_pods_that_are_alone_have_no_spares() -> None:
    plan = balanced(["cluster-1", {"cluster": "cluster-2", "spare": True}], awaits=False)
    assert refs(plan, "cluster-1") == [(*SERVICE, 1)]
    assert on(plan, "cluster-1", "Backend") == []
    assert plan.notes()[-1] == (
        "logging.insecure: cluster-1 has no spare for its own pods until its ingress address is known"
    )
