"""The address that a balancer gives a gateway's Service goes to what leads to the gateway, in the same run."""

from typing import Any

import pulumi
import pytest
from pulumi_kubernetes import Provider

from mcwan.components import Fabric, FabricArgs
from tests.components.monitor import Recorded, record
from tests.plan.test_addresses import balanced

SERVICE, EGRESS = "envoy-gateway-system/mc-wan-ingress", "envoy-gateway-system/mc-wan-egress"


def run(status: dict[str, Any]) -> Recorded:
    plan = balanced(awaits=True)

    def program() -> None:
        providers = {cluster: Provider(cluster, kubeconfig="{}") for cluster in plan.fabric.clusters}
        Fabric("net", FabricArgs(plan=plan, providers=providers))

    there = {
        SERVICE: {"status": status, "metadata": {"name": "mc-wan-ingress"}},
        EGRESS: {"spec": {"clusterIP": "10.96.0.7"}, "metadata": {"name": "mc-wan-egress"}},
    }
    return record(program, there=there)


def test_the_address_takes_the_place_of_the_word() -> None:
    recorded = run({"loadBalancer": {"ingress": [{"ip": "10.2.0.30"}, {"ip": "10.2.0.7"}, {"ip": "10::1"}]}})
    assert sorted(recorded.read) == [f"net/gateways/cluster-2/{one}" for one in (EGRESS, SERVICE)]
    slices = recorded.of("kubernetes:discovery.k8s.io/v1:EndpointSlice")
    assert slices["net/gateways/cluster-1/mc-wan/target-cluster-2-ipv4"].inputs["endpoints"] == [
        {"addresses": ["10.2.0.7"], "conditions": {"ready": True}}
    ]


def test_imports_answer_by_the_egress_gateways_address() -> None:
    recorded = run({"loadBalancer": {"ingress": [{"ip": "10.2.0.7"}]}})
    imports = recorded.of("kubernetes:multicluster.x-k8s.io/v1beta1:ServiceImport")
    ips = {name: one.inputs["spec"].get("ips") for name, one in imports.items()}
    assert ips == {
        f"net/{export}.{namespace}/{cluster}/{namespace}/{export}": known
        for export, namespace in (("payment", "secure"), ("logging", "insecure"))
        for cluster, known in (("cluster-1", None), ("cluster-2", ["10.96.0.7"]))
    }


@pytest.mark.parametrize("status", [{}, {"loadBalancer": {}}, {"loadBalancer": {"ingress": [{"hostname": "x"}]}}])
def test_a_balancer_that_gives_none_is_told(status: dict[str, Any]) -> None:
    with pytest.raises(pulumi.RunError, match=r"balancer gave Service mc-wan-ingress\S* no IPv4 address"):
        run(status)
