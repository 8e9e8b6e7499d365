"""A stack's configuration, as it lies in its file or comes from Pulumi: read, checked with its gateway profiles."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mcwan import gateways, yamls
from mcwan.facts.record import load as load_record
from mcwan.facts.record import path as record_path
from mcwan.facts.report import Failure, Reading, Wanted
from mcwan.facts.resolve import NOTHING, Known, resolve
from mcwan.model import Cluster, Description, Fabric, Mistake, load
from mcwan.model.mistakes import unread, written
from mcwan.plan import Plan

PROJECT = "mcwan"
_LETTERS = re.compile(r"[^A-Za-z]")


Reader = Callable[[Description, Mapping[str, Wanted], datetime], Mapping[str, Reading]]
"""Reads what is wanted of each cluster with `facts: live`, at that time."""


class StackFileError(ValueError):
    """A stack file that cannot be read: one line that says which, why and the remedy."""


@dataclass(frozen=True)
class Environment:
    """A stack's fabric, and what is known of its clusters."""

    fabric: Fabric
    known: Known

    def plan(self, *, awaits: bool = False) -> Plan:
        """Expand it, see `gateways.plan`. Raises MistakesError if it asks of a cluster what that cannot do."""
        return gateways.plan(self.fabric, self.known, awaits=awaits)


def as_recorded(_: Description, wanted: Mapping[str, Wanted], __: datetime) -> dict[str, Reading]:
    """Read no cluster: what is recorded of each holds."""
    why = Failure(problem="it was not asked", remedy="--live asks")
    return {name: Reading(failures={"cluster": why}) for name in wanted}


def fabric(stack: str, raw: Mapping[str, Any], *, secret: Collection[str] = ()) -> Fabric:
    """Make the fabric of a stack; see `mcwan.model.load`. Raises MistakesError."""
    return load(stack, raw, secret=secret, checks=CHECKS)


def read(project: Path, stack: str) -> Fabric:
    """Read `Pulumi.<stack>.yaml` in the project's directory, with what is recorded of its clusters.

    Pulumi itself is not needed. Secrets stay encrypted. Raises StackFileError, RecordError or MistakesError.
    """
    return environment(project, stack).fabric


def environment(
    project: Path, stack: str, *, reader: Reader = as_recorded, allow: bool = False, refresh: bool = False
) -> Environment:
    """Do the same, and say what is known of its clusters; `reader` reads those with `facts: live`.

    `refresh` has it read those with `facts: recorded`, too; `allow` is consent to withdraw imports.
    """
    raw = read_config(project, stack)
    return known(project, stack, raw, reader=reader, allow=allow, refresh=refresh)


def known(
    project: Path,
    stack: str,
    raw: Mapping[str, Any],
    *,
    secret: Collection[str] = (),
    reader: Reader = as_recorded,
    allow: bool = False,
    refresh: bool = False,
) -> Environment:
    """Make an environment of a stack's configuration; see `environment`. Raises RecordError or MistakesError."""
    record = load_record(record_path(project, stack))
    found = NOTHING

    def fill(description: Description) -> tuple[Description, list[Mistake]]:
        nonlocal found
        asked = ("live", "recorded") if refresh else ("live",)
        named = sorted(name for name, one in description.clusters.items() if one.facts in asked)
        now = datetime.now(UTC)
        wanted = {name: gateways.wanted(description, name) for name in named}
        readings = reader(description, wanted, now) if wanted else {}
        filled, found, mistakes = resolve(stack, description, readings, record, now, allow=allow)
        return filled, mistakes

    made = load(stack, raw, secret=secret, checks=CHECKS, fill=fill)
    return Environment(_consenting(made) if allow else made, found)


def _consenting(fabric: Fabric) -> Fabric:
    """Have a fabric say that its withdrawals are consented to, as if its stack file did: rules see nothing else."""
    withdrawals = fabric.facts.withdrawals.model_copy(update={"allow": True})
    facts = fabric.facts.model_copy(update={"withdrawals": withdrawals})
    return fabric.model_copy(update={"facts": facts})


def read_config(project: Path, stack: str) -> dict[str, Any]:
    """Give the stack file's `mcwan:` keys, without that prefix. Raises StackFileError."""
    path = stack_file(project, stack)
    return config_of(read_text(path), path.name)


def stack_file(project: Path, stack: str) -> Path:
    """Give where a stack's file lies, or would. Raises StackFileError if that cannot be a stack's name."""
    if not re.fullmatch(r"[\w.-]+", stack):
        raise StackFileError(f"--stack {stack!r}: not a stack's name; allowed: letters, digits, '-', '_' and '.'")
    return project / f"Pulumi.{stack}.yaml"


