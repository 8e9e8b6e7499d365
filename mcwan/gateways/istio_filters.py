"""EnvoyFilters: what Istio's own objects cannot say of a gateway, in Envoy's words.

They name a Gateway of ours as target, so that nothing else of the mesh is touched. Lengths of time are those of
protobuf's JSON: seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcwan.gateways import envoy
from mcwan.model.durations import milliseconds
from mcwan.model.traffic import DEFAULT, Traffic
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.profile import GatewayRequest, RouteRequest, UpstreamRequest

TRIES = ".tries"
"""How the name of what says how long a route's tries may take ends."""
_API = "networking.istio.io/v1alpha3"
_TYPE = "type.googleapis.com/envoy.extensions"
_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_MANAGER = "envoy.filters.network.http_connection_manager"
_UNHEALTHY = 2
"""Health checks in a row that fail, or succeed, until a place is taken for lost, or for there again."""
_OWN = 10
"""The priority of what holds for an export: it applies after what holds for all of a gateway."""


def gateway_filter(request: GatewayRequest) -> Manifest:
    """Give a gateway's own: its log; and where requests leave, how they go on to spares."""
    patches = [_manager(request)]
    if request.role == "egress":
        patches = [going_on(), *patches]
    elif request.certificate is not None:  # who is refused by TLS sends no request
        patches.append(_patch("LISTENER", {}, {"access_log": [_log(envoy.connection_log(request.site))]}))
    return _filter(request.name, request.namespace, request.labels, request.name, patches)


def upstream_filter(request: UpstreamRequest) -> Iterator[Manifest]:
    """Give what a DestinationRule cannot say of an upstream: PINGs that notice a dead path, and health checks.

    It is matched by its host name: its port may be that of a Service of the cluster, too. (DestinationRules are to have
    PINGs of their own: istio/api#3706.)
    """
    patches = []
    match = {"cluster": {"service": request.host}, "context": "GATEWAY" if request.mesh is None else "SIDECAR_OUTBOUND"}
    if request.certificate is not None:
        patches.append(_patch("CLUSTER", match, _http2(request.traffic, by_alpn=request.by_alpn)))
    if checks := request.traffic.health_checks:
        check = {
            "interval": seconds(checks.interval),
            "timeout": seconds(checks.timeout),
            "unhealthy_threshold": _UNHEALTHY,
            "healthy_threshold": _UNHEALTHY,
            "tcp_health_check": {},
        }
        patches.append(_patch("CLUSTER", match, {"health_checks": [check]}))
    if patches and request.mesh is not None:  # sidecars take those of their own and of the root namespace
        yield _every(request.name, request.mesh, request.labels, patches)
    elif patches:
        yield _filter(request.name, request.namespace, request.labels, request.gateway, patches, priority=_OWN)


def route_filter(request: RouteRequest) -> Iterator[Manifest]:
    """Give what a route's rules cannot say: how long one try may take."""
    patches = [
        _patch(
            "HTTP_ROUTE",
            {"routeConfiguration": {"vhost": {"domainName": host, "route": {"name": rule, "action": "ROUTE"}}}},
            {"route": {"retry_policy": {"per_try_timeout": seconds(settings.timeouts.per_try)}}},
        )
        for rule, settings in request.rules.items()
        if settings.idempotent and settings.timeouts.per_try
        for host in request.hostnames
    ]
    if patches:  # a gateway of an export's own is called as its route
        name = f"{request.name}{TRIES}"
        yield _filter(name, request.namespace, request.labels, request.gateway, patches, priority=_OWN)


def seconds(duration: str) -> str:
    """Write a length of time as protobuf's JSON does."""
    return _written(milliseconds(duration))


def _written(length: int) -> str:
    """Write so many milliseconds."""
    return f"{length // 1000}.{length % 1000:03}".rstrip("0").rstrip(".") + "s"


