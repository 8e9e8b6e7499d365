"""The address that a balancer gives a gateway's Service goes to what leads to the gateway, in the same run."""

from typing import Any

import pulumi
import pytest
from pulumi_kubernetes import Provider

from mcwan.components import Fabric, FabricArgs
from tests.components.monitor import Recorded, record
from tests.plan.test_addresses import balanced

SERVICE = "envoy-gateway-system/mc-wan-ingress"


def run(status: dict[str, Any]) -> Recorded:
    plan = balanced(awaits=True)

    def program() -> None:
        providers = {cluster: Provider(cluster, kubeconfig="{}") for cluster in plan.fabric.clusters}
        Fabric("net", FabricArgs(plan=plan, providers=providers))

    there = {SERVICE: {"status": status, "metadata": {"name": "mc-wan-ingress"}}}
    return record(program, there=there)


def test_the_address_takes_the_place_of_the_word() -> None:
    recorded = run({"loadBalancer": {"ingress": [{"ip": "10.2.0.7"}]}})
    assert recorded.read == [f"net/gateways/cluster-2/{SERVICE}"]
    slices = recorded.of("kubernetes:discovery.k8s.io/v1:EndpointSlice")
    assert slices["net/gateways/cluster-1/mc-wan/target-cluster-2-ipv4"].inputs["endpoints"] == [
        {"addresses": ["10.2.0.7"], "conditions": {"ready": True}}
    ]


@pytest.mark.parametrize("status", [{}, {"loadBalancer": {}}, {"loadBalancer": {"ingress": [{"hostname": "x"}]}}])
def test_a_balancer_that_gives_none_is_told(status: dict[str, Any]) -> None:
    with pytest.raises(pulumi.RunError, match=r"cluster-2: the balancer gave Service mc-wan-ingress\S* no IP address"):
        run(status)
