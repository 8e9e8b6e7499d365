"""Spares of Envoy Gateway's: which WAN policy one is of, and which of them a rule lacks.

Which rules fail over is said where their requests arrive: a route there admits them by another WAN policy, too.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from mcwan.model.leaves import RESERVED
from mcwan.plan.names import NAMESPACE, POLICY_LABEL, SOURCE_CLUSTER
from mcwan.rules.arrivals import sections
from mcwan.rules.backends import Backend, answered, backends, hosts_sent_to, spares_sent_to
from mcwan.rules.evidence import (
    Claim,
    Evidence,
    Export,
    admitted_policies,
    component_of,
    exports_of,
    hostnames,
    keys_of,
    own_rules,
    profile_of,
    rules_of,
)
from mcwan.rules.objects import Object, kept, number, text
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.upstreams import Sent, sent
from mcwan.rules.upstreams import places as places_of


class Lacking(NamedTuple):
    """A spare that a rule has not: the place that its requests go to, and the WAN policy they should fail over to."""

    of: Sent
    policy: str


class Unreached(NamedTuple):
    """A cluster that a rule sends nothing to, and the route of another cluster that does."""

    rule: str
    cluster: str
    other: Object


class _Rule(NamedTuple):
    """A rule by which requests leave: the export that they are for, its WAN policy, and to which clusters they go."""

    name: str
    export: Export
    policy: str
    clusters: Mapping[str, bool]
    """Whether one is a first choice."""


class _Everywhere(NamedTuple):
    """What the rules of all egress routes send: by route, its rules; by export and WAN policy, the clusters sent to."""

    rules: dict[int, tuple[_Rule, ...]]
    clusters: dict[tuple[Export, str], dict[str, tuple[bool, Object]]]
    """Whether one is a first choice, and a route that sends to it."""
    doubts: list[UnjudgedError]


def labelled(spare: Object) -> list[str]:
    """Give the WAN policies that a spare's labels name: one, if it is mcwan's. Raises UnjudgedError."""
    return sorted(key.removeprefix(POLICY_LABEL) for key in spare.labels if key.startswith(POLICY_LABEL))


def lacking(evidence: Evidence, route: Object) -> Iterator[Lacking]:
    """Give the spares that rules of an egress route lack. Raises UnjudgedError."""
    there: set[tuple[str, str, str]] = set()
    for to in spares_sent_to(route):
        spare = evidence.find(route.cluster, "Backend", to.namespace, to.name)
        if spare is None:
            continue  # route-has-target says so
        if number(to.ref, "weight") != 0:
            there |= {(to.called, spare.label(SOURCE_CLUSTER), policy) for policy in labelled(spare)}
    own = own_rules(evidence, route)
    for one in sent(evidence, route):
        if one.first and one.gateway.cluster != route.cluster:  # to the cluster itself there is no tunnel to be lost
            for policy in _others(evidence, route, one, own):
                if (one.to.called, one.gateway.cluster, policy) not in there:
                    yield Lacking(one, policy)


def _others(evidence: Evidence, route: Object, one: Sent, own: Mapping[str, str]) -> Iterator[str]:
    """Give the WAN policies that requests fail over to: by which all rules of their own WAN policy are admitted, too.

    Of a rule that is not sent by its own WAN policy, rule-of-own-policy tells.
    """
    policy, there = sections(one.gateway).get(one.port), sections(one.gateway).values()
    hosts = one.to.rewritten or hostnames(route)
    for export in (it for key in exports_of(hosts) if key[0] for it in evidence.exporting(key, one.gateway.cluster)):
        others = [it for it in admitted_policies(export) if it != policy and it in there]
        if not others or policy is None:
            continue
        its = rules_of(export)
        if (own or its).get(one.to.called) != policy:
            continue
        alike = {rule for rule, by in its.items() if by == policy} if own else {one.to.called}
        gateway = f"{one.gateway.namespace}/{one.gateway.name}"
        for other in others:
            claims = [Claim(one.gateway.cluster, gateway, other, host) for host in hosts]
            admitting = [it for claim in claims for it in evidence.claims.get(claim, ())]
            if not admitting and (doubt := evidence.unread.get(one.gateway.cluster)):
                raise doubt
            if alike and any(alike <= _answered(it) for it in admitting):
                yield other


def unreached(evidence: Evidence, route: Object) -> Iterator[Unreached]:
    """Give the clusters that rules of an egress route send nothing to, though those of another cluster do.

    Who offers an export, and who stands in, is the same for all clusters, but for the cluster itself. Raises
    UnjudgedError.
    """
    found = _everywhere(evidence)
    for rule in found.rules.get(id(route), ()):
        for cluster, (first, other) in found.clusters[rule.export, rule.policy].items():
            if cluster in rule.clusters or cluster == route.cluster:
                continue
            if first or _has_spares(evidence, route, rule):
                yield Unreached(rule.name, cluster, other)
    for doubt in found.doubts:
        raise doubt


def _has_spares(evidence: Evidence, route: Object, rule: _Rule) -> bool:
    """Tell whether a rule has spares if there are some: not by a profile without, nor beside own pods alone by Istio.

    Nor there by Envoy Gateway, if the cluster's own ingress gateway has no address that is known, by which pods are
    asked beside what speaks HTTP/2. Raises UnjudgedError.
    """
    if any(first for cluster, first in rule.clusters.items() if cluster != route.cluster):
        return route.kind == "VirtualService" or any(map(profile_of, _gateways(evidence, route)))
    own = evidence.ingress_gateway(route.cluster, rule.export) or evidence.ingress_gateway(route.cluster)
    by_envoy_gateway = any(profile_of(one) == "envoy-gateway" for one in _gateways(evidence, route))
    return by_envoy_gateway and own is not None and bool(evidence.addresses(own))


def _gateways(evidence: Evidence, route: Object) -> list[Object]:
    return [one.gateway for one in evidence.parents(route) if one.gateway is not None]


@lru_cache(maxsize=1)
def _everywhere(evidence: Evidence) -> _Everywhere:
    found = _Everywhere({}, {}, [])
    for route in (*evidence.of_kind("HTTPRoute"), *evidence.of_kind("VirtualService")):
        try:
            if component_of(route) in ("egress-route", "import"):
                its = found.rules[id(route)] = tuple(_rules(evidence, route))
                for rule in its:
                    known = found.clusters.setdefault((rule.export, rule.policy), {})
                    for cluster, first in rule.clusters.items():
                        known[cluster] = known.get(cluster) or (first, route)
        except UnjudgedError as doubt:
            found.doubts.append(doubt)
    return found


def _rules(evidence: Evidence, route: Object) -> Iterator[_Rule]:
    """Give the rules of an egress route that have a WAN policy and a weight; of what is not there, others tell.

    Raises UnjudgedError.
    """
    places: dict[int, list[Sent]] = {}
    for one in sent(evidence, route):
        places.setdefault(id(one.to), []).append(one)
    refs: dict[int, list[Backend]] = {}
    for to in (*backends(route), *spares_sent_to(route), *hosts_sent_to(route)):
        if number(to.ref, "weight") != 0:
            refs.setdefault(id(to.rule), []).append(to)
    own, keys = own_rules(evidence, route), keys_of(route)
    for every in refs.values():
        to = every[0]
        its = [one for ref in every for one in places.get(id(ref), ())]
        export = next(iter(exports_of(to.rewritten) or keys), None)
        known = evidence.exporting(export) if export is not None and export[0] else ()
        policy = (own or rules_of(known[0])).get(to.called, "") if known else ""
        if export is None or not policy or not (own or export in keys):
            continue
        if not its and route.kind == "VirtualService":
            continue  # to a Service of the cluster only, of which route-is-exported tells
        if all(_is_there(evidence, route, ref, lost=id(ref) not in places) for ref in every):
            offering = {one.cluster for one in known}
            clusters: dict[str, bool] = {}
            for one in its:
                where = one.gateway.cluster
                if where in offering:
                    clusters[where] = clusters.get(where, False) or one.first
            yield _Rule(to.called, export, policy, clusters)


def _is_there(evidence: Evidence, route: Object, to: Backend, *, lost: bool) -> bool:
    """Tell whether a backend leads to gateways that are all there, or is a Service of the cluster's own."""
    if to.service is not None:
        return True
    kind = text(to.ref, "kind")
    if lost:
        return kind in ("", "Service") and to.namespace != NAMESPACE and RESERVED not in to.name
    upstream = None if kind in ("Service", "Backend") else evidence.upstream(route.cluster, to.namespace, to.name)
    return upstream is None or all(one.gateway is not None for one in places_of(evidence, upstream))


@kept
def _answered(route: Object) -> frozenset[str]:
    """Give the names of the rules of a route that are answered."""
    return frozenset(text(rule, "name") for rule in answered(route))
