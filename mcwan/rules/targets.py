"""Targets lead where they say: their addresses are the remote cluster's ingress, their ports are listeners there."""

from collections.abc import Iterator

from mcwan.plan.names import ADDRESSES_ANNOTATION, NAMESPACE
from mcwan.rules.evidence import SOURCE_CLUSTER, Evidence, export_of, listeners
from mcwan.rules.objects import Object, items, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.words import listed, said

_OURS = "endpointslice.kubernetes.io/managed-by"


def slices(evidence: Evidence) -> list[Object]:
    """Give the EndpointSlices that stand for remote ingress gateways."""
    return [one for one in evidence.of_kind("EndpointSlice") if _for_wan(one)]


def gateways_behind(evidence: Evidence, one: Object) -> list[Object]:
    """Give the remote ingress gateways that a target or a shadow Service, or a slice of it, stands for.

    A target names its cluster; a shadow Service stands for all clusters that export the service, but its own.
    """
    export, remote = export_of(one), one.label(SOURCE_CLUSTER)
    offering = [found.cluster for found in evidence.exports.get(export, ())] if export else []
    clusters = [remote] if remote else [cluster for cluster in offering if cluster != one.cluster]
    found = [
        evidence.ingress_gateway(cluster, export) or evidence.ingress_gateway(cluster)
        for cluster in clusters
        if cluster in evidence.clusters
    ]
    return [gateway for gateway in found if gateway is not None]


def _addresses(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    behind = gateways_behind(evidence, one)
    known = {
        address.strip()
        for gateway in behind
        for address in text(gateway.annotations, ADDRESSES_ANNOTATION).split(",")
        if address.strip()
    }
    for endpoint in items(one.content, "endpoints"):
        for address in items(endpoint, "addresses"):
            if known and address not in known:
                yield violation(
                    f"{one} sends to {said(address)}; {listed(map(str, behind))} "
                    f"{'are' if len(behind) > 1 else 'is'} reached at {listed(sorted(known))}",
                    f"write the address once: mcwan:clusters.{behind[0].cluster}.ingress.addresses",
                    one,
                    *behind,
                )


def _ports(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    behind = gateways_behind(evidence, one)
    ports = items(one.content, "ports") if one.kind == "EndpointSlice" else items(one.content, "spec", "ports")
    for item in ports:
        called, port = text(item, "name"), number(item, "port" if one.kind == "EndpointSlice" else "targetPort")
        for gateway in behind:
            there = listeners(gateway)
            if port not in there.values():
                yield violation(
                    f"{one} leads to port {said(port)}, and {gateway} has no listener there",
                    "let mcwan write both: a target has a port per WAN policy",
                    one,
                    gateway,
                )
            elif called in there and there[called] != port:
                yield violation(
                    f"{one} leads to port {said(port)} for policy {called}, and {gateway} listens for it on port "
                    f"{said(there[called])}",
                    f"set mcwan:wanPolicies.{called}.port once, and let nothing else write targets",
                    one,
                    gateway,
                )


def _targets(evidence: Evidence) -> list[Object]:
    return slices(evidence) + [one for one in evidence.of_kind("Service") if one.labels.get(SOURCE_CLUSTER)]


def _for_wan(one: Object) -> bool:
    return one.labels.get(_OURS) == "mcwan" or one.content.get("metadata", {}).get("namespace") == NAMESPACE


RULES = (
    Rule(
        "target-address",
        "Every address that a target sends to is the remote cluster's ingress address.",
        "A target with another cluster's address sends requests to services that were never asked.",
        "Write a cluster's ingress addresses once, in the stack.",
        slices,
        _addresses,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "target-port",
        "Every port of a target leads to the remote listener of the same WAN policy.",
        "A target's port has to be the remote listener of the same WAN policy: another one is "
        "another tunnel, or nobody.",
        "Let mcwan write the targets on both sides in one update.",
        _targets,
        _ports,
        severity=Severity.CRITICAL,
    ),
)
