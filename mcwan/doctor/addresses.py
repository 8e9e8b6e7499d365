"""Addresses of clusters: apart from each other, and not of the Internet."""

from collections.abc import Iterator
from ipaddress import ip_address
from itertools import combinations, permutations
from typing import Any

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, each
from mcwan.facts.surveyed import Survey
from mcwan.model.labels import ENVOY_GATEWAY_NAMESPACE
from mcwan.plan.names import NAMESPACE
from mcwan.rules.exposure import is_public


def apart(evidence: Evidence) -> Iterator[Finding]:
    """No two clusters have the same addresses or sources: the SD-WAN could not tell where a packet goes to."""
    check, wrong = "addresses-apart", False
    for problem, remedy, pair in _overlaps(evidence):
        wrong = True
        yield Finding(check, "failed", pair, problem, remedy)
    if not wrong:
        yield Finding(check, "ok", evidence.names, "their addresses and sources are apart, as far as they are known")


def _overlaps(evidence: Evidence) -> Iterator[tuple[str, str, tuple[str, str]]]:
    clusters = evidence.description.clusters
    for one, other in _pairs(evidence):
        for address in sorted(set(evidence.addresses(one)) & set(evidence.addresses(other))):
            yield f"{one} and {other} are both reached at {address}", "give each an address of its own", (one, other)
        for left in clusters[one].sources:
            for right in clusters[other].sources:
                if left.version == right.version and left.overlaps(right):
                    said = f"the sources {left} of {one} and {right} of {other} overlap"
                    yield said, "write the networks that each has for itself, or number one anew", (one, other)
    for one, other in (pair for two in _pairs(evidence) for pair in permutations(two)):
        for address in evidence.addresses(one):
            for network in clusters[other].sources:
                if ip_address(address) in network:
                    said = f"{one} is reached at {address}, which is in the sources {network} of {other}"
                    yield said, "correct ingress.addresses or sources", (one, other)


def _pairs(evidence: Evidence) -> list[tuple[str, str]]:
    """Give each two clusters of which one is in view."""
    return [two for two in combinations(sorted(evidence.description.clusters), 2) if set(two) & set(evidence.names)]


def private(evidence: Evidence) -> Iterator[Finding]:
    """No gateway is at an address of the Internet, also not by what a provider gave it."""

    def judge(name: str, survey: Survey) -> Iterator[Found]:
        public = [f"the ingress gateway is at {one}" for one in evidence.addresses(name) if is_public(one)]
        for gateway in survey.gateways or ():
            if gateway["metadata"]["namespace"] == NAMESPACE:
                public += [
                    f"Gateway {gateway['metadata']['name']} is at {address}"
                    for one in (gateway.get("status") or {}).get("addresses") or ()
                    if is_public(address := one.get("value", ""))
                ]
        for service in survey.services or ():
            if service["metadata"]["namespace"] == NAMESPACE or _of_gateway(service):
                called = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
                public += [f"Service {called} is at {one}" for one in given(service) if is_public(one)]
        for said in dict.fromkeys(public):
            yield "failed", f"{said}, an address of the Internet", "use an internal load balancer or private nodes"
        if not public:
            yield "ok", "no gateway is at an address of the Internet", ""

    return each("addresses-private", evidence, "services", judge)


def given(service: Any) -> list[str]:
    """Give where a Service is reached from outside of its cluster, but for nodes."""
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    found = [one.get("ip") for one in balancer.get("ingress") or ()]
    return [one for one in (*found, *(service["spec"].get("externalIPs") or ())) if one]


def _of_gateway(service: Any) -> bool:
    return (service["metadata"].get("labels") or {}).get(ENVOY_GATEWAY_NAMESPACE) == NAMESPACE
