"""Spares of Envoy Gateway's: which WAN policy one is of, and which of them a rule lacks.

Which rules fail over is said where their requests arrive: a route there admits them by another WAN policy, too.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mcwan.plan.names import POLICY_LABEL, SOURCE_CLUSTER
from mcwan.rules.arrivals import sections
from mcwan.rules.backends import answered, spares_sent_to
from mcwan.rules.evidence import (
    Claim,
    Evidence,
    admitted_policies,
    exports_of,
    hostnames,
    own_rules,
    rules_of,
)
from mcwan.rules.objects import Object, kept, number, text
from mcwan.rules.upstreams import Sent, sent


class Lacking(NamedTuple):
    """A spare that a rule has not: the place that its requests go to, and the WAN policy they should fail over to."""

    of: Sent
    policy: str


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


@kept
def _answered(route: Object) -> frozenset[str]:
    """Give the names of the rules of a route that are answered."""
    return frozenset(text(rule, "name") for rule in answered(route))
