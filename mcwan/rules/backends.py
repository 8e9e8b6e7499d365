"""What the rules of a route send to: of an HTTPRoute, or of a VirtualService, which a mesh's sidecars follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mcwan.plan.names import NAMESPACE, cluster_host
from mcwan.rules.objects import Object, items, kept, mapping, number, text

HOSTNAME = ("networking.istio.io", "Hostname")
"""The group and kind of a backend that is a host name of Istio's: of a ServiceEntry."""
SPARE = ("gateway.envoyproxy.io", "Backend")
"""The group and kind of a backend that is a spare of Envoy Gateway's."""


@dataclass(frozen=True)
class Backend:
    """A Service or host name that a rule of a route sends to; `rule` and `ref` as they are written."""

    namespace: str
    name: str
    rule: Any
    ref: Any

    @cached_property
    def port(self) -> int | None:
        """The port that is meant. Raises UnjudgedError."""
        port = number(self.ref, "port")
        return number(self.ref, "destination", "port", "number") if port is None else port

    @cached_property
    def rewritten(self) -> tuple[str, ...]:
        """The host names that are written into its requests: by itself, else by its rule. Raises UnjudgedError."""
        return tuple(_rewritten(self.ref)) or tuple(_rewritten(self.rule))

    @cached_property
    def called(self) -> str:
        """The name of its rule. Raises UnjudgedError."""
        return rule_name(self.rule)

    @property
    def service(self) -> tuple[str, str] | None:
        """The name and the namespace of the Service that a host name is of, where sidecars send to it.

        Raises UnjudgedError.
        """
        name, dot, namespace = self.name.removesuffix(cluster_host("")).partition(".")
        known = mapping(self.ref, "destination") and self.name.endswith(cluster_host("")) and dot
        return (name, namespace) if known else None


@kept
def backends(route: Object) -> list[Backend]:
    """Give a route's references to Services, of all rules. Raises UnjudgedError."""
    return [
        Backend(text(ref, "namespace") or route.namespace, text(ref, "name"), rule, ref)
        for rule in items(route.content, "spec", "rules")
        for ref in references(rule)
        if text(ref, "kind") in ("", "Service") and text(ref, "group") == ""
    ]


@kept
def spares_sent_to(route: Object) -> list[Backend]:
    """Give a route's references to spares, of all rules. Raises UnjudgedError."""
    return [
        Backend(text(ref, "namespace") or route.namespace, text(ref, "name"), rule, ref)
        for rule in items(route.content, "spec", "rules")
        for ref in references(rule)
        if (text(ref, "group"), text(ref, "kind")) == SPARE
    ]


@kept
def hosts_sent_to(route: Object) -> list[Backend]:
    """Give a route's references to host names of Istio's, of all rules. Raises UnjudgedError."""
    if route.kind == "VirtualService":
        return [
            Backend(NAMESPACE, text(ref, "destination", "host"), rule, ref)
            for rule in rules(route)
            for ref in _destinations(rule)
        ]
    return [
        Backend(route.namespace, text(ref, "name"), rule, ref)
        for rule in items(route.content, "spec", "rules")
        for ref in references(rule)
        if (text(ref, "group"), text(ref, "kind")) == HOSTNAME
    ]


def rules(route: Object) -> Iterator[Any]:
    """Give the rules of a route. Raises UnjudgedError."""
    return items(route.content, "spec", "http" if route.kind == "VirtualService" else "rules")


def answered(route: Object) -> Iterator[Any]:
    """Give the rules of an HTTPRoute that have backends: the others refuse. Raises UnjudgedError."""
    return (rule for rule in items(route.content, "spec", "rules") if any(True for _ in items(rule, "backendRefs")))


def rule_name(rule: Any) -> str:
    """Give a rule's name; of what sidecars follow, without the export and the port that stand around it.

    Raises UnjudgedError.
    """
    name, port = text(rule, "name"), rule_port(rule)
    if "route" not in mapping(rule) and "match" not in mapping(rule):
        return name
    return name.removesuffix(f".{port}").rpartition(".")[2]


def rule_port(rule: Any) -> int | None:
    """Give the port that clients ask for, where a rule of a VirtualService is for one. Raises UnjudgedError."""
    return next((number(one, "port") for one in items(rule, "match")), None)


def _destinations(rule: Any) -> Iterator[Any]:
    """Give where a rule of a VirtualService sends requests, or copies of requests."""
    yield from items(rule, "route")
    yield from items(rule, "mirrors")
    if mirror := mapping(rule, "mirror"):
        yield {"destination": mirror}


def references(rule: Any) -> Iterator[Any]:
    """Give what a rule sends requests to, or copies of requests: its backends and its mirrors."""
    yield from items(rule, "backendRefs")
    for one in filters(rule):
        if text(one, "type") == "RequestMirror":
            yield mapping(one, "requestMirror", "backendRef")


def filters(rule: Any) -> Iterator[Any]:
    """Give what a rule does to requests, be it for all of its backends or for one."""
    for place in (rule, *items(rule, "backendRefs")):
        yield from items(place, "filters")


def _rewritten(place: Any) -> Iterator[str]:
    if authority := text(place, "rewrite", "authority"):
        yield authority
    hosts = (text(one, "urlRewrite", "hostname") for one in items(place, "filters"))
    yield from (host for host in hosts if host)
