"""Whom the fabric admits, nobody refuses altogether: by a policy that lets nobody in, or that refuses everybody."""

from collections.abc import Iterable, Iterator
from typing import Any

from mcwan.rules.bearing import borne_on, borne_on_by_istio, some
from mcwan.rules.evidence import Evidence, component_of, listeners, role
from mcwan.rules.objects import Object, items, mapping, text, texts, value
from mcwan.rules.rule import Options, Rule, Violation, violation
from mcwan.rules.tls import secure_listeners
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.words import listed

_REMEDY = (
    "remove it, or let it admit the fabric's gateways; who may call an export, say in mcwan:exports[].callers of it"
)
_OWN = ("ingress-gateway", "ingress-route")
"""What policies of mcwan's are for that refuse: clients-of-this-fabric and callers-enforced compare them whole."""
_DRY_RUN = "istio.io/dry-run"
_EVERY = ("0.0.0.0/0", "::/0")
_ANY = {"hosts": ("*",), "paths": ("*", "/*"), "methods": ("*",), "ports": ("*",)}
"""What Istio takes for any value of a part of an operation."""


def _judge(evidence: Evidence, policy: Object, _: Options) -> Iterator[Violation]:
    if policy.kind == "SecurityPolicy":
        if to := borne_on(evidence, policy):
            what = f"{policy} refuses everybody at {some(to)}: {_lets_nobody_in(policy)}"
            yield violation(f"{what}; mcwan's admit the fabric's gateways", _REMEDY, policy, to[0])
        return
    for gateway in borne_on_by_istio(evidence, policy):
        if _is_allow(policy):
            if not _is_allowed_otherwise(evidence, policy, gateway):
                what = f"{policy} lets nobody in at {gateway}: it allows, has no rules, and nothing else allows anybody"
                yield violation(f"{what}; mcwan's admit the fabric's gateways", _REMEDY, policy, gateway)
            continue
        for rule in items(policy.content, "spec", "rules"):
            for which in _refused(evidence, rule, gateway):
                what = f"{policy} refuses everybody {which} at {gateway}"
                yield violation(f"{what}; mcwan's admit the fabric's gateways", _REMEDY, policy, gateway)


# Envoy Gateway.


def _lets_nobody_in(policy: Object) -> str:
    """Say how a SecurityPolicy refuses everybody; empty if it does not. The first rule that matches decides.

    Whether requests have a token, a password or a cookie that another part asks for is not known here. Raises
    UnjudgedError.
    """
    if value(policy.content, "spec", "authorization") is None:
        return ""
    for rule in items(policy.content, "spec", "authorization", "rules"):
        if text(rule, "action") != "Deny":
            return ""
        if _is_for_all(rule):
            return "a rule denies every request"
    default = text(policy.content, "spec", "authorization", "defaultAction")
    if (default or "Deny") != "Deny":
        return ""
    return f"its default action is {default or 'Deny, as it says none'}, and no rule allows anybody"


def _is_for_all(rule: Any) -> bool:
    """Tell whether a rule is for every request: for every operation, and every address or no principal at all."""
    principal = mapping(rule, "principal")
    addresses = set(texts(principal, "clientCIDRs"))
    everybody = not principal or (set(principal) == {"clientCIDRs"} and bool(addresses & {*_EVERY}))
    return everybody and not mapping(rule, "operation") and not text(rule, "cel")


# Istio.


def _is_allow(policy: Object) -> bool:
    return text(policy.content, "spec", "action") in ("", "ALLOW")


def _is_in_force(policy: Object) -> bool:
    return text(policy.annotations, _DRY_RUN) != "true"


def _is_allowed_otherwise(evidence: Evidence, policy: Object, gateway: Object) -> bool:
    """Tell whether another policy for a gateway allows somebody: what any of them allows is let in."""
    others = (one for one in evidence.of_kind("AuthorizationPolicy") if one.cluster == policy.cluster)
    return any(
        _is_allow(one) and _is_in_force(one) and _has_rules(one) and gateway in borne_on_by_istio(evidence, one)
        for one in others
    )


