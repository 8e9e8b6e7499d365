"""Which rule goes by which WAN policy: as the export says, on both sides."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mcwan.model.leaves import PORT_HEADER
from mcwan.plan.names import OWN_RULES_ANNOTATION, POLICY_ANNOTATION, RULES_ANNOTATION
from mcwan.plan.routes import asked_port
from mcwan.rules.arrivals import egress_routes, sections
from mcwan.rules.backends import Backend, answered, rule_name, rule_port, rules
from mcwan.rules.evidence import (
    Claim,
    Evidence,
    Export,
    Parent,
    admitted_policies,
    exports_of,
    hostnames,
    keys_of,
    listeners,
    own_rules,
    own_rules_of,
    ports_of_export,
    rules_of,
)
from mcwan.rules.matching import unlike
from mcwan.rules.mesh_matches import mesh_matches, route_matches
from mcwan.rules.objects import Object, items, mapping, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.upstreams import sent
from mcwan.rules.words import listed, said


class Sending(NamedTuple):
    """What an egress rule sends to another cluster: by which backend, to which gateway, by which WAN policy.

    `first` if that is no spare.
    """

    to: Backend
    gateway: Object
    policy: str
    port: int | None
    first: bool

    @property
    def rule(self) -> str:
        """The rule's name. Raises UnjudgedError."""
        return self.to.called


def _sendings(evidence: Evidence, route: Object) -> Iterator[Sending]:
    """Give what arrives at a listener that is a WAN policy; of others, other rules tell. Raises UnjudgedError."""
    for one in sent(evidence, route):
        policy = sections(one.gateway).get(one.port)
        if policy is not None and evidence.find(one.gateway.cluster, "WANPolicy", "", policy) is not None:
            yield Sending(one.to, one.gateway, policy, one.port if one.to.port is None else one.to.port, one.first)


def _may_have_own_rules(evidence: Evidence, route: Object) -> bool:
    """Tell whether a route's import has rules of its own, or is not there to say so. Raises UnjudgedError."""
    every = [evidence.find(route.cluster, "ServiceImport", namespace, name) for name, namespace in keys_of(route)]
    return any(one is None or bool(own_rules_of(one)) for one in every)


