"""Clusters agree about an export's rules: its routes have all of them, the same on each."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from mcwan.plan.names import clusterset
from mcwan.rules.backends import rule_name, rule_port, rules
from mcwan.rules.evidence import (
    Evidence,
    Export,
    component_of,
    egress_hosts,
    export_of,
    meshes_of,
    named,
    own_rules_of,
    rules_of,
)
from mcwan.rules.likeness import Tally
from mcwan.rules.matching import unlike
from mcwan.rules.objects import Object, items, kept, number, text, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.words import listed, said

_REMEDY = "let mcwan write the routes of all clusters in one update"
_MOST = 3
"""So many differences are told."""
_Rules = tuple[tuple[str, str, bool], ...]
"""Of each rule its name, what it matches, and whether anything answers it."""


class _Routes(NamedTuple):
    """The fabric's own routes: of imports by cluster and export, and what those of a name say on all clusters."""

    imports: Mapping[tuple[str, Export], list[Object]]
    alike: Mapping[tuple[str, str, str], Tally[_Rules]]
    doubts: Mapping[str, UnjudgedError]
    """By cluster, why a route cannot be read."""


@lru_cache(maxsize=1)
def _routes(evidence: Evidence) -> _Routes:
    found: dict[tuple[str, Export], list[Object]] = {}
    alike: dict[tuple[str, str, str], Tally[_Rules]] = {}
    doubts: dict[str, UnjudgedError] = {}
    for route in evidence.of_kind("HTTPRoute"):
        try:
            component, export = component_of(route), export_of(route)
            if component == "egress-route" and export:
                found.setdefault((route.cluster, export), []).append(route)
            if component in ("ingress-route", "egress-route") and not _is_free(evidence, route):
                key = (component, route.namespace, route.name)
                alike.setdefault(key, Tally()).add(partial(_one, route))
        except UnjudgedError as doubt:
            doubts.setdefault(route.cluster, doubt)
    return _Routes(found, alike, doubts)


def _is_free(evidence: Evidence, route: Object) -> bool:
    """Tell whether a route's import has rules of its own, or is not there to say so. Raises UnjudgedError."""
    export = export_of(route)
    if component_of(route) == "ingress-route" or export is None:
        return export is None
    one = evidence.find(route.cluster, "ServiceImport", export[1], export[0])
    return one is None or bool(own_rules_of(one))


def _one(route: Object) -> Iterator[_Rules]:
    yield _read(route)


@kept
def _read(route: Object) -> _Rules:
    ingress = component_of(route) == "ingress-route"
    return tuple(
        (text(rule, "name"), _written(value(rule, "matches")), not ingress or any(items(rule, "backendRefs")))
        for rule in items(route.content, "spec", "rules")
    )


def _written(matches: Any) -> str:
    return json.dumps(matches, sort_keys=True, default=value)


