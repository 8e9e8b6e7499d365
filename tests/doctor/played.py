"""Clusters that are well, played: evidence that tests change at will."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mcwan.doctor import CHECKS, Evidence, Finding
from mcwan.doctor.finding import merged
from mcwan.facts.report import Class, Failure, Gateway, Reading, Report
from mcwan.facts.rights import DEFINITIONS
from mcwan.facts.surveyed import Certificate, Shown, Survey
from tests.certificates import der, pem
from tests.fabrics import ISSUED, changed, described, planned

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BOTH = ("cluster-1", "cluster-2")
ALL_FEATURES = (
    "BackendTLSPolicy",
    "HTTPRouteBackendTimeout",
    "HTTPRouteHostRewrite",
    "HTTPRouteMethodMatching",
    "HTTPRouteRequestTimeout",
    "HTTPRouteResponseHeaderModification",
)
CERTIFICATE = Certificate(
    NOW - timedelta(days=10),
    NOW + timedelta(days=80),
    "30aa",
    "0102",
    ("ingress.cluster-1.dev.mc-wan.internal", "spiffe://dev.mc-wan.internal/cluster/cluster-2/ingress"),
)
YEARS = timedelta(days=3650)
ROOT = der(NOW - YEARS, NOW + YEARS, own="0102", key="0102")
"""The root of meshes and gateways."""
MESHES = {
    "clusters/cluster-1/mesh": {"trustDomain": "west.example"},
    "clusters/cluster-2/mesh": {"trustDomain": "east.example"},
}
LATE = Failure(problem="it does not answer in time", remedy="see that it is up")


def raw(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give the example, whose clusters are reached, with changes."""
    found = changed(changes or {}, described(tls=ISSUED))
    for name in BOTH:
        found["clusters"][name].pop("renderTo", None)
        found["clusters"][name]["context"] = name
    return found


def evidence(changes: Mapping[str, Any] | None = None) -> Evidence:
    """Give evidence of two clusters with nothing wrong."""
    plan = planned(raw(changes), name="dev")
    manifests = {name: [one.manifest for one in plan.objects if one.cluster == name] for name in BOTH}
    surveys: dict[str, Survey | Failure] = {
        name: Survey(
            Reading(report=_report(plan.fabric.clusters[name].namespaces)),
            f"uid-{name}",
            gateways=tuple(_programmed(one) for one in every if one["kind"] == "Gateway"),
            services=(),
            policies=tuple(one for one in every if one["kind"] == "WANPolicy"),
            roots=pem(ROOT) if plan.fabric.clusters[name].mesh else None,
            mesh=f"trustDomain: {mesh.trust_domain}\n" if (mesh := plan.fabric.clusters[name].mesh) else None,
        )
        for name, every in manifests.items()
    }
    shown = tuple(
        Shown(name, f"198.51.100.1{number}", port, (CERTIFICATE,))
        for number, name in enumerate(BOTH, 1)
        for port in (31111, 31112)
    )
    return Evidence(plan.fabric, BOTH, NOW, plan, surveys=surveys, shown=shown)


def survey(found: Evidence, name: str, **changes: Any) -> Evidence:
    """Change what one cluster said."""
    said = found.surveys[name]
    assert isinstance(said, Survey)
    return replace(found, surveys={**found.surveys, name: replace(said, **changes)})


def report(found: Evidence, name: str, **changes: Any) -> Evidence:
    """Change the facts of one cluster."""
    said = found.surveys[name]
    assert isinstance(said, Survey)
    assert said.reading.report is not None
    return survey(found, name, reading=Reading(report=said.reading.report.model_copy(update=changes)))


def judged(check: str, found: Evidence) -> tuple[Finding, ...]:
    """Run one check."""
    return merged(CHECKS[check](found))


def _report(namespaces: tuple[str, ...]) -> Report:
    return Report(
        at="2026-11-25T12:00:00Z",
        namespaces=("default", *namespaces),
        gateways={"mc-wan-ingress.mc-wan": Gateway(programmed=True)},
        classes={"envoy-gateway": Class(accepted=True, features=ALL_FEATURES)},
        served={one: ("v1",) if "gateway" in one else ("v1beta1",) for one in DEFINITIONS},
    )


def _programmed(gateway: Mapping[str, Any]) -> dict[str, Any]:
    good = [{"type": one, "status": "True"} for one in ("Accepted", "ResolvedRefs", "Programmed")]
    listeners = [{"name": one["name"], "conditions": good} for one in gateway["spec"]["listeners"]]
    return {**gateway, "status": {"conditions": good, "listeners": listeners}}
