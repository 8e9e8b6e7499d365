"""Upstreams are whole: a first choice at least, spares behind the first choices, and the health of each is kept."""

from collections.abc import Iterator

from mcwan.plan.names import CHOICE_LABEL, FIRST, SPARE
from mcwan.plan.profile import Certificate
from mcwan.rules.evidence import Evidence
from mcwan.rules.likeness import difference
from mcwan.rules.objects import Object, items, mapping, text
from mcwan.rules.rule import Options, Rule, Violation, violation
from mcwan.rules.upstreams import as_made, places, rules_elsewhere, rules_for, upstreams
from mcwan.rules.words import said

_REMEDY = "let mcwan write upstreams: the ServiceEntry and its DestinationRule"
_FREE = frozenset(
    {
        "baseEjectionTime",
        "connectTimeout",
        "consecutiveGatewayErrors",
        "consecutiveLocalOriginFailures",
        "http1MaxPendingRequests",
        "http2MaxRequests",
        "maxConnections",
        "maxRetries",
    }
)
"""What an operator chooses: mcwan:exports[].traffic."""


def _judge(evidence: Evidence, upstream: Object, _: Options) -> Iterator[Violation]:
    known = list(places(evidence, upstream))
    if not any(one.first for one in known):
        yield violation(f"{upstream} has no place that is a first choice", _REMEDY, upstream)
    for one, written in zip(known, items(upstream.content, "spec", "endpoints"), strict=True):
        choice = text(written, "labels", CHOICE_LABEL)
        if choice not in (FIRST, SPARE):
            yield violation(
                f"{upstream}: place {said(one.address)} is {said(choice or None)}, neither first nor spare",
                _REMEDY,
                upstream,
            )
        if (one.weight or 0) < 1:
            yield violation(
                f"{upstream}: place {said(one.address)} has weight {said(one.weight)}, which Istio takes for 1",
                _REMEDY,
                upstream,
            )
    rules = rules_for(evidence, upstream)
    if not rules:
        yield violation(f"{upstream} has no DestinationRule, which keeps the health of its places", _REMEDY, upstream)
        return
    secure = any(mapping(one.content, "spec", "trafficPolicy", "tls") for one in rules)
    entry, rule, *_filters = as_made(evidence, upstream, Certificate("", "", None) if secure else None)
    found = mapping(upstream.content, "spec")
    if wrong := difference(_without(entry, "endpoints"), _without(found, "endpoints"), "spec"):
        yield violation(f"{upstream} is not as upstreams are: {wrong}", _REMEDY, upstream)
    wanted = _without(rule["trafficPolicy"], "tls")
    for one_of in (*rules, *rules_elsewhere(evidence, upstream)):
        spec = mapping(one_of.content, "spec")
        policy = _without(mapping(spec, "trafficPolicy"), "tls")
        wrong = difference(rule | {"trafficPolicy": {}}, {**spec, "trafficPolicy": {}}, "spec")
        wrong = wrong or difference(wanted, policy, "spec.trafficPolicy", _FREE)
        if wrong:
            yield violation(f"{one_of} does not keep the health of {upstream}: {wrong}", _REMEDY, one_of, upstream)


def _without(content: object, name: str) -> dict[str, object]:
    return {key: one for key, one in mapping(content).items() if key != name}


RULES = (
    Rule(
        "upstream-is-whole",
        "An upstream has a first choice, its spares stand behind the first choices, and the health of each is kept.",
        "Without a first choice, requests take the spares at all times; without health, they go where nobody answers.",
        "Let mcwan write upstreams.",
        upstreams,
        _judge,
    ),
)
