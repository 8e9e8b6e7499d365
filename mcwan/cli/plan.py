"""What an update would do, told: on a terminal, in a pull request, to other programs; and where it is read from."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from mcwan.changes.live import of_live
from mcwan.changes.objects import Field, ObjectChange
from mcwan.changes.plan import Changes, ClusterChanges, changes
from mcwan.changes.sdwan import Need
from mcwan.changes.told import SAID, Sentence
from mcwan.cli.markdown import MOST_CHARACTERS, MOST_ROWS, cell
from mcwan.model import MistakesError
from mcwan.model.mistakes import unread
from mcwan.plan import Plan
from mcwan.rules.evidence import Evidence
from mcwan.rules.sources import SourceError, of_directories, of_plan
from mcwan.rules.words import many, said
from mcwan.stack import Environment, StackFileError, config_of, known

MOST_FIELDS = 5
"""The most fields of an object that are shown to people; JSON and YAML have all."""
_SIGNS = {"added": "+", "changed": "~", "removed": "-", "not known": "?"}
_COLOURS = {"added": "green", "changed": "yellow", "removed": "red", "not known": "magenta"}
_LEVELS = {"no": "green", "late": "yellow", "possible": "yellow", "refused": "red", "yes": "red"}


def planned(plan: Plan, before: Evidence, stack: str, named_before: str, named_after: str) -> Changes:
    """Compare a plan with what is deployed."""
    return changes(
        before, of_plan(plan), stack=stack, named_before=named_before, named_after=named_after, notes=plan.notes()
    )


def called(path: Path) -> str:
    """Give what a file is called in messages; `-` is standard input."""
    return "standard input" if path == Path("-") else path.as_posix()


def of_stack_file(path: Path, project: Path, stack: str) -> Plan:
    """Give the plan of an earlier stack file, by this program; `-` is standard input. Raises SourceError."""
    name = called(path)
    try:
        text = sys.stdin.read() if path == Path("-") else path.read_text(encoding="utf-8")
        return known(project, stack, config_of(text, name)).plan()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{name}: cannot be read: {unread(error)}") from None
    except StackFileError as error:
        raise SourceError(str(error)) from None
    except MistakesError as error:
        lines = "\n".join(f"{name}: {line}" for line in str(error).splitlines())
        raise SourceError(f"{lines}\n{name}: not what this version of mcwan could have deployed") from None


def with_names(found: Changes, before: Plan, after: Plan) -> Changes:
    """Add what of the SD-WAN changes that no object tells: what `mcwan:sdwan` calls tunnels and sites, and DSCP.

    Ports, tunnels, SLAs and sites themselves are told from the objects, whatever these are compared with.
    """
    from mcwan.sdwan.changes import changes as of_sdwan
    from mcwan.sdwan.form import form

    old, new = form(before.fabric), form(after.fabric)
    names = [one for one in of_sdwan(old, new) if _is_name(one.place.split("."))]
    if not names:
        return found
    every = (*found.sdwan, *(Need(about="name", text=one.text) for one in names))
    summary = (
        found.summary if found.changed else f"no object changes; {many(len(names), 'change')} on the SD-WAN's side"
    )
    return found.model_copy(update={"sdwan": every, "changed": True, "summary": summary})


def _is_name(place: Sequence[str]) -> bool:
    """Tell whether a place in the SD-WAN's plain form is of no object."""
    if place[0] == "policies":
        return place[-1] == "dscp"
    return place[0] != "sites" or (len(place) > 2 and place[2] != "addresses")


def of_deployed(environment: Environment, project: Path) -> Evidence:
    """Give what Pulumi rendered to the directories of a stack whose clusters are all rendered. Raises SourceError."""
    clusters = environment.fabric.clusters
    directories = {name: project / one.render_to for name, one in clusters.items() if one.render_to is not None}
    if len(directories) < len(clusters):
        reached = sorted(set(clusters) - set(directories))
        raise SourceError(
            f"what is deployed on {', '.join(reached)} is not known: name one of --state FILE (of `pulumi stack "
            "export`), --rendered DIR (of an earlier `mcwan render`), --from FILE (an earlier stack file), --live"
        )
    return of_directories(directories)


def of_clusters(plan: Plan, project: Path) -> Evidence:
    """Give what the clusters have; one that cannot be read ends the command, since nothing can be said of it."""
    from mcwan.cli import deployed

    found = deployed.found(plan, project)
    if unread := list(deployed.unread(found)):
        raise click.ClickException(f"nothing was compared: {'; '.join(unread)}")
    planned = ((one.cluster, one.manifest) for one in plan.objects)
    return of_live({name: one.objects or () for name, one in found.items()}, planned)


def plain(found: Changes) -> str:
    """Give it for a terminal, with colours."""
    lines = [f"{found.after} against {found.before}: {found.summary}"]
    for one in found.sentences:
        lines += ["", f"* {one.text}", *(f"    {line}" for line in _disturbed(one))]
    if found.sdwan:
        lines += ["", click.style("SD-WAN", bold=True), *(f"  {one.text}" for one in found.sdwan)]
    for cluster in found.clusters:
        lines += ["", *_cluster(cluster, everything=_is_new(found))]
    for title, rows in (("Not explained", _other(found)), ("Not known", [f"  {one}" for one in found.not_known])):
        if rows:
            lines += ["", click.style(title, bold=True), *rows]
    if found.notes:
        lines += ["", *(f"note: {one}" for one in found.notes)]
    return "\n".join(lines) + "\n"