def _judge(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    if one.kind == "ServiceImport":
        yield from _has_all(evidence, one)
    elif not _is_free(evidence, one):
        its = _read(one)
        most = _routes(evidence).alike[component_of(one), one.namespace, one.name].most()
        if most is not None and its != most:
            yield violation(f"{one} says other than on other clusters: {_otherwise(its, most)}", _REMEDY, one)


def _otherwise(its: _Rules, most: _Rules) -> str:
    """Say what rules are here, and what they are there."""
    mine, theirs = {rule[0]: rule for rule in its}, {rule[0]: rule for rule in most}
    found = []
    for name in sorted({*mine, *theirs}):
        here, there = mine.get(name), theirs.get(name)
        if here is None or there is None:
            found.append(f"rule {name} is {'here' if here else 'there'} only")
        elif here[1] != there[1]:
            one, other = unlike(json.loads(here[1]) or [], json.loads(there[1]) or [])
            found.append(f"rule {name} matches {one}, and there {other}")
        elif here[2] != there[2]:
            does = ("refuses", "answers")
            found.append(f"rule {name} {does[here[2]]}, and there {does[there[2]]}")
    order = f"its rules are {listed(rule[0] for rule in its)}, and there {listed(rule[0] for rule in most)}"
    return "; ".join(found[:_MOST]) or order


def _has_all(evidence: Evidence, one: Object) -> Iterator[Violation]:
    """For each port of an import, routes have every rule; by path `direct` there are none.

    Of a mesh, sidecars have them; in an ambient one the egress gateway's routes, too.
    """
    known, export = _routes(evidence), (one.name, one.namespace)
    if doubt := known.doubts.get(one.cluster):
        raise doubt
    wanted = own_rules_of(one) or rules_of(one)
    if wanted and meshes_of(one):
        yield from _sidecars_have_all(evidence, one, list(wanted))
        if not _is_by_gateway(evidence, one):
            return
    routes = known.imports.get((one.cluster, export), [])
    if not wanted or not (routes or _is_by_gateway(evidence, one)):
        return
    listeners: dict[str, set[str]] = {}
    for route in routes:
        section = next((text(parent, "sectionName") for parent in items(route.content, "spec", "parentRefs")), "")
        rules = items(route.content, "spec", "rules")
        listeners.setdefault(section, set()).update(text(rule, "name") for rule in rules)
    ports = [said(number(port, "port")) for port in items(one.content, "spec", "ports")]
    if len(listeners) < len(ports):
        what = f"{one} has routes for {len(listeners)} of its ports, which are {listed(ports)}"
        yield violation(what, _REMEDY, one, *routes)
    for section, there in sorted(listeners.items()):
        if lacking := [rule for rule in wanted if rule not in there]:
            whose = "its own" if own_rules_of(one) else "its export's"
            yield violation(
                f"{one}: {listed(map(str, routes))}, listener {said(section or None)}, lacks rule {listed(lacking)} of "
                f"{whose}",
                _REMEDY,
                one,
                *routes,
            )


def _sidecars_have_all(evidence: Evidence, one: Object, wanted: list[str]) -> Iterator[Violation]:
    """For each port of several, a VirtualService has every rule, in order: the first that matches decides."""
    its = evidence.find(one.cluster, "VirtualService", one.namespace, clusterset(one.name))
    if its is None:
        return  # federated-import-is-whole says so
    ports = [number(port, "port") for port in items(one.content, "spec", "ports")]
    there: dict[int | None, list[str]] = {}
    for rule in rules(its):
        there.setdefault(rule_port(rule), []).append(rule_name(rule))
    whose = "its own" if own_rules_of(one) else "its export's"
    for port in ports if len(ports) > 1 else [None]:
        found = there.pop(port, [])
        if found != wanted:
            lacking = [rule for rule in wanted if rule not in found]
            more = [rule for rule in found if rule not in wanted]
            what = f"lacks rule {listed(lacking)} of" if lacking else f"has rule {listed(more)} beside"
            where = f"{its}, port {port}," if port else f"{its}"
            order = f"{where} has not the order of {whose}"
            yield violation(f"{one}: {f'{where} {what} {whose}' if lacking or more else order}", _REMEDY, one, its)
    if there:
        yield violation(
            f"{one}: {its} has rules for port {listed(map(said, there))}, beside its own", _REMEDY, one, its
        )


def _is_by_gateway(evidence: Evidence, one: Object) -> bool:
    """Tell whether an import's name leads to an egress gateway of its cluster. Raises UnjudgedError."""
    service = evidence.find(one.cluster, "Service", one.namespace, clusterset(one.name))
    alias = text(service.content, "spec", "externalName") if service is not None else ""
    return bool(alias) and alias in egress_hosts(evidence, one.cluster)


def _subjects(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    routes = chosen(evidence.of_kind("HTTPRoute"), lambda one: component_of(one) in ("ingress-route", "egress-route"))
    return [*named(evidence.of_kind("ServiceImport")), *routes]


RULES = (
    Rule(
        "rules-everywhere",
        "An import's routes have every rule of its export, or its own; an export's rules are the same on all clusters.",
        "A request whose rule is not there takes the tunnel of the next rule that matches, or is refused.",
        "Let mcwan write the routes of all clusters in one update.",
        _subjects,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
