"""What is sent by TLS goes to a gateway whose identity is checked: by just what mcwan makes for that.

Where several policies are for one target, implementations follow one of them, or merge them: all have to be right.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mcwan.gateways.gateway_api import backend_tls_policy
from mcwan.plan.names import SOURCE_CLUSTER
from mcwan.plan.profile import Certificate, TargetRequest
from mcwan.rules.evidence import Evidence, role
from mcwan.rules.identities import its_domain, other_root, roots, roots_said, sends_by
from mcwan.rules.likeness import Difference, difference
from mcwan.rules.objects import Object, items, mapping, number, text, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.tls import is_named, secure_ports, targets_of
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.upstreams import Place, as_made, is_of_mesh, places, rules_elsewhere, rules_for, upstreams
from mcwan.rules.words import listed, said

_REMEDY = "let mcwan write the target and its BackendTLSPolicy or DestinationRule"
_FRAME = ("host", "exportTo", "trafficPolicy")
"""What mcwan's DestinationRules say; subsets, or for which pods only, are not among it."""


class _Port(NamedTuple):
    """A port of a target: its name, and the remote listener that it leads to."""

    name: str
    number: int | None


def _verified(evidence: Evidence, target: Object, _: Options) -> Iterator[Violation]:
    """A target's policy names the remote gateway, `ingress.CLUSTER.DOMAIN`; an upstream's each place's identity."""
    if target.kind == "ServiceEntry":
        yield from _upstream(evidence, target)
        return
    if target.kind == "Backend" and (own := value(target.content, "spec", "tls")) is not None:
        yield violation(f"{target} says TLS of its own, {said(own)}, beside its BackendTLSPolicy", _REMEDY, target)
    remote = target.label(SOURCE_CLUSTER)
    for gateway in evidence.behind(target) if _is_used(evidence, target) else ():
        for port in _ports(target):
            if port.number in secure_ports(gateway):
                checks = list(_by_backend_tls_policy(evidence, target, remote, port))
                yield from _told(target, port.number, remote, gateway, checks)


def _told(
    target: Object, port: int | None, remote: str, gateway: Object, checks: list[tuple[Object, Difference | None]]
) -> Iterator[Violation]:
    what = f"verifies that it is the ingress gateway of {remote}"
    if not checks:
        yield violation(f"{target}, port {said(port)}: nothing {what}", _REMEDY, target, gateway)
    for policy, wrong in checks:
        if wrong is not None:
            yield violation(
                f"{target}, port {said(port)}: {policy} is not what {what}: {wrong}", _REMEDY, target, policy, gateway
            )


def _by_backend_tls_policy(
    evidence: Evidence, target: Object, remote: str, port: _Port
) -> Iterator[tuple[Object, Difference | None]]:
    for policy in evidence.of_kind("BackendTLSPolicy"):
        if (policy.cluster, policy.namespace) != (target.cluster, target.namespace):
            continue
        if any(
            is_named(one, target.kind, target.name) and text(one, "sectionName") in ("", port.name)
            for one in targets_of(policy)
        ):
            found = mapping(policy.content, "spec", "validation")
            known = its_domain(evidence, text(found, "hostname"), remote)
            certificate, ports = Certificate("", known, None), (port.name,)
            request = TargetRequest(target.name, target.namespace, target.kind, {}, remote, ports, ports, certificate)
            (made,) = backend_tls_policy(request)
            wanted = made["spec"]["validation"] | {"caCertificateRefs": value(found, "caCertificateRefs")}
            yield policy, _other_roots(evidence, policy) or difference(wanted, found, "spec.validation")


