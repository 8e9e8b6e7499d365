"""Only clients of the fabric are admitted: several fabrics may have one root, which is all that TLS checks."""

from collections.abc import Iterator

from mcwan.gateways import envoy_gateway, istio
from mcwan.plan.profile import Certificate
from mcwan.rules.evidence import Evidence, component_of, listeners, role
from mcwan.rules.identities import domain
from mcwan.rules.likeness import difference
from mcwan.rules.objects import Object, items, mapping, number, text, texts, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.tls import ISTIO_MODE, MUTUAL, client_policies, secure_listeners, secure_ports

_REMEDY = "let mcwan write that Gateway and what refuses clients of other fabrics"


def _judge(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    if role(gateway) == "ingress":
        yield from _by_istio(evidence, gateway)
        yield from _by_envoy_gateway(evidence, gateway)


def _by_istio(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    asked = [one for one in secure_listeners(gateway) if text(one, "tls", "options", ISTIO_MODE) in MUTUAL]
    policy = evidence.find(gateway.cluster, "AuthorizationPolicy", gateway.namespace, gateway.name)
    if policy is None:
        if asked:
            yield violation(f"{gateway}: nothing refuses clients of other fabrics", _REMEDY, gateway)
        return
    if not asked and component_of(policy) != "ingress-gateway":
        return
    # a port that nobody listens on may be among those that are refused, but no port in plaintext: that knows nobody
    plain = set(listeners(gateway).values()) - secure_ports(gateway)
    more = {int(port) for port in _ports(policy) if port.isdecimal()} - plain
    ports = sorted(port for port in {*more, *(number(one, "port") for one in asked)} if port is not None)
    made = istio.fabric_only(gateway.name, gateway.namespace, {}, ports, domain(evidence))
    if wrong := difference(made["spec"], mapping(policy.content, "spec"), "spec"):
        yield violation(f"{policy} is not what refuses clients of other fabrics: {wrong}", _REMEDY, policy, gateway)


def _ports(policy: Object) -> Iterator[str]:
    for rule in items(policy.content, "spec", "rules"):
        for one in items(rule, "to"):
            yield from texts(one, "operation", "ports")


def _by_envoy_gateway(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    """Where a ClientTrafficPolicy asks for certificates, it asks for those of the fabric."""
    wanted = envoy_gateway.client_validation(Certificate("", domain(evidence), None))["subjectAltNames"]
    for one in secure_listeners(gateway):
        for policy in client_policies(evidence, gateway, text(one, "name")):
            found = mapping(policy.content, "spec", "tls", "clientValidation")
            place = "spec.tls.clientValidation.subjectAltNames"
            wrong = difference(wanted, value(found, "subjectAltNames"), place) if found else None
            if wrong:
                yield violation(f"{policy} admits clients of other fabrics: {wrong}", _REMEDY, policy, gateway)


RULES = (
    Rule(
        "clients-of-this-fabric",
        "An ingress gateway that speaks TLS admits clients of its own fabric only.",
        "TLS checks the root, which several fabrics may share: gateways of one could call all that another exports.",
        "Let mcwan write the ingress gateways and their policies.",
        lambda evidence: evidence.gateways,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
