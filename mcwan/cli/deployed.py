"""Finds what is deployed of a plan: on clusters that are reached, and in the directories of those that are rendered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from mcwan.facts.deployed import Asked, Deployed, Kind, deployed_on
from mcwan.facts.report import Failure
from mcwan.model.durations import milliseconds
from mcwan.model.labels import of_fabric
from mcwan.plan import Plan
from mcwan.plan.manifests import KINDS, Manifest, identity, plural
from mcwan.rules.sources import of_directories

_GLOBAL = frozenset(
    (
        "CustomResourceDefinition",
        "Namespace",
        "WANPolicy",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    )
)
"""The kinds without a namespace."""


@dataclass(frozen=True)
class Found:
    """What there is on a cluster; `objects` is None, and `why` says the reason, if it could not be read."""

    how: Literal["live", "files", "not read"]
    objects: tuple[Manifest, ...] | None
    why: str = ""


def found(plan: Plan, project: Path, *, ask: bool = True) -> dict[str, Found]:
    """Give what is deployed on every cluster. Progress goes to standard error. Raises SourceError for files.

    Without `ask` no cluster is asked.
    """
    clusters = plan.fabric.clusters
    files = {name: project / one.render_to for name, one in clusters.items() if one.render_to is not None}
    evidence = of_directories(files)
    every = {
        name: Found("files", tuple(dict(one.content) for one in evidence.objects if one.cluster == name))
        for name in files
    }
    reached = {name: one for name, one in clusters.items() if name not in files}
    if not ask:
        return every | {name: Found("not read", None, "it was not asked") for name in reached}

    def done(name: str, answer: Deployed | Failure, seconds: float) -> None:
        said = str(answer) if isinstance(answer, Failure) else "read"
        click.echo(f"{name}: {said} ({seconds:.1f} s)", err=True)

    limit = milliseconds(plan.fabric.facts.timeout) / 1000
    answers = deployed_on(reached, {name: asked(plan, name) for name in reached}, limit, done)
    for name, answer in answers.items():
        if isinstance(answer, Failure):
            every[name] = Found("not read", None, str(answer))
        else:
            every[name] = Found("live", answer)
    return dict(sorted(every.items()))


def asked(plan: Plan, cluster: str) -> Asked:
    """Give what is read of a cluster: every kind that mcwan makes, in the versions of the plan."""
    planned = [identity(one.manifest) for one in plan.objects if one.cluster == cluster]
    versions = {**KINDS, **{kind: version for version, kind, _, _ in planned}}
    mcs = f"multicluster.x-k8s.io/{plan.fabric.clusters[cluster].mcs_api}"
    versions |= {"ServiceExport": mcs, "ServiceImport": mcs}
    expected: dict[str, set[tuple[str, str]]] = {}
    for _, kind, namespace, name in planned:
        expected.setdefault(kind, set()).add((namespace, name))
    return Asked(
        tuple(Kind(version, kind, plural(kind), kind not in _GLOBAL) for kind, version in versions.items()),
        of_fabric(plan.fabric.name),
        expected,
    )


def rights() -> list[dict[str, list[str]]]:
    """Give the rules of a ClusterRole that reading it needs."""
    groups: dict[str, set[str]] = {}
    for kind, version in KINDS.items():
        groups.setdefault(version.rpartition("/")[0], set()).add(plural(kind))
    return [
        {"apiGroups": [group], "resources": sorted(names), "verbs": ["get", "list"]}
        for group, names in sorted(groups.items())
    ]


def unread(every: Mapping[str, Found]) -> Iterable[str]:
    """Give a line for each cluster that could not be read."""
    return (f"{name}: {one.why}" for name, one in sorted(every.items()) if one.objects is None)
