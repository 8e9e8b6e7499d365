"""Which values the headers have that mcwan's routes set: what is asked for and by whom, and the way that it came by."""

from collections.abc import Iterator, Mapping
from typing import Any

from mcwan.gateways import envoy
from mcwan.model.traffic import Traffic
from mcwan.plan import names
from mcwan.plan.routes import request_headers, response_headers, rewrite_host
from mcwan.rules.evidence import Evidence, component_of, exports_of, keys_of, profile_of
from mcwan.rules.objects import Object, items, text, value
from mcwan.rules.pods import PROFILES
from mcwan.rules.words import said

_REQUEST, _ANSWER = "RequestHeaderModifier", "ResponseHeaderModifier"
_FIELDS = {_REQUEST: "requestHeaderModifier", _ANSWER: "responseHeaderModifier"}
_WORDS = {_REQUEST: "request", _ANSWER: "answer"}
_RETRY_ON, _AGAIN = "x-envoy-retry-on", ",".join(envoy.retry_on(Traffic(idempotent=True)))
Told = Mapping[str, Mapping[str, str]]
"""By type of filter and header, the value that each rule sets it to."""


def told(evidence: Evidence, route: Object) -> Told:
    """Give what all rules of a route say that answer; nothing, if it is none of mcwan's. Raises UnjudgedError.

    Of the port that is asked for, rules-match-alike tells.
    """
    component = component_of(route)
    if component == "ingress-route":
        came = _came_by(evidence, route)
        return {_REQUEST: came, _ANSWER: {**came, names.DESTINATION_HEADER: route.cluster}} if came else {}
    if component == "egress-route":
        return {_REQUEST: {names.SOURCE_HEADER: route.cluster, **_span(evidence, route)}}
    return {}


def as_planned(route: Object, rule: Any, wanted: Told) -> bool:
    """Tell whether a rule's filters are just those that mcwan writes for the plainest of its exports' rules.

    Those of others are looked at one by one. Raises UnjudgedError.
    """
    if not wanted or len(keys := keys_of(route)) != 1:
        return False
    key = ".".join(keys[0])
    request = wanted[_REQUEST]
    if _ANSWER in wanted:
        made = [rewrite_host(key), request_headers(request), response_headers(wanted[_ANSWER])]
    else:
        made = [rewrite_host(key), request_headers({names.EXPORT_HEADER: key, **request})]
    return bool(value(rule, "filters") == made)


def otherwise(evidence: Evidence, route: Object, rule: Any, wanted: Told) -> Iterator[str]:
    """Say which headers a rule sets to another value than planned, or not at all. Raises UnjudgedError."""
    if not wanted or not any(True for _ in items(rule, "backendRefs")):
        return
    found: dict[str, dict[str, str]] = {_REQUEST: {}, _ANSWER: {}}
    host = ""
    for one in items(rule, "filters"):
        if (kind := text(one, "type")) in _FIELDS:
            for header in items(one, _FIELDS[kind], "set"):
                found[kind][text(header, "name").lower()] = text(header, "value")
        else:
            host = text(one, "urlRewrite", "hostname") or host
    for kind, its in wanted.items():
        for name, planned in its.items():
            if (its_own := found[kind].get(name, "")) != planned:
                yield _should(name, kind, its_own, planned)
    if _ANSWER not in wanted:
        yield from _asked(evidence, route, host, found[_REQUEST].get(names.EXPORT_HEADER, ""))
    if (again := found[_REQUEST].get(_RETRY_ON, _AGAIN)) != _AGAIN:
        yield f"{_should(_RETRY_ON, _REQUEST, again, _AGAIN)}, or not at all"


def _should(name: str, kind: str, found: str, wanted: str) -> str:
    return f"sets header {name} of the {_WORDS[kind]} to {said(found or None)}, and should to {wanted}"


def _came_by(evidence: Evidence, route: Object) -> dict[str, str]:
    """An ingress route says the WAN policy of its listener; of one that is none, other rules tell."""
    for parent in evidence.parents(route):
        policy = evidence.find(route.cluster, "WANPolicy", "", parent.section) if parent.role == "ingress" else None
        if policy is not None:
            return {names.POLICY_HEADER: policy.name, names.TUNNEL_HEADER: text(policy.content, "spec", "tunnel")}
    return {}


def _span(evidence: Evidence, route: Object) -> dict[str, str]:
    """An egress route passes the span on, as its profile has it."""
    for parent in evidence.parents(route):
        if parent.gateway is not None and (name := profile_of(parent.gateway)):
            return {names.SPAN_HEADER: PROFILES[name].SPAN}
    return {}


def _asked(evidence: Evidence, route: Object, host: str, found: str) -> Iterator[str]:
    """An egress route says the export that is asked for; of one that nobody exports, other rules tell."""
    keys = (exports_of((host,)) if host else ()) or keys_of(route)
    if found not in {".".join(key) for key in keys}:
        known = [".".join(key) for key in keys if key[0] and evidence.exporting(key)]
        if known:
            yield _should(names.EXPORT_HEADER, _REQUEST, found, " or ".join(known))
