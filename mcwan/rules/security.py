"""TLS between gateways: on where that was chosen, clients are asked who they are, and spares lead where they say."""

from collections.abc import Iterator, Mapping
from typing import Any

from mcwan.gateways import envoy_gateway
from mcwan.rules.evidence import Evidence, listeners, role
from mcwan.rules.identities import other_root
from mcwan.rules.likeness import Difference, difference
from mcwan.rules.objects import Object, items, mapping, number, text, texts, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.spares import labelled
from mcwan.rules.targets import is_among
from mcwan.rules.tls import ISTIO_MODE, MUTUAL, SECURE, client_policies, secure_listeners
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.upstreams import places, spare_ports, upstreams
from mcwan.rules.words import listed, said

HTTP_2 = "gateway.envoyproxy.io/h2c"
_REMEDY = "let mcwan write spares and upstreams"
_WRITTEN = "let mcwan write that Gateway and its ClientTrafficPolicy"
_AIMS = ("targetRef", "targetRefs", "targetSelectors")


def _as_chosen(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    for one in items(gateway.content, "spec", "listeners") if role(gateway) == "ingress" else ():
        name, protocol = text(one, "name"), text(one, "protocol")
        policy = evidence.find(gateway.cluster, "WANPolicy", "", name)
        chosen_mode = text(policy.content, "spec", "tls") if policy is not None else ""
        if policy is not None and chosen_mode and (chosen_mode == "mutual") != (protocol in SECURE):
            yield violation(
                f"{gateway}, listener {name} speaks {protocol}, and TLS of the policy is {chosen_mode}",
                f"set mcwan:wanPolicies.{name}.tls, and let nothing else write that Gateway",
                gateway,
                policy,
            )


def _clients_verified(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    secure = secure_listeners(gateway)
    if role(gateway) != "ingress" or not secure:
        return
    frontend = mapping(gateway.content, "spec", "tls", "frontend", "default", "validation")
    policies = [client_policies(evidence, gateway, text(one, "name")) for one in secure]
    checks = [frontend, *(_validation(one) for every in policies for one in every)]
    by_istio = all(text(one, "tls", "options", ISTIO_MODE) in MUTUAL for one in secure)
    asked = by_istio or _validates(frontend, "AllowValidOnly")
    asked = asked or all(every and all(_asks(one) for one in every) for every in policies)
    what = "" if asked else "for no certificate"
    for one in checks:
        what = what or other_root(evidence, gateway, items(one, "caCertificateRefs"))
    if what:
        yield violation(f"{gateway} asks its clients {what}", _WRITTEN, gateway)
        return
    for policy in {str(one): one for every in policies for one in every}.values():
        if wrong := _spoken_otherwise(policy):
            yield violation(
                f"{policy} does not speak to clients of {gateway} as mcwan has it: {wrong}", _WRITTEN, policy, gateway
            )


def _spoken_otherwise(policy: Object) -> Difference | None:
    """Compare a ClientTrafficPolicy with what is made; what it asks of clients' certificates is judged for itself."""
    spec = mapping(policy.content, "spec")
    made = envoy_gateway.client_traffic(_validation(policy))
    return difference(made, {key: spec[key] for key in spec if key not in _AIMS}, "spec")


def _asks(policy: Object) -> bool:
    """Tell whether a ClientTrafficPolicy asks for a certificate, and for a valid one."""
    validation = _validation(policy)
    lenient = any(value(validation, key) not in (None, False) for key in ("allowExpiredCertificate", "optional"))
    return _validates(validation, "RequireAndVerify") and not lenient


def _validation(policy: Object) -> Mapping[str, Any]:
    return mapping(policy.content, "spec", "tls", "clientValidation")


def _validates(validation: Any, mode: str) -> bool:
    return bool(list(items(validation, "caCertificateRefs"))) and text(validation, "mode") in ("", mode)


def _spare_leads(evidence: Evidence, spare: Object, _: Options) -> Iterator[Violation]:
    if spare.kind == "Backend" and value(spare.content, "spec", "fallback") is not True:
        yield violation(f"{spare} is no fallback: it takes a share of the requests at all times", _REMEDY, spare)
    for place in places(evidence, spare) if spare.kind == "ServiceEntry" else ():
        if not place.remote:
            yield violation(
                f"{spare} leads to {said(place.address)}, which stands for no cluster",
                _REMEDY,
                spare,
            )
    if spare.kind == "Backend":
        yield from _by_its_policy(evidence, spare)
    for gateway, address, port in _leads(evidence, spare):
        known, ports = evidence.addresses(gateway), listeners(gateway)
        heard = listed([str(port) for port in sorted(filter(None, ports.values()))])
        if (known and not is_among(address, known)) or port not in ports.values():
            yield violation(
                f"{spare} leads to {said(address)}, port {said(port)}; {gateway} is reached at "
                f"{listed(sorted(known)) or 'no address that it says'}, ports {heard}",
                _REMEDY,
                spare,
                gateway,
            )


def _by_its_policy(evidence: Evidence, spare: Object) -> Iterator[Violation]:
    """A spare leads to the listener of the WAN policy that its label names, and speaks HTTP/2 where its target does.

    Beside a target that speaks HTTP/2, one that does not would get no TLS that agrees on it.
    """
    policies = labelled(spare)
    if len(policies) != 1:
        what = f"those of {listed(policies)}" if policies else "none"
        yield violation(
            f"{spare} is to lead to the listener of one WAN policy, and its labels name {what}", _REMEDY, spare
        )
        return
    (policy,) = policies
    for gateway in evidence.behind(spare):
        there = listeners(gateway)
        for port in spare_ports(spare):
            if port in there.values() and there.get(policy, port) != port:
                yield violation(
                    f"{spare} leads to port {said(port)} for policy {policy}, and {gateway} listens for it on port "
                    f"{said(there[policy])}",
                    _REMEDY,
                    spare,
                    gateway,
                )
    declared = evidence.find(spare.cluster, "WANPolicy", "", policy)
    secure = declared is not None and text(declared.content, "spec", "tls") == "mutual"
    spoken = list(texts(spare.content, "spec", "appProtocols"))
    if declared is not None and spoken != ([HTTP_2] if secure else []):
        yield violation(
            f"{spare} speaks {listed(spoken) or 'HTTP/1.1'}, and by policy {policy} it should be "
            f"{HTTP_2 if secure else 'HTTP/1.1'}",
            _REMEDY,
            spare,
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
    return [*chosen(evidence.of_kind("Backend"), evidence.is_standing), *upstreams(evidence)]


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
        "An ingress gateway that speaks TLS asks its clients for a certificate of the fabric's root, by TLS 1.3.",
        "Without it, whoever reaches a WAN port may ask for everything that is exported; older TLS has broken ciphers, "
        "and a header with a certificate is the word of whoever wrote it.",
        "Let mcwan write the ingress gateways and their policies.",
        lambda evidence: evidence.gateways,
        _clients_verified,
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
