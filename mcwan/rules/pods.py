"""The pods of the fabric's gateways, as selectors of others see them."""

from collections.abc import Iterator, Mapping
from typing import Any

from mcwan.gateways import envoy_gateway, istio
from mcwan.plan.names import SERVICE_ANNOTATION
from mcwan.rules.evidence import profile_of
from mcwan.rules.objects import Object, items, mapping, text, texts

PROFILES = {"envoy-gateway": envoy_gateway, "istio": istio}
"""The profiles that say which labels the pods of their gateways have."""


def labels_of(gateway: Object) -> Mapping[str, Any]:
    """Give the labels of a gateway's pods, as far as they are known; none if nothing is. Raises UnjudgedError.

    Envoy Gateway 1.9 has its own on them (internal/infrastructure/kubernetes/proxy/resource.go), Istio by its chart
    (istio-discovery/files/kube-gateway.yaml), and both those of spec.infrastructure.
    """
    name = profile_of(gateway)
    if not name:
        return {}
    added: dict[str, Any] = {
        "app.kubernetes.io/name": "envoy",
        "app.kubernetes.io/component": "proxy",
        "app.kubernetes.io/managed-by": "envoy-gateway",
    }
    if name == "istio":
        called = text(gateway.content, "spec", "gatewayClassName")
        added = {
            "gateway.networking.k8s.io/gateway-class-name": called,
            "gateway.istio.io/managed": "istio.io-gateway-controller",
            "service.istio.io/canonical-name": f"{gateway.name}-{called}",
            "service.istio.io/canonical-revision": "latest",
            "sidecar.istio.io/inject": "false",
        }
    own = PROFILES[name].pods(gateway.name, gateway.namespace)
    return {**mapping(gateway.content, "spec", "infrastructure", "labels"), **added, **own}


def namespace_of(gateway: Object) -> str:
    """Give the namespace of a gateway's pods and Service. Raises UnjudgedError."""
    return text(gateway.annotations, SERVICE_ANNOTATION).partition(".")[2]


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Tell whether a LabelSelector selects what has these labels; an empty one does. Raises UnjudgedError."""
    return has(mapping(selector, "matchLabels"), labels) and all(_meets(selector, labels))


def has(wanted: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Tell whether something has all of some labels. Raises UnjudgedError."""
    return all(text(labels, key) == text(wanted, key) and key in labels for key in wanted)


def _meets(selector: Any, labels: Mapping[str, Any]) -> Iterator[bool]:
    for one in items(selector, "matchExpressions"):
        key, values = text(one, "key"), list(texts(one, "values"))
        there = key in labels
        yield {
            "In": there and text(labels, key) in values,
            "NotIn": not there or text(labels, key) not in values,
            "Exists": there,
            "DoesNotExist": not there,
        }.get(text(one, "operator"), False)
