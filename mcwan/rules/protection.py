"""Where NetworkPolicies protect the WAN ports, they do so on every cluster, and admit the same networks."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from mcwan.plan.names import SERVICE_ANNOTATION
from mcwan.plan.protection import Pods, closed
from mcwan.rules.evidence import Evidence, component_of, listeners, profile_of, role
from mcwan.rules.home import led_home
from mcwan.rules.likeness import Tally, difference
from mcwan.rules.objects import Object, items, mapping, number, text, texts, value
from mcwan.rules.pods import PROFILES, has, labels_of, namespace_of, selects
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, grouped
from mcwan.rules.words import listed, said

_REMEDY = "write sources of every cluster, mcwan:clusters.CLUSTER.sources, and let mcwan write the NetworkPolicies"
_Admitted = tuple[tuple[str, ...], tuple[int | None, ...]]
"""Networks and ports."""
_NAME = "kubernetes.io/metadata.name"
"""The label of a namespace that has its name."""


@lru_cache(maxsize=1)
def _everywhere(evidence: Evidence) -> Tally[_Admitted]:
    return Tally.of(evidence.of_kind("NetworkPolicy"), _admitted)


def _admitted(policy: Object) -> Iterator[_Admitted]:
    if component_of(policy) == "ingress-gateway":
        for rule in items(policy.content, "spec", "ingress"):
            networks = [network for one in items(rule, "from") if (network := text(one, "ipBlock", "cidr"))]
            if networks:
                yield tuple(networks), tuple(number(one, "port") for one in items(rule, "ports"))


def _judge(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    """The clusters' own sources are not among what is judged: what most say is taken for them."""
    profile = PROFILES.get(profile_of(gateway))
    known = _everywhere(evidence).most()
    if role(gateway) != "ingress" or profile is None or known is None:
        return
    name, _dot, namespace = text(gateway.annotations, SERVICE_ANNOTATION).partition(".")
    policy = evidence.find(gateway.cluster, "NetworkPolicy", namespace, name)
    if policy is None:
        yield violation(
            f"{gateway} has no NetworkPolicy {namespace}/{name}, and others of the fabric have one", _REMEDY, gateway
        )
        return
    networks, ports = known
    pods = profile.pods(gateway.name, gateway.namespace)
    own = _own(evidence, gateway, policy)
    wanted = closed(pods, networks, [port or 0 for port in ports], profile.METRICS, own)
    if wrong := difference(wanted, mapping(policy.content, "spec"), "spec"):
        yield violation(f"{policy} does not protect the WAN ports as elsewhere: {wrong}", _REMEDY, policy, gateway)
    theirs, doubts = _by_namespace(evidence)
    for one in theirs.get((gateway.cluster, namespace), ()):
        if one is not policy:
            yield from _adds(gateway, one, networks, own)
    if doubt := doubts.get(gateway.cluster):
        raise doubt


@lru_cache(maxsize=1)
def _by_namespace(evidence: Evidence) -> tuple[dict[tuple[str, str], list[Object]], dict[str, UnjudgedError]]:
    return grouped(evidence.of_kind("NetworkPolicy"), lambda one: [((one.cluster, one.namespace), one)])


def _adds(gateway: Object, policy: Object, networks: tuple[str, ...], own: list[Pods]) -> Iterator[Violation]:
    """Tell what another NetworkPolicy admits to the WAN ports of a gateway's pods: what all of them admit adds up."""
    types = list(texts(policy.content, "spec", "policyTypes"))
    rules = list(items(policy.content, "spec", "ingress")) if not types or "Ingress" in types else []
    if not rules or not selects(mapping(policy.content, "spec", "podSelector"), labels_of(gateway)):
        return
    known = [network for one in networks if (network := _network(one))]
    for rule in rules:
        ports = [port for port in sorted(_ports(gateway)) if _opens(rule, port)]
        if not ports:
            continue
        peers = list(items(rule, "from"))
        others = [_called(one) for one in peers if not _admitted_anyway(one, policy.namespace, known, own)]
        if others or not peers:
            yield violation(
                f"{policy} admits {listed(others) or 'everybody'} to {listed(map(str, ports))} of {gateway}, too",
                "remove it, or let it admit to other ports only: what NetworkPolicies admit adds up",
                policy,
                gateway,
            )


def _ports(gateway: Object) -> set[int]:
    return {port for port in listeners(gateway).values() if port is not None}


def _opens(rule: Any, port: int) -> bool:
    """Tell whether a rule admits to a port; without ports, it admits to all. Envoy Gateway calls it `http-PORT`."""
    ports = list(items(rule, "ports"))
    for one in ports:
        first = value(one, "port")
        last = number(one, "endPort") or number(one, "port")
        through = (number(one, "port") or 0) <= port <= (last or 0) or text(one, "port").endswith(f"-{port}")
        if (text(one, "protocol") or "TCP") == "TCP" and (first is None or through):
            return True
    return not ports


def _admitted_anyway(peer: Any, namespace: str, networks: list[IPv4Network | IPv6Network], own: list[Pods]) -> bool:
    if cidr := text(peer, "ipBlock", "cidr"):
        network = _network(cidr)
        return any(type(one) is type(network) and network.subnet_of(one) for one in networks)  # type: ignore[arg-type]
    pods, where = mapping(peer, "podSelector", "matchLabels"), {_NAME: namespace}
    if value(peer, "namespaceSelector") is not None:
        where = dict(mapping(peer, "namespaceSelector", "matchLabels"))
    return any(has(one.labels, pods) and has({_NAME: one.namespace}, where) for one in own)


def _network(written: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(written, strict=False)
    except ValueError:
        return None


def _called(peer: Any) -> str:
    return said(text(peer, "ipBlock", "cidr") or "other pods")


def _own(evidence: Evidence, gateway: Object, policy: Object) -> list[Pods]:
    """Give the pods of the cluster's own egress gateways that have to be admitted, and those that are."""
    there = [one for rule in items(policy.content, "spec", "ingress") for one in items(rule, "from")]
    sending = [one.egress for one in led_home(evidence, gateway.cluster) if one.ingress is gateway]
    found = []
    for one in evidence.of_kind("Gateway"):
        if one.cluster == gateway.cluster and role(one) == "egress":
            namespace = namespace_of(one)
            for name, profile in PROFILES.items():
                pods = Pods(namespace, profile.pods(one.name, one.namespace))
                if pods.peer in there or (one in sending and profile_of(one) == name):
                    found.append(pods)
    return found


RULES = (
    Rule(
        "wan-ports-protected",
        "Where NetworkPolicies protect the WAN ports, each admits the same networks, and nobody else.",
        "A WAN port in plaintext admits whoever reaches it; one with TLS is reached by whoever tries.",
        "Write the sources of every cluster, and let mcwan write the NetworkPolicies.",
        lambda evidence: evidence.gateways,
        _judge,
        severity=Severity.CRITICAL,
    ),
)
