"""Who may call: where an export has callers, the ingress gateways that admit it refuse everybody else."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from mcwan.gateways import envoy_gateway, istio
from mcwan.model.tls import identity
from mcwan.plan.manifests import Manifest
from mcwan.plan.profile import RouteRequest
from mcwan.rules.evidence import (
    GATEWAY_GROUP,
    Component,
    Evidence,
    Export,
    admits,
    callers_of,
    component_of,
    export_of,
    exports_of,
    hostnames,
)
from mcwan.rules.home import led_home
from mcwan.rules.identities import domain
from mcwan.rules.objects import Object, items, mapping, text, texts, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.words import listed

_REMEDY = "let mcwan write the export, its routes and what refuses others"
_SELECTED = Mapping[str, Any]


class _Guards(NamedTuple):
    """What says who may call, by what it is for: a SecurityPolicy with the rule of the route that it is for, if any."""

    routes: dict[tuple[str, str, str], list[tuple[Object, str]]]
    """By cluster, namespace and name of a route."""
    labels: dict[tuple[str, str], list[tuple[Object, _SELECTED]]]
    """By cluster and namespace of routes that have these labels."""
    hosts: dict[tuple[str, str, str, str], list[Object]]
    """AuthorizationPolicies by cluster, namespace and name of a Gateway, and a host name."""
    doubts: dict[str, UnjudgedError]
    """By cluster, why one cannot be read."""


@lru_cache(maxsize=1)
def _guards(evidence: Evidence) -> _Guards:
    found = _Guards({}, {}, {}, {})
    for one in (*evidence.of_kind("SecurityPolicy"), *evidence.of_kind("AuthorizationPolicy")):
        try:
            place = (one.cluster, one.namespace)
            for kind, name, section in _targets(one):
                if one.kind == "SecurityPolicy" and kind == "HTTPRoute":
                    found.routes.setdefault((*place, name), []).append((one, section))
                elif one.kind == "AuthorizationPolicy" and kind == "Gateway":
                    for host in {host for rule in _rules(one) for host in _hosts(rule)}:
                        found.hosts.setdefault((*place, name, host), []).append(one)
            for selector in items(one.content, "spec", "targetSelectors"):
                if text(selector, "kind") == "HTTPRoute":
                    found.labels.setdefault(place, []).append((one, mapping(selector, "matchLabels")))
        except UnjudgedError as doubt:
            found.doubts.setdefault(one.cluster, doubt)
    return found


def _targets(policy: Object) -> Iterator[tuple[str, str, str]]:
    """Give the kind, the name and the section of what a policy is for."""
    for one in (*items(policy.content, "spec", "targetRefs"), mapping(policy.content, "spec", "targetRef")):
        if text(one, "group") == GATEWAY_GROUP:
            yield text(one, "kind"), text(one, "name"), text(one, "sectionName")


def _rules(policy: Object) -> Iterator[Any]:
    return items(policy.content, "spec", "rules")


def _hosts(rule: Any) -> Iterator[str]:
    for one in items(rule, "to"):
        yield from texts(one, "operation", "hosts")


def _judge(evidence: Evidence, subject: Object | Component, _: Options) -> Iterator[Violation]:
    if isinstance(subject, Component) or subject.kind == "ServiceExport":
        yield from _said_alike(evidence, subject)
    elif subject.kind == "HTTPRoute":
        yield from _refused(evidence, subject)
    else:
        yield from _is_meant(evidence, subject)


def _said_alike(evidence: Evidence, subject: Object | Component) -> Iterator[Violation]:
    """Every cluster that offers an export says the same of its callers."""
    if isinstance(subject, Object):
        its, keys = callers_of(subject), [(subject.name, subject.namespace)]
    else:
        its = frozenset(texts(subject.outputs, "callers")) if "callers" in subject.outputs else None
        keys = [key for key in exports_of(tuple(texts(subject.outputs, "hostnames"))) if key[0]]
    for key in keys:
        others = evidence.exporting(key)
        for other in others[:1] if isinstance(subject, Object) else others:
            if callers_of(other) != its:
                yield violation(
                    f"{subject} says that {_may(its)}, and {other} that {_may(callers_of(other))}",
                    "write callers of the export once, in mcwan:exports, and deploy all clusters that offer it",
                    subject,
                    other,
                )


def _refused(evidence: Evidence, route: Object) -> Iterator[Violation]:
    """Everybody else is refused on a route that admits an export with callers."""
    for key in exports_of(hostnames(route)) if admits(evidence, route) else ():
        for export in evidence.exporting(key, route.cluster) if key[0] else ():
            known = callers_of(export)
            if known is None:
                continue
            guards = _guards(evidence)
            if doubt := guards.doubts.get(route.cluster):
                raise doubt
            policies = _of_route(guards, route)
            every = [
                list(
                    _by_envoy_gateway(route, export, policies, here)
                    if policies
                    else _by_istio(evidence, route, export, here)
                )
                for here in _admitted(evidence, route, key, known)
            ]
            yield from every[0] if all(every) else ()


def _admitted(evidence: Evidence, route: Object, key: Export, known: frozenset[str]) -> list[frozenset[str]]:
    """Give whom an ingress gateway may admit: the callers and, as `callers` are about others, its own cluster.

    That has to be admitted where its egress gateway asks its ingress gateway.
    """
    itself = known | {identity(domain(evidence), route.cluster, "egress")}
    asks = any(one.export == key for one in led_home(evidence, route.cluster))
    return [itself] if asks else [known, itself]


def _of_route(guards: _Guards, route: Object) -> list[tuple[Object, str]]:
    place = (route.cluster, route.namespace)
    selected = [
        (policy, "")
        for policy, labels in guards.labels.get(place, ())
        if all(route.label(key) == text(labels, key) for key in labels)
    ]
    return guards.routes.get((*place, route.name), []) + selected


def _by_envoy_gateway(
    route: Object, export: Object, policies: list[tuple[Object, str]], known: frozenset[str]
) -> Iterator[Violation]:
    """A SecurityPolicy for a rule goes before one for its route; of several for one, Envoy Gateway follows the oldest.

    See internal/gatewayapi/securitypolicy.go of Envoy Gateway 1.9.
    """
    (expected,) = envoy_gateway.callers(RouteRequest(route.name, route.namespace, {}, {}), sorted(known))
    wanted = _authorization(expected)
    for policy, section in policies:
        found = _authorization(policy.content)
        if section or found != wanted:
            what = f"is for its rule {section} only" if section else f"says {_written(found)}"
            yield violation(
                f"{policy}, which is for {route}, {what}; {export} says that {_may(known)}", _REMEDY, policy, export
            )
    if len(policies) > 1:
        every = listed(sorted({str(policy) for policy, _ in policies}))
        yield violation(
            f"{every} are for {route}, and Envoy Gateway follows one of them; {export} says that {_may(known)}",
            "leave the routes of exports with callers to mcwan's policies",
            route,
            export,
        )


def _authorization(content: Mapping[str, Any]) -> tuple[str, list[tuple[str, str, bool]]]:
    """Give what happens by default, and each rule: its action, its expression, and whether it looks at more.

    Nothing written at all lets everybody in; within `authorization` Envoy Gateway's default is Deny.
    """
    if value(content, "spec", "authorization") is None:
        return "Allow", []
    rules = [
        (text(one, "action"), text(one, "cel"), bool(mapping(one, "principal") or mapping(one, "operation")))
        for one in items(content, "spec", "authorization", "rules")
    ]
    return text(content, "spec", "authorization", "defaultAction") or "Deny", rules


def _written(found: tuple[str, list[tuple[str, str, bool]]]) -> str:
    default, rules = found
    parts = [f"{action} where {cel or 'more holds'}{' and more' if more else ''}" for action, cel, more in rules]
    return f"{listed(parts)}, else {default}" if parts else default


def _by_istio(evidence: Evidence, route: Object, export: Object, known: frozenset[str]) -> Iterator[Violation]:
    """AuthorizationPolicies of the Gateway refuse, for each host name of the export, all but its callers."""
    guards, key = _guards(evidence), (export.name, export.namespace)
    its = tuple(host for host in hostnames(route) if key in exports_of((host,)))
    for parent in evidence.parents(route):
        place = (route.cluster, parent.namespace, parent.name)
        request = RouteRequest(route.name, route.namespace, {}, {}, gateway=parent.name, hostnames=its)
        (expected,) = istio.callers(request, sorted(known))
        (wanted,) = expected["spec"]["rules"]
        open_ = [
            host
            for host in _hosts(wanted)
            if not any(_refuses(policy, host, wanted) for policy in guards.hosts.get((*place, host), ()))
        ]
        if open_:
            every = {str(one): one for host in _hosts(wanted) for one in guards.hosts.get((*place, host), ())}
            who = f"{listed(sorted(every))} refuses too few or too many" if every else "nothing refuses others"
            more = f" and {len(open_) - 1} more host names" if len(open_) > 1 else ""
            yield violation(
                f"{route}: {who} for {open_[0]}{more}; {export} says that {_may(known)}", _REMEDY, route, export
            )


def _refuses(policy: Object, host: str, wanted: Manifest) -> bool:
    """Tell whether a policy refuses all requests for a host name of whom `wanted` refuses."""
    return text(policy.content, "spec", "action") == "DENY" and any(
        _sources(rule) == _sources(wanted)
        and not list(items(rule, "when"))
        and any(
            host in texts(one, "operation", "hosts") and set(mapping(one, "operation")) == {"hosts"}
            for one in items(rule, "to")
        )
        for rule in _rules(policy)
    )


def _sources(rule: Any) -> list[dict[str, frozenset[str]]]:
    found = (mapping(one, "source") for one in items(rule, "from"))
    return [{key: frozenset(texts(source, key)) for key in source} for source in found]


def _is_meant(evidence: Evidence, policy: Object) -> Iterator[Violation]:
    """What mcwan wrote to refuse callers is for an export that has some: else its ServiceExport has lost them."""
    key = export_of(policy)
    for export in evidence.exporting(key, policy.cluster) if key else ():
        if callers_of(export) is None:
            yield violation(f"{policy} refuses callers, and {export} says that {_may(None)}", _REMEDY, export, policy)


def _may(known: Iterable[str] | None) -> str:
    if known is None:
        return "everybody may call"
    return f"{listed(sorted(known)) or 'nobody'} may call"


def _subjects(evidence: Evidence) -> Iterable[Object | Component | UnjudgedError]:
    policies = (*evidence.of_kind("SecurityPolicy"), *evidence.of_kind("AuthorizationPolicy"))
    return [
        *evidence.of_kind("ServiceExport"),
        *evidence.component("ServiceExport"),
        *chosen(policies, lambda one: component_of(one) == "ingress-route"),
        *evidence.routes,
    ]


RULES = (
    Rule(
        "callers-enforced",
        "Where an export has callers, its ingress gateways refuse everybody else.",
        "Callers that nothing checks are a promise only: whoever has a certificate of the fabric may call.",
        "Let mcwan write the export on every cluster that offers it, and no other policies for its routes.",
        _subjects,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