def read_text(path: Path) -> str:
    """Read a stack file as it is, its line ends included. Raises StackFileError."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        known = ", ".join(stacks(path.parent)) or "none"
        raise StackFileError(
            f"{path.name}: no such file in {path.parent.resolve()}; stacks there: {known}; "
            "name one of them with --stack, or write the file"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StackFileError(f"{path.name}: cannot be read: {unread(error)}") from None


def config_of(text: str, name: str) -> dict[str, Any]:
    """Give the `mcwan:` keys of a stack file's text, without that prefix; `name` is its file. Raises StackFileError."""
    try:
        content = yamls.written(text)
    except YAMLError as error:
        raise StackFileError(not_yaml(name, error)) from None
    config = content.get("config") if isinstance(content, dict) else None
    if isinstance(content, dict) and (said := _misplaced(content)):
        raise StackFileError(f"{name}: {said}")
    if not isinstance(config, dict):
        raise StackFileError(f"{name}: no configuration; write the keys mcwan:clusters, … under config")
    prefix = f"{PROJECT}:"
    return {key.removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}


def _misplaced(content: Mapping[Any, Any]) -> str:
    """Say which key is meant for mcwan and would be read otherwise by Pulumi, or not at all; empty if none is.

    A key of `config` without a namespace is the project's own to Pulumi, as if it began with `mcwan:`.
    """
    config = content.get("config")
    for key in map(str, config if isinstance(config, dict) else ()):
        namespace, colon, rest = key.rpartition(":")
        if not colon:
            return f"{written(('config', key))}: Pulumi takes that for {PROJECT}:{key}; write {PROJECT}:{key}"
        if namespace != PROJECT and _LETTERS.sub("", namespace).lower() == PROJECT:
            return f"{written(('config', key))}: nobody reads that; write {PROJECT}:{rest}"
    for key in map(str, content):
        if _LETTERS.sub("", key).lower().startswith(PROJECT):
            return f"{written((key,))}: nobody reads that beside config; write it below config"
    return ""


def not_yaml(name: str, error: YAMLError) -> str:
    """Say on one line where a file is no YAML, and the remedy."""
    if not isinstance(error, MarkedYAMLError):
        return f"{name}: not YAML: {str(error).splitlines()[0]}"
    mark = error.problem_mark
    where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{name}:{where}: not YAML: {_problem(error)}; correct that line"


def stacks(project: Path) -> list[str]:
    """Give the stacks that have a file in the project's directory, sorted."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in project.glob("Pulumi.*.yaml"))


def reached_one_way(description: Description) -> Iterator[Mistake]:
    """A cluster is reached (kubeconfig or context) or rendered, not both and not neither.

    A rule of stacks, not of fabrics: somebody else's program brings providers of its own.
    """
    for name, cluster in description.clusters.items():
        written = [key for key, value in _ways(cluster).items() if value]
        if "kubeconfig_path" in cluster.model_fields_set and written != ["context"]:
            yield Mistake(
                ("clusters", name, "kubeconfigPath"),
                repr(cluster.kubeconfig_path),
                "not used: only a context without a kubeconfig is looked up in a file; allowed: beside context",
                "remove it, or write a context",
            )
        if "renderTo" in written and len(written) > 1:
            yield Mistake(
                ("clusters", name, "renderTo"),
                repr(cluster.render_to),
                f"a cluster that is rendered is not reached, but {' and '.join(written[:-1])} is written too",
                "remove one of them",
            )
        elif "renderTo" in written and cluster.facts == "live":
            yield Mistake(
                ("clusters", name, "facts"),
                "'live'",
                "a cluster that is rendered is not reached; allowed: declared, recorded",
                "write its context in place of renderTo, or its facts",
            )
        elif not written:
            yield Mistake(
                ("clusters", name),
                "",
                "nothing says how to reach it; allowed: kubeconfig (a secret), context, or renderTo",
                f"write mcwan:clusters.{name}.context, or renderTo with a directory",
            )


def reached_apart(description: Description) -> Iterator[Mistake]:
    """A context is one cluster's: two clusters' objects on one API server would overwrite each other."""
    first: dict[tuple[str, str], str] = {}
    for name, cluster in sorted(description.clusters.items()):
        if cluster.context is not None and cluster.kubeconfig is None:
            other = first.setdefault((cluster.kubeconfig_path, cluster.context), name)
            if other != name:
                yield Mistake(
                    ("clusters", name, "context"),
                    repr(cluster.context),
                    f"already the context of {other}; allowed: a cluster of its own",
                    f"write the context of {name}",
                )


CHECKS = (gateways.check, reached_one_way, reached_apart)


def _ways(cluster: Cluster) -> dict[str, bool]:
    return {
        "kubeconfig": cluster.kubeconfig is not None,
        "context": cluster.context is not None,
        "renderTo": cluster.render_to is not None,
    }


def _problem(error: MarkedYAMLError) -> str:
    """Give what is wrong, without the values that a duplicate key's message repeats."""
    return str(error.problem).partition(" with value")[0]
