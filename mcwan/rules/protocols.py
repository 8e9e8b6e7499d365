"""A rule of an egress route speaks one protocol: own pods, which speak HTTP/1.1, are not beside what speaks HTTP/2.

Envoy Gateway makes one Envoy cluster of a rule's backends, and has it speak HTTP/2 if one of them does (1.9.1,
internal/xds/translator/cluster.go, requiresHTTP2Options).
"""

from collections.abc import Iterator
from typing import Any

from mcwan.rules.arrivals import egress_routes, offered_here
from mcwan.rules.backends import backends
from mcwan.rules.evidence import Evidence, profile_of
from mcwan.rules.objects import Object, items, number, text, texts
from mcwan.rules.rule import Options, Rule, Violation, violation
from mcwan.rules.words import said

_HTTP_2 = ("kubernetes.io/h2c", "gateway.envoyproxy.io/h2c")
_GROUP = "gateway.envoyproxy.io"


def _judge(evidence: Evidence, route: Object, _: Options) -> Iterator[Violation]:
    gateways = [parent.gateway for parent in evidence.parents(route) if parent.gateway is not None]
    if not any(profile_of(one) == "envoy-gateway" for one in gateways):
        return
    for to in backends(route):
        if not offered_here(evidence, route, to):
            continue
        for ref in items(to.rule, "backendRefs"):
            if (other := _speaking_http_2(evidence, route, ref)) is not None:
                yield violation(
                    f"{route}, rule {said(text(to.rule, 'name') or None)} sends to Service {to.namespace}/{to.name} "
                    f"beside {other}, to which Envoy speaks HTTP/2, and then to the Service, too",
                    "let mcwan write the route: beside others the cluster's own pods are asked by a target of its own",
                    route,
                    other,
                )
                break


def _speaking_http_2(evidence: Evidence, route: Object, ref: Any) -> Object | None:
    """Give the Service or spare of a backend, if HTTP/2 is spoken to it."""
    namespace, name, kind = text(ref, "namespace") or route.namespace, text(ref, "name"), text(ref, "kind") or "Service"
    found = evidence.find(route.cluster, kind, namespace, name)
    if found is None:
        return None
    if (text(ref, "group"), kind) == (_GROUP, "Backend"):
        return found if any(one in _HTTP_2 for one in texts(found.content, "spec", "appProtocols")) else None
    port = number(ref, "port")
    spoken = [text(one, "appProtocol") for one in items(found.content, "spec", "ports") if number(one, "port") == port]
    return found if any(one in _HTTP_2 for one in spoken) else None


RULES = (
    Rule(
        "one-protocol-per-rule",
        "A rule of an egress route does not send to a cluster's own pods beside what Envoy speaks HTTP/2 to.",
        "Envoy Gateway speaks one protocol to all backends of a rule: pods that are spoken to by HTTP/2, and speak "
        "HTTP/1.1, answer nothing.",
        "Let mcwan write the routes and their targets.",
        egress_routes,
        _judge,
    ),
)
