"""What `mcwan doctor` asks clusters, and how it tells what was found."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import yaml

from mcwan import gateways
from mcwan.cli.tables import console, titled
from mcwan.doctor import VERDICTS, Evidence, Finding, dns, probes
from mcwan.facts.handshake import handshakes
from mcwan.facts.probe import from_here, resolve, through_api_servers
from mcwan.facts.probed import Answer
from mcwan.facts.report import Failure, Reading, Wanted
from mcwan.facts.rights import cluster_role
from mcwan.facts.survey import survey_all
from mcwan.facts.surveyed import Survey
from mcwan.model import Description, Fabric, Mistake, MistakesError
from mcwan.rules.words import many
from mcwan.stack import CHECKS, Reader, as_recorded, environment

_SECONDS = 5.0
"""How long a gateway may take to show its certificate, and an answer or DNS to come."""
_MOST = 2000
"""Requests that are sent at most; one is sent again where its own cluster answers it."""
_COLOURS = {"failed": "red", "warning": "yellow", "not known": "cyan", "ok": "green"}


def gather(
    project: Path,
    stack: str,
    names: Sequence[str],
    inside: str | None = None,
    probed: Collection[str] | None = None,
) -> Evidence:
    """Read a stack, ask its clusters (those in `names`, if there are some), and have their gateways show certificates.

    `inside`: the cluster in whose network this machine is. `probed`: the exports that requests are sent to, all if it
    is empty; None sends none. Raises StackFileError, RecordError, MistakesError, click.BadParameter.
    """
    now = datetime.now(UTC)
    surveys: dict[str, Survey | Failure] = {}

    def ask(description: Description) -> None:
        _known(stack, description, names, inside, probed or ())
        reached = [name for name in _in_view(description, names) if not description.clusters[name].render_to]
        wanted = {name: gateways.wanted(description, name) for name in reached}
        if wanted:
            surveys.update(survey_all(description, wanted, now, say=partial(click.echo, err=True)))

    def reader(description: Description, wanted: Mapping[str, Wanted], _: datetime) -> dict[str, Reading]:
        ask(description)
        return {name: _reading(surveys.get(name)) for name in wanted}

    description, mistakes = _described(project, stack, reader)
    if not surveys:
        ask(description)
    view = _in_view(description, names)
    # what GatewayClasses support is a check of its own: the plan asks nothing of facts
    plan = gateways.plan(description) if isinstance(description, Fabric) else None
    evidence = Evidence(description, view, now, plan, mistakes, surveys)
    evidence = _with_names(_with_certificates(evidence), inside)
    return evidence if probed is None else _with_answers(evidence, frozenset(probed))


def rights(project: Path, stack: str, *, probe: bool) -> str:
    """Give the ClusterRole that a diagnosis of a stack needs: for its meshes, and for its egress gateways with `probe`.

    Raises as `gather` does.
    """
    description, _ = _described(project, stack, as_recorded)
    meshes = [one.mesh for one in description.clusters.values() if one.mesh is not None]
    proxied: list[str] = []
    if probe:
        plan = environment(project, stack, allow=True).plan()
        every = [one.probe for name in plan.context.clusters for one in probes.asked(plan, name) if one.probe]
        proxied = [f"{one.gateway.partition('.')[0]}:{one.port}" for one in every if one.gateway]
    ambient = any(one.ambient for one in meshes)
    role = cluster_role("mcwan-doctor", diagnosis=True, meshes=bool(meshes), ambient=ambient, proxied=proxied)
    return yaml.safe_dump(role, sort_keys=False)


def _described(project: Path, stack: str, reader: Reader) -> tuple[Description, tuple[Mistake, ...]]:
    """Give a stack's fabric; if it does not hold together with what is known of its clusters, its description and why.

    Raises StackFileError, RecordError, and MistakesError for what is wrong with the stack file itself.
    """
    described: Description | None = None

    def noting(description: Description, wanted: Mapping[str, Wanted], now: datetime) -> Mapping[str, Reading]:
        nonlocal described
        described = description
        return reader(description, wanted, now)

    try:
        return environment(project, stack, reader=noting, allow=True).fabric, ()
    except MistakesError as error:
        if described is None or not _of_clusters(described, error):
            raise
        return described, error.mistakes


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
    return replace(evidence, shown=shown)


def _with_names(evidence: Evidence, inside: str | None) -> Evidence:
    """Look up the names of the imports of the cluster that this machine is in."""
    if inside is None or evidence.plan is None:
        return replace(evidence, inside=inside)
    wanted = dns.asked(evidence.plan, inside)
    click.echo(f"{inside}: {many(len(wanted), 'name')} to look up", err=True)
    return replace(evidence, inside=inside, resolved=resolve(inside, wanted, _SECONDS))


def _with_answers(evidence: Evidence, chosen: frozenset[str]) -> Evidence:
    """Send requests: from here in the cluster that this machine is in, through their API servers in others."""
    evidence = replace(evidence, chosen=chosen, answers={})
    if evidence.plan is None:
        return evidence
    clusters = evidence.description.clusters
    every = [
        one.probe
        for name in evidence.names
        for one in probes.asked(evidence.plan, name, chosen)
        if one.probe is not None
    ]
    here = [one for one in every if one.cluster == evidence.inside]
    proxied = [one for one in every if one not in here and one.gateway and not clusters[one.cluster].render_to]
    if (count := len(here) + len(proxied)) > _MOST:
        told = f"{count} requests would be sent; allowed: {_MOST}; name exports with --service, or a --cluster"
        raise click.BadParameter(told, param_hint="--probe")
    if count:
        click.echo(f"{many(count, 'request')} to send", err=True)
    found = list(from_here(here, {one.name: one for one in evidence.resolved}, _SECONDS))
    for name, answers in through_api_servers(clusters, proxied, _SECONDS).items():
        if isinstance(answers, Failure):
            lost = [one for one in proxied if one.cluster == name]
            found += [Answer(one, problem=answers.problem, remedy=answers.remedy) for one in lost]
        else:
            found += answers
    return replace(evidence, answers={one.probe: one for one in found})


def _in_view(description: Description, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names) or description.clusters))


def _known(
    stack: str, description: Description, names: Sequence[str], inside: str | None, services: Collection[str]
) -> None:
    """See that what options name is there, before any cluster is asked. Raises click.BadParameter."""
    for name in names:
        _known_cluster(stack, description, name, "--cluster")
    if inside is not None:
        _known_cluster(stack, description, inside, "--inside")
        if inside not in _in_view(description, names):
            raise click.BadParameter(f"{inside!r} is left out by --cluster; name it there, too", param_hint="--inside")
    known = sorted(one.key for one in description.exports)
    for key in sorted(set(services) - set(known)):
        told = f"{key!r} is not exported in Pulumi.{stack}.yaml; exports there: {', '.join(known) or 'none'}"
        raise click.BadParameter(told, param_hint="--service")


def _known_cluster(stack: str, description: Description, name: str, option: str) -> None:
    if name not in description.clusters:
        known = ", ".join(sorted(description.clusters))
        told = f"{name!r} is not in Pulumi.{stack}.yaml; clusters there: {known}"
        raise click.BadParameter(told, param_hint=option)


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
