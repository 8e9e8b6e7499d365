"""What of the fabric somebody else's policy bears on: one of Envoy Gateway's or Istio's, by names or by labels."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from mcwan.rules.evidence import GATEWAY_GROUP, Evidence, profile_of, role
from mcwan.rules.objects import Object, items, mapping, text
from mcwan.rules.pods import has, labels_of, selects
from mcwan.rules.tls import is_named, targets_of
from mcwan.rules.unknown import UnjudgedError, grouped
from mcwan.rules.words import listed, many

_KINDS = ("Gateway", "HTTPRoute")
_ROOT = "istio-system"
"""The root namespace of a mesh, if nobody says another one (meshConfig.rootNamespace)."""
_MOST = 3
"""So many objects are named; of the others, how many they are."""


def borne_on(evidence: Evidence, policy: Object) -> list[Object]:
    """Give the fabric's gateways, and the routes on them, that a policy is for. Raises UnjudgedError.

    Policies are for what lies beside them: those that select in other namespaces need a ReferenceGrant there (Envoy
    Gateway 1.9, api/v1alpha1/policy_helpers.go), which mcwan does not write.
    """
    return list({str(one): one for one in _borne_on(evidence, policy)}.values())


def _borne_on(evidence: Evidence, policy: Object) -> Iterator[Object]:
    for target in targets_of(policy):
        kind = text(target, "kind")
        if kind in _KINDS and (text(target, "group") or GATEWAY_GROUP) == GATEWAY_GROUP:
            one = evidence.find(policy.cluster, kind, policy.namespace, text(target, "name"))
            if one is not None and _is_by_envoy_gateway(evidence, one):
                yield one
    for selector in items(policy.content, "spec", "targetSelectors"):
        for one in _beside(evidence, policy.cluster, text(selector, "kind"), policy.namespace):
            if selects(selector, one.labels):
                yield one


def borne_on_by_istio(evidence: Evidence, policy: Object) -> list[Object]:
    """Give the fabric's gateways of Istio's that a policy of Istio's is for. Raises UnjudgedError.

    One that names what it is for is for Gateways beside it; another is for what has its labels in its namespace or, in
    the mesh's root namespace, anywhere (Istio 1.30, pilot/pkg/model/policyattachment.go).
    """
    refs = list(targets_of(policy))
    gateways, doubts = _by_istio(evidence)
    found = [
        one
        for one in gateways.get(policy.cluster, ())
        if (_names(policy, refs, one) if refs else _selects(evidence, policy, one))
    ]
    if doubt := doubts.get(policy.cluster):
        raise doubt
    return found


def _names(policy: Object, refs: Sequence[Any], gateway: Object) -> bool:
    return policy.namespace == gateway.namespace and any(is_named(one, "Gateway", gateway.name) for one in refs)


def _selects(evidence: Evidence, policy: Object, gateway: Object) -> bool:
    if policy.namespace != gateway.namespace:
        roots = evidence.mesh_namespaces(policy.cluster) or (_ROOT,)
        if policy.namespace not in roots:
            return False
    wanted = mapping(policy.content, "spec", "selector", "matchLabels")
    wanted = wanted or mapping(policy.content, "spec", "workloadSelector", "labels")  # of an EnvoyFilter
    return has(wanted, labels_of(gateway))


@lru_cache(maxsize=1)
def _by_istio(evidence: Evidence) -> tuple[dict[str, list[Object]], dict[str, UnjudgedError]]:
    """Give the fabric's gateways by Istio, by cluster, and why one cannot be read."""
    return grouped(
        evidence.of_kind("Gateway"),
        lambda one: [(one.cluster, one)] if role(one) and profile_of(one) == "istio" else (),
    )


def some(ones: Sequence[Object]) -> str:
    """Name some objects, and how many more they are."""
    more = [many(len(ones) - _MOST, "more", "more")] if len(ones) > _MOST else []
    return listed([*map(str, ones[:_MOST]), *more])


def _beside(evidence: Evidence, cluster: str, kind: str, namespace: str) -> Iterator[Object]:
    found, doubts = _places(evidence)
    yield from found.get((cluster, kind, namespace), ())
    if doubt := doubts.get((cluster, kind)):
        raise doubt


@lru_cache(maxsize=1)
def _places(
    evidence: Evidence,
) -> tuple[dict[tuple[str, str, str], list[Object]], dict[tuple[str, str], UnjudgedError]]:
    """Give the fabric's gateways by Envoy Gateway, and their routes, by cluster, kind and namespace; and doubts."""
    found: dict[tuple[str, str, str], list[Object]] = {}
    doubts: dict[tuple[str, str], UnjudgedError] = {}
    for kind in _KINDS:
        for one in evidence.of_kind(kind):
            try:
                if _is_by_envoy_gateway(evidence, one):
                    found.setdefault((one.cluster, kind, one.namespace), []).append(one)
            except UnjudgedError as doubt:
                doubts.setdefault((one.cluster, kind), doubt)
    return found, doubts


def _is_by_envoy_gateway(evidence: Evidence, one: Object) -> bool:
    """Tell whether something is a gateway of the fabric that Envoy Gateway makes, or a route on one."""
    if one.kind == "Gateway":
        return bool(role(one)) and profile_of(one) == "envoy-gateway"
    gateways = [parent.gateway for parent in evidence.parents(one) if parent.role and parent.gateway is not None]
    return any(profile_of(gateway) == "envoy-gateway" for gateway in gateways)
