"""Routes on the fabric's gateways: every one attaches to a listener, and is for a service that is exported."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mcwan.plan import names
from mcwan.plan.names import NAMESPACE, SOURCE_CLUSTER
from mcwan.rules.arrivals import meant_for_wan
from mcwan.rules.backends import Backend, backends, hosts_sent_to, rule_name, rules
from mcwan.rules.evidence import (
    Claim,
    Component,
    Evidence,
    Export,
    admits,
    admitted_policies,
    answering,
    component_of,
    export_of,
    exports_of,
    hostnames,
    listeners,
    own_rules_of,
    policies_of,
    ports_of_export,
)
from mcwan.rules.objects import Object, items, mapping, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.words import listed, said


def _routes(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return evidence.routes


def _sending_too(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return (*evidence.routes, *evidence.mesh_routes)


def _has_listener(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    if not evidence.parents(route) and component_of(route):
        yield violation(f"{route} attaches to no Gateway", "let mcwan write the route and its Gateway", route)
    for parent in evidence.parents(route):
        there = listeners(parent.gateway) if parent.gateway is not None else {}
        if parent.gateway is None:
            if parent.namespace == NAMESPACE or component_of(route):
                yield violation(
                    f"{route} attaches to Gateway {parent.namespace}/{parent.name}, which is not there",
                    "let mcwan write the route and its Gateway",
                    route,
                )
        elif parent.section and parent.section not in there:
            yield violation(
                f"{route} attaches to section {parent.section} of {parent.gateway}, which has "
                f"{listed(sorted(there)) or 'none'}",
                "let mcwan write the route: an ingress route's section is a WAN policy",
                route,
                parent.gateway,
            )
        elif parent.port is not None and parent.port not in [there[name] for name in parent.sections]:
            yield violation(
                f"{route} attaches to port {parent.port} of {parent.gateway}, "
                + (f"whose section {parent.section} is on another" if parent.section else "which no section is on"),
                "let mcwan write the route: it names a section, and no port",
                route,
                parent.gateway,
            )


def _own_policy(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    """An ingress route attaches to a listener of the export's own WAN policies."""
    for parent in evidence.parents(route):
        if parent.role != "ingress":
            continue
        for key in exports_of(hostnames(route)):
            for export in evidence.exporting(key, route.cluster) if key[0] else ():
                allowed = admitted_policies(export)
                for section in parent.sections:
                    if section not in allowed:
                        yield violation(
                            f"{route} is on the listener of policy {section}, and export "
                            f"{export.name}.{export.namespace} has {listed(allowed) or 'no policy'}",
                            "let mcwan write the route, or give the export that WAN policy",
                            route,
                            export,
                        )


