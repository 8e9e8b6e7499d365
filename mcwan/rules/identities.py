"""Whom gateways are told to trust: the domain of the fabric's identities, and the roots that check them.

Nothing says either once for all: every policy of mcwan's says it for itself, so that what most say holds.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from mcwan.model.tls import dns_name
from mcwan.plan.names import CALLERS_ANNOTATION, MESH_TARGET, NAMESPACE, SOURCE_CLUSTER
from mcwan.rules.evidence import Evidence, component_of, export_of
from mcwan.rules.likeness import Tally
from mcwan.rules.objects import Object, items, mapping, text, texts
from mcwan.rules.unknown import UnjudgedError

Roots = tuple[str, ...]
"""What roots are in: each reference's group, kind and name, or the name of Istio's credential."""
_IDENTITY = re.compile(r"(?:spiffe://)?([^/]+)/cluster/")
_SAYING = (
    "AuthorizationPolicy",
    "BackendTLSPolicy",
    "Certificate",
    "ClientTrafficPolicy",
    "DestinationRule",
    "ServiceExport",
)


@lru_cache(maxsize=1)
def _domains(evidence: Evidence) -> Tally[str]:
    return Tally.of((one for kind in _SAYING for one in evidence.of_kind(kind)), _said)


def domain(evidence: Evidence) -> str:
    """Give the domain of the fabric's identities; empty if nothing says it. Raises UnjudgedError."""
    return _domains(evidence).most() or ""


def _said(one: Object) -> Iterator[str]:
    if component_of(one) in ("target", MESH_TARGET, "ingress-gateway", "egress-gateway", "export"):
        for written in _identities(one):
            if found := _IDENTITY.match(written):
                yield found[1]


def _identities(one: Object) -> Iterator[str]:
    if one.kind == "ServiceExport":
        yield from text(one.annotations, CALLERS_ANNOTATION).split(",")
    yield from texts(one.content, "spec", "uris")
    for name in items(one.content, "spec", "validation", "subjectAltNames"):
        yield text(name, "uri")
    for name in items(one.content, "spec", "tls", "clientValidation", "subjectAltNames", "uris"):
        yield text(name, "value")
    policy = mapping(one.content, "spec", "trafficPolicy")
    for place in (policy, *items(policy, "portLevelSettings")):
        yield from texts(place, "tls", "subjectAltNames")
    for rule in items(one.content, "spec", "rules"):
        for origin in items(rule, "from"):
            yield from texts(origin, "source", "notPrincipals")


def its_domain(evidence: Evidence, name: str, remote: str) -> str:
    """Give the fabric's domain; if nothing else says it, that of a remote ingress gateway's name."""
    return domain(evidence) or name.removeprefix(dns_name("", remote, "ingress"))


def roots_said(policy: Object) -> Iterator[Roots]:
    """Give what a target's or an upstream's policy says that roots are in. Raises UnjudgedError."""
    if policy.kind == "BackendTLSPolicy":
        refs = list(items(policy.content, "spec", "validation", "caCertificateRefs"))
        if refs:
            yield tuple(text(one, key) for one in refs for key in ("group", "kind", "name"))
        return
    traffic = mapping(policy.content, "spec", "trafficPolicy")
    for place in (traffic, *items(traffic, "portLevelSettings")):
        if name := text(place, "tls", "credentialName"):
            yield (name,)


def roots(evidence: Evidence, policy: Object) -> Roots | None:
    """Give what the roots are in of the gateway that a policy is for; None if that is not known.

    It is one thing for all that the shared egress gateway of a cluster sends to, or that of an export's own; but
    nothing says which of the latter an upstream is for. Raises UnjudgedError.
    """
    group = _gateway(policy)
    return _roots(evidence)[group].most() if group in _roots(evidence) else None


@lru_cache(maxsize=1)
def _roots(evidence: Evidence) -> Mapping[tuple[str, ...], Tally[Roots]]:
    found: dict[tuple[str, ...], Tally[Roots]] = {}
    for one in (*evidence.of_kind("BackendTLSPolicy"), *evidence.of_kind("DestinationRule")):
        try:
            if component_of(one) == "target" and (group := _gateway(one)):
                found.setdefault(group, Tally()).add(partial(roots_said, one))
        except UnjudgedError:
            continue  # whose it is, is not known: it says nothing of any
    return found


def _gateway(policy: Object) -> tuple[str, ...]:
    if policy.namespace == NAMESPACE:
        return (policy.cluster, policy.kind)
    if not policy.label(SOURCE_CLUSTER):
        return ()
    return (policy.cluster, policy.kind, policy.namespace, *(export_of(policy) or ()))
