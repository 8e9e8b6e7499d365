"""An export on the clusters that offer it: the ServiceExport, and a route on the listener of each WAN policy."""

from collections.abc import Iterable

from mcwan.model.export import Export, Rule, qualified
from mcwan.model.importing import EgressRule, ListenerRule, admitted_policies, listener_rules
from mcwan.model.leaves import PORT_HEADER
from mcwan.model.mesh import workload, workloads
from mcwan.model.tls import identity
from mcwan.plan import names
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.gateways import gateway, ingress_request
from mcwan.plan.manifests import Manifest, labels, manifest
from mcwan.plan.own_share import leads_home
from mcwan.plan.profile import RouteRequest
from mcwan.plan.protection import ingress_protection
from mcwan.plan.routes import matches, request_headers, response_headers, rewrite_host, route


def service_export(context: Context, export: Export) -> PerCluster:
    """Give every offering cluster what makes the export reachable, the same on each but for its gateways."""
    made: PerCluster = {}
    for cluster in export.offers:
        routes = ingress_routes(context, cluster, export)
        made[cluster] = [_marked(context, cluster, export), *routes]
        known = admitted_callers(context, cluster, export)
        if known is not None:
            made[cluster] += [one for found in routes for one in _callers(context, cluster, known, found)]
        if export.scope == "service":
            made[cluster] += gateway(context, cluster, ingress_request(context, cluster, export))
            made[cluster] += ingress_protection(context, cluster, export)
    return made


def ingress_routes(context: Context, cluster: str, export: Export) -> list[Manifest]:
    """Give a route per WAN policy and, if the export has several ports, per port.

    Each attaches to its policy's listener by section name and admits there what that policy's rules admit.
    """
    shared = export.scope == "shared"
    ports = [(None, export.all_ports[0])] if len(export.all_ports) == 1 else [(p.port, p) for p in export.all_ports]
    return [
        route(
            _route_name(export, policy, port.name if only else None),
            names.NAMESPACE if shared else export.namespace,
            labels(context.fabric, "ingress-route", export=export.key, policies=[policy]),
            (names.INGRESS if shared else names.service_ingress(export.exported_name), policy),
            export,
            [
                _rule(context, (cluster, policy), export, rule, port.port, only)
                for rule in listener_rules(export, policy, context.fabric.wan_policies)
            ],
        )
        for policy in admitted_policies(export, context.fabric.wan_policies)
        for only, port in ports
    ]


def policy_annotations(export: Export) -> dict[str, str]:
    """Say on an object which WAN policy an export has, or which rules, and which Services answer it beside its own.

    Its own is said if it is called otherwise than the export.
    """
    found = {names.SERVICE_ANNOTATION: export.service} if export.name else {}
    backends = {qualified(rule.backend, export.namespace) for rule in export.rules if rule.backend} - {export.service}
    if backends:
        found[names.BACKENDS_ANNOTATION] = ",".join(sorted(backends))
    if export.wan_policy is not None:
        return {names.POLICY_ANNOTATION: export.wan_policy, **found}
    return {names.RULES_ANNOTATION: said_rules(export.rules), **found}


def caller_identities(context: Context, export: Export) -> list[str] | None:
    """Give the identities that may call an export; None if everybody may."""
    if export.callers is None:
        return None
    meshes, by_gateway = context.meshes(export.key), context.asking("gateway", export.key)
    found: set[str] = set()
    for caller in export.callers:
        mesh = meshes.get(caller.cluster)
        if mesh is not None:
            found |= {workload(mesh.trust_domain, one) for one in caller.accounts} or {workloads(mesh.trust_domain)}
        if mesh is None or caller.cluster in by_gateway:
            found.add(identity(context.fabric.domain, caller.cluster, "egress"))
    return sorted(found)