def _by_own_policy(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    for rule in rules(route):
        if mapping(rule, "redirect"):  # of HTTPRoutes, route-does-no-more tells
            yield violation(
                f"{route}, rule {said(rule_name(rule) or None)} redirects requests, past its WAN policy",
                "let mcwan write the route: an egress rule sends to targets",
                route,
            )
    own = own_rules(evidence, route)
    for one in _sendings(evidence, route):
        keys = keys_of(route)
        exports = _exporting(evidence, exports_of(one.to.rewritten) or keys, one.gateway.cluster)
        if not one.first and not exports:
            continue  # what an export fails over to, it says itself; route-is-exported tells of one that is not there
        if own:
            wanted, who = {own.get(one.rule, "")}, "its import"
        else:
            known = [rules_of(export) for export in _exporting(evidence, keys, one.gateway.cluster)]
            wanted, who = {rules[one.rule] for rules in known if one.rule in rules}, "its export"
        spare = set() if one.first else {policy for export in exports for policy in admitted_policies(export)}
        if wanted and one.policy not in wanted | spare:
            yield violation(
                f"{route}, rule {said(one.rule or None)} sends to port {said(one.port)}, which is policy "
                f"{one.policy}; {who} says {listed(sorted(wanted - {''})) or 'nothing of that rule'}",
                "let mcwan write the route: a rule's WAN policy is the export's, or the import's own",
                route,
                *(() if own else exports),
            )


def _match_alike(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    if route.kind == "HTTPRoute":
        yield from _asks_for_port(evidence, route)
    if _may_have_own_rules(evidence, route):
        return  # those may match less than the export's
    for one in _sendings(evidence, route):
        gateway = f"{one.gateway.namespace}/{one.gateway.name}"
        for host in one.to.rewritten or hostnames(route):
            there = evidence.claims.get(Claim(one.gateway.cluster, gateway, one.policy, host), ())
            alike = [(it, rule) for it in there for rule in answered(it) if text(rule, "name") == one.rule]
            for it, rule in alike:
                if not _same(route, one.to.rule, _matches(rule)):
                    mine, theirs = unlike(_leaving(route, one.to.rule), _matches(rule))
                    yield violation(
                        f"{route}, rule {one.rule} matches {mine}, and the rule of that name of {it} matches {theirs}",
                        "let mcwan write both routes: the export's rule says what it matches",
                        route,
                        it,
                    )
            if there and not alike:
                yield violation(
                    f"{route}, rule {said(one.rule or None)} sends to listener {one.policy} of {one.gateway}, where "
                    f"{listed(map(str, there))} has no rule of that name with a backend",
                    "let mcwan write both routes: rules have the same names on both sides",
                    route,
                    *there,
                )


def _asks_for_port(evidence: Evidence, route: Object) -> Iterator[Violation]:
    """Where an export has several ports, egress rules say the one that is asked for, and ingress rules match it."""
    found: dict[int, Backend] = {id(one.to.rule): one.to for one in sent(evidence, route)}
    for to in found.values():
        for key in exports_of(to.rewritten) or keys_of(route):
            export = next(iter(evidence.exporting(key)), None) if key[0] else None
            ports = ports_of_export(export) if export is not None else ()
            if export is None or len(ports) < 2:
                continue
            asked = {port for parent in evidence.parents(route) for port in _listening(parent)}
            wanted = {str(asked_port(ports, port)) for port in asked}
            told = next((text(it, "value") for it in _set_headers(to.rule) if _is_port(it)), "")
            if wanted and told not in wanted:
                yield violation(
                    f"{route}, rule {said(to.called or None)} says {PORT_HEADER}: {said(told or None)}, and should "
                    f"say {listed(sorted(wanted))}: {export} has port {listed(map(str, ports))}",
                    "let mcwan write both routes: ingress rules match the port that egress rules say",
                    route,
                    export,
                )


def _listening(parent: Parent) -> list[int]:
    """Give the ports of the listeners that a route attaches to. Raises UnjudgedError."""
    there = listeners(parent.gateway) if parent.gateway is not None else {}
    return [port for name in parent.sections if (port := there.get(name)) is not None]


def _set_headers(rule: Any) -> Iterator[Any]:
    for one in items(rule, "filters"):
        yield from items(one, "requestHeaderModifier", "set")


def _is_port(header: Any) -> bool:
    return text(header, "name").lower() == PORT_HEADER


def _same(route: Object, rule: Any, matches: list[Any]) -> bool:
    """Tell whether a rule by which requests leave matches as they are matched where they arrive."""
    if route.kind == "VirtualService":
        return mesh_matches(matches, rule_port(rule)) == list(items(rule, "match"))
    return matches == list(items(rule, "matches"))


def _leaving(route: Object, rule: Any) -> list[Any]:
    """Give what a rule by which requests leave matches, as HTTPRoutes have it. Raises UnjudgedError."""
    return route_matches(rule) if route.kind == "VirtualService" else list(items(rule, "matches"))


def _matches(rule: Any) -> list[Any]:
    """Give what an ingress rule matches, beside the port that the egress gateway writes into a header."""
    ports = {str(number(ref, "port")) for ref in items(rule, "backendRefs")}
    return [_without_port(one, ports) for one in items(rule, "matches")]


def _without_port(match: Any, ports: set[str]) -> Any:
    headers = list(items(match, "headers"))
    rest = [one for one in headers if text(one, "name") != PORT_HEADER or text(one, "value") not in ports]
    if len(rest) == len(headers):
        return match
    plain = {key: value for key, value in mapping(match).items() if key != "headers"}
    return plain | {"headers": rest} if rest else plain


def _as_exported(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    for export in evidence.exporting((one.name, one.namespace)):
        for key in (POLICY_ANNOTATION, RULES_ANNOTATION):
            here, there = text(one.annotations, key), text(export.annotations, key)
            if here != there:
                yield violation(
                    f"{one} says {key}: {here or 'nothing'}, and {export} says {there or 'nothing'}",
                    f"let mcwan write both; rules of the consuming side stand in {OWN_RULES_ANNOTATION}",
                    one,
                    export,
                )


def _exporting(evidence: Evidence, keys: tuple[Export, ...], cluster: str) -> list[Object]:
    return [export for key in keys if key[0] for export in evidence.exporting(key, cluster)]


RULES = (
    Rule(
        "rule-of-own-policy",
        "A rule by which requests leave sends by the WAN policy that its export gives it, or the import's own rules.",
        "The WAN policy is chosen where a request leaves: by the port of another one it takes another tunnel.",
        "Let mcwan write the routes; change the rule's wanPolicy in the stack.",
        egress_routes,
        _by_own_policy,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "rules-match-alike",
        "A rule matches the same requests where they leave and where they arrive.",
        "The ingress gateway checks the egress gateway's choice: rules that differ let requests choose their "
        "tunnel, or refuse them.",
        "Let mcwan write both routes in one update.",
        egress_routes,
        _match_alike,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "import-as-exported",
        "A ServiceImport says the same WAN policies as the ServiceExports of its service.",
        "Whoever reads an import has to see the way that its requests take.",
        "Let mcwan write both in one update.",
        lambda evidence: evidence.of_kind("ServiceImport"),
        _as_exported,
    ),
)