def _is_exported(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    """What a route answers to is exported, and so is whatever answers it: by ingress on this cluster, else by any."""
    ingress = admits(evidence, route)
    where = route.cluster if ingress else None
    for to in () if ingress else backends(route):
        if remote := evidence.remote_of(route, to.namespace, to.name):
            evidence.require(remote)  # else its exports are not known
    keys = exports_of(hostnames(route))
    if not keys:
        yield violation(f"{route} answers to every host name", "name the export's host names", route)
    for key in keys:
        if not _exporting(evidence, key, where):
            yield violation(
                f"{route} is for {_written(key)}, which is not exported {f'on {where}' if where else 'by any cluster'}",
                "export the service with mcwan:exports, or remove the route",
                route,
            )
    for to in backends(route):
        sent_for = keys if ingress else exports_of(to.rewritten) or keys
        if not ingress:
            yield from _for_own_export(evidence, route, sent_for)
        if ingress or _stays(evidence, route, to):
            yield from _answers(evidence, route, f"{to.name}.{to.namespace}", to.port, sent_for)
    for to in hosts_sent_to(route):
        sent_for = exports_of(to.rewritten) or keys
        yield from _for_own_export(evidence, route, sent_for)
        if to.service is not None:
            yield from _answers(evidence, route, ".".join(to.service), to.port, sent_for)


def _stays(evidence: Evidence, route: Object, to: Backend) -> bool:
    """Tell whether a backend of an egress route is no target, nor meant to be one: of those, other rules tell."""
    service = evidence.find(route.cluster, "Service", to.namespace, to.name)
    if service is None or to.namespace == NAMESPACE:
        return not meant_for_wan(evidence, route, to)
    return not service.label(SOURCE_CLUSTER)


def _for_own_export(evidence: Evidence, route: Object, sent_for: Iterable[Export]) -> Iterator[Violation]:
    """An egress rule sends requests for its route's export; by the consuming side's own rules, for any export."""
    keys = exports_of(hostnames(route))
    others = [key for key in sent_for if key not in keys]
    if not others:
        return
    imports = [evidence.find(route.cluster, "ServiceImport", namespace, name) for name, namespace in keys]
    free = any(one is None or own_rules_of(one) for one in imports)
    for key in others:
        if not free or not _exporting(evidence, key):
            yield violation(
                f"{route} sends requests for {_written(key)}, which "
                + ("is not exported by any cluster" if free else f"is not {listed(map(_written, keys)) or 'exported'}"),
                "let mcwan write the route: an import's own rules may send to another export",
                route,
            )


def _answers(
    evidence: Evidence, route: Object, service: str, port: int | None, keys: Iterable[Export]
) -> Iterator[Violation]:
    """A Service that a route sends to in its own cluster is one that an export names, by a port that it exports."""
    exports = [export for key in keys for export in _exporting(evidence, key, route.cluster)]
    allowed = sorted({one for export in exports for one in answering(export)})
    if service not in allowed:
        yield violation(
            f"{route} sends to {service}; exported there for its host names: {listed(allowed) or 'nothing'}",
            "export that service with mcwan:exports, or name it as backend of the export's rule",
            route,
            *exports,
        )
    elif port not in (ports := sorted({one for export in exports for one in ports_of_export(export)})):
        yield violation(
            f"{route} sends to port {said(port)} of {service}; exported there for its host names: "
            + (f"port {listed(map(str, ports))}" if ports else f"no port that {listed(map(str, exports))} says"),
            "let mcwan write the route and the ServiceExport, or export that port: mcwan:exports[].ports",
            route,
            *exports,
        )


def _exporting(evidence: Evidence, key: Export, cluster: str | None = None) -> Sequence[Object]:
    return evidence.exporting(key, cluster) if key[0] else ()


def _written(key: Export) -> str:
    return ".".join(part for part in key if part)


def _claims(evidence: Evidence) -> Iterable[Claim | UnjudgedError]:
    yield from (claim for claim, routes in evidence.claims.items() if len(routes) > 1)
    yield from evidence.unread.values()


def _once(evidence: Evidence, claim: Claim, _: Options) -> Iterator[Violation]:
    routes = evidence.claims[claim]
    if len({_owner(evidence, route, claim.section) for route in routes}) > 1:
        yield violation(
            f"{claim.hostname} is claimed on listener {claim.section} of Gateway {claim.gateway} on {claim.cluster} by "
            f"{listed(sorted({f'HTTPRoute {one.namespace}/{one.name}' for one in routes}))}",
            "leave host names to one export: let nothing but mcwan write routes of its gateways",
            *routes,
        )


def _owner(evidence: Evidence, route: Object, section: str) -> tuple[str, ...]:
    """Say whose a route is: an export's, if it is called as mcwan calls that; a copy under another name is its own.

    Of an export, either the one route has the host names of a listener, or several have, whose names are longer.
    """
    export = export_of(route) if component_of(route) else None
    if export is not None:
        base = _base(route, export, section)
        rest = route.name.removeprefix(base).split(".") if base else ()
        if rest and not rest[0] and all(rest[1:]) and _follows(evidence, route, export, section, rest[1:]):
            return ("export", *export, str(len(rest)))
    return ("route", route.namespace, route.name)


def _base(route: Object, export: Export, section: str) -> str:
    """Give how the names of an export's routes begin; empty if the route's does not, or lies elsewhere."""
    name, namespace = export
    key = f"{name}.{namespace}"
    if component_of(route) == "ingress-route":
        known = {NAMESPACE: names.ingress_route(key, section), namespace: f"{names.service_ingress(name)}.{section}"}
    else:
        known = {NAMESPACE: names.egress_route(key, None, None), namespace: names.clusterset(name)}
    base = known.get(route.namespace, "")
    return base if base and route.name.startswith(base) else ""


def _follows(evidence: Evidence, route: Object, export: Export, section: str, parts: Sequence[str]) -> bool:
    """Tell whether the rest of a route's name is a port of the export and, of an egress route, a WAN policy."""
    ports = _ports_of(evidence, export)
    egress = component_of(route) == "egress-route"
    if not parts or len(parts) > 1 + egress:
        return not parts
    known = not ports or (parts[0] in ports and (not egress or names.egress_listener(ports[parts[0]]) == section))
    return known and all(policy in evidence.policies for policy in parts[1:])


def _ports_of(evidence: Evidence, export: Export) -> Mapping[str, int]:
    """Give an export's ports by name, as its ServiceImports have them; none if it has none."""
    for one in evidence.imports.get(export, ())[:1]:
        ports = {text(port, "name"): number(port, "port") for port in items(one.content, "spec", "ports")}
        return {name: port for name, port in ports.items() if port is not None}
    return {}


def _granted(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    for to in backends(route):
        if to.namespace != route.namespace:
            services = evidence.grants.get((route.cluster, to.namespace, route.namespace), ())
            if "" not in services and to.name not in services:
                if doubt := evidence.ungranted(route.cluster):
                    raise doubt
                yield violation(
                    f"{route} sends to Service {to.namespace}/{to.name}, and no ReferenceGrant in {to.namespace} "
                    "lets it",
                    f"write a ReferenceGrant in {to.namespace} from HTTPRoute of {route.namespace} to Service "
                    f"{to.name}",
                    route,
                )


def _some_weight(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    # an ingress refuses by rules without backend
    refuses = admits(evidence, route)
    for rule in rules(route):
        refs = list(items(rule, "route" if route.kind == "VirtualService" else "backendRefs"))
        if not refs and not refuses:
            yield violation(
                f"{route}, rule {said(rule_name(rule) or None)} has no backend",
                "let mcwan write the route: an egress rule sends to targets",
                route,
            )
        elif refs and not any(1 if (weight := number(ref, "weight")) is None else weight for ref in refs):
            yield violation(
                f"{route}, rule {said(rule_name(rule) or None)}: the weights of all its backends are 0",
                "give one of the exporting clusters a weight: mcwan:exports[].from[].weight",
                route,
            )


def _marked(evidence: Evidence) -> Iterable[Object | Component]:
    return [
        *(one for one in evidence.of_kind("ServiceExport") if one.cluster in evidence.clusters),
        *evidence.component("ServiceExport"),
    ]


def _has_policy(evidence: Evidence, export: Object | Component, _: Options) -> Iterator[Violation]:
    if isinstance(export, Object):
        policies, clusters = policies_of(export), [export.cluster]
    else:
        policies, clusters = _told_policies(export), list(mapping(export.outputs, "weights"))
    if not policies:
        yield violation(
            f"{export} has no WAN policy",
            "write wanPolicy or rules for it in mcwan:exports, and nowhere else",
            export,
            clusters=clusters,
        )
    for cluster in clusters:
        unknown = [name for name in policies if evidence.find(cluster, "WANPolicy", "", name) is None]
        if unknown:
            yield violation(
                f"{export} has policy {listed(unknown)}, which is not on {cluster}",
                f"write mcwan:wanPolicies.{unknown[0]}, or another policy for the export",
                export,
                clusters=[cluster],
            )


def _told_policies(export: Component) -> tuple[str, ...]:
    if policy := text(export.outputs, "wanPolicy"):
        return (policy,)
    return tuple(sorted({text(export.outputs, "rules", rule) for rule in mapping(export.outputs, "rules")}))


RULES = (
    Rule(
        "route-has-listener",
        "Every route attaches to a section that its Gateway has.",
        "A route to a section that is not there is not attached: its requests are refused.",
        "Let mcwan write routes and Gateways together.",
        _routes,
        _has_listener,
    ),
    Rule(
        "route-of-own-policy",
        "An ingress route is on the listeners of its export's WAN policies only.",
        "An ingress gateway admits a service on the listeners of its own policies only; anything "
        "else lets requests choose their tunnel.",
        "Give the export that WAN policy, or remove the route.",
        _routes,
        _own_policy,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "route-is-exported",
        "There is no route to a service that is not exported.",
        "What is not exported must not be reachable from another cluster.",
        "Export the service, or remove the route.",
        _sending_too,
        _is_exported,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "hostname-once",
        "On a listener, a host name belongs to one export.",
        "Two exports that claim one host name on a listener take each other's requests; which one wins is age.",
        "Leave host names to one export.",
        _claims,
        _once,
    ),
    Rule(
        "reference-granted",
        "A route to another namespace has its ReferenceGrant.",
        "Gateway API refuses a reference to another namespace without a grant there: the route answers 500.",
        "Let mcwan write the grants, or write a ReferenceGrant.",
        _routes,
        _granted,
    ),
    Rule(
        "weights-not-zero",
        "Of the backends of a rule, one at least has a weight.",
        "A rule all of whose backends have weight 0 answers 500.",
        "Give one of the backends a weight, or remove the rule.",
        _sending_too,
        _some_weight,
    ),
    Rule(
        "export-has-policy",
        "Every export has a WAN policy, or rules that name one.",
        "An export without a policy has no tunnel to travel by.",
        "Write wanPolicy or rules for it.",
        _marked,
        _has_policy,
        severity=Severity.CRITICAL,
    ),
)
