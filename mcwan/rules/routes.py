"""Routes on the fabric's gateways: every one attaches to a listener, and is for a service that is exported."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mcwan.plan.names import NAMESPACE
from mcwan.rules.evidence import (
    SOURCE_CLUSTER,
    Claim,
    Component,
    Evidence,
    admitted_policies,
    component_of,
    export_of,
    exports_of,
    hostnames,
    listeners,
    policies_of,
)
from mcwan.rules.objects import Object, items, kept, mapping, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, first
from mcwan.rules.words import listed, said


def _routes(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return evidence.routes


def _has_listener(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    for parent in evidence.parents(route):
        if parent.gateway is None:
            if parent.namespace == NAMESPACE or component_of(route):
                yield violation(
                    f"{route} attaches to Gateway {parent.namespace}/{parent.name}, which is not there",
                    "let mcwan write the route and its Gateway",
                    route,
                )
        elif parent.section and parent.section not in (there := listeners(parent.gateway)):
            yield violation(
                f"{route} attaches to section {parent.section} of {parent.gateway}, which has "
                f"{listed(sorted(there)) or 'none'}",
                "let mcwan write the route: an ingress route's section is a WAN policy",
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
    ingress = evidence.arrives_at_ingress(route)
    for to in () if ingress else backends(route):
        service = evidence.find(route.cluster, "Service", to.namespace, to.name)
        if service is not None and (remote := service.label(SOURCE_CLUSTER)):
            evidence.require(remote)  # else its exports are not known
    keys = exports_of(hostnames(route))
    if not keys:
        yield violation(f"{route} answers to every host name", "name the export's host names", route)
    for key in keys:
        if not key[0] or not evidence.exporting(key, route.cluster if ingress else None):
            name = ".".join(part for part in key if part)
            where = f" on {route.cluster}" if ingress else " by any cluster"
            yield violation(
                f"{route} is for {name}, which is not exported{where}",
                "export the service with mcwan:exports, or remove the route",
                route,
            )


def _claims(evidence: Evidence) -> Iterable[Claim | UnjudgedError]:
    yield from (claim for claim, routes in evidence.claims.items() if len(routes) > 1)
    yield from evidence.unread.values()


def _once(evidence: Evidence, claim: Claim, _: Options) -> Iterator[Violation]:
    routes = evidence.claims[claim]
    if len({_owner(route) for route in routes}) > 1:
        yield violation(
            f"{claim.hostname} is claimed on listener {claim.section} of Gateway {claim.gateway} on {claim.cluster} by "
            f"{listed(sorted({f'HTTPRoute {one.namespace}/{one.name}' for one in routes}))}",
            "leave host names to one export: let nothing but mcwan write routes of its gateways",
            *routes,
        )


def _owner(route: Object) -> tuple[str, ...]:
    export = export_of(route) if component_of(route) else None
    return ("export", *export) if export else ("route", route.namespace, route.name)


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
    refuses = first(lambda: component_of(route) == "ingress-route", lambda: evidence.arrives_at_ingress(route))
    for rule in items(route.content, "spec", "rules"):
        refs = list(items(rule, "backendRefs"))
        if not refs and not refuses and not any(text(one, "type") in _ANSWERS for one in items(rule, "filters")):
            yield violation(
                f"{route}, rule {said(text(rule, 'name') or None)} has no backend",
                "let mcwan write the route: an egress rule sends to targets",
                route,
            )
        elif refs and not any(1 if (weight := number(ref, "weight")) is None else weight for ref in refs):
            yield violation(
                f"{route}, rule {said(text(rule, 'name') or None)}: the weights of all its backends are 0",
                "give one of the exporting clusters a weight: mcwan:exports[].from[].weight",
                route,
            )


_ANSWERS = ("RequestRedirect", "ExtensionRef")
"""Filters by which a rule may answer without a backend."""


class Backend(NamedTuple):
    """A Service that a rule of a route sends to; `rule` and `ref` as they are written."""

    namespace: str
    name: str
    rule: Any
    ref: Any

    @property
    def port(self) -> int | None:
        """The Service's port that is meant. Raises UnjudgedError."""
        return number(self.ref, "port")


@kept
def backends(route: Object) -> list[Backend]:
    """Give a route's references to Services, of all rules. Raises UnjudgedError."""
    return [
        Backend(text(ref, "namespace") or route.namespace, text(ref, "name"), rule, ref)
        for rule in items(route.content, "spec", "rules")
        for ref in references(rule)
        if text(ref, "kind") in ("", "Service") and text(ref, "group") == ""
    ]


def references(rule: Any) -> Iterator[Any]:
    """Give what a rule sends requests to, or copies of requests: its backends and its mirrors."""
    yield from items(rule, "backendRefs")
    for place in (rule, *items(rule, "backendRefs")):
        for one in items(place, "filters"):
            if text(one, "type") == "RequestMirror":
                yield mapping(one, "requestMirror", "backendRef")


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
        _routes,
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
        _routes,
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
