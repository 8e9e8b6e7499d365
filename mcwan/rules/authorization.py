"""Istio's AuthorizationPolicies do what they say: they are for what is there, and write identities as Istio does."""

from collections.abc import Iterable, Iterator

from mcwan.plan.names import NAMESPACE
from mcwan.rules.evidence import GATEWAY_GROUP, Evidence, component_of, role
from mcwan.rules.objects import Object, items, mapping, text, texts
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.tls import targets_of
from mcwan.rules.unknown import UnjudgedError, chosen, first
from mcwan.rules.words import said

_KINDS = {("", "Service"), ("core", "Service"), (GATEWAY_GROUP, "Gateway"), ("networking.istio.io", "ServiceEntry")}
_SOURCES = ("principals", "notPrincipals")
_SCHEME = "spiffe://"


def _judge(evidence: Evidence, policy: Object, _: Options) -> Iterator[Violation]:
    for ref in targets_of(policy):
        group, kind, name = text(ref, "group"), text(ref, "kind"), text(ref, "name")
        if (group, kind) not in _KINDS:
            wrong = "which no AuthorizationPolicy can be for" if component_of(policy) else ""
        else:
            wrong = "" if _is_there(evidence, policy, kind, name) else "which is not there"
        if wrong:
            yield violation(
                f"{policy} is for {said(kind or None)} {said(name or None)}, {wrong}",
                "let mcwan write what refuses callers, or name a Gateway or Service of the same namespace",
                policy,
            )
    for place, written in _identities(policy):
        if written.startswith(_SCHEME):
            yield violation(
                f"{policy} names {written} in {place}, which Istio compares with identities without {_SCHEME}",
                f"write {written.removeprefix(_SCHEME)}",
                policy,
            )


def _is_there(evidence: Evidence, policy: Object, kind: str, name: str) -> bool:
    """Tell whether what a policy is for is there: among what is judged or, of a Gateway's own Service, made of it."""
    if evidence.find(policy.cluster, kind, policy.namespace, name) is not None:
        return True
    return kind == "Service" and evidence.serves_gateway(policy.cluster, f"{name}.{policy.namespace}")


def _identities(policy: Object) -> Iterator[tuple[str, str]]:
    for rule in items(policy.content, "spec", "rules"):
        for origin in items(rule, "from"):
            for key in _SOURCES:
                yield from ((key, one) for one in texts(mapping(origin, "source"), key))
        for condition in items(rule, "when"):
            if text(condition, "key") == "source.principal":
                for key in ("values", "notValues"):
                    yield from ((f"source.principal {key}", one) for one in texts(condition, key))


def _concerns(evidence: Evidence, policy: Object) -> bool:
    """Tell whether a policy is the fabric's, lies in its namespace, or is for one of its gateways."""
    return first(
        lambda: bool(component_of(policy)),
        lambda: policy.namespace == NAMESPACE and policy.cluster in evidence.clusters,
        lambda: any(_is_ours(evidence, policy, text(ref, "name")) for ref in targets_of(policy)),
    )


def _is_ours(evidence: Evidence, policy: Object, name: str) -> bool:
    gateway = evidence.find(policy.cluster, "Gateway", policy.namespace, name)
    return gateway is not None and bool(role(gateway))


def _policies(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return chosen(evidence.of_kind("AuthorizationPolicy"), lambda one: _concerns(evidence, one))


RULES = (
    Rule(
        "authorization-takes-effect",
        "An AuthorizationPolicy of the fabric is for something that is there, and names identities as Istio does.",
        "A policy for what is not there refuses nobody; an identity with spiffe:// is nobody's: who should be admitted "
        "is refused, or the other way round.",
        "Let mcwan write what refuses callers.",
        _policies,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
