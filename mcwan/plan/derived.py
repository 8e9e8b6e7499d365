"""The spec of a ServiceImport: the derived service of KEP-1645, as far as its clusters' Services are known.

`ips` has the address that the import answers by: the egress gateway's, that of the shadow Service by path `direct`, or
the Service's own where its cluster answers itself. DNS for clusterset.local serves it (CoreDNS's `multicluster`).
"""

from typing import Any

from mcwan.facts.agreed import Agreed
from mcwan.model.export import ServicePort
from mcwan.model.importing import Importing
from mcwan.plan import names
from mcwan.plan.addresses import Awaited, is_asked
from mcwan.plan.context import Context
from mcwan.plan.gateways import egress_request, infrastructure
from mcwan.plan.manifests import Manifest

_MOST_IPS = 2
"""MCS API: one of each address family."""


def derived(context: Context, importing: Importing) -> Manifest:
    """Give the spec. A headless service has no address of its own: its pods have theirs, in their own cluster only."""
    export = importing.export
    agreed = context.known.agreed.get(export.key, Agreed())
    service = agreed.service
    spec: dict[str, Any] = {
        "type": "Headless" if service.headless else "ClusterSetIP",
        "ports": [_port(port, agreed) for port in export.all_ports],
    }
    ips = _ips(context, importing)
    if ips and not service.headless:
        spec["ips"] = ips
    if service.session_affinity != "None":
        spec["sessionAffinity"] = service.session_affinity
    if service.session_affinity_seconds is not None:
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": service.session_affinity_seconds}}
    if context.fabric.clusters[importing.cluster].mcs_api == "v1beta1":  # older definitions do not have these
        if service.ip_families:
            spec["ipFamilies"] = list(service.ip_families)
        if service.internal_traffic_policy is not None:
            spec["internalTrafficPolicy"] = service.internal_traffic_policy
        if service.traffic_distribution is not None:
            spec["trafficDistribution"] = service.traffic_distribution
    return spec


def _port(port: ServicePort, agreed: Agreed) -> Manifest:
    """Give a port, called as the Service calls it, if that is known."""
    for one, _ in agreed.ports:
        if (one.port, one.protocol) == (port.port, "TCP"):
            name = {"name": one.name} if one.name else {}
            protocol = {"appProtocol": one.app_protocol} if one.app_protocol else {}
            return {**name, "protocol": "TCP", **protocol, "port": port.port}
    return {"name": port.name, "protocol": "TCP", "port": port.port}


def _ips(context: Context, importing: Importing) -> list[str]:
    """Give the addresses by which an import answers: those that are known or, of what the update makes, a word."""
    export, cluster = importing.export, importing.cluster
    local = cluster in export.offers and export.offers[cluster].weight
    shadow = f"{names.clusterset(export.exported_name)}.{export.namespace}"
    made: str | None = None
    path = importing.ways[-1].path
    if path == "federated":
        service = made = shadow
    elif path == "direct":
        service = export.service if local else shadow
        made = None if local else shadow
    else:
        own = export if export.scope == "service" else None
        service = infrastructure(context, cluster, egress_request(context, cluster, (), own)).service
        made = None if own else f"{names.EGRESS}.{names.NAMESPACE}"
    if made and is_asked(context, cluster):
        return [str(Awaited(cluster, made, "cluster"))]
    report = context.known.reports.get(cluster)
    known = (report.answering or {}).get(service, ()) if report else ()
    return list(known[:_MOST_IPS])
