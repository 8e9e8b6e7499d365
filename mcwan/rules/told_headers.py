"""Which values the headers have that mcwan's routes set: what is asked for and by whom, and the way that it came by."""

from collections.abc import Iterator
from typing import Any

from mcwan.gateways import envoy
from mcwan.model.traffic import Traffic
from mcwan.plan import names
from mcwan.rules.evidence import Evidence, Export, component_of, exports_of, keys_of, profile_of
from mcwan.rules.objects import Object, items, text
from mcwan.rules.pods import PROFILES
from mcwan.rules.words import said

_REQUEST, _ANSWER = "RequestHeaderModifier", "ResponseHeaderModifier"
_FIELDS = {_REQUEST: "requestHeaderModifier", _ANSWER: "responseHeaderModifier"}
_RETRY_ON, _AGAIN = "x-envoy-retry-on", ",".join(envoy.retry_on(Traffic(idempotent=True)))


def otherwise(evidence: Evidence, route: Object, rule: Any) -> Iterator[str]:
    """Say which headers a rule of mcwan's routes sets to another value than planned, or not at all.

    Of the port that is asked for, rules-match-alike tells. Raises UnjudgedError.
    """
    component = component_of(route)
    if component == "ingress-route":
        came = _came_by(evidence, route)
        wanted = {_REQUEST: came, _ANSWER: came and {**came, names.DESTINATION_HEADER: (route.cluster,)}}
    elif component == "egress-route":
        wanted = {_REQUEST: _asked(evidence, route, rule)}
    else:
        return
    if any(True for _ in items(rule, "backendRefs")):
        for kind, its in wanted.items():
            found = _set(rule, kind)
            for name, values in its.items():
                if found.get(name, "") not in values:
                    which = "request" if kind == _REQUEST else "answer"
                    yield (
                        f"sets header {name} of the {which} to {said(found.get(name) or None)}, and should to "
                        f"{' or '.join(values)}"
                    )
            again = found.get(_RETRY_ON, _AGAIN)
            if again != _AGAIN:
                yield f"sets header {_RETRY_ON} of the request to {said(again)}, and should to {_AGAIN}, or not at all"


def _set(rule: Any, kind: str) -> dict[str, str]:
    return {
        text(header, "name").lower(): text(header, "value")
        for one in items(rule, "filters")
        if text(one, "type") == kind
        for header in items(one, _FIELDS[kind], "set")
    }


def _came_by(evidence: Evidence, route: Object) -> dict[str, tuple[str, ...]]:
    """An ingress route says the WAN policy of its listener; of one that is none, other rules tell."""
    for parent in evidence.parents(route):
        policy = evidence.find(route.cluster, "WANPolicy", "", parent.section) if parent.role == "ingress" else None
        if policy is not None:
            tunnel = text(policy.content, "spec", "tunnel")
            return {names.POLICY_HEADER: (policy.name,), names.TUNNEL_HEADER: (tunnel,)}
    return {}


def _asked(evidence: Evidence, route: Object, rule: Any) -> dict[str, tuple[str, ...]]:
    """An egress route says the export that is asked for, and the cluster that asks, and passes the span on."""
    found: dict[str, tuple[str, ...]] = {names.SOURCE_HEADER: (route.cluster,)}
    if keys := [key for key in _exports(route, rule) if key[0] and evidence.exporting(key)]:
        found[names.EXPORT_HEADER] = tuple(".".join(key) for key in keys)
    gateways = [parent.gateway for parent in evidence.parents(route) if parent.gateway is not None]
    for name in {profile_of(one) for one in gateways} - {""}:
        found[names.SPAN_HEADER] = (PROFILES[name].SPAN,)
    return found


def _exports(route: Object, rule: Any) -> tuple[Export, ...]:
    rewritten = tuple(host for one in items(rule, "filters") if (host := text(one, "urlRewrite", "hostname")))
    return exports_of(rewritten) or keys_of(route)
