"""Envoy Gateway sends PINGs by HTTP/2 only: its targets say that it is spoken, where the other side speaks TLS."""

from collections.abc import Iterator

from mcwan.gateways.envoy_gateway import TARGET_PROTOCOL
from mcwan.rules.evidence import Evidence, profile_of
from mcwan.rules.objects import Object, items, number, text
from mcwan.rules.rule import Violation, violation
from mcwan.rules.tls import secure_ports
from mcwan.rules.upstreams import sent
from mcwan.rules.words import said


def speaking(evidence: Evidence, route: Object) -> Iterator[Violation]:
    """Tell of the ports of a route's targets by which HTTP/2 should be spoken, and is not. Raises UnjudgedError.

    Of a gateway without a profile that has PINGs is not known that it speaks HTTP/2.
    """
    for one in sent(evidence, route):
        service = evidence.find(route.cluster, "Service", one.to.namespace, one.to.name) if one.first else None
        if service is None or not profile_of(one.gateway) or one.port not in secure_ports(one.gateway):
            continue
        for port in items(service.content, "spec", "ports"):
            spoken = text(port, "appProtocol")
            if number(port, "port") != one.to.port or spoken == TARGET_PROTOCOL:
                continue
            policy = evidence.find(route.cluster, "WANPolicy", "", text(port, "name"))
            if policy is not None and text(policy.content, "spec", "tls") == "mutual":
                yield violation(
                    f"{service}, port {said(one.to.port)} has appProtocol {said(spoken or None)}, and should have "
                    f"{TARGET_PROTOCOL}: lost connections are noticed by HTTP/2 only",
                    "let mcwan write targets",
                    service,
                    one.gateway,
                )
