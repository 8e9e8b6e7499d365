"""The east-west gateways, without what their profile adds."""

from typing import Any

import pytest

from tests.fabrics import GONE, Raw, called, changed, exported, labelled, on, planned

STANDARD = {
    "clusters/cluster-1/gateway": {"profile": "standard", "class": "internal"},
    "clusters/cluster-2/gateway": {"profile": "standard", "class": "internal"},
}


def listener(name: str, port: int) -> Raw:
    return {
        "name": name,
        "protocol": "HTTP",
        "port": port,
        "allowedRoutes": {"namespaces": {"from": "Same"}, "kinds": [{"kind": "HTTPRoute"}]},
    }


def gateway(name: str, namespace: str, labels: dict[str, str], *listeners: Raw, addresses: str = "") -> Raw:
    annotations = {"mc-wan.l7mp.io/service": f"{name}-internal.{namespace}"}
    if addresses:
        annotations["mc-wan.l7mp.io/addresses"] = addresses
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations},
        "spec": {"gatewayClassName": "internal", "listeners": list(listeners)},
    }


def test_the_ingress_gateway_has_a_listener_per_policy() -> None:
    plan = planned(changed({**STANDARD, "clusters/cluster-2/ingress/addresses": ["10.2.0.12", "10.2.0.11"]}))
    for cluster, addresses in (("cluster-1", "198.51.100.11"), ("cluster-2", "10.2.0.11,10.2.0.12")):
        assert called(plan, cluster, "Gateway", "mc-wan-ingress", "mc-wan") == gateway(
            "mc-wan-ingress",
            "mc-wan",
            labelled("ingress-gateway", "high", "low"),
            listener("high", 31111),
            listener("low", 31112),
            addresses=addresses,
        )


def test_the_egress_gateway_has_a_listener_per_port() -> None:
    plan = planned(changed({**STANDARD, "exports/-": exported(port=80)}))
    assert called(plan, "cluster-2", "Gateway", "mc-wan-egress", "mc-wan") == gateway(
        "mc-wan-egress",
        "mc-wan",
        labelled("egress-gateway", "high", "low"),
        listener("http-80", 80),
        listener("http-8080", 8080),
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exports": []}, []),
        ({"exports/0": GONE, "imports": [{"service": "logging.insecure", "path": "direct"}]}, []),
        ({"imports": [{"service": "logging.insecure", "path": "direct"}]}, [8080]),
        ({"exports/1/port": 9090}, [8080, 9090]),
        ({"exports/1/port": 9090, "clusters/cluster-2/namespaces": ["secure"]}, [8080]),
        ({"exports/1/port": 9090, "imports": [{"service": "logging.insecure", "clusters": ["cluster-1"]}]}, [8080]),
        ({"clusters/cluster-2/namespaces": []}, []),
    ],
    ids=["nothing", "direct only", "direct", "two", "no namespace", "narrowed", "no namespaces"],
)
def test_the_egress_gateway_listens_on_what_the_cluster_imports(changes: Raw, expected: list[int]) -> None:
    plan = planned(changed({**STANDARD, **changes}))
    egress = [one for one in on(plan, "cluster-2", "Gateway") if one["metadata"]["name"] == "mc-wan-egress"]
    assert [its["port"] for one in egress for its in one["spec"]["listeners"]] == expected
    assert len(egress) == bool(expected)


def test_an_export_can_have_a_pair_of_its_own() -> None:
    own: dict[str, Any] = {
        "exports": [exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])]
    }
    plan = planned(changed({**STANDARD, **own}))
    assert called(plan, "cluster-1", "Gateway", "cart-ingress", "secure") == gateway(
        "cart-ingress",
        "secure",
        labelled("ingress-gateway", "high", "low", export="cart.secure"),
        listener("high", 31111),
        listener("low", 31112),
        addresses="10.0.0.1",
    )
    for cluster in ("cluster-1", "cluster-2"):
        assert called(plan, cluster, "Gateway", "cart-clusterset", "secure") == gateway(
            "cart-clusterset",
            "secure",
            labelled("egress-gateway", "low", export="cart.secure"),
            listener("http-80", 80),
        )
    names = [(one["metadata"]["namespace"], one["metadata"]["name"]) for one in on(plan, "cluster-2", "Gateway")]
    assert names == [("mc-wan", "mc-wan-ingress"), ("secure", "cart-clusterset")]


def test_what_a_profile_needs_stands_in_the_gateway() -> None:
    plan = planned(changed({"clusters/cluster-2/gateway": {"profile": "istio", "class": "istio"}}))
    one = called(plan, "cluster-1", "Gateway", "mc-wan-ingress", "mc-wan")
    assert one["spec"]["gatewayClassName"] == "envoy-gateway"
    assert one["spec"]["infrastructure"] == {
        "parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "mc-wan-ingress"}
    }
    assert one["metadata"]["annotations"] == {
        "mc-wan.l7mp.io/service": "mc-wan-ingress.envoy-gateway-system",
        "mc-wan.l7mp.io/addresses": "198.51.100.11",
    }
    one = called(plan, "cluster-2", "Gateway", "mc-wan-ingress", "mc-wan")
    assert one["spec"]["gatewayClassName"] == "istio"
    assert "infrastructure" not in one["spec"]
    assert one["metadata"]["annotations"] == {
        "networking.istio.io/service-type": "ClusterIP",
        "mc-wan.l7mp.io/service": "mc-wan-ingress-istio.mc-wan",
        "mc-wan.l7mp.io/addresses": "198.51.100.12",
    }
