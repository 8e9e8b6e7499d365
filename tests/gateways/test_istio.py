"""The Istio profile: an annotation for the Service's type, a ConfigMap for node ports."""

import json
from typing import Any, Literal

import pytest

from mcwan.gateways import istio
from mcwan.model import Cluster
from mcwan.plan import GatewayRequest, Infrastructure
from tests.fabrics import called, changed, labelled, on, planned

LABELS = {"a": "b"}
PODS = {"gateway.networking.k8s.io/gateway-name": "gw"}
TYPE = "networking.istio.io/service-type"


def request(role: Literal["ingress", "egress"], namespace: str = "mc-wan", **cluster: Any) -> GatewayRequest:
    described = Cluster.model_validate({"gateway": {"profile": "istio", "class": "istio"}} | cluster)
    return GatewayRequest(role, "gw", namespace, described, (31111, 31112), LABELS)


@pytest.mark.parametrize(
    ("asked", "service"),
    [
        (request("ingress"), "gw-istio.mc-wan"),
        (request("egress"), "gw-istio.mc-wan"),
        (request("egress", "secure"), "gw-istio.secure"),
        (request("ingress", gateway={"profile": "istio", "class": "mesh", "serviceNamespace": "x"}), "gw-mesh.x"),
        (request("egress", ingress={"exposure": "NodePort"}), "gw-istio.mc-wan"),
    ],
)
def test_inside_only(asked: GatewayRequest, service: str) -> None:
    assert istio.infrastructure(asked) == Infrastructure(service, {TYPE: "ClusterIP"}, pods=PODS)


def test_node_ports() -> None:
    found = istio.infrastructure(request("ingress", ingress={"exposure": "NodePort"}))
    (parameters,) = found.objects
    assert found == Infrastructure(
        "gw-istio.mc-wan",
        {TYPE: "NodePort"},
        {"parametersRef": {"group": "", "kind": "ConfigMap", "name": "gw"}},
        (parameters,),
        PODS,
    )
    overlay = json.loads(parameters.pop("data")["service"])
    ports = [{"port": 31111, "nodePort": 31111}, {"port": 31112, "nodePort": 31112}]
    assert overlay == {"spec": {"ports": [*ports, {"port": 15021, "$patch": "delete"}]}}
    assert parameters == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "gw", "namespace": "mc-wan", "labels": LABELS},
    }


def test_nothing_is_a_load_balancer() -> None:
    assert {"ClusterIP", "NodePort"} == istio.EXPOSURES


def test_the_plan_has_the_overlay_beside_the_gateway() -> None:
    gateway = {"profile": "istio", "class": "istio"}
    raw = changed({"clusters/cluster-1/gateway": gateway, "clusters/cluster-1/ingress/exposure": "NodePort"})
    plan = planned(raw)
    overlay = called(plan, "cluster-1", "ConfigMap", "mc-wan-ingress", "mc-wan")
    assert overlay["metadata"]["labels"] == labelled("ingress-gateway", "high", "low")
    assert len(on(plan, "cluster-1", "ConfigMap")) == 1, "the egress gateway has none"
    annotations = {one["metadata"]["name"]: one["metadata"]["annotations"] for one in on(plan, "cluster-1", "Gateway")}
    assert annotations == {
        "mc-wan-ingress": {
            TYPE: "NodePort",
            "mc-wan.l7mp.io/addresses": "198.51.100.11",
            "mc-wan.l7mp.io/service": "mc-wan-ingress-istio.mc-wan",
        },
        "mc-wan-egress": {TYPE: "ClusterIP", "mc-wan.l7mp.io/service": "mc-wan-egress-istio.mc-wan"},
    }
