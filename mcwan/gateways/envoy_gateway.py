"""Envoy Gateway: an EnvoyProxy per gateway orders its Service, which lies in the controller's namespace.

By default that Service would be a LoadBalancer with a generated name; `envoyService` pins type and name. What Gateway
API does not say stands in Envoy Gateway's own policies: ClientTrafficPolicy and BackendTrafficPolicy, SecurityPolicy
for callers, Backend for spares (its API has to be switched on: `extensionApis.enableBackend`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcwan.gateways import balancers, envoy, envoy_metrics
from mcwan.gateways.gateway_api import backend_tls_policy, listener_tls, root
from mcwan.model.cluster import Exposure
from mcwan.model.durations import lasting
from mcwan.model.labels import ENVOY_GATEWAY, ENVOY_GATEWAY_NAMESPACE
from mcwan.model.mesh import workloads
from mcwan.model.telemetry import OTLP
from mcwan.model.tls import identity
from mcwan.model.traffic import Traffic
from mcwan.plan import profile
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.names import NAMESPACE
from mcwan.plan.profile import (
    Certificate,
    Feature,
    GatewayRequest,
    Infrastructure,
    RouteRequest,
    SpareRequest,
    TargetRequest,
    Treatment,
)

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP", "NodePort", "LoadBalancer"})
LACKS: Mapping[Feature, str] = {"federated": "it has no sidecars: clients call by its egress gateway"}
FEATURES: frozenset[Feature] = frozenset(profile.FEATURES) - set(LACKS)
TARGET_PROTOCOL = "kubernetes.io/h2c"
BACKEND = ("gateway.envoyproxy.io", "Backend")
upstream = federated = strict = None
"""A route has its spares among its backends, each of which is a cluster to fall back on; and there are no sidecars."""
SPAN = envoy.SPAN
CONTROLLER_NAMESPACE = "envoy-gateway-system"
METRICS = (19001,)
TAKEN: tuple[int, ...] = (19000, *METRICS, 19002, 19003)
"""Envoy's admin interface, the shutdown manager, and readiness, beside these (xds/bootstrap, shutdown_manager.go)."""
_API = "gateway.envoyproxy.io/v1alpha1"
_GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
_ROUTE = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}
_CEL, _OR = 4096, " || "
"""The most characters of an expression (its API, CELExpression), and what stands between alternatives."""
_PEER = "connection.uri_san_peer_certificate"
Meshes = Mapping[str, Sequence[str]]
"""Host names by trust domain."""
_NEVER = 4_294_967_295
"""Envoy's way to say never for a number of errors in a row."""


def infrastructure(request: GatewayRequest) -> Infrastructure:
    """Order a Service that is reachable inside only, under a name of ours, with the gateway's side of TLS."""
    name = request.name if request.namespace == NAMESPACE else f"{request.name}-{request.namespace}"
    known = request.certificate
    spec: Manifest = {
        "provider": {
            "type": "Kubernetes",
            # else a listener below 1024 would be port + 10000 in the pod, which other clusters reach by its address
            "kubernetes": {"envoyService": _service(request, name), "useListenerPortAsContainerPort": True},
        },
        "telemetry": _telemetry(request),
        "bootstrap": envoy_metrics.bootstrap(request),
    }
    if known is not None and request.role == "egress":
        spec["backendTLS"] = {"clientCertificateRef": {"kind": "Secret", "name": known.secret}}
    proxy = manifest(_API, "EnvoyProxy", request.name, request.namespace, request.labels, spec=spec)
    parameters = {"parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": request.name}}
    namespace = request.cluster.gateway.service_namespace or CONTROLLER_NAMESPACE
    return Infrastructure(
        f"{name}.{namespace}",
        spec=parameters,
        pods=pods(request.name, request.namespace),
        metrics=METRICS,
        objects=(proxy, *(_ingress_policies(request) if request.role == "ingress" else ())),
        listener_tls=listener_tls(known) if known else None,
    )


def pods(name: str, namespace: str) -> Mapping[str, str]:
    """Give the labels of a gateway's pods."""
    return {ENVOY_GATEWAY: name, ENVOY_GATEWAY_NAMESPACE: namespace}


def target(request: TargetRequest) -> tuple[Manifest, ...]:
    """Give the BackendTLSPolicy of a target."""
    return backend_tls_policy(request)


def treatment(_: Traffic) -> Treatment:
    """Nothing: BackendTrafficPolicies say it."""
    return Treatment()


def spare(request: SpareRequest) -> Manifest:
    """Give a Backend that is used while all that are none cannot be."""
    endpoints = [{"ip": {"address": address, "port": request.port}} for address in sorted(request.addresses)]
    protocol = {"appProtocols": ["gateway.envoyproxy.io/h2c"]} if request.secure else {}
    spec = {"fallback": True, **protocol, "endpoints": endpoints}
    return manifest(_API, "Backend", request.name, request.namespace, request.labels, spec=spec)


