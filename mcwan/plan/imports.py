"""An export on a cluster that imports it: the ServiceImport, a name in its namespace, and the way to the others."""

from mcwan.model.export import Export, Offer
from mcwan.model.importing import EgressRule, Importing, egress_rules, split_by_policy, traffic
from mcwan.model.leaves import MAX_WEIGHT
from mcwan.model.shares import whole
from mcwan.plan import names
from mcwan.plan.addresses import ingress_addresses
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.derived import derived
from mcwan.plan.exports import policy_annotations, said_rules
from mcwan.plan.federated import federated
from mcwan.plan.gateways import egress_host, egress_request, gateway
from mcwan.plan.manifests import Manifest, labels, manifest
from mcwan.plan.own_share import OwnWay, has_own_target, own_way
from mcwan.plan.profile import RouteRequest
from mcwan.plan.routes import asked_for, asked_port, matches, request_headers, rewrite_host, route
from mcwan.plan.spares import spare_name, spares
from mcwan.plan.targets import service_and_slices, service_targets, wan_ports
from mcwan.plan.traffic import classified
from mcwan.plan.upstreams import upstream


def service_import(context: Context, export: Export) -> PerCluster:
    """Give every importing cluster its objects for one export."""
    ways = {"gateway": _by_gateway, "direct": _direct, "federated": federated}
    return {
        importing.cluster: [
            _marked(context, importing),
            *(one for way in importing.ways for one in ways[way.path](context, way)),
        ]
        for importing in context.imports[export.key]
    }


def _marked(context: Context, importing: Importing) -> Manifest:
    """The ServiceImport, with the annotations that the exports carry here, and the consuming side's own rules."""
    export, entry = importing.export, importing.entry
    own = said_rules(egress_rules(importing, context.exports)) if entry and entry.rules else ""
    version = context.fabric.clusters[importing.cluster].mcs_api
    annotations = {**export.exported_annotations, **policy_annotations(export)}
    mesh = context.fabric.clusters[importing.cluster].mesh
    if importing.path == "federated" and mesh is not None:
        annotations[names.MESHES_ANNOTATION] = mesh.trust_domain
        annotations[names.MESH_NAMESPACE_ANNOTATION] = mesh.root_namespace
    return manifest(
        f"multicluster.x-k8s.io/{version}",
        "ServiceImport",
        export.exported_name,
        export.namespace,
        {**export.exported_labels, **_labels(context, export, "import")},
        annotations=annotations | ({names.OWN_RULES_ANNOTATION: own} if own else {}),
        spec=derived(context, importing),
    )


def _direct(context: Context, importing: Importing) -> list[Manifest]:
    """The shadow Service: its port leads straight to the remote ingress gateways' WAN port.

    Where the cluster itself offers the service, the local one is meant.
    """
    export = importing.export
    offers = {cluster: offer for cluster, offer in export.offers.items() if offer.weight}
    if importing.cluster in offers:
        return [_alias(context, export, names.cluster_host(export.service))]
    addresses = [address for offer in offers.values() for address in ingress_addresses(context, offer.cluster, export)]
    (port,) = export.all_ports
    ((_, wan_port),) = wan_ports(context.fabric, export.wan_policies).items()
    return service_and_slices(
        names.clusterset(export.exported_name),
        export.namespace,
        _labels(context, export, "import"),
        [{"name": port.name, "port": port.port, "targetPort": wan_port}],
        {port.name: wan_port},
        addresses,
    )


def _by_gateway(context: Context, importing: Importing) -> list[Manifest]:
    """The egress route and a name for the egress gateway; with `scope: service` the gateway and its targets, too."""
    export, cluster = importing.export, importing.cluster
    own: list[Manifest] = []
    if export.scope == "service":
        request = egress_request(context, cluster, [port.port for port in export.all_ports], export)
        own_target = has_own_target(context, cluster, export)
        led = [one for one in export.offers.values() if one.weight and (one.cluster != cluster or own_target)]
        own = [
            *gateway(context, cluster, request),
            *service_targets(context, cluster, export, led),
        ]
    return [*own, _alias(context, export, egress_host(context, cluster, export)), *_egress_routes(context, importing)]


