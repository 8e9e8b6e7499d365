"""An export as a mesh's own clients call it: their sidecars do what an egress gateway does otherwise.

They pick the WAN policy, share, go on to spares, and show who asks. The Service by which the export is found has no
endpoints: only whoever has a sidecar gets any further. In an ambient mesh the cluster's egress gateway does it, too,
for those who have none: that Service leads there, as by path gateway, and so does what the mesh is told.
"""

from mcwan.model.export import Export
from mcwan.model.importing import EgressRule, Importing, egress_rules, traffic
from mcwan.model.leaves import MAX_WEIGHT
from mcwan.model.shares import whole
from mcwan.plan import names
from mcwan.plan.context import Context
from mcwan.plan.gateways import egress_host
from mcwan.plan.manifests import Manifest, labels
from mcwan.plan.profile import Destination, FederatedRequest, FederatedRule
from mcwan.plan.routes import asked_for, asked_port
from mcwan.plan.targets import service_and_slices
from mcwan.plan.upstreams import upstream


def federated(context: Context, importing: Importing) -> list[Manifest]:
    """Give a Service by which the export is found, and what makes the mesh's sidecars send its requests.

    No Service in an ambient mesh, in which path gateway gives it.
    """
    export, cluster = importing.export, importing.cluster
    make, mesh = context.profiles[cluster].federated, context.fabric.clusters[cluster].mesh
    if make is None or mesh is None:
        return []
    common = labels(context.fabric, "import", export=export.key, policies=export.wan_policies)
    ports = {port.name: port.port for port in export.all_ports}
    told, hosts = hosts_of(export.exported_name, export.namespace, offered=own_name(export, cluster))
    several = len(ports) > 1
    rules = tuple(
        _rule(context, importing, rule, port, several=several)
        for port in ports.values()
        for rule in egress_rules(importing, context.exports)
    )
    shadow = names.clusterset(export.exported_name)
    request = FederatedRequest(
        shadow,
        export.namespace,
        common,
        export.key,
        names.federated(export.key),
        mesh.root_namespace,
        told,
        hosts,
        ports,
        rules,
        egress_host(context, cluster, export) if importing.ambient else "",
    )
    if importing.ambient:
        return list(make(request))
    return [
        *service_and_slices(
            shadow,
            export.namespace,
            common,
            [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()],
            {},
            (),
        ),
        *make(request),
    ]


def own_name(export: Export, cluster: str) -> bool:
    """Tell whether a cluster has a Service of an export's name itself; one under another name is called otherwise."""
    return cluster in export.offers and export.service == export.key


def hosts_of(name: str, namespace: str, *, offered: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the host names that a mesh has to be told of, and all by which its clients call an export.

    Where the cluster itself offers the export, the service's own name is that of its own pods.
    """
    first, *rest = names.hostnames(name, namespace)
    plain = names.cluster_host(f"{name}.{namespace}")
    others = tuple(host for host in rest if not offered or host != plain)
    return (first,) if offered else (first, plain), (first, *others)


def _rule(context: Context, importing: Importing, rule: EgressRule, asked: int, *, several: bool) -> FederatedRule:
    """Give a rule for one of the ports that clients ask for."""
    cluster, ports = importing.cluster, [port.port for port in rule.target.all_ports]
    first = [offer for offer in rule.target.offers.values() if offer.weight and not offer.spare]
    own = [offer for offer in first if offer.cluster == cluster]
    places = [(names.cluster_host(rule.local), asked_port(ports, asked), offer.weight) for offer in own]
    one = upstream(context, importing, rule)
    if one is not None:
        places.append((one.host, one.port, sum(offer.weight for offer in first if offer.cluster != cluster)))
    shares = whole([weight for _, _, weight in places], MAX_WEIGHT)
    return FederatedRule(
        rule.name,
        rule.matches,
        asked if several else None,
        names.cluster_host(rule.target.key),
        asked_for(cluster, context.profiles[cluster].SPAN, rule.target.key, ports, asked),
        tuple(Destination(host, to, share) for (host, to, _), share in zip(places, shares, strict=True)),
        traffic(rule.target, rule, context.fabric.wan_policies),
        one is not None and any(place.spare for place in one.places),
    )
