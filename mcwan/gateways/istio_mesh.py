"""Istio's mesh of workloads: what makes its sidecars send an export's requests, and what has them refuse plaintext.

A VirtualService and not an HTTPRoute: only the former says what is sent again and where, without an EnvoyFilter. Its
`prefix` is one of text, Gateway API's one of path elements; a request that no rule matches is answered 404.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mcwan.gateways import envoy
from mcwan.gateways.istio_filters import mesh_filter
from mcwan.model.durations import lasting
from mcwan.model.importing import or_all
from mcwan.model.matches import Match, PathMatch, all_headers
from mcwan.model.traffic import Traffic
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.profile import FederatedRequest, FederatedRule

_NETWORKING, _SECURITY = "networking.istio.io/v1", "security.istio.io/v1"
_STRING = {"Exact": "exact", "RegularExpression": "regex"}


def federated(request: FederatedRequest) -> tuple[Manifest, ...]:
    """Give a ServiceEntry that makes the names known, with an address of Istio's own, and a VirtualService.

    ztunnel follows no VirtualService: it sends to the ServiceEntry's endpoint. No waypoint is asked to follow one: it
    would send plaintext (Istio 1.32, pilot/pkg/networking/core/cluster_waypoint.go, buildWaypointTLSContext: to it
    ISTIO_MUTUAL is "not supported").
    """
    entry: Manifest = {
        "hosts": list(request.names),
        "exportTo": ["*"],
        "location": "MESH_EXTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": port, "name": name, "protocol": "HTTP"} for name, port in request.ports.items()],
    }
    if request.egress:
        entry |= {"resolution": "DNS", "endpoints": [{"address": request.egress}]}
    routes = {
        "hosts": list(request.hosts),
        "exportTo": ["*"],
        "gateways": ["mesh"],
        "http": [_rule(request, rule) for rule in request.rules],
    }
    spared = [called(request, rule) for rule in request.rules if rule.spares]
    return (
        manifest(_NETWORKING, "ServiceEntry", request.name, request.namespace, request.labels, spec=entry),
        *mesh_filter(request.filter, request.mesh, request.labels, spared),
        manifest(_NETWORKING, "VirtualService", request.name, request.namespace, request.labels, spec=routes),
    )


def strict(root_namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Give the PeerAuthentication of a whole mesh, which is the one in its root namespace without a selector."""
    return manifest(
        _SECURITY, "PeerAuthentication", "default", root_namespace, labels, spec={"mtls": {"mode": "STRICT"}}
    )


def called(request: FederatedRequest, rule: FederatedRule) -> str:
    """Name a route of a sidecar's, as no other in the mesh is: by the export, the rule and, of several, the port."""
    return ".".join((request.export, rule.name, *([] if rule.port is None else [str(rule.port)])))


def _rule(request: FederatedRequest, rule: FederatedRule) -> Manifest:
    found: Manifest = {
        "name": called(request, rule),
        "match": matches(rule.matches, rule.port),
        "rewrite": {"authority": rule.host},
        "headers": {"request": {"set": dict(rule.headers)}},
        "retries": retries(rule.traffic),
        "route": [
            {"destination": {"host": to.host, "port": {"number": to.port}}, "weight": to.weight}
            for to in rule.destinations
        ],
    }
    if rule.traffic.timeouts.request:
        found["timeout"] = rule.traffic.timeouts.request
    return found


def retries(settings: Traffic) -> Manifest:
    """Say what is sent again: where it was not before, and on another priority, which spares have."""
    if not settings.retries:
        return {"attempts": 0}
    found: Manifest = {
        "attempts": settings.retries,
        "retryOn": ",".join(envoy.retry_on(settings)),
        "retryRemoteLocalities": True,
        "backoff": lasting(envoy.BACK_OFF["base"]),
    }
    if settings.idempotent and settings.timeouts.per_try:
        found["perTryTimeout"] = settings.timeouts.per_try
    return found


def matches(found: tuple[Match, ...], port: int | None) -> list[Manifest]:
    """Give the matches of a rule; with a port, only of requests that clients sent to that."""
    return [one for match in or_all(found) for one in _matches(match, port)]


def _matches(match: Match, port: int | None) -> Iterator[Manifest]:
    """Give the matches that together are one of Gateway API's; the first that matches is taken."""
    rest: dict[str, Any] = {}
    if match.method:
        rest["method"] = {"exact": match.method}
    if headers := all_headers(match):
        rest["headers"] = {one.name.lower(): {_STRING[one.type]: one.value} for one in headers}
    if match.query_params:
        rest["queryParams"] = {one.name: {_STRING[one.type]: one.value} for one in match.query_params}
    if port is not None:
        rest["port"] = port
    for uri in _paths(match.path):
        yield {"uri": uri, **rest}


def _paths(path: PathMatch) -> Iterator[dict[str, str]]:
    if path.type == "RegularExpression":
        yield {"regex": path.value}
    elif path.type == "Exact":
        yield {"exact": path.value}
    elif elements := path.value.rstrip("/"):
        yield {"exact": elements}
        yield {"prefix": f"{elements}/"}
    else:
        yield {"prefix": "/"}
