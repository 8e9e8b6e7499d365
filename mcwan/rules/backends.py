"""What the rules of a route send to."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mcwan.rules.objects import Object, items, kept, mapping, number, text

HOSTNAME = ("networking.istio.io", "Hostname")
"""The group and kind of a backend that is a host name of Istio's: of a ServiceEntry."""


class Backend(NamedTuple):
    """A Service or host name that a rule of a route sends to; `rule` and `ref` as they are written."""

    namespace: str
    name: str
    rule: Any
    ref: Any

    @property
    def port(self) -> int | None:
        """The port that is meant. Raises UnjudgedError."""
        return number(self.ref, "port")

    @property
    def rewritten(self) -> tuple[str, ...]:
        """The host names that are written into its requests: by itself, else by its rule. Raises UnjudgedError."""
        return tuple(_rewritten(self.ref)) or tuple(_rewritten(self.rule))


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
def hosts_sent_to(route: Object) -> list[Backend]:
    """Give a route's references to host names of Istio's, of all rules. Raises UnjudgedError."""
    return [
        Backend(route.namespace, text(ref, "name"), rule, ref)
        for rule in items(route.content, "spec", "rules")
        for ref in references(rule)
        if (text(ref, "group"), text(ref, "kind")) == HOSTNAME
    ]


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
    hosts = (text(one, "urlRewrite", "hostname") for one in items(place, "filters"))
    return (host for host in hosts if host)
