"""East-west gateways: the shared pair of a cluster, and those of an export with `scope: service`.

Listeners take routes from the Gateway's own namespace only: in `mc-wan` nobody but this program puts a route on a WAN
port, so that nothing is reachable from another cluster that is not exported.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mcwan.model.export import Export
from mcwan.model.fabric import Fabric
from mcwan.plan import names
from mcwan.plan.addresses import ingress_addresses, is_asked, is_awaited
from mcwan.plan.certificates import certificate, ordered
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.manifests import GATEWAY_API, Manifest, labels, manifest
from mcwan.plan.meshes import admitted
from mcwan.plan.profile import GatewayRequest, Infrastructure

_AWAITED = {"pulumi.com/waitFor": "condition=Programmed", "pulumi.com/timeoutSeconds": "300"}
"""Have Pulumi's provider wait for a Gateway: its address is that of its balancer then (Gateway API, Programmed)."""


def ingress_request(context: Context, cluster: str, export: Export | None = None) -> GatewayRequest:
    """Ask for a cluster's ingress gateway, or for an export's own."""
    fabric = context.fabric
    policies = sorted(fabric.wan_policies)
    described = fabric.clusters[cluster]
    name = names.service_ingress(export.exported_name) if export else names.INGRESS
    awaited = export is None and is_awaited(context, cluster)
    addresses = () if awaited else ingress_addresses(context, cluster, export)
    return GatewayRequest(
        role="ingress",
        name=name,
        namespace=export.namespace if export else names.NAMESPACE,
        cluster=described,
        ports=tuple(context.fabric.wan_policies[policy].port for policy in policies),
        labels=labels(context.fabric, "ingress-gateway", export=export.key if export else None, policies=policies),
        awaited=awaited,
        addresses=tuple(str(address) for address in addresses),
        site=cluster,
        secure=frozenset(fabric.wan_policies[policy].port for policy in fabric.secure),
        certificate=certificate(context, cluster, "ingress", name),
        telemetry=fabric.telemetry,
        meshes=admitted(context, cluster, export),
    )


def egress_request(
    context: Context, cluster: str, ports: Iterable[int], export: Export | None = None
) -> GatewayRequest:
    """Ask for a cluster's egress gateway, or for an export's own."""
    policies = export.wan_policies if export else sorted(context.fabric.wan_policies)
    name = names.clusterset(export.exported_name) if export else names.EGRESS
    return GatewayRequest(
        role="egress",
        name=name,
        namespace=export.namespace if export else names.NAMESPACE,
        cluster=context.fabric.clusters[cluster],
        ports=tuple(sorted(set(ports))),
        labels=labels(context.fabric, "egress-gateway", export=export.key if export else None, policies=policies),
        awaited=export is None and is_asked(context, cluster),
        site=cluster,
        certificate=certificate(context, cluster, "egress", name),
        telemetry=context.fabric.telemetry,
    )


def shared_gateways(context: Context) -> PerCluster:
    """Give every cluster its ingress gateway and, where it imports by one, its egress gateway."""
    ports = shared_egress_ports(context)
    made: PerCluster = {}
    for cluster in context.clusters:
        made[cluster] = gateway(context, cluster, ingress_request(context, cluster))
        if cluster in ports:
            made[cluster] += gateway(context, cluster, egress_request(context, cluster, ports[cluster]))
    return made


def shared_egress_ports(context: Context) -> dict[str, set[int]]:
    """Give, per cluster that needs one, the ports of the shared egress gateway: those of what is imported by it."""
    ports: dict[str, set[int]] = {}
    for key, export in context.exports.items():
        if export.scope == "shared":
            numbers = {port.port for port in export.all_ports}
            for importing in context.imports[key]:
                if "gateway" in importing.paths:
                    ports.setdefault(importing.cluster, set()).update(numbers)
    return ports


def egress_host(context: Context, cluster: str, export: Export) -> str:
    """Give the host name of the Service of the egress gateway by which a cluster imports an export."""
    own = export if export.scope == "service" else None
    return names.cluster_host(infrastructure(context, cluster, egress_request(context, cluster, (), own)).service)


def infrastructure(context: Context, cluster: str, request: GatewayRequest) -> Infrastructure:
    """Ask the cluster's profile what a gateway needs."""
    return context.profiles[cluster].infrastructure(request)


def gateway(context: Context, cluster: str, request: GatewayRequest) -> list[Manifest]:
    """Give a Gateway with what its profile needs around it."""
    needs = infrastructure(context, cluster, request)
    said = {names.SERVICE_ANNOTATION: needs.service}
    if request.awaited:
        said |= _AWAITED
    if request.addresses:
        said[names.ADDRESSES_ANNOTATION] = ",".join(sorted(request.addresses))
    spec: Manifest = {
        "gatewayClassName": request.cluster.gateway.class_name,
        "listeners": _listeners(context.fabric, request, needs.listener_tls),
    }
    if needs.tls:
        spec["tls"] = needs.tls
    if needs.spec:
        spec["infrastructure"] = needs.spec
    one = manifest(
        GATEWAY_API,
        "Gateway",
        request.name,
        request.namespace,
        request.labels,
        annotations={**(needs.annotations or {}), **said},
        spec=spec,
    )
    return [*ordered(context, cluster, request), *needs.objects, one]


def _listeners(fabric: Fabric, request: GatewayRequest, tls: Mapping[str, Any] | None) -> list[Manifest]:
    """An ingress gateway's listeners are called as their WAN policies, an egress gateway's by their port."""
    called = {policy.port: name for name, policy in fabric.wan_policies.items()} if request.role == "ingress" else {}
    return [
        {
            "name": called.get(port) or names.egress_listener(port),
            "protocol": "HTTPS" if port in request.secure else "HTTP",
            "port": port,
            **({"tls": tls} if port in request.secure else {}),
            "allowedRoutes": {"namespaces": {"from": "Same"}, "kinds": [{"kind": "HTTPRoute"}]},
        }
        for port in request.ports
    ]