def going_on() -> Manifest:
    """A request is sent again where it was not before, on another priority first: Istio would stay on the first.

    What is sent again replaces Istio's own choice, which has gRPC answers that may be the service's.
    """
    policy = {
        "retry_on": ",".join(envoy.retry_on(DEFAULT)),
        "num_retries": DEFAULT.retries,
        "retry_priority": _next_priority(),
        "retry_back_off": {
            "base_interval": _written(envoy.BACK_OFF["base"]),
            "max_interval": _written(envoy.BACK_OFF["max"]),
        },
    }
    match = {"routeConfiguration": {"vhost": {"route": {"action": "ROUTE"}}}}
    return _patch("HTTP_ROUTE", match, {"route": {"retry_policy": policy}})


def mesh_filter(name: str, root_namespace: str, labels: Mapping[str, str], routes: Sequence[str]) -> Iterator[Manifest]:
    """Have a mesh's sidecars go on to spares at once, for routes of these names.

    Istio's retryRemoteLocalities stays with a priority for two tries (update_frequency 2 in its route.go): a connection
    that is not made costs one of them.
    """
    patches = [
        _patch(
            "HTTP_ROUTE",
            {"context": "SIDECAR_OUTBOUND", "routeConfiguration": {"vhost": {"route": {"name": one}}}},
            {"route": {"retry_policy": {"retry_priority": _next_priority()}}},
        )
        for one in routes
    ]
    if patches:
        yield _every(name, root_namespace, labels, patches)


def _next_priority() -> Manifest:
    return {
        "name": "envoy.retry_priorities.previous_priorities",
        "typed_config": {
            "@type": f"{_TYPE}.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
            "update_frequency": 1,
        },
    }


def _http2(settings: Traffic, *, by_alpn: bool) -> Manifest:
    """Say that HTTP/2 is spoken, with PINGs, or what ALPN agrees on: a gateway may speak HTTP/1 only.

    Not the latter if it can be helped. Where istiod has ambient mode (PILOT_ENABLE_AMBIENT), it writes an upstream's
    TLS in such a way (pilot/pkg/networking/core/cluster_tls.go, applyHBONETransportSocketMatches) that Envoy takes no
    cluster with `auto_config`, which "has a non-ALPN transport socket".
    """
    timeout = envoy.ping(settings)
    alive = {"interval": _written(timeout + envoy.PING_PAUSE), "timeout": _written(timeout)}
    options = {"@type": f"type.googleapis.com/{_HTTP}"}
    spoken: Manifest = {"http2_protocol_options": {"connection_keepalive": alive}}
    chosen = {"auto_config": {"http_protocol_options": {}, **spoken}} if by_alpn else {"explicit_http_config": spoken}
    return {"typed_extension_protocol_options": {_HTTP: {**options, **chosen}}}


def _manager(request: GatewayRequest) -> Manifest:
    config: Manifest = {
        "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "access_log": [_log(envoy.request_log(request.role, request.site))],
    }
    if request.role == "ingress":
        config["preserve_external_request_id"] = True  # the egress gateway's, so that one id is the same end to end
    match = {"listener": {"filterChain": {"filter": {"name": _MANAGER}}}}
    return _patch("NETWORK_FILTER", match, {"name": _MANAGER, "typed_config": config})


def _log(fields: Mapping[str, str]) -> Manifest:
    return {
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": f"{_TYPE}.access_loggers.file.v3.FileAccessLog",
            "path": "/dev/stdout",
            "log_format": {"json_format": dict(fields)},
        },
    }


def _patch(applies_to: str, match: Mapping[str, Any], value: Mapping[str, Any]) -> Manifest:
    return {
        "applyTo": applies_to,
        "match": {"context": "GATEWAY", **match},
        "patch": {"operation": "MERGE", "value": value},
    }


def _filter(
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    gateway: str,
    patches: Sequence[Manifest],
    priority: int = 0,
) -> Manifest:
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway}
    spec: Manifest = {"targetRefs": [target], "configPatches": list(patches)}
    if priority:
        spec["priority"] = priority
    return manifest(_API, "EnvoyFilter", name, namespace, labels, spec=spec)


def _every(name: str, namespace: str, labels: Mapping[str, str], patches: Sequence[Manifest]) -> Manifest:
    """Give a filter for every sidecar of a mesh; each patch names what it is for."""
    spec = {"configPatches": list(patches), "priority": _OWN}
    return manifest(_API, "EnvoyFilter", name, namespace, labels, spec=spec)
