"""Whom gateways are told to trust: the domain of the fabric's identities, and the roots that check them.

Nothing says either once for all: every policy of mcwan's says it for itself, so that what most say holds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from mcwan.model.tls import dns_name
from mcwan.plan.names import CALLERS_ANNOTATION, MESH_TARGET, NAMESPACE, SOURCE_CLUSTER
from mcwan.rules.evidence import Evidence, component_of, export_of, role
from mcwan.rules.gateway_services import envoy_proxy
from mcwan.rules.likeness import Tally
from mcwan.rules.objects import Object, items, mapping, text, texts
from mcwan.rules.tls import secure_listeners
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.words import listed

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


def credentials(evidence: Evidence, gateway: Object) -> tuple[str, ...]:
    """Give the Secrets with the certificates that a gateway shows, sorted: one, if all is well. Raises UnjudgedError.

    An egress gateway's is named by its Gateway, its EnvoyProxy or, with Istio, by most DestinationRules beside it.
    """
    if role(gateway) == "ingress":
        refs = [ref for one in secure_listeners(gateway) for ref in items(one, "tls", "certificateRefs")]
        return tuple(sorted({text(ref, "name") for ref in refs}))
    proxy = envoy_proxy(evidence, gateway)
    own = text(gateway.content, "spec", "tls", "backend", "clientCertificateRef", "name")
    if own or proxy is not None:
        found = own or (text(proxy.content, "spec", "backendTLS", "clientCertificateRef", "name") if proxy else "")
        return (found,) if found else ()
    most = _of_istio(evidence)[gateway.cluster].most() if gateway.cluster in _of_istio(evidence) else None
    return (most,) if most and gateway.namespace == NAMESPACE else ()


@lru_cache(maxsize=1)
def _of_istio(evidence: Evidence) -> Mapping[str, Tally[str]]:
    """Give the credential that most DestinationRules of a cluster's shared egress gateway name; of others, see `roots`.

    Of gateways of exports' own nothing says which DestinationRule is for which.
    """
    found: dict[str, Tally[str]] = {}
    for one in evidence.of_kind("DestinationRule"):
        try:
            if component_of(one) == "target" and one.namespace == NAMESPACE:
                found.setdefault(one.cluster, Tally()).add(partial(_credential, one))
        except UnjudgedError:
            continue  # whose it is, is not known: it says nothing of any
    return found


def _credential(one: Object) -> Iterator[str]:
    if name := text(one.content, "spec", "trafficPolicy", "tls", "credentialName"):
        yield name


def sends_by(gateway: Object, policy: Object) -> bool:
    """Tell whether a target's policy is for an egress gateway: the shared one, or the own one that it is called after.

    Raises UnjudgedError.
    """
    beside = (policy.cluster, policy.namespace) == (gateway.cluster, gateway.namespace)
    return beside and (gateway.namespace == NAMESPACE or policy.name.startswith(f"{gateway.name}-"))


def other_root(evidence: Evidence, gateway: Object, refs: Iterable[Any]) -> str:
    """Say if what a gateway checks its peers by is not the root that comes with its own certificate.

    Or, where a ConfigMap has it, not the one that most gateways of the fabric take. Raises UnjudgedError.
    """
    own, shared = credentials(evidence, gateway), _config_maps(evidence).most()
    for one in refs:
        kind, name = text(one, "kind"), text(one, "name")
        known = own if kind == "Secret" else (shared,) if shared and kind == "ConfigMap" else ()
        if known and name not in known:
            return f"by the root of {kind} {name}, and not of {kind} {listed(known)}"
    return ""


@lru_cache(maxsize=1)
def _config_maps(evidence: Evidence) -> Tally[str]:
    kinds = ("BackendTLSPolicy", "ClientTrafficPolicy", "Gateway")
    return Tally.of((one for kind in kinds for one in evidence.of_kind(kind)), _config_maps_of)


def _config_maps_of(one: Object) -> Iterator[str]:
    if component_of(one) in ("target", "ingress-gateway"):
        for path in (
            ("validation",),
            ("tls", "clientValidation"),
            ("tls", "frontend", "default", "validation"),
        ):
            refs = items(one.content, "spec", *path, "caCertificateRefs")
            yield from (text(ref, "name") for ref in refs if text(ref, "kind") == "ConfigMap")


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
