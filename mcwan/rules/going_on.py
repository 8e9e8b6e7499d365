"""Requests go on where a tunnel or a cluster is lost: what makes them do so is there, and the same on all clusters.

Profiles differ: Envoy Gateway has a BackendTrafficPolicy for a rule, a route, or routes with a label; Istio an
EnvoyFilter for the egress gateway, and one for an upstream that has settings of its own.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from mcwan.gateways import envoy, envoy_gateway, istio_filters, istio_mesh
from mcwan.model.traffic import DEFAULT, HealthChecks, Timeouts, Traffic, merged
from mcwan.plan import names
from mcwan.plan.profile import Certificate, RouteRequest
from mcwan.rules.backends import hosts_sent_to, rule_name, rules
from mcwan.rules.evidence import Evidence, component_of, export_of, profile_of, role
from mcwan.rules.likeness import Tally, difference
from mcwan.rules.objects import Object, items, kept, mapping, number, text, texts, value
from mcwan.rules.pings import speaking
from mcwan.rules.rule import Options, Rule, Violation, violation
from mcwan.rules.spares import lacking, unreached
from mcwan.rules.tls import is_named, is_selected, targets_of
from mcwan.rules.tries import tries
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.upstreams import as_made, filters_of, filters_of_mesh, is_of_mesh, places, rules_for, upstreams
from mcwan.rules.words import listed, said

_REMEDY = "let mcwan write what treats requests: mcwan:wanPolicies.NAME.traffic, mcwan:exports[].traffic"
_FREE = frozenset(
    {
        "attempts",
        "baseEjectionTime",
        "baseInterval",
        "connectTimeout",
        "consecutiveGatewayErrors",
        "consecutiveLocalOriginFailures",
        "interval",
        "maxConnections",
        "maxInterval",
        "maxParallelRequests",
        "maxParallelRetries",
        "maxPendingRequests",
        "numRetries",
        "perTryTimeout",
        "requestTimeout",
        "timeout",
    }
)
"""What an operator chooses, or follows from a tunnel's SLA."""
_ROUTES = ("HTTPRoute", "VirtualService")


class _Policies(NamedTuple):
    """BackendTrafficPolicies, by what they are for: of a route's, with the name of the rule or, for all, none."""

    named: dict[tuple[str, str, str], list[tuple[Object, str]]]
    """By cluster, namespace and name of the route."""
    selecting: dict[tuple[str, str], list[Object]]
    """By cluster and namespace."""
    doubts: dict[str, UnjudgedError]
    """By cluster, why one cannot be read."""


@lru_cache(maxsize=1)
def _policies(evidence: Evidence) -> _Policies:
    found = _Policies({}, {}, {})
    for one in evidence.of_kind("BackendTrafficPolicy"):
        try:
            place = (one.cluster, one.namespace)
            for target in targets_of(one):
                if text(target, "kind") == "HTTPRoute":
                    its = (one, text(target, "sectionName"))
                    found.named.setdefault((*place, text(target, "name")), []).append(its)
            if any(items(one.content, "spec", "targetSelectors")):
                found.selecting.setdefault(place, []).append(one)
        except UnjudgedError as doubt:
            found.doubts.setdefault(one.cluster, doubt)
    return found


@lru_cache(maxsize=1)
def _alike(evidence: Evidence) -> Mapping[tuple[str, str, str], Tally[str]]:
    """Give what is said on all clusters by those that have one name: classes of routes, EnvoyFilters."""
    found: dict[tuple[str, str, str], Tally[str]] = {}
    for one in _subjects(evidence):
        if isinstance(one, Object) and one.kind not in _ROUTES and (key := _key(one)):
            found.setdefault(key, Tally()).add(partial(_said, evidence, one))
    return found


def _key(one: Object) -> tuple[str, str, str] | None:
    try:
        return (one.kind, one.namespace, one.name)
    except UnjudgedError:
        return None