def traffic(request: RouteRequest) -> tuple[Manifest, ...]:
    """Give a BackendTrafficPolicy for each way in which a route's rules are treated."""
    ways: dict[str, tuple[Traffic, list[str]]] = {}
    for rule, settings in request.rules.items():
        ways.setdefault(settings.model_dump_json(), (settings, []))[1].append(rule)
    target = _ROUTE | {"name": request.name}
    one_way = request.whole and len(ways) == 1
    return tuple(
        _backend_traffic(
            request.name if one_way else f"{request.name}.{rules[0]}",
            request,
            {"targetRefs": [target] if one_way else [target | {"sectionName": rule} for rule in rules]},
            settings,
        )
        for settings, rules in ways.values()
    )


def traffic_class(name: str, selector: Mapping[str, str], request: RouteRequest) -> tuple[Manifest, ...]:
    """Give the BackendTrafficPolicy of a class."""
    (settings,) = request.rules.values()
    return (_backend_traffic(name, request, {"targetSelectors": [_ROUTE | {"matchLabels": selector}]}, settings),)


def callers(request: RouteRequest, identities: Sequence[str]) -> tuple[Manifest, ...]:
    """Give a SecurityPolicy that answers 403 to whoever has another certificate."""
    exact = _among(_PEER, sorted(one for one in identities if not one.endswith("*")))
    known = [*exact, *(_shows(one) for one in sorted(identities) if one.endswith("*"))]
    target = _ROUTE | {"name": request.name}
    return (_allowed(request.name, request.namespace, request.labels, target, "callers", known),)


def mesh_callers(name: str, namespace: str, labels: Mapping[str, str], domain: str, meshes: Meshes) -> Manifest:
    """Give what admits workloads of `meshes` to a gateway for the host names that are theirs to ask for.

    Routes of exports with callers have policies of their own, which hold in its place. A listener in plaintext knows
    nobody; one with TLS asks everybody for a certificate.
    """
    known = ["!connection.mtls", _shows(f"{_of_fabric(domain)}*")]
    for trust, hosts in sorted(meshes.items()):
        known += (f"{_shows(workloads(trust))} && {one}" for one in _among("request.host", sorted(hosts)))
    return _allowed(name, namespace, labels, _GATEWAY | {"name": name}, "fabric", known)


def _allowed(
    name: str, namespace: str, labels: Mapping[str, str], target: Manifest, called: str, known: Sequence[str]
) -> Manifest:
    texts: list[str] = []
    for one in known:  # any rule that matches will do
        if texts and len(texts[-1]) + len(one) + len(_OR) <= _CEL:
            texts[-1] += f"{_OR}{one}"
        else:
            texts.append(one)
    rules = [
        {"name": f"{called}-{at}" if at else called, "action": "Allow", "cel": text} for at, text in enumerate(texts)
    ]
    authorization = {"defaultAction": "Deny", **({"rules": rules} if rules else {})}
    spec = {"targetRefs": [target], "authorization": authorization}
    return manifest(_API, "SecurityPolicy", name, namespace, labels, spec=spec)


def _among(attribute: str, values: Sequence[str]) -> Iterator[str]:
    """Say in CEL that an attribute is one of some values, in terms that leave room for another beside them."""
    at = 0
    while at < len(values):
        upto = at + 1
        while upto < len(values) and len(json.dumps(values[at : upto + 1])) < _CEL // 2:
            upto += 1
        yield f"{attribute} in {json.dumps(values[at:upto])}"
        at = upto


def _shows(pattern: str) -> str:
    """Say in CEL that a client shows an identity that begins as a pattern does, which ends in `*`."""
    return f"{_PEER}.startsWith({json.dumps(pattern.removesuffix('*'))})"


def _of_fabric(domain: str) -> str:
    return identity(domain, "", "egress").removesuffix("/egress")


def _service(request: GatewayRequest, name: str) -> Manifest:
    ingress = request.cluster.ingress
    exposure = ingress.exposure if request.role == "ingress" else "ClusterIP"
    # externalTrafficPolicy is Local if not written: a connection keeps its source, by which a NetworkPolicy admits it
    service: Manifest = {"name": name, "type": exposure}
    if exposure == "NodePort":
        ports = [{"port": port, "nodePort": port} for port in request.ports]
        service["patch"] = {"type": "StrategicMerge", "value": {"spec": {"ports": ports}}}
    if exposure == "LoadBalancer" and ingress.balancer is not None:
        service["annotations"] = dict(balancers.annotations(ingress))
    return service


def _telemetry(request: GatewayRequest) -> Manifest:
    settings = [_log(envoy.request_log(request.role, request.site))]
    if request.certificate is not None and request.role == "ingress":  # who is refused by TLS sends no request
        settings.append({"type": "Listener", **_log(envoy.connection_log(request.site))})
    found: Manifest = {
        "accessLog": {"settings": settings},
        "metrics": envoy_metrics.metrics(request),
    }
    if request.telemetry is not None and request.telemetry.otlp is not None:
        found["tracing"] = _tracing(request, request.telemetry.otlp)
    return found


