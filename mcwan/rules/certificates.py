"""Certificates: each gateway shows its own, which is ordered for the identity that it has."""

from collections.abc import Iterator

from mcwan.model.tls import Role, dns_name, identity
from mcwan.rules.evidence import Evidence, component_of, role
from mcwan.rules.gateway_services import envoy_proxy
from mcwan.rules.identities import credentials, domain, sends_by
from mcwan.rules.objects import Object, items, mapping, text, texts
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.tls import secure_listeners
from mcwan.rules.words import listed, said

_REMEDY = "let mcwan write the gateway and its Certificate"
_ROLES: tuple[Role, ...] = ("ingress", "egress")


def _judge(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    its: Role = "ingress" if role(gateway) == "ingress" else "egress"
    yield from _shown(evidence, gateway, its)
    yield from _ordered(evidence, gateway, its)


def _shown(evidence: Evidence, gateway: Object, its: Role) -> Iterator[Violation]:
    """What speaks TLS shows one certificate."""
    found = credentials(evidence, gateway)
    bare = [text(one, "name") for one in secure_listeners(gateway) if not any(items(one, "tls", "certificateRefs"))]
    lacking = [name for name in bare if evidence.find(gateway.cluster, "WANPolicy", "", name) is not None]
    if its == "ingress" and lacking:
        yield violation(f"{gateway}, listener {listed(lacking)} has no certificate", _REMEDY, gateway)
    if its == "egress" and not found and any(_targets(evidence, gateway)):
        yield violation(
            f"{gateway} shows no certificate to other clusters' gateways, which refuse it then", _REMEDY, gateway
        )
    if len(found) > 1:
        yield violation(f"{gateway} has several certificates, of Secrets {listed(found)}", _REMEDY, gateway)


def _targets(evidence: Evidence, gateway: Object) -> Iterator[Object]:
    """Give the policies by which a gateway's targets are verified, where it has to name a certificate for them.

    Istio's is named by DestinationRules. Of an EnvoyProxy that is not there, gateway-is-private tells.
    """
    named, proxy = mapping(gateway.content, "spec", "infrastructure", "parametersRef"), envoy_proxy(evidence, gateway)
    ingress = evidence.ingress_gateway(gateway.cluster)
    by_itself = ingress is not None and not named and mapping(ingress.content, "spec", "tls", "frontend")
    for one in evidence.of_kind("BackendTLSPolicy") if proxy is not None or by_itself else ():
        if component_of(one) == "target" and sends_by(gateway, one):
            yield one


def _ordered(evidence: Evidence, gateway: Object, its: Role) -> Iterator[Violation]:
    """Where certificates are ordered on a cluster, this gateway's is, for its identity."""
    orders = [
        one
        for one in evidence.of_kind("Certificate")
        if one.cluster == gateway.cluster and component_of(one) in {f"{known}-gateway" for known in _ROLES}
    ]
    for secret in credentials(evidence, gateway) if orders else ():
        own = [one for one in orders if one.namespace == gateway.namespace]
        made = [one for one in own if text(one.content, "spec", "secretName") == secret]
        if not made:
            yield violation(f"{gateway} has the certificate of Secret {secret}, which nothing orders", _REMEDY, gateway)
        for one in made:
            yield from _is_own(evidence, gateway, its, one)


def _is_own(evidence: Evidence, gateway: Object, its: Role, one: Object) -> Iterator[Violation]:
    known = domain(evidence)
    for path, wanted in (
        ("uris", identity(known, gateway.cluster, its)),
        ("dnsNames", dns_name(known, gateway.cluster, its)),
        ("usages", "server auth" if its == "ingress" else "client auth"),
    ):
        found = sorted(texts(one.content, "spec", path))
        if wanted not in found or (path != "usages" and found != [wanted]):
            yield violation(
                f"{one} is for {path} {listed(found) or 'none'}, and {gateway} is {said(wanted)}",
                _REMEDY,
                one,
                gateway,
            )
    if not mapping(one.content, "spec", "issuerRef"):
        yield violation(f"{one} names no issuer", _REMEDY, one)


RULES = (
    Rule(
        "certificate-is-own",
        "A gateway that speaks TLS shows one certificate, which is ordered for its own identity.",
        "Without a certificate, or with another's, every request is refused, or a gateway stands in for another.",
        "Let mcwan write gateways and Certificates.",
        lambda evidence: evidence.gateways,
        _judge,
        severity=Severity.HIGH,
    ),
)