def _has_rules(policy: Object) -> bool:
    return any(True for _ in items(policy.content, "spec", "rules"))


def _refused(evidence: Evidence, rule: Any, gateway: Object) -> Iterator[str]:
    """Say which requests a rule of a policy that denies is for, if it is for those of everybody."""
    origins = [mapping(one, "source") for one in items(rule, "from")]
    if any(True for _ in items(rule, "when")) or (origins and not any(_is_everybody(one, gateway) for one in origins)):
        return
    operations = [mapping(one, "operation") for one in items(rule, "to")]
    if not operations or any(_is_any(one) for one in operations):
        yield "altogether"
        return
    for one in operations:
        rest = {key: it for key, it in one.items() if key in ("hosts", "ports") and not _is_any({key: it})}
        if set(rest) == {"hosts"} and _is_any({key: it for key, it in one.items() if key != "hosts"}):
            asked = [
                host for host in _hosts(evidence, gateway) if any(_is_like(host, it) for it in texts(one, "hosts"))
            ]
            yield from ([f"who asks for {asked[0]}"] if asked else [])
        if set(rest) == {"ports"} and _is_any({key: it for key, it in one.items() if key != "ports"}):
            there = sorted(str(port) for port in listeners(gateway).values() if port is not None)
            asked = [port for port in there if port in texts(one, "ports")]
            yield from ([f"on port {listed(asked)}"] if asked else [])


def _is_everybody(source: Any, gateway: Object) -> bool:
    """Tell whether a source is whoever asks. Where TLS asks for certificates, everybody has an identity."""
    secure = role(gateway) == "ingress" and bool(secure_listeners(gateway))
    known = {"ipBlocks": _EVERY, "remoteIpBlocks": _EVERY, **({"principals": ("*",)} if secure else {})}
    return all(key in known and set(texts(source, key)) & {*known[key]} for key in source)


def _is_any(operation: Any) -> bool:
    return all(key in _ANY and set(texts(operation, key)) & {*_ANY[key]} for key in operation)


def _is_like(host: str, pattern: str) -> bool:
    """Tell whether a host name is as Istio's pattern says: exact, or one that begins or ends so."""
    if pattern.endswith("*"):
        return host.startswith(pattern[:-1].lower())
    return host.endswith(pattern[1:].lower()) if pattern.startswith("*") else host == pattern.lower()


def _hosts(evidence: Evidence, gateway: Object) -> list[str]:
    """Give the host names that a gateway admits. Raises UnjudgedError."""
    called = f"{gateway.namespace}/{gateway.name}"
    found = {one.hostname for one in evidence.claims if (one.cluster, one.gateway) == (gateway.cluster, called)}
    if doubt := evidence.unread.get(gateway.cluster):
        raise doubt
    return sorted(found)


def _subjects(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return [
        *chosen(evidence.of_kind("SecurityPolicy"), lambda one: _lets_nobody_in(one) and component_of(one) not in _OWN),
        *chosen(evidence.of_kind("AuthorizationPolicy"), lambda one: _is_in_force(one) and _may_refuse(one)),
    ]


def _may_refuse(policy: Object) -> bool:
    """Tell whether a policy of Istio's, and not of mcwan's, denies something, or allows nothing."""
    if component_of(policy) in _OWN:
        return False
    return not _has_rules(policy) if _is_allow(policy) else text(policy.content, "spec", "action") == "DENY"


RULES = (
    Rule(
        "clients-admitted",
        "No policy refuses everybody whom the fabric's gateways admit.",
        "A policy that lets nobody in, at a gateway or a route of the fabric, or for all of a mesh, refuses what other "
        "clusters send: an import that is whole answers 403 all the same.",
        "Let policies of others be for their own Gateways and workloads, or admit the fabric's gateways.",
        _subjects,
        _judge,
    ),
)
