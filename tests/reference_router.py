"""What a request meets: a small router that reads Gateway API's text and the description's, and nothing of mcwan.

Both are written from their specifications, so that a mistake in `mcwan.model.matches` or `mcwan.plan` shows as a
difference between what the description says and what the planned routes do.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from tests import fabrics

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """An HTTP request; header names in lower case."""

    host: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


class AmbiguousError(AssertionError):
    """Two routes match equally well: which is older decides, and nobody knows which that is."""


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Give a request for any host, of the values that `fabrics.matches` has."""
    headers = {}
    if draw(st.booleans()):
        headers[fabrics.HEADER[0].lower()] = draw(st.sampled_from((*fabrics.HEADER[1], "w")))
    if draw(st.booleans()):
        user = draw(st.sampled_from((*fabrics.COOKIES, "testing")))
        headers["cookie"] = draw(st.sampled_from((f"user={user}", f"a=b; user={user}; c=d", f"xuser={user}")))
    query = {fabrics.QUERY[0]: draw(st.sampled_from((*fabrics.QUERY[1], "3")))} if draw(st.booleans()) else {}
    path = draw(st.sampled_from((*fabrics.PATHS, "/pay/", "/stats/x", "/other")))
    return Request("", path, draw(st.sampled_from((*fabrics.METHODS, "PUT"))), headers, query)


# What the description says.


