"""Routes on the fabric's gateways: every one attaches to a listener, and is for a service that is exported."""

from collections.abc import Iterator
from typing import Any

from mcwan.plan.names import exported
from mcwan.rules.evidence import Claim, Evidence, export_of, listeners, policies_of, role
from mcwan.rules.objects import Object, items, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.words import listed, said


def _routes(evidence: Evidence) -> tuple[Object, ...]:
    return evidence.routes


def _has_listener(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    for parent in evidence.parents(route):
        if parent.gateway is None:
            yield violation(
                f"{route} attaches to Gateway {parent.namespace}/{parent.name}, which is not there",
                "let mcwan write the route and its Gateway",
                route,
            )
        elif parent.section and parent.section not in (there := listeners(parent.gateway)):
            yield violation(
                f"{route} attaches to section {parent.section} of {parent.gateway}, which has {listed(sorted(there))}",
                "let mcwan write the route: an ingress route's section is a WAN policy",
                route,
                parent.gateway,
            )


def _own_policy(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    """An ingress route attaches to a listener of the export's own WAN policies."""
    for parent in evidence.parents(route):
        if parent.gateway is None or role(parent.gateway) != "ingress":
            continue
        sections = [parent.section] if parent.section else sorted(listeners(parent.gateway))
        for export in _exports(evidence, route):
            allowed = policies_of(export)
            for section in sections:
                if section not in allowed:
                    yield violation(
                        f"{route} is on the listener of policy {section}, and export {export.name}.{export.namespace} "
                        f"has {listed(allowed) or 'no policy'}",
                        "let mcwan write the route, or give the export that WAN policy",
                        route,
                        export,
                    )


def _is_exported(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    ingress = any(one.gateway is not None and role(one.gateway) == "ingress" for one in evidence.parents(route))
    hostnames = list(items(route.content, "spec", "hostnames"))
    if not hostnames and ingress:
        yield violation(f"{route} answers to every host name", "name the export's host names", route)
    for key in sorted({exported(name) or ("", name) for name in hostnames}):
        exports = evidence.exports.get(key, ())
        here = [one for one in exports if one.cluster == route.cluster]
        if not (here if ingress else exports):
            name = ".".join(part for part in key if part)
            where = f" on {route.cluster}" if ingress else " by any cluster"
            yield violation(
                f"{route} is for {name}, which is not exported{where}",
                "export the service with mcwan:exports, or remove the route",
                route,
            )


def _once(evidence: Evidence, claim: Claim, _: Options) -> Iterator[Violation]:
    routes = evidence.claims[claim]
    owners = {export_of(route) or (route.namespace, route.name) for route in routes}
    if len(owners) > 1:
        yield violation(
            f"{claim.hostname} is claimed on listener {claim.section} of Gateway {claim.gateway} on {claim.cluster} by "
            f"{listed(sorted({f'HTTPRoute {one.namespace}/{one.name}' for one in routes}))}",
            "leave host names to one export: let nothing but mcwan write routes of its gateways",
            *routes,
        )


def _granted(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    for ref in backends(route):
        namespace, name = text(ref, "namespace") or route.namespace, text(ref, "name")
        if namespace != route.namespace and not _grants(evidence, route, namespace, name):
            yield violation(
                f"{route} sends to Service {namespace}/{name}, and no ReferenceGrant in {namespace} lets it",
                f"write a ReferenceGrant in {namespace} from HTTPRoute of {route.namespace} to Service {name}",
                route,
            )


def _grants(evidence: Evidence, route: Object, namespace: str, service: str) -> bool:
    for grant in evidence.of_kind("ReferenceGrant"):
        if (grant.cluster, grant.namespace) == (route.cluster, namespace):
            admitted = any(
                text(one, "kind") == "HTTPRoute" and text(one, "namespace") == route.namespace
                for one in items(grant.content, "spec", "from")
            )
            covers = any(
                text(one, "kind") == "Service" and text(one, "group") == "" and text(one, "name") in ("", service)
                for one in items(grant.content, "spec", "to")
            )
            if admitted and covers:
                return True
    return False


def _some_weight(_: Evidence, route: Object, __: Options) -> Iterator[Violation]:
    for rule in items(route.content, "spec", "rules"):
        refs = list(items(rule, "backendRefs"))
        weights = [1 if (weight := number(ref, "weight")) is None else weight for ref in refs]
        if refs and not any(weights):
            yield violation(
                f"{route}, rule {said(text(rule, 'name') or None)}: the weights of all its backends are 0",
                "give one of the exporting clusters a weight: mcwan:exports[].from[].weight",
                route,
            )


def backends(route: Object) -> Iterator[Any]:
    """Give a route's references to Services, of all rules. Raises UnjudgedError."""
    for rule in items(route.content, "spec", "rules"):
        for ref in items(rule, "backendRefs"):
            if text(ref, "kind") in ("", "Service") and text(ref, "group") == "":
                yield ref


def _has_policy(evidence: Evidence, export: Object, _: Options) -> Iterator[Violation]:
    policies = policies_of(export)
    unknown = [name for name in policies if evidence.find(export.cluster, "WANPolicy", "", name) is None]
    if not policies:
        yield violation(
            f"{export} has no WAN policy", "write wanPolicy or rules for it in mcwan:exports, and nowhere else", export
        )
    elif unknown:
        yield violation(
            f"{export} has policy {listed(unknown)}, which is not on {export.cluster}",
            f"write mcwan:wanPolicies.{unknown[0]}, or another policy for the export",
            export,
        )


def _exports(evidence: Evidence, route: Object) -> list[Object]:
    """Give the ServiceExports of a route's cluster that it is for."""
    keys = {exported(name) for name in items(route.content, "spec", "hostnames")}
    return [
        one
        for key in sorted(key for key in keys if key is not None)
        for one in evidence.exports.get(key, ())
        if one.cluster == route.cluster
    ]


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
        lambda evidence: evidence.claims,
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
        lambda evidence: evidence.of_kind("ServiceExport"),
        _has_policy,
        severity=Severity.CRITICAL,
    ),
)