def _other_roots(evidence: Evidence, policy: Object) -> Difference | None:
    """Say if a policy checks by other roots than all others of its gateway do, or by none."""
    found, wanted = next(roots_said(policy), None), roots(evidence, policy)
    if found is None or (wanted is not None and found != wanted):
        where = "caCertificateRefs" if policy.kind == "BackendTLSPolicy" else "credentialName"
        return Difference(where, "/".join(wanted) if wanted else "there", "/".join(found) if found else None)
    gateway = _sender(evidence, policy)
    refs = items(policy.content, "spec", "validation", "caCertificateRefs")
    if gateway is not None and (other := other_root(evidence, gateway, refs)):
        return Difference("caCertificateRefs", f"that of {gateway}", other)
    return None


def _sender(evidence: Evidence, policy: Object) -> Object | None:
    """Give the egress gateway that a target's policy is for, the shared one or an export's own."""
    every = evidence.of_kind("Gateway")
    return next((one for one in every if sends_by(one, policy) and role(one) == "egress"), None)


def _frame(rule: Object) -> Difference | None:
    """Say if a DestinationRule holds for others than mcwan's do: those are for all pods."""
    spec = mapping(rule.content, "spec")
    more = [Difference(f"spec.{name}", None, value(spec, name)) for name in spec if name not in _FRAME]
    return next(iter(more), None)


def _upstream(evidence: Evidence, upstream: Object) -> Iterator[Violation]:
    known = list(places(evidence, upstream))
    secure: dict[str, tuple[Place, Object]] = {}
    for place in known:
        if place.gateway is not None and place.port in secure_ports(place.gateway):
            secure.setdefault(place.remote, (place, place.gateway))
    if not secure:
        return
    rules = rules_for(evidence, upstream)
    every = [*rules, *(rules_elsewhere(evidence, upstream) if rules else ())]
    checks = [(rule, _checked(evidence, upstream, rule)) for rule in every]
    place, gateway = next(iter(secure.values()))
    yield from _told(upstream, place.port, listed(sorted(secure)), gateway, checks)


def _checked(evidence: Evidence, upstream: Object, rule: Object) -> Difference | None:
    policy = mapping(rule.content, "spec", "trafficPolicy")
    found = mapping(policy, "tls")
    first = min((one.remote for one in places(evidence, upstream) if one.remote), default="")
    known = its_domain(evidence, text(found, "sni"), first)
    _, made, *_filters = as_made(evidence, upstream, Certificate(text(found, "credentialName"), known, None))
    return (
        difference(made["trafficPolicy"]["tls"], found, "spec.trafficPolicy.tls")
        or difference(made["exportTo"], value(rule.content, "spec", "exportTo"), "spec.exportTo")
        or difference(None, value(policy, "portLevelSettings"), "spec.trafficPolicy.portLevelSettings")
        or (None if is_of_mesh(upstream) else _other_roots(evidence, rule))
        or _frame(rule)
    )


def _is_used(evidence: Evidence, target: Object) -> bool:
    """Tell whether there is an egress gateway beside a target: shared targets are there without one, too."""
    beside = [one for one in evidence.of_kind("Gateway") if one.cluster == target.cluster]
    return any(role(one) == "egress" and one.namespace == target.namespace for one in beside)


def _ports(target: Object) -> Iterator[_Port]:
    if target.kind == "Backend":
        for endpoint in items(target.content, "spec", "endpoints"):
            yield _Port("", number(endpoint, "ip", "port"))
    else:
        for one in items(target.content, "spec", "ports"):
            yield _Port(text(one, "name"), number(one, "targetPort"))


def _targets(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    standing: Any = (*evidence.of_kind("Service"), *evidence.of_kind("Backend"))
    return [*chosen(standing, evidence.is_standing), *upstreams(evidence)]


RULES = (
    Rule(
        "target-verified",
        "What leaves a cluster by TLS goes to a gateway whose identity and root the sender checks, and no other's.",
        "Without it, requests go to whoever answers at the address, or in plaintext to a port that refuses them.",
        "Let mcwan write the targets' policies, and nothing else for the same hosts.",
        _targets,
        _verified,
        severity=Severity.CRITICAL,
    ),
)