def described(match: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a request matches what an operator wrote as a match."""
    cookie = match.get("cookie")
    return (
        _path(match.get("path", {}), request.path)
        and match.get("method") in (None, request.method)
        and all(_value(one, request.headers.get(one["name"].lower())) for one in match.get("headers", ()))
        and all(_value(one, request.query.get(one["name"])) for one in match.get("queryParams", ()))
        and (cookie is None or (cookie["name"], cookie["value"]) in _cookies(request))
    )


def first_rule(rules: Sequence[Mapping[str, Any]], request: Request) -> Mapping[str, Any] | None:
    """Give the first of a description's rules that matches."""
    for rule in rules:
        alternatives: Sequence[Mapping[str, Any]] = rule.get("matches") or ({},)
        if any(described(match, request) for match in alternatives):
            return rule
    return None


def rules_of(export: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Give an export's rules as written; for a service-level policy the one that it amounts to."""
    return export.get("rules") or ({"name": "all", "wanPolicy": export["wanPolicy"]},)


def _cookies(request: Request) -> set[tuple[str, str]]:
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {(name, value) for name, _, value in pairs}


def _path(match: Mapping[str, Any], path: str) -> bool:
    value = match.get("value", "/")
    kind = match.get("type", "PathPrefix")
    if kind == "Exact":
        return bool(path == value)
    if kind == "RegularExpression":
        return re.fullmatch(value, path) is not None
    wanted, found = value.rstrip("/").split("/"), path.rstrip("/").split("/")
    return bool(found[: len(wanted)] == wanted)


def _value(match: Mapping[str, Any], found: str | None) -> bool:
    if found is None:
        return False
    if match.get("type", "Exact") == "RegularExpression":
        return re.fullmatch(match["value"], found) is not None
    return bool(found == match["value"])


# What the planned objects do.


@dataclass(frozen=True)
class Hop:
    """What a listener does with a request: the rule's name, the backends with their weights, the request sent on."""

    rule: str
    backends: tuple[tuple[str, str, int, int], ...]
    """(namespace, name, port, weight)"""
    request: Request
    spares: tuple[tuple[str, str, int], ...] = ()
    """(namespace, name, weight) of the Backends that are asked while none of the others can be."""
    upstreams: tuple[tuple[str, str, int, int], ...] = ()
    """(namespace, host name, port, weight) of the ServiceEntries that it sends to."""


class Router:
    """The Gateways, routes and Services of one cluster."""

    def __init__(self, objects: Sequence[Manifest]) -> None:
        self._objects = {
            (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in objects
        }

    def found(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """Give an object; None where there is none."""
        return self._objects.get((kind, namespace, name))

    def every(self, kind: str) -> Iterator[Manifest]:
        """Give all objects of a kind."""
        return (one for (its, _, _), one in self._objects.items() if its == kind)

    def gateway_behind(self, host: str) -> Manifest | None:
        """Give the Gateway whose Service has a host name."""
        return next((one for one in self.every("Gateway") if f"{self._service(one)}.svc.cluster.local" == host), None)

    def send(self, gateway: Manifest, port: int, request: Request) -> Hop | None:
        """Send a request to a Gateway's port; None is a refusal: no listener, no route, no rule, no backend."""
        sections = [one["name"] for one in gateway["spec"]["listeners"] if one["port"] == port]
        found: list[tuple[Any, ...]] = []
        for route in self._attached(gateway, sections):
            if request.host in route["spec"]["hostnames"]:
                for index, rule in enumerate(route["spec"]["rules"]):
                    found += [
                        (*_precedence(match), -index, route["metadata"]["name"], rule)
                        for match in rule["matches"]
                        if matches(match, request)
                    ]
        if not found:
            return None
        best = max(one[:6] for one in found)
        first = max(one[:5] for one in found)
        if len({one[6] for one in found if one[:5] == first}) > 1:
            raise AmbiguousError([one[6] for one in found if one[:5] == first])
        rule = next(one[7] for one in found if one[:6] == best)
        backends = tuple(
            (ref["namespace"], ref["name"], ref["port"], ref["weight"])
            for ref in rule.get("backendRefs", ())
            if ref["weight"] and ref["kind"] == "Service"
        )
        spares = tuple(
            (ref["namespace"], ref["name"], ref["weight"])
            for ref in rule.get("backendRefs", ())
            if ref["weight"] and ref["kind"] == "Backend"
        )
        upstreams = tuple(
            (gateway["metadata"]["namespace"], ref["name"], ref["port"], ref["weight"])
            for ref in rule.get("backendRefs", ())
            if ref["weight"] and ref["kind"] == "Hostname"
        )
        if not (backends or upstreams):
            return None
        return Hop(rule["name"], backends, _filtered(rule, request), spares, upstreams)

    def endpoints(self, namespace: str, name: str, port: int) -> tuple[set[str], int] | None:
        """Give the addresses and the port behind a Service's port; None where it is not one of ours."""
        service = self.found("Service", namespace, name)
        if service is None or service["spec"]["type"] != "ClusterIP":
            return None
        (wanted,) = (one["name"] for one in service["spec"]["ports"] if one["port"] == port)
        slices = [
            one
            for one in self.every("EndpointSlice")
            if one["metadata"]["namespace"] == namespace
            and one["metadata"]["labels"]["kubernetes.io/service-name"] == name
        ]
        numbers = {one["port"] for found in slices for one in found["ports"] if one["name"] == wanted}
        (number,) = numbers
        return {a for found in slices for end in found["endpoints"] for a in end["addresses"]}, number

    def spare_endpoints(self, namespace: str, name: str) -> tuple[set[str], int]:
        """Give the addresses and the port of a Backend that is a spare."""
        backend = self.found("Backend", namespace, name)
        assert backend is not None, name
        assert backend["spec"]["fallback"] is True
        ends = [one["ip"] for one in backend["spec"]["endpoints"]]
        (port,) = {one["port"] for one in ends}
        return {one["address"] for one in ends}, port

    def places(self, namespace: str, host: str, port: int, choice: str) -> dict[frozenset[str], tuple[int, int]]:
        """Give the addresses of each place of an upstream that is such a choice, with its port and weight."""
        (entry,) = (
            one
            for one in self.every("ServiceEntry")
            if one["metadata"]["namespace"] == namespace and host in one["spec"]["hosts"]
        )
        (called,) = (one["name"] for one in entry["spec"]["ports"] if one["number"] == port)
        by_place: dict[tuple[str, int], list[Manifest]] = {}
        for one in entry["spec"]["endpoints"]:
            if one["labels"]["mc-wan.l7mp.io/choice"] == choice:
                remote = one["labels"]["multicluster.kubernetes.io/source-cluster"]
                by_place.setdefault((remote, one["ports"][called]), []).append(one)
        return {
            frozenset(one["address"] for one in ends): (number, sum(one["weight"] for one in ends))
            for (_, number), ends in by_place.items()
        }

    def _attached(self, gateway: Manifest, sections: Sequence[str]) -> Iterator[Manifest]:
        at = (gateway["metadata"]["namespace"], gateway["metadata"]["name"])
        for route in self.every("HTTPRoute"):
            for parent in route["spec"]["parentRefs"]:
                if (parent["namespace"], parent["name"]) == at and parent["sectionName"] in sections:
                    assert route["metadata"]["namespace"] == at[0], "listeners take routes of their own namespace only"
                    yield route

    def _service(self, gateway: Manifest) -> str:
        """Give the name.namespace of the Service that an implementation makes for a Gateway."""
        name, namespace = gateway["metadata"]["name"], gateway["metadata"]["namespace"]
        parameters = gateway["spec"].get("infrastructure", {}).get("parametersRef", {})
        if parameters.get("kind") == "EnvoyProxy":
            proxy = self.found("EnvoyProxy", namespace, parameters["name"])
            assert proxy is not None
            return f"{proxy['spec']['provider']['kubernetes']['envoyService']['name']}.envoy-gateway-system"
        return f"{name}-{gateway['spec']['gatewayClassName']}.{namespace}"


def matches(match: Mapping[str, Any], request: Request) -> bool:
    """Tell whether a request matches an HTTPRouteMatch: of headers with one name, only the first counts."""
    headers: dict[str, Any] = {}
    for one in match.get("headers", ()):
        headers.setdefault(one["name"].lower(), one)
    return (
        _path(match.get("path", {}), request.path)
        and match.get("method") in (None, request.method)
        and all(_value(one, request.headers.get(name)) for name, one in headers.items())
        and all(_value(one, request.query.get(one["name"])) for one in match.get("queryParams", ()))
    )


def _precedence(match: Mapping[str, Any]) -> tuple[bool, int, bool, int, int]:
    """Gateway API v1, HTTPRouteRule: exact path, longest prefix, method, most headers, most query parameters."""
    path = match.get("path", {"type": "PathPrefix", "value": "/"})
    return (
        path["type"] == "Exact",
        len(path["value"]),
        "method" in match,
        len(match.get("headers", ())),
        len(match.get("queryParams", ())),
    )


def _filtered(rule: Mapping[str, Any], request: Request) -> Request:
    for one in rule.get("filters", ()):
        if one["type"] == "URLRewrite":
            request = replace(request, host=one["urlRewrite"]["hostname"])
        elif one["type"] == "RequestHeaderModifier":
            headers = dict(request.headers)
            for change in one["requestHeaderModifier"].get("set", ()):
                headers[change["name"].lower()] = change["value"]
            for name in one["requestHeaderModifier"].get("remove", ()):
                headers.pop(name.lower(), None)
            request = replace(request, headers=headers)
        else:
            assert one["type"] == "ResponseHeaderModifier", one  # what is said in answers leads a request nowhere
    return request