def _said(evidence: Evidence, one: Object) -> Iterator[str]:
    """Give what treats the requests of an egress gateway or an upstream, or what a class says."""
    its: Object | None = one
    if one.kind == "ServiceEntry":
        its = next(iter(filters_of(evidence, one)), None)
    elif one.kind != "BackendTrafficPolicy":
        its = evidence.find(one.cluster, "EnvoyFilter", one.namespace, one.name)
    yield json.dumps(value(its.content, "spec"), sort_keys=True, default=value) if its is not None else ""


def _judge(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    if one.kind in _ROUTES:
        yield from (_by_envoy_gateway(evidence, one) if one.kind == "HTTPRoute" else _by_mesh(evidence, one))
        yield from tries(evidence, one)
        yield from _to_all(evidence, one)
        return
    wrong = [*(_by_istio(evidence, one) if one.kind == "Gateway" else ()), *_pings(evidence, one)]
    yield from wrong
    if wrong:
        return
    key = _key(one)
    most = _alike(evidence)[key].most() if key else None
    its = next(_said(evidence, one))
    if most is not None and its != most:
        what = "other than on other clusters" if its else "nothing, and that on other clusters something"
        which = str(one) if one.kind == "BackendTrafficPolicy" else f"{one}: EnvoyFilter {one.name}"
        yield violation(f"{which} says {what} of how requests are treated", _REMEDY, one)


def _by_istio(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    its = evidence.find(gateway.cluster, "EnvoyFilter", gateway.namespace, gateway.name)
    if its is None or not any(is_named(one, "Gateway", gateway.name) for one in targets_of(its)):
        yield violation(
            f"{gateway} has no EnvoyFilter by which requests go on to other clusters", _REMEDY, gateway, *_some(its)
        )
    elif all(difference(istio_filters.going_on(), one) for one in items(its.content, "spec", "configPatches")):
        yield violation(f"{its} is not that by which requests go on to other clusters", _REMEDY, its, gateway)


def _pings(evidence: Evidence, upstream: Object) -> Iterator[Violation]:
    """An upstream with TLS has PINGs, by which a dead path is noticed; it may have health checks, too."""
    its = next(iter(filters_of(evidence, upstream)), None) if upstream.kind == "ServiceEntry" else None
    secure = any(
        mapping(one.content, "spec", "trafficPolicy", "tls")
        for one in (rules_for(evidence, upstream) if upstream.kind == "ServiceEntry" else ())
    )
    for made in as_made(evidence, upstream, Certificate("", "", None))[2:] if secure else ():
        there = list(items(its.content, "spec", "configPatches")) if its is not None else []
        lacking = [
            wanted for wanted in made["configPatches"] if all(difference(wanted, one, "", _FREE) for one in there)
        ]
        if lacking or its is None:
            yield violation(
                f"{upstream} has no EnvoyFilter by which its lost connections are noticed",
                _REMEDY,
                upstream,
                *_some(its),
            )
    if upstream.kind == "ServiceEntry":
        for its in filters_of(evidence, upstream)[:1]:
            yield from _elsewhere(its, upstream, _senders(evidence, upstream))


def _elsewhere(its: Object, of: Object, gateways: Collection[str] | None) -> Iterator[Violation]:
    """An EnvoyFilter is for the gateways that send; for sidecars, None, it names nothing: each patch says what for."""
    targets = list(targets_of(its))
    if gateways is None:
        wrong = f"is for {_named(targets)}, and not for sidecars" if targets else ""
    else:
        missing = [name for name in sorted(gateways) if not any(is_named(one, "Gateway", name) for one in targets)]
        wrong = f"is for {_named(targets)}, and not for Gateway {listed(missing)}, which sends" if missing else ""
    if wrong:
        yield violation(f"{its}, of {of}, {wrong}", _REMEDY, its, of)


def _named(targets: Iterable[Any]) -> str:
    return listed(f"{text(one, 'kind')} {text(one, 'name')}" for one in targets) or "no gateway"


def _senders(evidence: Evidence, upstream: Object) -> Collection[str] | None:
    """Give the gateways that send to an upstream; None for sidecars.

    Of an upstream that no route sends to, those beside it that are mcwan's shared one or the export's own.
    """
    if is_of_mesh(upstream):
        return None
    hosts = texts(upstream.content, "spec", "hosts")
    found = {
        name for host in hosts for name in _sending(evidence).get((upstream.cluster, upstream.namespace, host), ())
    }
    return found or {names.EGRESS} if upstream.namespace == names.NAMESPACE else found


@lru_cache(maxsize=1)
def _sending(evidence: Evidence) -> Mapping[tuple[str, str, str], set[str]]:
    """Give the egress gateways that routes beside them have send to a host name, by cluster, namespace and host."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for route in evidence.of_kind("HTTPRoute"):
        try:
            for to in hosts_sent_to(route):
                its = [
                    one.name for one in evidence.parents(route) if (one.role, one.namespace) == ("egress", to.namespace)
                ]
                found.setdefault((route.cluster, to.namespace, to.name), set()).update(its)
        except UnjudgedError:
            continue  # rules of routes say so
    return found


def _by_mesh(evidence: Evidence, routes: Object) -> Iterator[Violation]:
    """Each rule that sidecars follow says what is sent again: else Istio's own choice holds; and where to, at once."""
    for rule in rules(routes):
        found = mapping(rule, "retries")
        safe = text(found, "retryOn") == ",".join(envoy.retry_on(Traffic(idempotent=True)))
        each = Timeouts(connect="1s", keepalive="1s", per_try="1s" if "perTryTimeout" in found else None)
        none = Traffic(retries=0) if number(found, "attempts") == 0 else Traffic()
        made = istio_mesh.retries(merged(none, Traffic(idempotent=safe, timeouts=each), DEFAULT))
        if wrong := difference(made, found or None, "retries", _FREE):
            yield violation(
                f"{routes}, rule {said(rule_name(rule) or None)}: not that by which requests go on: {wrong}",
                _REMEDY,
                routes,
            )
    yield from _to_spares(evidence, routes)


def _to_spares(evidence: Evidence, routes: Object) -> Iterator[Violation]:
    """Where a mesh's rules have spares, an EnvoyFilter has sidecars go on to those at once."""
    spared = [text(rule, "name") for rule in rules(routes) if _has_spares(evidence, routes, rule)]
    found = filters_of_mesh(evidence, routes.cluster, names.federated(".".join(export_of(routes) or ())))
    its = next(iter(found), None)
    for made in istio_filters.mesh_filter("", "", {}, spared):
        if its is None:
            yield violation(f"{routes} has no EnvoyFilter by which requests go on to spares at once", _REMEDY, routes)
        else:
            spec, there = mapping(its.content, "spec"), list(items(its.content, "spec", "configPatches"))
            wanted = [one for one in made["spec"]["configPatches"] if all(difference(one, it) for it in there)]
            if wrong := difference(made["spec"] | {"configPatches": wanted}, {**spec, "configPatches": []}, "spec"):
                what = f"{its} is not that by which requests of {routes} go on to spares at once: {wrong}"
                yield violation(what, _REMEDY, its, routes)


def _has_spares(evidence: Evidence, routes: Object, rule: Any) -> bool:
    """Tell whether requests of a rule have spares to go on to, behind first choices."""
    for to in hosts_sent_to(routes):
        upstream = evidence.upstream(routes.cluster, to.namespace, to.name) if to.rule is rule else None
        if upstream is not None and {place.first for place in places(evidence, upstream)} == {True, False}:
            return True
    return False


def _to_all(evidence: Evidence, route: Object) -> Iterator[Violation]:
    """Where rules of other clusters send the same requests, or have them go on to, a rule sends its own, too."""
    for one in unreached(evidence, route):
        yield violation(
            f"{route}, rule {said(one.rule or None)} sends nothing to {one.cluster}, be it as a spare, and that of "
            f"{one.other} does",
            "let mcwan write the route on all clusters in one update: mcwan:exports[].from",
            route,
            one.other,
        )


def _some(one: Object | None) -> list[Object]:
    return [] if one is None else [one]


def _by_envoy_gateway(evidence: Evidence, route: Object) -> Iterator[Violation]:
    """A policy for a rule goes before one for its route; of several for one, the oldest holds: all are judged."""
    gateways = [parent.gateway for parent in evidence.parents(route) if parent.gateway is not None]
    if not any(profile_of(one) == "envoy-gateway" for one in gateways):
        return
    known = _policies(evidence)
    if doubt := known.doubts.get(route.cluster):
        raise doubt
    place = (route.cluster, route.namespace)
    whole = [one for one in known.selecting.get(place, ()) if is_selected(one, route)]
    by_rule: dict[str, list[Object]] = {}
    for policy, section in known.named.get((*place, route.name), ()):
        if section:
            by_rule.setdefault(section, []).append(policy)
        else:
            whole.append(policy)
    wrong: dict[str, tuple[Object, str]] = {}
    for rule in items(route.content, "spec", "rules"):
        name = text(rule, "name")
        its = by_rule.get(name) or whole
        if not its:
            yield violation(
                f"{route}, rule {said(name or None)}: no BackendTrafficPolicy says how its requests go on",
                _REMEDY,
                route,
            )
        for policy in its:
            if different := _different(policy):
                wrong[str(policy)] = (policy, different)
    for policy, different in wrong.values():
        yield violation(f"{policy} is not that by which requests of {route} go on: {different}", _REMEDY, policy, route)
    yield from speaking(evidence, route)
    for one in lacking(evidence, route):
        yield violation(
            f"{route}, rule {said(one.of.to.called or None)} has no spare by policy {one.policy} to "
            f"{one.of.gateway.cluster}, where what it sends is admitted by that, too",
            _REMEDY,
            route,
            one.of.gateway,
        )


@kept
def _different(policy: Object) -> str:
    """Say where a BackendTrafficPolicy is not as mcwan's are, whatever is chosen for it."""
    spec = mapping(policy.content, "spec")
    wanted = _spec(
        idempotent="reset" in texts(spec, "retry", "retryOn", "triggers"),
        per_try=value(spec, "retry", "perRetry", "timeout") is not None,
        active=value(spec, "healthCheck", "active") is not None,
    )
    found = {key: one for key, one in spec.items() if key in wanted}
    return str(difference(wanted, found, "spec", _FREE) or "")


@cache
def _spec(*, idempotent: bool, per_try: bool, active: bool) -> Mapping[str, Any]:
    """Give what a BackendTrafficPolicy of mcwan's says, but for what it is for."""
    timeouts = Timeouts(connect="1s", keepalive="1s", per_try="1s" if per_try else None)
    checks = HealthChecks() if active else None
    settings = merged(Traffic(idempotent=idempotent, timeouts=timeouts, health_checks=checks), DEFAULT)
    (made,) = envoy_gateway.traffic(RouteRequest("", "", {}, {"": settings}))
    return {key: one for key, one in made["spec"].items() if key != "targetRefs"}


def _is_egress_of_istio(one: Object) -> bool:
    return role(one) == "egress" and profile_of(one) == "istio"


def _subjects(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    routes, gateways = evidence.of_kind("HTTPRoute"), evidence.of_kind("Gateway")
    classes = evidence.of_kind("BackendTrafficPolicy")
    return [
        *chosen(routes, lambda one: component_of(one) == "egress-route"),
        *chosen(gateways, _is_egress_of_istio),
        *chosen(
            classes,
            lambda one: component_of(one) == "egress-gateway" and any(items(one.content, "spec", "targetSelectors")),
        ),
        *upstreams(evidence),
        *chosen(evidence.of_kind("VirtualService"), lambda one: component_of(one) == "import"),
    ]


RULES = (
    Rule(
        "requests-go-on",
        "What makes requests go on where a tunnel or a cluster is lost is there for every rule, alike on all clusters.",
        "Without it, requests go to a place that does not answer, again and again, though there is another.",
        "Let mcwan write the policies of egress routes and gateways.",
        _subjects,
        _judge,
    ),
)
