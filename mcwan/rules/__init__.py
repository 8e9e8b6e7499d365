"""Rules: what must hold across the clusters of an environment. Written once; judged by whoever reads the evidence."""

from mcwan.rules import (
    agreement,
    arrivals,
    authorization,
    callers,
    certificates,
    exposure,
    fabric_only,
    federated_imports,
    filters,
    going_on,
    known_hosts,
    listeners,
    meshes,
    organisation,
    protection,
    protocols,
    routes,
    rules_everywhere,
    security,
    targets,
    verification,
    wan_policies,
    whole_upstreams,
)
from mcwan.rules.evidence import Component, Evidence
from mcwan.rules.objects import Object
from mcwan.rules.rule import Level, Options, Rule, Severity, Verdict, Violation, run, violation

RULES: tuple[Rule, ...] = (
    *wan_policies.RULES,
    *listeners.RULES,
    *targets.RULES,
    *routes.RULES,
    *filters.RULES,
    *arrivals.RULES,
    *agreement.RULES,
    *rules_everywhere.RULES,
    *protocols.RULES,
    *going_on.RULES,
    *whole_upstreams.RULES,
    *federated_imports.RULES,
    *known_hosts.RULES,
    *exposure.RULES,
    *protection.RULES,
    *security.RULES,
    *verification.RULES,
    *certificates.RULES,
    *fabric_only.RULES,
    *callers.RULES,
    *authorization.RULES,
    *meshes.RULES,
    *organisation.RULES,
)
"""Every rule, in the order in which they are told."""

__all__ = [
    "RULES",
    "Component",
    "Evidence",
    "Level",
    "Object",
    "Options",
    "Rule",
    "Severity",
    "Verdict",
    "Violation",
    "run",
    "violation",
]
