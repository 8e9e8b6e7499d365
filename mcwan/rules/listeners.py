"""Every ingress gateway listens on just the WAN ports: a listener per WAN policy, called as the policy."""

from collections.abc import Iterator

from mcwan.rules.evidence import Evidence, listeners
from mcwan.rules.objects import Object, number
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.words import said


def _is_policy(evidence: Evidence, gateway: Object, _: Options) -> Iterator[Violation]:
    for name, port in listeners(gateway).items():
        policy = evidence.find(gateway.cluster, "WANPolicy", "", name)
        if policy is None:
            yield violation(
                f"{gateway} listens on port {said(port)} as {name!r}, which is no WAN policy there",
                f"remove the listener, or write mcwan:wanPolicies.{name}",
                gateway,
            )
        elif (wanted := number(policy.content, "spec", "port")) != port:
            yield violation(
                f"{gateway} listens for policy {name} on port {said(port)}, and the policy's port is {said(wanted)}",
                f"set mcwan:wanPolicies.{name}.port once, and let nothing else write that Gateway",
                gateway,
                policy,
            )


def _is_there(evidence: Evidence, policy: Object, _: Options) -> Iterator[Violation]:
    gateway = evidence.ingress_gateway(policy.cluster)
    if gateway is None:
        yield violation(
            f"policy {policy.name} has no ingress gateway on {policy.cluster}",
            "deploy the whole fabric: every cluster needs its ingress gateway",
            policy,
        )
    elif policy.name not in listeners(gateway):
        yield violation(
            f"{gateway} has no listener for policy {policy.name}",
            "let mcwan write that Gateway: it listens for every WAN policy",
            gateway,
            policy,
        )


RULES = (
    Rule(
        "listener-is-wan-policy",
        "Every listener of an ingress gateway is a WAN policy, on its port.",
        "A listener that is no WAN policy is a way into the cluster that the SD-WAN classifies by chance.",
        "Let mcwan write the ingress gateways; remove other listeners.",
        lambda evidence: evidence.ingress_gateways,
        _is_policy,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "wan-policy-has-listener",
        "Every WAN policy has its listener on every cluster's ingress gateway.",
        "Requests of a policy without a listener arrive at a closed port.",
        "Let mcwan write the ingress gateways: they listen for every WAN policy.",
        lambda evidence: evidence.of_kind("WANPolicy"),
        _is_there,
    ),
)