def _egress_routes(context: Context, importing: Importing) -> list[Manifest]:
    """One route; one per port where there are several; one per WAN policy, too, where its rules are too many."""
    export = importing.export
    shared = export.scope == "shared"
    every = egress_rules(importing, context.exports)
    parts = split_by_policy(every)
    several = len(export.all_ports) > 1
    policies = sorted({rule.wan_policy for rule in every})
    common = labels(context.fabric, "egress-route", export=export.key, policies=policies)
    found = []
    for port in export.all_ports:
        for policy, rules in parts:
            name = names.egress_route(export.key, port.name if several or policy else None, policy)
            name = name if shared else name.replace(f"{export.key}.egress", names.clusterset(export.exported_name))
            namespace = names.NAMESPACE if shared else export.namespace
            treated = classified(context, importing.cluster, export, rules)
            found.append(
                route(
                    name,
                    namespace,
                    common | dict(treated.label),
                    (
                        names.EGRESS if shared else names.clusterset(export.exported_name),
                        names.egress_listener(port.port),
                    ),
                    export,
                    [_rule(context, importing, rule, port.port) for rule in rules],
                    short=importing.ambient,
                )
            )
            if treated.others:
                whole = len(treated.others) == len(rules)
                gateway_name = names.EGRESS if shared else names.clusterset(export.exported_name)
                hosts = tuple(names.hostnames(export.exported_name, export.namespace, short=importing.ambient))
                request = RouteRequest(name, namespace, common, treated.others, whole, gateway_name, hosts)
                found += context.profiles[importing.cluster].traffic(request)
    return found


def _rule(context: Context, importing: Importing, rule: EgressRule, asked: int) -> Manifest:
    """One rule: the host name that the remote ingress gateway knows, and a share for each offering cluster."""
    cluster, ports = importing.cluster, [port.port for port in rule.target.all_ports]
    profile = context.profiles[cluster]
    treated = profile.treatment(traffic(rule.target, rule, context.fabric.wan_policies))
    headers = {**asked_for(cluster, profile.SPAN, rule.target.key, ports, asked), **treated.headers}
    return {
        "name": rule.name,
        "matches": matches(rule.matches),
        "filters": [rewrite_host(rule.target.key), request_headers(headers)],
        "backendRefs": _backends(context, importing, rule, asked_port(ports, asked)),
        **treated.fields,
    }


def _backends(context: Context, importing: Importing, rule: EgressRule, port: int) -> list[Manifest]:
    """A share for each first choice and the spares beside them; or one for all of other clusters, by an upstream."""
    cluster = importing.cluster
    first = [offer for offer in rule.target.offers.values() if offer.weight and not offer.spare]
    group, kind = context.profiles[cluster].BACKEND
    if one := upstream(context, importing, rule):
        local = [offer for offer in first if offer.cluster == cluster]
        away = sum(offer.weight for offer in first if offer.cluster != cluster)
        *weights, weight = whole([*(offer.weight for offer in local), away], MAX_WEIGHT)
        return [
            *(
                _backend(context, (cluster, "service"), rule, offer, port) | {"weight": share}
                for offer, share in zip(local, weights, strict=True)
            ),
            {"group": group, "kind": kind, "name": one.host, "port": one.port, "weight": weight},
        ]
    own = own_way(context, cluster, rule)
    found = [
        _backend(context, (cluster, own), rule, offer, port)
        for offer in first
        if offer.cluster != cluster or own != "nowhere"
    ]
    for spare in spares(context, cluster, rule) if context.profiles[cluster].spare else ():
        name, namespace = spare_name(rule.target, spare)
        found.append({"group": group, "kind": kind, "name": name, "namespace": namespace, "weight": spare.weight})
    return found


def _backend(context: Context, where: tuple[str, OwnWay], rule: EgressRule, offer: Offer, port: int) -> Manifest:
    """One offering cluster's share: a target's WAN port or, on the cluster itself, it may be the local Service.

    `where` is the cluster, and how its requests get to its own pods.
    """
    cluster, own = where
    local = offer.cluster == cluster and own == "service"
    if local:
        name, _, namespace = rule.local.partition(".")
    elif rule.target.scope == "shared":
        name, namespace = names.target(offer.cluster), names.NAMESPACE
    else:
        name = names.service_target(rule.target.exported_name, offer.cluster)
        namespace = rule.target.namespace
    if not local:
        port = context.fabric.wan_policies[rule.wan_policy].port
    return {"kind": "Service", "name": name, "namespace": namespace, "port": port, "weight": offer.weight}


def _alias(context: Context, export: Export, host: str) -> Manifest:
    """The name in the service's namespace: a CNAME, so that clients reach whatever serves the import there."""
    return manifest(
        "v1",
        "Service",
        names.clusterset(export.exported_name),
        export.namespace,
        _labels(context, export, "import"),
        spec={
            "type": "ExternalName",
            "externalName": host,
            "ports": [{"name": port.name, "port": port.port, "protocol": "TCP"} for port in export.all_ports],
        },
    )


def _labels(context: Context, export: Export, component: str) -> dict[str, str]:
    return labels(context.fabric, component, export=export.key, policies=export.wan_policies)
