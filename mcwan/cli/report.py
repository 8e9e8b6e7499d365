"""What rules found, told: on a terminal, in a pull request, to other programs."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import yaml

from mcwan import __version__
from mcwan.cli.markdown import MOST_ROWS, cell
from mcwan.rules import Evidence, Level, Rule, Verdict, Violation
from mcwan.rules.settings import Settings, judge
from mcwan.rules.words import many

_RUN = (Level.MANDATORY, Level.ADVISORY)
_SARIF = {Level.MANDATORY: "error", Level.ADVISORY: "warning"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FAILED = "report that, and disable the rule until then"


@dataclass(frozen=True)
class Report:
    """Every rule's verdict on an environment. `judged` is a path: of a stack file, a directory or a state.

    `file` is where violations lie that are of no object written in a file of its own; empty if there is none.
    """

    judged: str
    objects: int
    verdicts: tuple[Verdict, ...]
    levels: Mapping[str, Level]
    file: str = ""

    @property
    def refused(self) -> bool:
        """Whether a mandatory rule is violated, or failed itself."""
        mandatory = [one for one in self.verdicts if self.levels[one.rule.name] is Level.MANDATORY]
        return any(one.violations or one.failure for one in mandatory)

    def at(self, level: Level) -> list[tuple[Rule, Violation]]:
        """Give the violations of the rules of a level."""
        found = [one for one in self.verdicts if self.levels[one.rule.name] is level]
        return [(one.rule, violation) for one in found for violation in one.violations]

    def unjudged(self) -> list[tuple[Rule, str]]:
        """Give what rules could not judge."""
        return [(one.rule, what) for one in self.verdicts for what in one.unjudged]

    def failures(self) -> list[tuple[Rule, str]]:
        """Give the rules that failed, and where."""
        return [(one.rule, one.failure) for one in self.verdicts if one.failure]


def report(judged: str, evidence: Evidence, settings: Settings) -> Report:
    """Judge an environment. Raises SourceError if a baseline cannot be read."""
    verdicts = tuple(judge(evidence, settings))
    # code scanning shows no result without a file: what is of no object is told at the first one
    files = {one.place.file for one in evidence.objects if one.place is not None}
    return Report(judged, len(evidence.objects), verdicts, settings.levels, min(files, default=judged))


def counts(found: Report) -> str:
    """Say in a line how many rules judged how many objects, and what came of it."""
    disabled = sum(level is Level.DISABLED for level in found.levels.values())
    ran = f"{many(len(found.verdicts), 'rule')}{f' ({disabled} disabled)' if disabled else ''}"
    wrong = [
        f"{many(len(violations), 'violation')} of {level} rules" for level in _RUN if (violations := found.at(level))
    ]
    parts = [", ".join(wrong)] if wrong else []
    if failures := found.failures():
        parts.append(f"{many(len(failures), 'rule')} failed")
    parts = parts or ["nothing wrong"]
    if unjudged := found.unjudged():
        parts.append(f"{len(unjudged)} not judged")
    return f"{ran}, {many(found.objects, 'object')}: {'; '.join(parts)}"


def plain(found: Report) -> str:
    """Give a line per violation, by level; then what was not judged, and the counts."""
    lines: list[str] = []
    for level in _RUN:
        if violations := found.at(level):
            lines += [f"{level}:", *(_line(rule, f"{one.what}; {one.remedy}") for rule, one in violations)]
    if unjudged := found.unjudged():
        lines += ["not judged:", *(_line(rule, what) for rule, what in unjudged)]
    if failures := found.failures():
        lines += ["failed:", *(_line(rule, f"{where}; {_FAILED}") for rule, where in failures)]
    return "\n".join([*lines, counts(found)]) + "\n"


def markdown(found: Report) -> str:
    """Give a comment for a pull request: tables of what is violated, then a folded list of what holds."""
    lines = [f"## mcwan check: {'refused' if found.refused else 'passed'}", ""]
    lines += [f"`{found.judged}`: {counts(found)}", ""]
    for level in _RUN:
        if violations := found.at(level):
            lines += [f"### {level.capitalize()}", "", *_table(violations), ""]
    for title, pairs in (("Not judged", found.unjudged()), ("Failed", found.failures())):
        if pairs:
            lines += [f"### {title}", "", *_listed(pairs), ""]
    passed = [one.rule for one in found.verdicts if not (one.violations or one.unjudged or one.failure)]
    lines += ["<details>", f"<summary>{many(len(passed), 'rule')} passed</summary>", ""]
    lines += [f"- `{rule.name}`: {cell(rule.sentence)}" for rule in passed]
    return "\n".join([*lines, "", "</details>"]) + "\n"


def as_json(found: Report) -> str:
    """Give everything for other programs."""
    content = {
        "judged": found.judged,
        "refused": found.refused,
        "objects": found.objects,
        "rules": [
            {
                "name": one.rule.name,
                "level": found.levels[one.rule.name],
                "severity": one.rule.severity,
                "violations": [
                    {
                        "what": violation.what,
                        "remedy": violation.remedy,
                        "clusters": list(violation.clusters),
                        "object": violation.subject,
                    }
                    for violation in one.violations
                ],
                "notJudged": list(one.unjudged),
                "failure": one.failure,
            }
            for one in found.verdicts
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def sarif(found: Report) -> str:
    """Give a SARIF 2.1.0 log: a result per violation, a notification for what was not judged and for what failed."""
    rules = [one.rule for one in found.verdicts]
    places = {rule.name: index for index, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "mcwan",
                "version": __version__,
                "rules": [_descriptor(rule, found.levels[rule.name]) for rule in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not found.failures(),
                "toolExecutionNotifications": [
                    *(_notification("note", rule, f"not judged: {what}") for rule, what in found.unjudged()),
                    *(_notification("error", rule, f"failed: {where}; {_FAILED}") for rule, where in found.failures()),
                ],
            }
        ],
        "results": [
            {
                "ruleId": rule.name,
                "ruleIndex": places[rule.name],
                "level": _SARIF[level],
                "message": {"text": f"{one.what}; {one.remedy}"},
                "locations": [where] if (where := _location(found, one)) else [],
                "partialFingerprints": {"primaryLocationLineHash": _fingerprint(rule, one)},
            }
            for level in _RUN
            for rule, one in found.at(level)
        ],
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "table": plain,
    "markdown": markdown,
    "json": as_json,
    "yaml": lambda report: yaml.safe_dump(json.loads(as_json(report)), sort_keys=False),
    "sarif": sarif,
}


def _line(rule: Rule, text: str) -> str:
    """Give one line, whatever the names in it hold."""
    return f"  {rule.name}: {' '.join(text.splitlines())}"


def _table(violations: Sequence[tuple[Rule, Violation]]) -> Iterator[str]:
    yield "| rule | clusters | what | remedy |"
    yield "| --- | --- | --- | --- |"
    for rule, one in violations[:MOST_ROWS]:
        yield f"| `{rule.name}` | {cell(', '.join(one.clusters))} | {cell(one.what)} | {cell(one.remedy)} |"
    if len(violations) > MOST_ROWS:
        yield ""
        yield f"And {len(violations) - MOST_ROWS} more: `mcwan check --format json` has all."


def _listed(pairs: Sequence[tuple[Rule, str]]) -> Iterator[str]:
    for rule, what in pairs[:MOST_ROWS]:
        yield f"- `{rule.name}`: {cell(what)}"
    if len(pairs) > MOST_ROWS:
        yield f"- and {len(pairs) - MOST_ROWS} more"


def _descriptor(rule: Rule, level: Level) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "helpUri": page(rule),
        "defaultConfiguration": {"level": _SARIF[level]},
        "properties": {"severity": rule.severity},
    }


def page(rule: Rule) -> str:
    """Give the path of a rule's page, from the repository's top."""
    return f"docs/rules/{rule.name}.md"


def _notification(level: str, rule: Rule, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}, "associatedRule": {"id": rule.name}}


def _location(found: Report, one: Violation) -> dict[str, Any]:
    """Say where: the object and its cluster; beside it the file; lines of a stack or a state do not matter."""
    subject, on, cluster = one.subject.rpartition(" on ")
    whole = [one.subject] if one.subject else list(one.clusters)
    names = [f"{cluster}/{subject}"] if on else whole
    location: dict[str, Any] = {}
    if file := one.place.file if one.place else found.file:
        line = one.place.line if one.place else 1
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": line}}
    if names:
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"} for name in names]
    return location


def _fingerprint(rule: Rule, one: Violation) -> str:
    """Tell one violation from another: by the line of the stack file they would all be the same."""
    about = json.dumps([rule.name, one.subject, one.clusters, one.what])
    return hashlib.sha256(about.encode()).hexdigest()[:32]