def _is_new(found: Changes) -> bool:
    return any(one.about == "new" for one in found.sentences)


def _disturbed(one: Sentence) -> Iterator[str]:
    its = one.disturbance
    if its.level != "no":
        yield click.style(f"{SAID[its.level]}: {its.why}", fg=_LEVELS[its.level])
    if its.remedy:
        yield f"instead: {its.remedy}"


def _cluster(one: ClusterChanges, *, everything: bool) -> Iterator[str]:
    yield f"{click.style(one.name, bold=True)}: {click.style(SAID[one.disturbed], fg=_LEVELS[one.disturbed])}"
    if everything:
        yield f"  + {many(len(one.added), 'object')}"
        return
    for change in one.objects[:MOST_ROWS]:
        yield f"  {click.style(_SIGNS[change.change], fg=_COLOURS[change.change])} {change.called}"
        yield from (f"      {line}" for line in _fields(change.fields))
    if len(one.objects) > MOST_ROWS:
        rest = Counter(change.change for change in one.objects[MOST_ROWS:])
        yield f"  and {', '.join(f'{count} {kind}' for kind, count in rest.items())} more; --output json has all"


def _fields(fields: Sequence[Field], most: int = MOST_FIELDS) -> Iterator[str]:
    for one in fields[:most]:
        yield f"{one.path}: {said(one.before)} -> {said(one.after)}"
    if len(fields) > most:
        yield f"and {many(len(fields) - most, 'field')} more"


def _other(found: Changes) -> list[str]:
    lines = []
    for one in found.other[:MOST_ROWS]:
        lines.append(f"  {_SIGNS[one.change]} {one.called} on {one.cluster}")
        lines += [f"      {line}" for line in _fields(one.fields)]
    more = len(found.other) - MOST_ROWS
    return [*lines, *([f"  and {more} more; --output json has all"] if more > 0 else [])]


def markdown(found: Changes) -> str:
    """Give a comment for a pull request: what changes first, objects folded away; short enough for one."""
    texts = (_markdown(found, *sizes) for sizes in ((MOST_ROWS, MOST_FIELDS), (MOST_ROWS, 0), (10, 0), (0, 0)))
    text = next((one for one in texts if len(one) < MOST_CHARACTERS), "")
    return text or _markdown(found, 0, 0, sentences=10)


def _markdown(found: Changes, rows: int, fields: int, *, sentences: int = MOST_ROWS) -> str:
    title = "nothing changes" if not found.changed else SAID[found.disturbed]
    lines = [f"## mcwan plan: {title}", "", f"`{found.after}` against `{found.before}`: {cell(found.summary)}", ""]
    for one in found.sentences[:sentences]:
        its = one.disturbance
        lines.append(f"- {cell(one.text)}")
        if its.level != "no":
            lines.append(f"  - **{SAID[its.level]}**: {cell(its.why)}")
        if its.remedy:
            lines.append(f"  - instead: {cell(its.remedy)}")
    if len(found.sentences) > sentences:
        lines.append(f"- and {len(found.sentences) - sentences} more: `mcwan plan --output json` has all")
    if found.sdwan:
        lines += ["", "### SD-WAN", "", *(f"- {cell(one.text)}" for one in found.sdwan[:sentences])]
    for title, texts in (
        ("Not explained", [f"{one.called} on {one.cluster}" for one in found.other]),
        ("Not known", found.not_known),
        ("Notes", found.notes),
    ):
        if texts:
            more = [f"- and {len(texts) - sentences} more"] if len(texts) > sentences else []
            lines += ["", f"### {title}", "", *(f"- {cell(one)}" for one in texts[:sentences]), *more]
    for cluster in found.clusters:
        lines += ["", "<details>", f"<summary>{_counted(cluster)}</summary>", ""]
        lines += list(_folded(cluster.objects, rows, fields))
        lines += ["", "</details>"]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _counted(one: ClusterChanges) -> str:
    counts = {kind: sum(change.change == kind for change in one.objects) for kind in _SIGNS}
    objects = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count) or "no object changes"
    return f"{cell(one.name)}: {SAID[one.disturbed]}; {objects}"


def _folded(objects: Sequence[ObjectChange], rows: int, fields: int) -> Iterator[str]:
    for one in objects[:rows]:
        yield f"- {one.change} {cell(one.called)}"
        if fields:
            yield from (f"  - {cell(line)}" for line in _fields(one.fields, fields))
    if len(objects) > rows:
        yield f"- {many(len(objects) - rows, 'object')} more: `mcwan plan --output json` has all"


def _content(found: Changes) -> dict[str, Any]:
    content: dict[str, Any] = found.model_dump(mode="json", by_alias=True)
    return content


def as_json(found: Changes) -> str:
    """Give all of it as JSON."""
    return json.dumps(_content(found), indent=2, ensure_ascii=False) + "\n"


def as_yaml(found: Changes) -> str:
    """Give the same as YAML."""
    return yaml.safe_dump(_content(found), sort_keys=False, allow_unicode=True, width=120)


FORMATS: Mapping[str, Callable[[Changes], str]] = {
    "table": plain,
    "markdown": markdown,
    "json": as_json,
    "yaml": as_yaml,
}
