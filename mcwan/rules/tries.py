"""How long one try may take at Istio's gateways, which an EnvoyFilter beside the route says, alike on all clusters."""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from mcwan.gateways.istio_filters import TRIES, route_filter
from mcwan.model.traffic import Timeouts, Traffic
from mcwan.plan import names
from mcwan.plan.profile import RouteRequest
from mcwan.rules.evidence import Evidence, component_of, export_of, own_rules, profile_of, rules_of
from mcwan.rules.likeness import Tally, difference
from mcwan.rules.objects import Object, items, mapping, text
from mcwan.rules.rule import Violation, violation
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.words import listed

_REMEDY = "let mcwan write what treats requests: mcwan:wanPolicies.NAME.traffic, mcwan:exports[].traffic"
_FREE = frozenset({"per_try_timeout"})
_LONG = ("patch", "value", "route", "retry_policy", "per_try_timeout")
_HOST = ("match", "routeConfiguration", "vhost", "domainName")
_ROUTE_NAME = ("match", "routeConfiguration", "vhost", "route", "name")
_Said = frozenset[tuple[str, str]]
_Key = tuple[str, str]
"""Namespace and name of a route."""


def tries(evidence: Evidence, route: Object) -> Iterator[Violation]:
    """Tell if what says how long tries of a route's requests may take is for something else, or unlike other clusters'.

    How long that is, the operator chooses. Raises UnjudgedError.
    """
    gateway = _gateway(evidence, route)
    if gateway is None:
        return
    its = _filter(evidence, route)
    if its is not None and (wrong := _otherwise(evidence, its, route, gateway)):
        yield violation(f"{its} is not what says how long tries of {route} may take: {wrong}", _REMEDY, its, route)
        return
    most = _everywhere(evidence)[route.namespace, route.name].most() if _is_alike(evidence, route) else None
    if most is not None and _said(evidence, route) != most:
        what = "otherwise than on other clusters" if its is not None else "by nothing, and that on other clusters it is"
        yield violation(f"{route}: how long a try may take is said {what}", _REMEDY, route, *([its] if its else []))


def _otherwise(evidence: Evidence, its: Object, route: Object, gateway: Object) -> str:
    """Say how an EnvoyFilter is not as mcwan makes it for some of a route's rules; of the route itself, others tell."""
    key, patches = export_of(route), list(items(its.content, "spec", "configPatches"))
    rules = dict.fromkeys(text(one, *_ROUTE_NAME) for one in patches)
    exports = evidence.exporting(key) if key else ()
    known = own_rules(evidence, route) or {name for one in exports for name in rules_of(one)}
    if not rules:
        return "it is for no rule"
    if others := [name for name in rules if known and name not in known]:
        return f"it is for {listed(others)}, which is no rule"
    told = {text(one, *_HOST) for one in patches}
    hosts = names.hostnames(*key) if key else []
    if key and told > set(hosts):
        hosts = names.hostnames(*key, short=True)
    timed = dict.fromkeys(rules, Traffic(idempotent=True, timeouts=Timeouts(per_try="1s")))
    request = RouteRequest(route.name, "", {}, timed, gateway=gateway.name, hostnames=tuple(hosts))
    made = next(route_filter(request), None)
    return str(difference(made["spec"], mapping(its.content, "spec"), "spec", _FREE) or "") if made else ""


def _gateway(evidence: Evidence, route: Object) -> Object | None:
    """Give Istio's egress gateway that a route of mcwan's is on."""
    if route.kind != "HTTPRoute" or component_of(route) != "egress-route":
        return None
    every = [parent.gateway for parent in evidence.parents(route) if parent.role == "egress"]
    return next((one for one in every if one is not None and profile_of(one) == "istio"), None)


def _filter(evidence: Evidence, route: Object) -> Object | None:
    return evidence.find(route.cluster, "EnvoyFilter", route.namespace, f"{route.name}{TRIES}")


def _is_alike(evidence: Evidence, route: Object) -> bool:
    """Tell whether a route has the rules of its export, which are the same on all clusters."""
    return not own_rules(evidence, route)


def _said(evidence: Evidence, route: Object) -> _Said:
    """Give how long a try may take, by rule; host names are not the same on all clusters."""
    its = _filter(evidence, route)
    patches = items(its.content, "spec", "configPatches") if its is not None else ()
    return frozenset((text(one, *_ROUTE_NAME), text(one, *_LONG)) for one in patches)


@lru_cache(maxsize=1)
def _everywhere(evidence: Evidence) -> Mapping[_Key, Tally[_Said]]:
    found: dict[_Key, Tally[_Said]] = {}
    for route in evidence.of_kind("HTTPRoute"):
        try:
            key = (route.namespace, route.name)
        except UnjudgedError:
            continue
        found.setdefault(key, Tally()).add(partial(_told, evidence, route))
    return found


def _told(evidence: Evidence, route: Object) -> Iterator[_Said]:
    """Give what is said of a route, if anything is: what one cluster has, all should."""
    if _gateway(evidence, route) is not None and _is_alike(evidence, route) and (its := _said(evidence, route)):
        yield its
