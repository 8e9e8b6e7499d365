"""Where NetworkPolicies protect the WAN ports, they do so on every cluster, and admit the same networks."""

from collections.abc import Iterator
from functools import lru_cache

from mcwan.gateways import envoy_gateway, istio
from mcwan.plan.names import SERVICE_ANNOTATION
from mcwan.plan.protection import Pods, closed
from mcwan.rules.evidence import Evidence, component_of, profile_of, role
from mcwan.rules.home import led_home
from mcwan.rules.likeness import Tally, difference
from mcwan.rules.objects import Object, items, mapping, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation

_REMEDY = "write sources of every cluster, mcwan:clusters.CLUSTER.sources, and let mcwan write the NetworkPolicies"
_Admitted = tuple[tuple[str, ...], tuple[int | None, ...]]
"""Networks and ports."""
_PROFILES = {"envoy-gateway": envoy_gateway, "istio": istio}


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
    profile = _PROFILES.get(profile_of(gateway))
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


def _own(evidence: Evidence, gateway: Object, policy: Object) -> list[Pods]:
    """Give the pods of the cluster's own egress gateways that have to be admitted, and those that are."""
    there = [one for rule in items(policy.content, "spec", "ingress") for one in items(rule, "from")]
    sending = [one.egress for one in led_home(evidence, gateway.cluster) if one.ingress is gateway]
    found = []
    for one in evidence.of_kind("Gateway"):
        if one.cluster == gateway.cluster and role(one) == "egress":
            namespace = text(one.annotations, SERVICE_ANNOTATION).partition(".")[2]
            for name, profile in _PROFILES.items():
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
