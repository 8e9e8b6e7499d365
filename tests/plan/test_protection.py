"""The NetworkPolicy of ingress gateways."""

import pytest

from tests.fabrics import Raw, called, changed, exported, labelled, on, planned

SOURCES = {
    "clusters/cluster-1/sources": ["10.1.0.0/16", "fd00:1::/64"],
    "clusters/cluster-2/sources": ["10.2.0.0/16"],
}


def test_only_gateways_of_the_fabric_reach_the_wan_ports() -> None:
    plan = planned(changed(SOURCES))
    owner = "gateway.envoyproxy.io/owning-gateway"
    for cluster in ("cluster-1", "cluster-2"):
        assert called(plan, cluster, "NetworkPolicy", "mc-wan-ingress", "envoy-gateway-system") == {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {
                "name": "mc-wan-ingress",
                "namespace": "envoy-gateway-system",
                "labels": labelled("ingress-gateway", "high", "low"),
            },
            "spec": {
                "podSelector": {"matchLabels": {f"{owner}-name": "mc-wan-ingress", f"{owner}-namespace": "mc-wan"}},
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [{"ipBlock": {"cidr": one}} for one in ("10.1.0.0/16", "10.2.0.0/16", "fd00:1::/64")],
                        "ports": [{"protocol": "TCP", "port": 31111}, {"protocol": "TCP", "port": 31112}],
                    },
                    {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 19001}]},
                ],
            },
        }


def test_while_one_cluster_does_not_say_there_is_none() -> None:
    assert on(planned(changed({"clusters/cluster-1/sources": ["10.1.0.0/16"]})), "cluster-2", "NetworkPolicy") == []


def test_the_standard_profile_knows_no_pods() -> None:
    raw = changed({**SOURCES, "clusters/cluster-2/gateway": {"profile": "standard", "class": "x"}})
    assert on(planned(raw), "cluster-2", "NetworkPolicy") == []
    assert len(on(planned(raw), "cluster-1", "NetworkPolicy")) == 1


@pytest.mark.parametrize(
    ("gateway", "name", "namespace", "pods"),
    [
        (
            {},
            "cart-ingress-secure",
            "envoy-gateway-system",
            {
                "gateway.envoyproxy.io/owning-gateway-name": "cart-ingress",
                "gateway.envoyproxy.io/owning-gateway-namespace": "secure",
            },
        ),
        (
            {"profile": "istio"},
            "cart-ingress-istio",
            "secure",
            {"gateway.networking.k8s.io/gateway-name": "cart-ingress"},
        ),
    ],
    ids=["envoy-gateway", "istio"],
)
def test_an_exports_own_gateway_has_one_of_its_own(gateway: Raw, name: str, namespace: str, pods: Raw) -> None:
    own = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    plan = planned(changed({**SOURCES, "exports/-": own, "clusters/cluster-1/gateway": gateway}))
    found = called(plan, "cluster-1", "NetworkPolicy", name, namespace)
    assert found["metadata"]["labels"] == labelled("ingress-gateway", "high", "low", export="cart.secure")
    assert found["spec"]["podSelector"] == {"matchLabels": pods}
    (shared,) = (one for one in on(plan, "cluster-1", "NetworkPolicy") if one is not found)
    assert {**found["spec"], "podSelector": shared["spec"]["podSelector"]} == shared["spec"]
    (owner,) = {one.owner for one in plan.objects if one.manifest is found}
    assert (owner.kind, owner.name) == ("ServiceExport", "cart.secure")
