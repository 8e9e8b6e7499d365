"""What `mcwan doctor` asks clusters, and how it tells what was found."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import yaml

from mcwan import gateways
from mcwan.cli.tables import console, titled
from mcwan.doctor import VERDICTS, Evidence, Finding
from mcwan.facts.handshake import handshakes
from mcwan.facts.report import Failure, Reading, Wanted
from mcwan.facts.survey import survey_all
from mcwan.facts.surveyed import Survey
from mcwan.model import Description, Fabric, Mistake, MistakesError
from mcwan.stack import CHECKS, environment

_SECONDS = 5.0
"""How long a gateway may take to show its certificate."""
_COLOURS = {"failed": "red", "warning": "yellow", "not known": "cyan", "ok": "green"}


def gather(project: Path, stack: str, names: Sequence[str]) -> Evidence:
    """Read a stack, ask its clusters (those in `names`, if there are some), and have their gateways show certificates.

    Raises StackFileError, RecordError, MistakesError, click.BadParameter.
    """
    now = datetime.now(UTC)
    described: Description | None = None
    surveys: dict[str, Survey | Failure] = {}

    def ask(description: Description) -> None:
        nonlocal described
        described = description
        reached = [name for name in _in_view(stack, description, names) if not description.clusters[name].render_to]
        wanted = {name: gateways.wanted(description, name) for name in reached}
        if wanted:
            surveys.update(survey_all(description, wanted, now, say=partial(click.echo, err=True)))

    def reader(description: Description, wanted: Mapping[str, Wanted], _: datetime) -> dict[str, Reading]:
        ask(description)
        return {name: _reading(surveys.get(name)) for name in wanted}

    try:
        fabric = environment(project, stack, reader=reader, allow=True).fabric
    except MistakesError as error:
        if described is None or not _of_clusters(described, error):
            raise
        evidence = Evidence(described, _in_view(stack, described, names), now, mistakes=error.mistakes, surveys=surveys)
    else:
        if described is None:
            ask(fabric)
        evidence = _whole(fabric, _in_view(stack, fabric, names), now, surveys)
    return _with_certificates(evidence)


def _whole(fabric: Fabric, names: tuple[str, ...], now: datetime, surveys: Mapping[str, Survey | Failure]) -> Evidence:
    """Give the evidence with a plan that asks nothing of facts: what GatewayClasses support is a check of its own."""
    return Evidence(fabric, names, now, gateways.plan(fabric), surveys=surveys)


def _with_certificates(evidence: Evidence) -> Evidence:
    description = evidence.description
    ports = sorted({description.wan_policies[name].port for name in description.secure})
    places = [
        (name, address, port)
        for name in evidence.names
        if not description.clusters[name].render_to
        for address in evidence.addresses(name)
        for port in ports
    ]
    if not places:
        return evidence
    click.echo(f"TLS handshakes with {len(places)} WAN ports", err=True)
    shown = handshakes(places, _SECONDS)
    return Evidence(
        description, evidence.names, evidence.now, evidence.plan, evidence.mistakes, evidence.surveys, shown
    )


def _in_view(stack: str, description: Description, names: Sequence[str]) -> tuple[str, ...]:
    known = sorted(description.clusters)
    for name in names:
        if name not in known:
            told = f"{name!r} is not in Pulumi.{stack}.yaml; clusters there: {', '.join(known)}"
            raise click.BadParameter(told, param_hint="--cluster")
    return tuple(sorted(set(names)) if names else known)


def _reading(answer: Survey | Failure | None) -> Reading:
    if isinstance(answer, Survey):
        return answer.reading
    why = answer or Failure(problem="it was not asked", remedy="leave --cluster out")
    return Reading(failures={"cluster": why})


def _of_clusters(description: Description, error: MistakesError) -> bool:
    """Tell whether all that is wrong is what clusters say, and nothing in the stack file itself."""
    written = {one for check in CHECKS for one in check(description)}
    return all(_of_cluster(one) and one not in written for one in error.mistakes)


def _of_cluster(mistake: Mistake) -> bool:
    return mistake.place[:1] == ("clusters",) and (len(mistake.place) == 2 or mistake.place[2] in ("facts", "gateway"))


def table(findings: Sequence[Finding]) -> str:
    """Give a table and the counts, for people."""
    made = titled("Diagnosis", "check", "verdict", "clusters", "what is so, and what to do")
    for one in findings:
        colour = _COLOURS[one.verdict]
        text = f"{one.sentence}; {one.remedy}" if one.remedy else one.sentence
        made.add_row(one.check, f"[{colour}]{one.verdict}[/{colour}]", ", ".join(one.clusters), _plain(text))
    out = console()
    with out.capture() as captured:
        out.print(made)
    counts = {verdict: sum(one.verdict == verdict for one in findings) for verdict in VERDICTS}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"{captured.get()}{said}\n" + ("" if counts["ok"] == len(findings) else _MORE)


_MORE = "docs/how-to/doctor.md has a section for each check\n"


def _plain(text: str) -> str:
    return text.replace("[", r"\[")  # rich would take it for a style


def content(findings: Sequence[Finding]) -> dict[str, Any]:
    """Give the same in plain values; `verdict` is the worst one."""
    worst = min((one.verdict for one in findings), key=VERDICTS.index, default="ok")
    every = [
        {
            "check": one.check,
            "verdict": one.verdict,
            "clusters": list(one.clusters),
            "sentence": one.sentence,
            "remedy": one.remedy,
            "docs": one.docs,
        }
        for one in findings
    ]
    return {"verdict": worst, "findings": every}


FORMS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "table": table,
    "json": lambda findings: json.dumps(content(findings), indent=2) + "\n",
    "yaml": lambda findings: yaml.safe_dump(content(findings), sort_keys=False, width=120),
}
