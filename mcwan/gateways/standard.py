"""Only what Gateway API's standard channel says: for implementations without a profile of their own.

A Gateway's Service is called as GEP-1762 recommends, `<gateway>-<class>`, in the Gateway's namespace. How it is
reached is up to the GatewayClass. Mutual TLS is that of Gateway API 1.5: GEP-91 and GEP-3155 for the client's
certificate, GEP-1897 for the remote gateway's.
"""

from collections.abc import Mapping

from mcwan.gateways.gateway_api import backend_tls_policy, listener_tls, root
from mcwan.model.cluster import Exposure
from mcwan.model.traffic import Traffic
from mcwan.plan.manifests import Manifest
from mcwan.plan.profile import Feature, GatewayRequest, Infrastructure, RouteRequest, TargetRequest, Treatment

EXPOSURES: frozenset[Exposure] = frozenset({"ClusterIP"})
FEATURES: frozenset[Feature] = frozenset({"mutual TLS"})
LACKS: Mapping[Feature, str] = {
    "exposure": "it is up to the GatewayClass, which must not make a public load balancer",
    "fabric only": "Gateway API checks the root only: give each fabric one of its own",
    "callers": "Gateway API knows no callers",
    "federated": "no sidecars are known",
    "callers of a mesh": "Gateway API knows no callers",
    "failover": "Gateway API has none",
    "failover of own pods": "Gateway API has none",
    "traffic": "the implementation's own defaults hold",
    "span": "header values are fixed",
    "access log": "the implementation's own",
    "tracing": "the implementation's own",
    "NetworkPolicy": "labels of the gateway's pods are not known",
}
TARGET_PROTOCOL = "http"
BACKEND = ("", "Service")
TAKEN: tuple[int, ...] = ()
SPAN = ""
traffic_class = spare = upstream = callers = federated = strict = None


def infrastructure(request: GatewayRequest) -> Infrastructure:
    """Give the Service's name, and the gateway's side of TLS."""
    chosen, known = request.cluster.gateway, request.certificate
    service = f"{request.name}-{chosen.class_name}.{chosen.service_namespace or request.namespace}"
    if known is None:
        return Infrastructure(service)
    if request.role == "egress":
        return Infrastructure(service, tls={"backend": {"clientCertificateRef": {"name": known.secret}}})
    frontend = {"default": {"validation": {"caCertificateRefs": [root(known)]}}}
    return Infrastructure(service, tls={"frontend": frontend}, listener_tls=listener_tls(known))


def target(request: TargetRequest) -> tuple[Manifest, ...]:
    """Give the BackendTLSPolicy of a target."""
    return backend_tls_policy(request)


def treatment(_: Traffic) -> Treatment:
    """Nothing: `mcwan.gateways` refuses what has to be said."""
    return Treatment()


def traffic(_: RouteRequest) -> tuple[Manifest, ...]:
    """Nothing: retries and health are the implementation's own."""
    return ()
