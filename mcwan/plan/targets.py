"""Targets: in a cluster, the Service and EndpointSlices that stand for a remote ingress gateway, a port per WAN policy.

Selector-less Services with EndpointSlices of our own (never Endpoints, which Kubernetes deprecates). A slice holds one
address family, immutably, so that its name says which.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address

from mcwan.model.export import Export, Offer
from mcwan.model.fabric import Fabric
from mcwan.plan import names
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.manifests import Manifest, labels, manifest

Address = IPv4Address | IPv6Address


def shared_targets(context: Context) -> PerCluster:
    """Give every cluster a target for each other cluster that has ingress addresses."""
    fabric = context.fabric
    common = labels(fabric, "target", policies=sorted(fabric.wan_policies))
    ports = wan_ports(fabric, fabric.wan_policies)
    made = {
        remote: service_and_slices(
            names.target(remote),
            names.NAMESPACE,
            common | {"multicluster.kubernetes.io/source-cluster": remote},
            [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()],
            ports,
            fabric.clusters[remote].ingress.addresses,
        )
        for remote in context.clusters
        if fabric.clusters[remote].ingress.addresses
    }
    return {
        cluster: [one for remote, objects in made.items() if remote != cluster for one in objects]
        for cluster in context.clusters
        if any(remote != cluster for remote in made)
    }


def service_targets(context: Context, export: Export, offers: Iterable[Offer]) -> list[Manifest]:
    """Give the targets for the remote gateways of an export that has its own (`scope: service`)."""
    fabric = context.fabric
    ports = wan_ports(fabric, export.wan_policies)
    common = labels(fabric, "target", export=export.key, policies=export.wan_policies)
    return [
        one
        for offer in offers
        for one in service_and_slices(
            names.service_target(export.exported_name, offer.cluster),
            export.namespace,
            common | {"multicluster.kubernetes.io/source-cluster": offer.cluster},
            [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()],
            ports,
            offer.addresses,
        )
    ]


def wan_ports(fabric: Fabric, policies: Iterable[str]) -> dict[str, int]:
    """Give the WAN port of each policy, sorted by name."""
    return {name: fabric.wan_policies[name].port for name in sorted(policies)}


def service_and_slices(
    name: str,
    namespace: str,
    common: Mapping[str, str],
    service_ports: Sequence[Manifest],
    endpoint_ports: Mapping[str, int],
    addresses: Iterable[Address],
) -> list[Manifest]:
    """Give a selector-less Service and its EndpointSlice, one per address family in use."""
    families: dict[str, list[str]] = {}
    for address in sorted(set(addresses), key=lambda one: (one.version, int(one))):
        families.setdefault(f"IPv{address.version}", []).append(str(address))
    spec: Manifest = {
        "type": "ClusterIP",
        "ports": [{**port, "protocol": "TCP", "appProtocol": "http"} for port in service_ports],
    }
    if "IPv6" in families:  # else what the cluster's Services are by default will do
        spec["ipFamilyPolicy"] = "PreferDualStack"
    slices = [
        manifest(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            f"{name}-{family.lower()}",
            namespace,
            {
                **common,
                "kubernetes.io/service-name": name,
                "endpointslice.kubernetes.io/managed-by": "mcwan",
            },
            addressType=family,
            endpoints=[{"addresses": [address], "conditions": {"ready": True}} for address in found],
            ports=[
                {"name": called, "port": port, "protocol": "TCP", "appProtocol": "http"}
                for called, port in endpoint_ports.items()
            ],
        )
        for family, found in families.items()
    ]
    return [manifest("v1", "Service", name, namespace, common, spec=spec), *slices]