def _log(fields: Mapping[str, str]) -> Manifest:
    return {
        "format": {"type": "JSON", "json": dict(fields)},
        "sinks": [{"type": "File", "file": {"path": "/dev/stdout"}}],
    }


def _tracing(request: GatewayRequest, otlp: OTLP) -> Manifest:
    name, _, namespace = otlp.service.partition(".")
    tags = {"cluster": request.site, "gateway": request.role}
    return {
        "samplingRate": otlp.sampling_percent,
        "provider": {
            "type": "OpenTelemetry",
            "backendRefs": [{"name": name, "namespace": namespace, "port": otlp.port}],
        },
        "customTags": {
            **{key: {"type": "Literal", "literal": {"value": value}} for key, value in tags.items()},
            **{
                key: {"type": "RequestHeader", "requestHeader": {"name": header}}
                for key, header in (("export", "mc-wan-export"), ("wan_policy", "mc-wan-policy"), ("spanid", "spanid"))
            },
        },
    }


def _ingress_policies(request: GatewayRequest) -> list[Manifest]:
    """Who may connect, and that a slow answer is the asking side's business: Envoy would cut it off after 15 s."""
    target = {"targetRefs": [_GATEWAY | {"name": request.name}]}
    asked = client_validation(request.certificate, sorted(request.meshes)) if request.certificate else None
    spec = {**target, **client_traffic(asked)}
    limits = {"timeout": {"http": {"requestTimeout": "0s"}}}
    domain = request.certificate.domain if request.certificate else ""
    return [
        *(
            [mesh_callers(request.name, request.namespace, request.labels, domain, request.meshes)]
            if request.meshes
            else []
        ),
        manifest(_API, "ClientTrafficPolicy", request.name, request.namespace, request.labels, spec=spec),
        manifest(
            _API, "BackendTrafficPolicy", request.name, request.namespace, request.labels, spec={**target, **limits}
        ),
    ]


def client_traffic(validation: Mapping[str, Any] | None) -> Manifest:
    """Say how clients are spoken to, and what is asked of them where TLS is spoken.

    Nothing is said of certificates in headers, which Envoy Gateway takes out of requests then.
    """
    spec: Manifest = {"headers": {"requestID": "PreserveOrGenerate"}}
    return spec | ({"tls": {"minVersion": "1.3", "clientValidation": validation}} if validation is not None else {})


def client_validation(certificate: Certificate, trusted: Sequence[str] = ()) -> Manifest:
    """Ask clients for a certificate of the fabric, or of a mesh with such a trust domain: one root may serve others."""
    known = [_of_fabric(certificate.domain), *(workloads(one).removesuffix("*") for one in trusted)]
    return {
        "mode": "RequireAndVerify",
        "caCertificateRefs": [root(certificate)],
        "subjectAltNames": {"uris": [{"type": "Prefix", "value": one} for one in known]},
    }


def _backend_traffic(name: str, request: RouteRequest, targets: Mapping[str, Any], settings: Traffic) -> Manifest:
    times, out, limits = settings.timeouts, settings.outliers, settings.limits
    retry: Manifest = {
        "numRetries": settings.retries,
        "numAttemptsPerPriority": 1,
        "retryOn": {"triggers": envoy.retry_on(settings)},
        "perRetry": {
            "backOff": {"baseInterval": lasting(envoy.BACK_OFF["base"]), "maxInterval": lasting(envoy.BACK_OFF["max"])}
        },
    }
    if settings.idempotent and times.per_try:
        retry["perRetry"]["timeout"] = times.per_try
    health: Manifest = {
        "panicThreshold": 1,  # where nobody seems healthy, ask all the same
        "passive": {
            "splitExternalLocalOriginErrors": True,
            "consecutiveLocalOriginFailures": out.errors,
            "consecutiveGatewayErrors": out.errors,
            "consecutive5XxErrors": _NEVER,  # an answer 500 is the service's own
            "interval": "1s",
            "baseEjectionTime": out.ejection,
            "maxEjectionPercent": 100,
        },
    }
    if settings.health_checks:
        health["active"] = {
            "type": "TCP",
            "tcp": {},
            "interval": settings.health_checks.interval,
            "timeout": settings.health_checks.timeout,
            "unhealthyThreshold": 2,
            "healthyThreshold": 2,
        }
    ping = envoy.ping(settings)
    spec = {
        **targets,
        "timeout": {
            "tcp": {"connectTimeout": times.connect},
            "http": {"requestTimeout": times.request or "0s"},  # else Envoy's own 15 s
        },
        "retry": retry,
        "healthCheck": health,
        "circuitBreaker": {
            "maxConnections": limits.connections,
            "maxPendingRequests": limits.pending,
            "maxParallelRequests": limits.requests,
            "maxParallelRetries": limits.retries,
        },
        "http2": {
            "connectionKeepalive": {
                "interval": lasting(ping + envoy.PING_PAUSE),
                "timeout": lasting(ping),
                "intervalJitter": 0,
            }
        },
    }
    return manifest(_API, "BackendTrafficPolicy", name, request.namespace, request.labels, spec=spec)
