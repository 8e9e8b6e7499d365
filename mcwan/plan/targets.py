"""Targets: in a cluster, the Service and EndpointSlices that stand for a remote ingress gateway, a port per WAN policy.

Selector-less Services with EndpointSlices of our own (never Endpoints, which Kubernetes deprecates). A slice holds one
address family, immutably, so that its name says which. Clusters whose profile has upstreams have no targets.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from mcwan.model.export import Export, Offer
from mcwan.model.fabric import Fabric
from mcwan.model.importing import admitted_policies
from mcwan.model.labels import MANAGER, SLICE_MANAGED_BY, SLICE_OF
from mcwan.plan import names
from mcwan.plan.addresses import Address, family, in_order, ingress_addresses
from mcwan.plan.certificates import certificate
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.gateways import shared_egress_ports
from mcwan.plan.manifests import Manifest, labels, manifest
from mcwan.plan.profile import TargetRequest

HTTP_1 = "http"
"""The appProtocol of what is spoken to by HTTP/1.1."""


def shared_targets(context: Context) -> PerCluster:
    """Give every cluster that sends to targets one for each other cluster that has ingress addresses."""

    @cache
    def target(remote: str, protocol: str) -> list[Manifest]:
        return shared_target(context, remote, protocol)

    made: PerCluster = {}
    for cluster in context.clusters:
        for remote in context.clusters if context.profiles[cluster].upstream is None else ():
            if remote != cluster and ingress_addresses(context, remote):
                made.setdefault(cluster, []).extend(target(remote, app_protocol(context, cluster, remote)))
    return made


def shared_target(context: Context, remote: str, protocol: str) -> list[Manifest]:
    """Give the target for a cluster's shared ingress gateway; `protocol` is the appProtocol by TLS."""
    fabric = context.fabric
    ports = wan_ports(fabric, fabric.wan_policies)
    return service_and_slices(
        names.target(remote),
        names.NAMESPACE,
        labels(fabric, "target", policies=sorted(fabric.wan_policies)) | {names.SOURCE_CLUSTER: remote},
        [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()],
        ports,
        ingress_addresses(context, remote),
        dict.fromkeys(fabric.secure, protocol),
    )


def app_protocol(context: Context, cluster: str, remote: str) -> str:
    """Say how a cluster's egress gateway speaks to a remote ingress gateway by TLS: as both can; else it is HTTP/1."""
    protocols = {context.profiles[one].TARGET_PROTOCOL for one in (cluster, remote)}
    return protocols.pop() if len(protocols) == 1 else HTTP_1


def target_policies(
    context: Context, cluster: str, gateway: str, remote: str, target: tuple[str, str, str], policies: Iterable[str]
) -> list[Manifest]:
    """Give what makes an egress gateway send to a target as wanted; `target` is its kind, name and namespace."""
    kind, name, namespace = target
    every = tuple(sorted(policies))
    secure = tuple(policy for policy in every if policy in context.fabric.secure)
    common = labels(context.fabric, "target", policies=every) | {names.SOURCE_CLUSTER: remote}
    known = certificate(context, cluster, "egress", gateway)
    request = TargetRequest(name, namespace, kind, common, remote, every, secure, known)
    return list(context.profiles[cluster].target(request))


def shared_targets_policies(context: Context) -> PerCluster:
    """Give every cluster that has targets and an egress gateway what makes that send to each as wanted."""
    return {
        cluster: [
            one
            for remote in context.clusters
            if remote != cluster and ingress_addresses(context, remote)
            for one in shared_target_policies(context, cluster, remote)
        ]
        for cluster in shared_egress_ports(context)
        if context.profiles[cluster].upstream is None
    }


def shared_target_policies(context: Context, cluster: str, remote: str) -> list[Manifest]:
    """Give what makes a cluster's shared egress gateway send to a target as wanted."""
    target = ("Service", names.target(remote), names.NAMESPACE)
    return target_policies(context, cluster, names.EGRESS, remote, target, context.fabric.wan_policies)


def service_targets(context: Context, cluster: str, export: Export, offers: Iterable[Offer]) -> list[Manifest]:
    """Give the targets for gateways of an export that has its own (`scope: service`), those of some offers."""
    if context.profiles[cluster].upstream is not None:
        return []
    fabric = context.fabric
    policies = admitted_policies(export, fabric.wan_policies)
    ports = wan_ports(fabric, policies)
    common = labels(fabric, "target", export=export.key, policies=policies)
    made: list[Manifest] = []
    for offer in offers:
        name = names.service_target(export.exported_name, offer.cluster)
        made += service_and_slices(
            name,
            export.namespace,
            common | {names.SOURCE_CLUSTER: offer.cluster},
            [{"name": called, "port": port, "targetPort": port} for called, port in ports.items()],
            ports,
            offer.addresses,
            dict.fromkeys(fabric.secure, app_protocol(context, cluster, offer.cluster)),
        )
        made += target_policies(
            context,
            cluster,
            names.clusterset(export.exported_name),
            offer.cluster,
            ("Service", name, export.namespace),
            policies,
        )
    return made


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
    protocols: Mapping[str, str] | None = None,
) -> list[Manifest]:
    """Give a selector-less Service and its EndpointSlice, one per address family in use.

    `protocols` has the appProtocol of ports that are not http (KEP-1422; GEP-1911 says what gateways make of it).
    """
    spoken = protocols or {}
    families: dict[str, list[str]] = {}
    for address in in_order(addresses):
        families.setdefault(f"IPv{family(address)}", []).append(str(address))
    spec: Manifest = {
        "type": "ClusterIP",
        "ports": [
            {**port, "protocol": "TCP", "appProtocol": spoken.get(port["name"], HTTP_1)} for port in service_ports
        ],
    }
    if "IPv6" in families:  # else what the cluster's Services are by default will do
        spec["ipFamilyPolicy"] = "PreferDualStack"
    slices = [
        manifest(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            f"{name}-{family.lower()}",
            namespace,
            {**common, SLICE_OF: name, SLICE_MANAGED_BY: MANAGER},
            addressType=family,
            endpoints=[{"addresses": [address], "conditions": {"ready": True}} for address in found],
            ports=[
                {"name": called, "port": port, "protocol": "TCP", "appProtocol": spoken.get(called, HTTP_1)}
                for called, port in endpoint_ports.items()
            ],
        )
        for family, found in families.items()
    ]
    return [manifest("v1", "Service", name, namespace, common, spec=spec), *slices]
