"""What components register is what the plan says, under names of their own, by each cluster's provider."""

import pytest
from pulumi_kubernetes import Provider

from mcwan.components import Fabric, FabricArgs, ServiceExport, ServiceExportArgs
from mcwan.components.register import register
from mcwan.plan import Owner
from mcwan.plan.manifests import identity
from tests.components.examples import plan
from tests.components.monitor import Recorded, record
from tests.shipped import STACKS

KUBERNETES = "kubernetes:"


def _fabric(name: str, component: str = "net") -> Recorded:
    made = plan(name)

    def program() -> None:
        providers = {cluster: Provider(cluster, kubeconfig="{}") for cluster in made.fabric.clusters}
        Fabric(component, FabricArgs(plan=made, providers=providers))

    return record(program, stack=name)


@pytest.mark.parametrize("name", STACKS)
def test_every_object_is_registered_once_with_its_clusters_provider(name: str) -> None:
    recorded = _fabric(name)
    found = [
        (one.provider.rpartition("::")[0].rpartition("::")[2], one.inputs["kind"], one.inputs["metadata"]["name"])
        for one in recorded.resources
        if one.type.startswith(KUBERNETES)
    ]
    planned = [(one.cluster, one.manifest["kind"], one.manifest["metadata"]["name"]) for one in plan(name).objects]
    assert sorted(found) == sorted(planned)


@pytest.mark.parametrize("name", STACKS)
def test_children_are_called_after_component_cluster_and_object(name: str) -> None:
    recorded = _fabric(name)
    parts = {"EastWestGateway": "gateways"}
    expected = sorted(
        "/".join(
            part
            for part in (
                "net",
                parts.get(one.owner.kind, one.owner.name),
                one.cluster,
                one.manifest["metadata"].get("namespace", ""),
                one.manifest["metadata"]["name"],
            )
            if part
        )
        for one in plan(name).objects
    )
    assert sorted(one.name for one in recorded.resources if one.type.startswith(KUBERNETES)) == expected


def test_the_namespace_and_the_definition_come_first() -> None:
    recorded = _fabric("dev")
    children = [one for one in recorded.resources if one.type.startswith(KUBERNETES)]
    first = {"kubernetes:core/v1:Namespace", "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"}
    for cluster in ("cluster-1", "cluster-2"):
        on_cluster = [one for one in children if f"::{cluster}::" in one.provider]
        namespace, crd = sorted((one for one in on_cluster if one.type in first), key=lambda one: one.type)[::-1]
        assert (namespace.inputs["kind"], crd.inputs["kind"]) == ("Namespace", "CustomResourceDefinition")
        for one in on_cluster:
            needed: tuple[str, ...] = ()
            if one.inputs["kind"] == "WANPolicy":
                needed = (crd.urn,)
            elif one.inputs["metadata"].get("namespace") == "mc-wan":
                needed = (namespace.urn,)
            assert one.dependencies == needed, one.name


def test_an_endpoint_slice_is_replaced_when_its_address_family_changes() -> None:
    slices = _fabric("dev").of("kubernetes:discovery.k8s.io/v1:EndpointSlice")
    assert {one.replace_on_changes for one in slices.values()} == {("addressType",)}


def test_outputs_are_plain_values() -> None:
    recorded = _fabric("dev")
    prefix = "urn:pulumi:dev::mcwan::mcwan:index:Fabric"
    assert recorded.outputs[f"{prefix}$mcwan:index:WANPolicy::net/high"] == {
        "policy": "high",
        "tunnel": "business",
        "sla": {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1},
        "tls": "mutual",
        "wanPorts": {"cluster-1": 31111, "cluster-2": 31111},
    }
    assert recorded.outputs[f"{prefix}$mcwan:index:ServiceExport::net/logging.insecure"] == {
        "service": "logging.insecure",
        "hostnames": [
            "logging.insecure.svc.clusterset.local",
            "logging-clusterset.insecure.svc.cluster.local",
            "logging.insecure.svc.cluster.local",
            "logging-clusterset.insecure.svc",
            "logging-clusterset.insecure",
        ],
        "ports": [8080],
        "weights": {"cluster-1": 1},
        "wanPolicy": "low",
    }
    assert recorded.outputs[f"{prefix}$mcwan:index:ServiceImport::net/payment.secure"] == {
        "name": "payment-clusterset.secure.svc.cluster.local",
        "clusters": {
            "cluster-1": {"path": "gateway", "rules": {"queries": "high", "stats": "low"}},
            "cluster-2": {"path": "gateway", "rules": {"queries": "high", "stats": "low"}},
        },
    }
    assert recorded.outputs[f"{prefix}$mcwan:index:EastWestGateway::net/gateways"] == {
        "clusters": {
            cluster: {
                "ingress": {
                    "gateway": "mc-wan-ingress.mc-wan",
                    "service": "mc-wan-ingress.envoy-gateway-system",
                    "addresses": [own],
                    "listeners": {"high": 31111, "low": 31112},
                },
                "egress": {
                    "gateway": "mc-wan-egress.mc-wan",
                    "service": "mc-wan-egress.envoy-gateway-system",
                    "ports": [8080],
                },
                "targets": {remote: [other]},
            }
            for cluster, own, remote, other in (
                ("cluster-1", "198.51.100.11", "cluster-2", "198.51.100.12"),
                ("cluster-2", "198.51.100.12", "cluster-1", "198.51.100.11"),
            )
        },
        "withdrawals": {"atMost": 10, "percent": 50, "allow": False},
    }


def test_a_component_alone_registers_its_part_only() -> None:
    made = plan("dev")

    def program() -> None:
        providers = {"cluster-1": Provider("one", kubeconfig="{}")}
        ServiceExport("pay", ServiceExportArgs(plan=made, export="payment.secure", providers=providers))

    found = {
        one.name: identity(one.inputs)  # type: ignore[arg-type]
        for one in record(program).resources
        if one.type.startswith(KUBERNETES)
    }
    route = ("gateway.networking.k8s.io/v1", "HTTPRoute", "mc-wan")
    assert found == {
        "pay/cluster-1/secure/payment": ("multicluster.x-k8s.io/v1beta1", "ServiceExport", "secure", "payment"),
        "pay/cluster-1/mc-wan/payment.secure.ingress.high": (*route, "payment.secure.ingress.high"),
        "pay/cluster-1/mc-wan/payment.secure.ingress.low": (*route, "payment.secure.ingress.low"),
    }


def test_a_cluster_without_provider_is_named() -> None:
    made = plan("dev")

    def program() -> None:
        ServiceExport("pay", ServiceExportArgs(plan=made, export="payment.secure", providers={}))

    with pytest.raises(LookupError) as error:
        record(program)
    assert str(error.value) == "ServiceExport 'pay': no provider for cluster cluster-1; pass one for each"


def test_an_export_that_is_not_planned_is_named() -> None:
    with pytest.raises(LookupError) as error:
        register("pay", plan("dev"), Owner("ServiceExport", "nobody.secure"), {}, None)  # type: ignore[arg-type]
    assert str(error.value) == "ServiceExport 'pay': the plan has no ServiceExport called 'nobody.secure'"
