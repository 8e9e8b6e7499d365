"""Where gateways speak TLS, and which policies are for what."""

from collections.abc import Iterator
from typing import Any

from mcwan.rules.evidence import Evidence
from mcwan.rules.objects import Object, items, kept, mapping, number, text

ISTIO_MODE = "gateway.istio.io/tls-terminate-mode"
"""The option of a listener by which Istio asks its clients for a certificate."""
MUTUAL = ("MUTUAL", "ISTIO_MUTUAL")
SECURE = ("HTTPS", "TLS")


@kept
def secure_listeners(gateway: Object) -> list[Any]:
    """Give the listeners of a Gateway that speak TLS. Raises UnjudgedError."""
    return [one for one in items(gateway.content, "spec", "listeners") if text(one, "protocol") in SECURE]


@kept
def secure_ports(gateway: Object) -> set[int | None]:
    """Give their ports. Raises UnjudgedError."""
    return {number(one, "port") for one in secure_listeners(gateway)}


def targets_of(policy: Object) -> Iterator[Any]:
    """Give what a policy names that it is for. Raises UnjudgedError."""
    yield from items(policy.content, "spec", "targetRefs")
    if one := mapping(policy.content, "spec", "targetRef"):
        yield one


def is_named(target: Any, kind: str, name: str) -> bool:
    """Tell whether what a policy is for is called so. Raises UnjudgedError."""
    return (text(target, "kind"), text(target, "name")) == (kind, name)


def client_policies(evidence: Evidence, gateway: Object, section: str) -> list[Object]:
    """Give the ClientTrafficPolicies that a listener's clients are asked by: for its section, else for the Gateway.

    Of several, Envoy Gateway follows the oldest (internal/gatewayapi/clienttrafficpolicy.go, 1.9). Raises
    UnjudgedError.
    """
    own, whole = [], []
    for policy in evidence.of_kind("ClientTrafficPolicy"):
        if (policy.cluster, policy.namespace) == (gateway.cluster, gateway.namespace):
            named = [text(one, "sectionName") for one in targets_of(policy) if is_named(one, "Gateway", gateway.name)]
            if section in named:
                own.append(policy)
            elif "" in named or is_selected(policy, gateway):
                whole.append(policy)
    return own or whole


def is_selected(policy: Object, subject: Object) -> bool:
    """Tell whether a policy is for what has some labels, and something has them. Raises UnjudgedError."""
    return any(
        text(selector, "kind") == subject.kind
        and not list(items(selector, "matchExpressions"))
        and all(subject.label(key) == text(selector, "matchLabels", key) for key in mapping(selector, "matchLabels"))
        for selector in items(policy.content, "spec", "targetSelectors")
    )
