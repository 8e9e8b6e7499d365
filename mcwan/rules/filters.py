"""What is done to requests on the fabric's routes: what mcwan writes, field by field, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mcwan.model.leaves import PORT_HEADER
from mcwan.plan import names
from mcwan.rules.backends import rules
from mcwan.rules.evidence import Evidence
from mcwan.rules.faults import injected, injecting
from mcwan.rules.objects import Object, items, mapping, text, texts
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.told_headers import as_planned, otherwise, told
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.words import said

_REMEDY = "let mcwan write the route: what else is to be done to requests, do it at the service"
_RULE = frozenset({"name", "matches", "filters", "backendRefs", "timeouts"})
_FIELDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "URLRewrite": ("urlRewrite", frozenset({"hostname"})),
    "RequestHeaderModifier": ("requestHeaderModifier", frozenset({"set", "remove"})),
    "ResponseHeaderModifier": ("responseHeaderModifier", frozenset({"set"})),
}
"""Of each type of filter that mcwan writes, its field, and that one's fields."""
_HEADERS = frozenset(
    {
        PORT_HEADER,
        names.DESTINATION_HEADER,
        names.EXPORT_HEADER,
        names.POLICY_HEADER,
        names.SOURCE_HEADER,
        names.SPAN_HEADER,
        names.TUNNEL_HEADER,
        "x-envoy-max-retries",
        "x-envoy-retry-on",
    }
)


def _judge(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    if route.kind != "HTTPRoute":
        yield from injected(evidence, route)
        return
    wanted = told(evidence, route)
    for rule in rules(route):
        wrong = [f"has {key}" for key in mapping(rule) if key not in _RULE and mapping(rule)[key] is not None]
        planned = as_planned(route, rule, wanted)  # nearly always
        wrong += [it for one in items(rule, "filters") for it in _done(one)] if not planned else []
        wrong += [
            f"has a filter of backend {said(text(ref, 'name') or None)}: {said(text(one, 'type') or None)}"
            for ref in items(rule, "backendRefs")
            for one in items(ref, "filters")
        ]
        wrong += otherwise(evidence, route, rule, wanted) if not planned else []
        for one in wrong:
            yield violation(f"{route}, rule {said(text(rule, 'name') or None)} {one}", _REMEDY, route)


def _done(one: Any) -> Iterator[str]:
    """Say what a filter does that mcwan's do not. Raises UnjudgedError."""
    kind = text(one, "type")
    if kind not in _FIELDS:
        yield f"has a filter {said(kind or None)}"
        return
    field, known = _FIELDS[kind]
    for key in mapping(one):
        if key not in ("type", field) and _there(one, key):
            yield f"has {key} in a filter {kind}"
    for key in mapping(one, field):
        if key not in known and _there(one, field, key):
            yield f"has {field}.{key}"
    for header in (*(text(it, "name") for it in items(one, field, "set")), *texts(one, field, "remove")):
        if header.lower() not in _HEADERS:
            yield f"changes header {said(header or None)}"


def _there(content: Any, *path: str) -> bool:
    for part in path:
        content = mapping(content).get(part)
    return content is not None and content != []


def _subjects(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return [*evidence.routes, *injecting(evidence)]


RULES = (
    Rule(
        "route-does-no-more",
        "A route of the fabric's gateways does to requests what mcwan writes and nothing else, nor does anybody inject "
        "faults there.",
        "A redirect, a filter of an implementation's own, another path or header can take requests past their WAN "
        "policy, or to what is not exported; a fault fails requests that would have arrived.",
        "Let mcwan write the routes of its gateways, and inject no faults there.",
        _subjects,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