def admitted_callers(context: Context, cluster: str, export: Export) -> list[str] | None:
    """Give the identities that a cluster's own ingress gateway admits to an export; None if that is everybody.

    Beside the callers it is the cluster's own egress gateway, if that sends to it what the cluster's own pods answer:
    `callers` are about requests of other clusters.
    """
    known = caller_identities(context, export)
    if known is None or not leads_home(context, cluster, export):
        return known
    return sorted({*known, identity(context.fabric.domain, cluster, "egress")})


def said_rules(rules: Iterable[Rule] | Iterable[EgressRule]) -> str:
    """Say in an annotation which WAN policy each rule has."""
    return ",".join(f"{rule.name}={rule.wan_policy}" for rule in rules)


def _route_name(export: Export, policy: str, port: str | None) -> str:
    if export.scope == "service":
        return ".".join(part for part in (names.service_ingress(export.exported_name), policy, port) if part)
    return ".".join(part for part in (names.ingress_route(export.key, policy), port) if part)


def _marked(context: Context, cluster: str, export: Export) -> Manifest:
    """The ServiceExport. Only annotations in its spec are carried to importing clusters (KEP-1645)."""
    spares = sorted(set(admitted_policies(export, context.fabric.wan_policies)) - set(export.wan_policies))
    annotations = policy_annotations(export) | ({names.SPARES_ANNOTATION: ",".join(spares)} if spares else {})
    known = caller_identities(context, export)
    annotations |= {names.CALLERS_ANNOTATION: ",".join(known)} if known is not None else {}
    if trusted := sorted(mesh.trust_domain for mesh in context.meshes(export.key).values()):
        annotations[names.MESHES_ANNOTATION] = ",".join(trusted)
    version = context.fabric.clusters[cluster].mcs_api
    carried = {"exportedAnnotations": {**export.exported_annotations, **annotations}}
    if export.exported_labels:
        carried["exportedLabels"] = dict(export.exported_labels)
    spec = {"spec": carried} if version == "v1beta1" else {}
    return manifest(
        f"multicluster.x-k8s.io/{version}",
        "ServiceExport",
        export.exported_name,
        export.namespace,
        labels(context.fabric, "export", export=export.key, policies=export.wan_policies),
        annotations=annotations | {names.PORTS_ANNOTATION: ",".join(str(one.port) for one in export.all_ports)},
        **spec,
    )


def _callers(context: Context, cluster: str, known: list[str], found: Manifest) -> tuple[Manifest, ...]:
    """Refuse, on one route, everybody but an export's callers."""
    metadata = found["metadata"]
    (parent,) = found["spec"]["parentRefs"]
    request = RouteRequest(
        metadata["name"],
        metadata["namespace"],
        metadata["labels"],
        {},
        gateway=parent["name"],
        hostnames=tuple(found["spec"]["hostnames"]),
    )
    refuse = context.profiles[cluster].callers
    return refuse(request, known) if refuse else ()


def _rule(
    context: Context, way: tuple[str, str], export: Export, rule: ListenerRule, port: int, only: int | None
) -> Manifest:
    """One rule of a listener; `only` is the port that its requests have to be for, where there are several.

    `way` is the cluster and the WAN policy. Both are told to the service, and to the egress gateway in the answer: only
    here is it known for sure by which way a request came.

    A rule without backends answers 500 (Gateway API, HTTPRouteRule): the plainest refusal that the standard has.
    """
    found: Manifest = {"name": rule.name, "matches": matches(rule.matches, only)}
    if rule.backend is None:
        return found
    name, _, namespace = rule.backend.partition(".")
    cluster, policy = way
    arrived = {names.POLICY_HEADER: policy, names.TUNNEL_HEADER: context.fabric.wan_policies[policy].tunnel}
    return found | {
        "filters": [
            rewrite_host(export.service),
            request_headers(arrived, [PORT_HEADER] if only is not None else ()),
            response_headers({**arrived, names.DESTINATION_HEADER: cluster}),
        ],
        "backendRefs": [{"kind": "Service", "name": name, "namespace": namespace, "port": port, "weight": 1}],
    }
