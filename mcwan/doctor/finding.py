"""What a check found, and what checks have in common."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mcwan.doctor.evidence import Evidence
from mcwan.facts.surveyed import Survey

Verdict = Literal["ok", "warning", "failed", "not known"]
VERDICTS: tuple[Verdict, ...] = ("failed", "warning", "not known", "ok")
"""The worst first."""
PAGE = "docs/how-to/doctor.md"


@dataclass(frozen=True)
class Finding:
    """A check's verdict on some clusters: what is so, and the remedy if there is one."""

    check: str
    verdict: Verdict
    clusters: tuple[str, ...]
    sentence: str
    remedy: str = ""

    @property
    def docs(self) -> str:
        """Where the check is explained."""
        return f"{PAGE}#{self.check}"


Judge = Callable[[Evidence], Iterable[Finding]]
Found = tuple[Verdict, str, str]
"""Of one cluster: verdict, sentence, remedy."""


def each(
    check: str, evidence: Evidence, part: str, judge: Callable[[str, Survey], Iterable[Found]]
) -> Iterator[Finding]:
    """Judge each cluster of which a part is known: `report.classes`, say, or `gateways`. Of the others it is not."""
    for name in evidence.names:
        survey = evidence.surveys.get(name)
        found: Iterable[Found]
        if not isinstance(survey, Survey):
            found = [unknown(evidence, name)]
        elif not _has(survey, part):
            found = [("not known", f"{part.removeprefix('report.')} could not be read", "see the check rights")]
        else:
            found = judge(name, survey)
        yield from (Finding(check, verdict, (name,), said, remedy) for verdict, said, remedy in found)


def unknown(evidence: Evidence, name: str) -> Found:
    """Say why nothing is known of a cluster."""
    if evidence.description.clusters[name].render_to is not None:
        return "not known", "it is rendered, not reached", "see there by hand"
    return "not known", "it could not be read", "see the check reachable"


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put together what is the same of several clusters."""
    clusters: dict[tuple[str, Verdict, str, str], set[str]] = {}
    for one in findings:
        clusters.setdefault((one.check, one.verdict, one.sentence, one.remedy), set()).update(one.clusters)
    return tuple(
        Finding(check, verdict, tuple(sorted(names)), sentence, remedy)
        for (check, verdict, sentence, remedy), names in clusters.items()
    )


def condition(conditions: Iterable[Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    """Give a condition by its type; an empty one if it is not there."""
    return next((one for one in conditions if one.get("type") == kind), {})


def _has(survey: Survey, part: str) -> bool:
    section = part.removeprefix("report.")
    return getattr(survey.reading.report if section != part else survey, section, None) is not None
