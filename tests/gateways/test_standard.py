"""The standard profile: nothing but Gateway API's standard channel."""

import pytest

from mcwan.gateways import standard
from mcwan.model import Cluster
from mcwan.plan import GatewayRequest, Infrastructure
from tests.fabrics import changed, on, planned


@pytest.mark.parametrize(
    ("gateway", "namespace", "service"),
    [
        ({"class": "internal"}, "mc-wan", "gw-internal.mc-wan"),
        ({"class": "internal"}, "secure", "gw-internal.secure"),
        ({"class": "x", "serviceNamespace": "infra"}, "mc-wan", "gw-x.infra"),
    ],
)
def test_infrastructure(gateway: dict[str, str], namespace: str, service: str) -> None:
    cluster = Cluster.model_validate({"gateway": {"profile": "standard", **gateway}})
    request = GatewayRequest("egress", "gw", namespace, cluster, (80,), {})
    assert standard.infrastructure(request) == Infrastructure(service)


def test_nothing_but_the_standard_channel() -> None:
    plan = planned(changed({"clusters/cluster-1/gateway": {"profile": "standard", "class": "internal"}}))
    groups = {one["apiVersion"].rpartition("/")[0] for one in on(plan, "cluster-1")}
    assert groups == {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "discovery.k8s.io",
        "gateway.networking.k8s.io",
        "mc-wan.l7mp.io",
        "multicluster.x-k8s.io",
    }
    for gateway in on(plan, "cluster-1", "Gateway"):
        assert set(gateway["spec"]) == {"gatewayClassName", "listeners"}
        assert set(gateway["metadata"]["annotations"]) <= {"mc-wan.l7mp.io/addresses", "mc-wan.l7mp.io/service"}


def test_it_cannot_order_node_ports() -> None:
    assert {"ClusterIP"} == standard.EXPOSURES
