"""TLS between gateways: on where that was chosen, each side checks the other, and spares lead where they say."""

from collections.abc import Iterable, Iterator
from typing import Any

from mcwan.plan.names import SOURCE_CLUSTER
from mcwan.rules.evidence import Evidence, component_of, listeners, role
from mcwan.rules.objects import Object, items, kept, mapping, number, text, texts, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.targets import is_among
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.upstreams import places
from mcwan.rules.words import listed, said

_MODE = "gateway.istio.io/tls-terminate-mode"
_MUTUAL = ("MUTUAL", "ISTIO_MUTUAL")
_SECURE = ("HTTPS", "TLS")


def _as_chosen(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    for one in items(gateway.content, "spec", "listeners") if role(gateway) == "ingress" else ():
        name, protocol = text(one, "name"), text(one, "protocol")
        policy = evidence.find(gateway.cluster, "WANPolicy", "", name)
        chosen_mode = text(policy.content, "spec", "tls") if policy is not None else ""
        if policy is not None and chosen_mode and (chosen_mode == "mutual") != (protocol in _SECURE):
            yield violation(
                f"{gateway}, listener {name} speaks {protocol}, and TLS of the policy is {chosen_mode}",
                f"set mcwan:wanPolicies.{name}.tls, and let nothing else write that Gateway",
                gateway,
                policy,
            )


def _clients_verified(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    secure = [one for one in items(gateway.content, "spec", "listeners") if text(one, "protocol") in _SECURE]
    if role(gateway) != "ingress" or not secure:
        return
    frontend = mapping(gateway.content, "spec", "tls", "frontend", "default", "validation")
    if all(text(one, "tls", "options", _MODE) in _MUTUAL for one in secure) or _validates(frontend, "AllowValidOnly"):
        return
    known = list(_of_clients(evidence, gateway))
    if all(_verified_by(known, text(one, "name")) for one in secure):
        return
    yield violation(
        f"{gateway} asks its clients for no certificate",
        "let mcwan write that Gateway and its ClientTrafficPolicy",
        gateway,
    )


def _of_clients(evidence: Evidence, gateway: Object) -> Iterator[tuple[str, bool]]:
    """Give the sections that ClientTrafficPolicies are for, empty for all, and whether each asks for a certificate."""
    for policy in evidence.of_kind("ClientTrafficPolicy"):
        for target in _targets(policy) if _beside(policy, gateway) else ():
            if _names(target, "Gateway", gateway.name):
                validation = mapping(policy.content, "spec", "tls", "clientValidation")
                lenient = any(
                    value(validation, key) not in (None, False) for key in ("allowExpiredCertificate", "optional")
                )
                yield text(target, "sectionName"), _validates(validation, "RequireAndVerify") and not lenient


def _beside(policy: Object, gateway: Object) -> bool:
    return (policy.cluster, policy.namespace) == (gateway.cluster, gateway.namespace)


def _verified_by(known: list[tuple[str, bool]], name: str) -> bool:
    """Tell whether a listener's clients are asked: by its section's policy, which goes before the Gateway's.

    Of several, Envoy Gateway follows the oldest (internal/gatewayapi/clienttrafficpolicy.go, 1.9): all have to ask.
    """
    own = [asks for section, asks in known if section == name] or [asks for section, asks in known if not section]
    return bool(own) and all(own)


def _validates(validation: Any, mode: str) -> bool:
    return bool(list(items(validation, "caCertificateRefs"))) and text(validation, "mode") in ("", mode)


def _target_verified(evidence: Evidence, target: Object, _: Options) -> Iterator[Violation]:
    """A target's policy names the remote gateway, `ingress.CLUSTER.DOMAIN`; an upstream's each place's identity."""
    if target.kind == "ServiceEntry":
        known = set(_identities(evidence, target))
        for place in places(evidence, target):
            secure = place.gateway is not None and place.port in _secure_ports(place.gateway)
            if place.gateway and secure and not any(f"/cluster/{place.remote}/ingress" in one for one in known):
                yield _unverified(target, place.port, place.remote, place.gateway)
        return
    remote = target.label(SOURCE_CLUSTER)
    for gateway in evidence.behind(target) if _is_used(evidence, target) else ():
        for name, port in _ports(target):
            if port in _secure_ports(gateway) and not any(
                host.startswith(f"ingress.{remote}.") for host in _verified(evidence, target, name, port)
            ):
                yield _unverified(target, port, remote, gateway)


@kept
def _secure_ports(gateway: Object) -> set[int | None]:
    every = items(gateway.content, "spec", "listeners")
    return {number(one, "port") for one in every if text(one, "protocol") in _SECURE}


def _unverified(target: Object, port: int | None, remote: str, gateway: Object) -> Violation:
    return violation(
        f"{target}, port {said(port)}: nothing verifies that it is the ingress gateway of {remote}",
        "let mcwan write the target and its BackendTLSPolicy or DestinationRule",
        target,
        gateway,
    )


def _identities(evidence: Evidence, upstream: Object) -> Iterator[str]:
    """Give the identities that the other side may have, if they are checked."""
    for host in texts(upstream.content, "spec", "hosts"):
        for rule in evidence.destination_rules(upstream.cluster, host):
            tls = mapping(rule.content, "spec", "trafficPolicy", "tls")
            if text(tls, "mode") in _MUTUAL and not value(tls, "insecureSkipVerify"):
                yield from texts(tls, "subjectAltNames")


def _is_used(evidence: Evidence, target: Object) -> bool:
    """Tell whether there is an egress gateway beside a target: shared targets are there without one, too."""
    beside = [one for one in evidence.of_kind("Gateway") if one.cluster == target.cluster]
    return any(role(one) == "egress" and one.namespace == target.namespace for one in beside)


def _ports(target: Object) -> Iterator[tuple[str, int | None]]:
    if target.kind == "Backend":
        for endpoint in items(target.content, "spec", "endpoints"):
            yield "", number(endpoint, "ip", "port")
    else:
        for one in items(target.content, "spec", "ports"):
            yield text(one, "name"), number(one, "targetPort")


def _verified(evidence: Evidence, target: Object, name: str, port: int | None) -> Iterator[str]:
    """Give the names that a target's policies ask the other side for, if they check them against a root."""
    for policy in evidence.of_kind("BackendTLSPolicy"):
        if (policy.cluster, policy.namespace) == (target.cluster, target.namespace):
            for one in _targets(policy):
                if _names(one, target.kind, target.name) and text(one, "sectionName") in ("", name):
                    validation = mapping(policy.content, "spec", "validation")
                    if list(items(validation, "caCertificateRefs")):
                        yield text(validation, "hostname")
    host = f"{target.name}.{target.namespace}.svc.cluster.local"
    for rule in evidence.destination_rules(target.cluster, host):
        for one in items(rule.content, "spec", "trafficPolicy", "portLevelSettings"):
            tls = mapping(one, "tls")
            checked = text(tls, "mode") in _MUTUAL and not value(tls, "insecureSkipVerify")
            if number(one, "port", "number") == port and checked and list(texts(tls, "subjectAltNames")):
                yield text(tls, "sni")


def _targets(policy: Object) -> Iterator[Any]:
    yield from items(policy.content, "spec", "targetRefs")
    if one := mapping(policy.content, "spec", "targetRef"):
        yield one


def _names(target: Any, kind: str, name: str) -> bool:
    return (text(target, "kind"), text(target, "name")) == (kind, name)


def _spare_leads(evidence: Evidence, spare: Object, _: Options) -> Iterator[Violation]:
    if spare.kind == "Backend" and value(spare.content, "spec", "fallback") is not True:
        yield violation(
            f"{spare} is no fallback: it takes a share of the requests at all times", "let mcwan write spares", spare
        )
    for place in places(evidence, spare) if spare.kind == "ServiceEntry" else ():
        if not place.remote:
            yield violation(
                f"{spare} leads to {said(place.address)}, which stands for no cluster",
                "let mcwan write spares and upstreams",
                spare,
            )
    for gateway, address, port in _leads(evidence, spare):
        known, ports = evidence.addresses(gateway), listeners(gateway)
        heard = listed([str(port) for port in sorted(filter(None, ports.values()))])
        if (known and not is_among(address, known)) or port not in ports.values():
            yield violation(
                f"{spare} leads to {said(address)}, port {said(port)}; {gateway} is reached at "
                f"{listed(sorted(known)) or 'no address that it says'}, ports {heard}",
                "let mcwan write spares and upstreams",
                spare,
                gateway,
            )


def _leads(evidence: Evidence, spare: Object) -> Iterator[tuple[Object, str, int | None]]:
    """Give the gateways that a spare or an upstream should lead to, and where it does."""
    if spare.kind == "ServiceEntry":
        yield from ((one.gateway, one.address, one.port) for one in places(evidence, spare) if one.gateway is not None)
        return
    for gateway in evidence.behind(spare):
        for one in items(spare.content, "spec", "endpoints"):
            yield gateway, text(one, "ip", "address"), number(one, "ip", "port")


def _spares(evidence: Evidence) -> list[Object | UnjudgedError]:
    return [*chosen(evidence.of_kind("Backend"), lambda one: one.label(SOURCE_CLUSTER)), *_upstreams(evidence)]


def _upstreams(evidence: Evidence) -> list[Object | UnjudgedError]:
    return chosen(evidence.of_kind("ServiceEntry"), lambda one: component_of(one) == "target")


def _all_targets(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return [*chosen(evidence.of_kind("Service"), lambda one: one.label(SOURCE_CLUSTER)), *_spares(evidence)]


RULES = (
    Rule(
        "tls-as-chosen",
        "An ingress gateway's listener speaks TLS just where its WAN policy says so.",
        "A listener in plaintext under a WAN policy with TLS can be read on the way, though nobody chose that.",
        "Write tls of the WAN policy, and let nothing else write the Gateway.",
        lambda evidence: evidence.gateways,
        _as_chosen,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "clients-verified",
        "An ingress gateway that speaks TLS asks its clients for a certificate of the fabric's root.",
        "Without it, whoever reaches a WAN port may ask for everything that is exported.",
        "Let mcwan write the ingress gateways and their policies.",
        lambda evidence: evidence.gateways,
        _clients_verified,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "target-verified",
        "What an egress gateway sends by TLS goes to a gateway whose name and root it checks.",
        "Without it, requests go to whoever answers at the address, or in plaintext to a port that refuses them.",
        "Let mcwan write the targets' policies.",
        _all_targets,
        _target_verified,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "spare-leads-there",
        "A spare or an upstream leads to the remote clusters' ingress gateways, on their listeners; a spare only takes "
        "over.",
        "What a request fails over to has to be where the request was meant to go.",
        "Let mcwan write spares and upstreams.",
        _spares,
        _spare_leads,
        severity=Severity.CRITICAL,
    ),
)
