"""Clusters serve what the plan is made of: definitions, a GatewayClass, namespaces."""

from collections.abc import Iterator

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, each
from mcwan.facts.report import Report, newest
from mcwan.facts.surveyed import Survey
from mcwan.gateways.supported import needed

_GATEWAY_API, _MCS_API = "gateway.networking.k8s.io", "multicluster.x-k8s.io"


def definitions(evidence: Evidence) -> Iterator[Finding]:
    """Gateway API is served in v1, and the MCS API in the version that the cluster is described with."""

    def judge(name: str, survey: Survey) -> Iterator[Found]:
        version = evidence.description.clusters[name].mcs_api
        served = _report(survey).served or {}
        wrong = False
        for definition, versions in sorted(served.items()):
            has = ", ".join(versions) or "nothing"
            if definition.endswith(_GATEWAY_API) and "v1" not in versions:
                wrong = True
                remedy = "install the standard channel of Gateway API 1.0 or newer"
                yield "failed", f"{definition} is not served in v1, but in: {has}", remedy
            elif definition.endswith(_MCS_API) and version not in versions:
                wrong = True
                other = newest(versions)
                remedy = f"write mcsApi: {other} for it" if other else "install the definitions of sigs.k8s.io/mcs-api"
                yield "failed", f"{definition} is not served in {version}, but in: {has}", remedy
        if not wrong:
            yield "ok", f"Gateway API v1 and the MCS API {version} are served", ""

    return each("definitions-served", evidence, "report.served", judge)


def gateway_class(evidence: Evidence) -> Iterator[Finding]:
    """The cluster's GatewayClass is there, and a controller takes it."""

    def judge(name: str, survey: Survey) -> Iterator[Found]:
        called = evidence.description.clusters[name].gateway.class_name
        known = (_report(survey).classes or {}).get(called)
        if known is None:
            remedy = f"make it, or write mcwan:clusters.{name}.gateway.class"
            yield "failed", f"there is no GatewayClass {called}", remedy
        elif not known.accepted:
            remedy = "see that its controller runs, and what its status says"
            yield "failed", f"GatewayClass {called} is not accepted", remedy
        else:
            yield "ok", f"GatewayClass {called} is accepted", ""

    return each("gateway-class", evidence, "report.classes", judge)


def features(evidence: Evidence) -> Iterator[Finding]:
    """The GatewayClass supports what the plan needs, as far as it says."""

    def judge(name: str, survey: Survey) -> Iterator[Found]:
        called = evidence.description.clusters[name].gateway.class_name
        known = (_report(survey).classes or {}).get(called)
        if evidence.plan is None:
            yield "not known", "what is needed is not known", "see the check description"
        elif known is None or not known.features:
            yield "not known", f"GatewayClass {called} does not say what it supports", "see its documentation"
        else:
            lacking = {one: user for one, user in needed(evidence.plan, name).items() if one not in known.features}
            for one, user in lacking.items():
                said = f"GatewayClass {called} does not list {one}, which {user} needs"
                yield "failed", said, "use a GatewayClass that does, or describe the environment without it"
            if not lacking:
                yield "ok", f"GatewayClass {called} supports what is needed", ""

    return each("gateway-features", evidence, "report.classes", judge)


def namespaces(evidence: Evidence) -> Iterator[Finding]:
    """The namespaces that the description says of a cluster are there."""

    def judge(name: str, survey: Survey) -> Iterator[Found]:
        there = set(_report(survey).namespaces or ())
        missing = sorted(set(evidence.description.clusters[name].namespaces) - there)
        for one in missing:
            remedy = f"make it, or take it out of mcwan:clusters.{name}.namespaces"
            yield "failed", f"there is no namespace {one}", remedy
        if not missing:
            yield "ok", "its namespaces are there", ""

    return each("namespaces-there", evidence, "report.namespaces", judge)


def _report(survey: Survey) -> Report:
    """Give the report that a check's part is of; `each` has seen that there is one."""
    assert survey.reading.report is not None  # noqa: S101
    return survey.reading.report
