"""Clusters are reached, may be read, are what the description needs, and are not the same."""

from collections.abc import Iterator
from itertools import combinations

from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, each, unknown
from mcwan.facts.report import Failure
from mcwan.facts.surveyed import Survey


def reachable(evidence: Evidence) -> Iterator[Finding]:
    """Each cluster answers."""
    for name in evidence.names:
        survey = evidence.surveys.get(name)
        if isinstance(survey, Failure):
            yield Finding("reachable", "failed", (name,), survey.problem, survey.remedy)
        elif survey is None:
            verdict, said, remedy = unknown(evidence, name)
            yield Finding("reachable", verdict, (name,), said, remedy)
        else:
            yield Finding("reachable", "ok", (name,), "it answers")


def rights(evidence: Evidence) -> Iterator[Finding]:
    """Each cluster lets everything be read that is needed."""

    def judge(_: str, survey: Survey) -> Iterator[Found]:
        lost = dict.fromkeys((*survey.reading.failures.values(), *survey.failures.values()))
        for one in lost:
            yield "failed", one.problem, one.remedy
        if not lost:
            yield "ok", "everything can be read", ""

    return each("rights", evidence, "reading", judge)


def description(evidence: Evidence) -> Iterator[Finding]:
    """The description holds together with what is known of the clusters."""
    for one in evidence.mistakes:
        about = [name for name in one.place[1:2] if name in evidence.description.clusters]
        clusters = tuple(str(name) for name in about) or evidence.names
        if set(clusters) & set(evidence.names):
            said = f"{one.value}: {one.problem}" if one.value else one.problem
            yield Finding("description", "failed", clusters, said, one.remedy)
    if not evidence.mistakes:
        yield Finding("description", "ok", evidence.names, "the stack file agrees with what is known of the clusters")


def distinct(evidence: Evidence) -> Iterator[Finding]:
    """No two clusters of the stack are the same API server."""
    check, part = "clusters-distinct", "uid"
    same: set[str] = set()
    for (one, first), (other, second) in combinations(sorted(evidence.read.items()), 2):
        if first.uid is not None and first.uid == second.uid:
            same |= {one, other}
            said = f"{one} and {other} are the same cluster: their namespace kube-system has the uid {first.uid}"
            yield Finding(check, "failed", (one, other), said, "write the context or kubeconfig of each")

    def judge(name: str, _: Survey) -> Iterator[Found]:
        if name not in same:
            yield "ok", "it is no other cluster of the stack", ""

    yield from each(check, evidence, part, judge)
