"""Diagnosis: whether clusters are as an environment needs them, each check by a function over evidence."""

from collections.abc import Mapping

from mcwan.doctor import addresses, certificates, dns, gateways, meshes, probes, reach, served, wan_policies
from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import VERDICTS, Finding, Judge, Verdict, merged

__all__ = ["CHECKS", "VERDICTS", "Evidence", "Finding", "Verdict", "diagnose"]

CHECKS: Mapping[str, Judge] = {
    "reachable": reach.reachable,
    "rights": reach.rights,
    "clusters-distinct": reach.distinct,
    "description": reach.description,
    "definitions-served": served.definitions,
    "gateway-class": served.gateway_class,
    "gateway-features": served.features,
    "namespaces-there": served.namespaces,
    "addresses-apart": addresses.apart,
    "addresses-private": addresses.private,
    "ports-free": wan_policies.ports_free,
    "ports-equal": wan_policies.ports_equal,
    "wan-policies-equal": wan_policies.equal,
    "gateways-programmed": gateways.programmed,
    "certificates-valid": certificates.valid,
    "certificates-of-one-root": certificates.one_root,
    "trust-domains-equal": meshes.trust_domains,
    "meshes-of-one-root": meshes.one_root,
    "mesh-names-free": meshes.names_free,
    "ambient-as-described": meshes.ambient,
    dns.CHECK: dns.answers,
    probes.CHECK: probes.leave,
}
"""Every check by its name, in the order in which they help: what is below is known once what is above is well."""


def diagnose(evidence: Evidence) -> tuple[Finding, ...]:
    """Run every check."""
    return merged(one for judge in CHECKS.values() for one in judge(evidence))
