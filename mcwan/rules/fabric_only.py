"""Only clients of the fabric are admitted: several fabrics may have one root, which is all that TLS checks."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from mcwan.gateways import envoy_gateway, istio
from mcwan.plan.names import cluster_host
from mcwan.plan.profile import Certificate
from mcwan.rules.bearing import borne_on, some
from mcwan.rules.evidence import Evidence, Export, admits, component_of, export_of, listeners, meshes_of, role
from mcwan.rules.identities import domain
from mcwan.rules.likeness import difference
from mcwan.rules.objects import Object, items, mapping, number, text, texts, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.tls import ISTIO_MODE, MUTUAL, client_policies, secure_listeners, secure_ports
from mcwan.rules.unknown import UnjudgedError, chosen

_Asked = Mapping[tuple[str, Export | None], Mapping[str, list[str]]]
_OWN = ("ingress-gateway", "ingress-route")
"""What mcwan's own SecurityPolicies are for; of those for routes, callers-enforced tells."""
_REMEDY = "let mcwan write that Gateway and what refuses clients of other fabrics"


def _judge(evidence: Evidence, subject: Object, _: Options) -> Iterator[Violation]:
    if subject.kind == "SecurityPolicy":
        yield from _replaces(evidence, subject)
    elif role(subject) == "ingress":
        yield from _by_istio(evidence, subject)
        yield from _by_envoy_gateway(evidence, subject)


def _replaces(evidence: Evidence, policy: Object) -> Iterator[Violation]:
    """A SecurityPolicy for a route holds in the place of its Gateway's, be it more or less strict."""
    if its := [one for one in borne_on(evidence, policy) if one.kind == "HTTPRoute" and admits(evidence, one)]:
        yield violation(
            f"{policy} is for {some(its)}, and holds there in place of what mcwan's say of who may ask",
            "remove it; who may call an export, say in mcwan:exports[].callers of it",
            policy,
            its[0],
        )


def _subjects(evidence: Evidence) -> list[Object | UnjudgedError]:
    theirs = chosen(evidence.of_kind("SecurityPolicy"), lambda one: component_of(one) not in _OWN)
    return [*evidence.gateways, *theirs]


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
    made = istio.fabric_only(gateway.name, gateway.namespace, {}, ports, domain(evidence), meshes(evidence, gateway))
    if wrong := difference(made["spec"], mapping(policy.content, "spec"), "spec"):
        yield violation(f"{policy} is not what refuses clients of other fabrics: {wrong}", _REMEDY, policy, gateway)


def _ports(policy: Object) -> Iterator[str]:
    for rule in items(policy.content, "spec", "rules"):
        for one in items(rule, "to"):
            yield from texts(one, "operation", "ports")


def _by_envoy_gateway(evidence: Evidence, gateway: Object) -> Iterator[Violation]:
    """Where a ClientTrafficPolicy asks for certificates, it asks for those of the fabric."""
    known = meshes(evidence, gateway)
    wanted = envoy_gateway.client_validation(Certificate("", domain(evidence), None), sorted(known))["subjectAltNames"]
    for one in secure_listeners(gateway):
        for policy in client_policies(evidence, gateway, text(one, "name")):
            found = mapping(policy.content, "spec", "tls", "clientValidation")
            place = "spec.tls.clientValidation.subjectAltNames"
            wrong = difference(wanted, value(found, "subjectAltNames"), place) if found else None
            if wrong:
                yield violation(f"{policy} admits clients of other fabrics: {wrong}", _REMEDY, policy, gateway)
            if found and known:
                yield from _asking(evidence, gateway, known)


def _asking(evidence: Evidence, gateway: Object, known: Mapping[str, Sequence[str]]) -> Iterator[Violation]:
    """A SecurityPolicy for the whole Gateway says what workloads of a mesh may ask for."""
    made = envoy_gateway.mesh_callers(gateway.name, gateway.namespace, {}, domain(evidence), known)
    policy = evidence.find(gateway.cluster, "SecurityPolicy", gateway.namespace, gateway.name)
    if policy is None:
        yield violation(f"{gateway}: nothing says what workloads of a mesh may ask for", _REMEDY, gateway)
    elif wrong := difference(made["spec"], mapping(policy.content, "spec"), "spec"):
        yield violation(f"{policy} is not what says what workloads of a mesh may ask for: {wrong}", _REMEDY, policy)


def meshes(evidence: Evidence, gateway: Object) -> Mapping[str, Sequence[str]]:
    """Give, by trust domain, the host names that workloads of a mesh may ask a gateway for, as ServiceExports say.

    Raises UnjudgedError.
    """
    found, doubts = _meshes(evidence)
    if doubt := doubts.get(gateway.cluster):
        raise doubt
    its = found.get((gateway.cluster, export_of(gateway)), {})
    return {trust: sorted(hosts) for trust, hosts in sorted(its.items())}


@lru_cache(maxsize=1)
def _meshes(evidence: Evidence) -> tuple[_Asked, Mapping[str, UnjudgedError]]:
    """Give the same by cluster and export with a gateway of its own, or None; and why it is not known, by cluster."""
    found: dict[tuple[str, Export | None], dict[str, list[str]]] = {}
    doubts: dict[str, UnjudgedError] = {}
    for one in evidence.of_kind("ServiceExport"):
        try:
            for trust in meshes_of(one):
                key = (one.name, one.namespace)
                own = key if evidence.ingress_gateway(one.cluster, key) is not None else None
                found.setdefault((one.cluster, own), {}).setdefault(trust, []).append(cluster_host(".".join(key)))
        except UnjudgedError as doubt:
            doubts.setdefault(one.cluster, doubt)
    return found, doubts


RULES = (
    Rule(
        "clients-of-this-fabric",
        "An ingress gateway that speaks TLS admits clients of its own fabric only.",
        "TLS checks the root, which several fabrics may share: gateways of one could call all that another exports.",
        "Let mcwan write the ingress gateways and their policies, and nobody else policies for their routes.",
        _subjects,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
