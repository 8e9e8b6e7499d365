"""Where evidence comes from: a plan, a directory of rendered files, resources as Pulumi's engine has them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import yaml

from mcwan.model.labels import fabric_of
from mcwan.model.mistakes import show, unread
from mcwan.plan import Plan
from mcwan.plan.summary import export_summary, gateway_summary, import_summary, wan_policy_summary
from mcwan.rules.evidence import Component, Evidence, is_named
from mcwan.rules.objects import Object, Place, mapping
from mcwan.rules.unknown import HIDDEN, UNKNOWN, Withheld
from mcwan.yamls import Loader, deep

_COMPONENT = "mcwan:index:"
_KUBERNETES = "kubernetes:"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_READ = (".yaml", ".yml", ".json")
_PULUMI = ("0-crd", "1-manifest")
"""The directories that Pulumi's provider renders to, below the one that it is told (pulumi-kubernetes, renderYaml)."""
_UNKNOWN = frozenset(
    (
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    )
)
"""How Pulumi's engine writes values that are not known yet, one per type; and what marks a secret, asset or archive.

See pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go and properties.go."""


class SourceError(ValueError):
    """Evidence that cannot be read: one line that says which, why and the remedy."""


@dataclass(frozen=True)
class Registered:
    """A resource as the engine has it, or a state file: `properties` are its outputs, as JSON."""

    type: str
    urn: str
    properties: Mapping[str, Any] = field(hash=False)
    cluster: str = ""

    @property
    def name(self) -> str:
        """The name that the program gave it."""
        return self.urn.split("::", 3)[-1]


def of_plan(plan: Plan) -> Evidence:
    """Give what a plan is going to make."""
    components = [Component("EastWestGateway", "gateways", gateway_summary(plan))]
    components += [Component("WANPolicy", key, wan_policy_summary(plan, key)) for key in plan.fabric.wan_policies]
    components += [Component("ServiceExport", key, export_summary(plan, key)) for key in plan.context.exports]
    components += [Component("ServiceImport", key, import_summary(plan, key)) for key in plan.context.exports]
    return Evidence(tuple(Object(one.cluster, one.manifest) for one in plan.objects), tuple(components))


def of_resources(resources: Iterable[Registered]) -> Evidence:
    """Give what resources are; those that are neither Kubernetes objects nor components of mcwan are left out."""
    objects, components = [], []
    for one in resources:
        if one.type.startswith(_COMPONENT):
            kind = one.type.removeprefix(_COMPONENT)
            components.append(Component(kind, one.name, readable(one.properties, f"{kind} {one.name}"), one.urn))
        elif is_object(one.type):
            objects.append(Object(one.cluster, readable(one.properties, one.name), one.urn))
    return Evidence(tuple(objects), tuple(components))


def is_object(kind: str) -> bool:
    """Tell whether a resource's type is one of Kubernetes' objects."""
    return kind.startswith(_KUBERNETES) and "/" in kind


def of_rendered(directory: Path) -> Evidence:
    """Read a directory of `mcwan render`, or of Pulumi's own rendering: a directory per cluster. Raises SourceError."""
    files = _files(directory)
    for path in files:
        if path.parent == directory:
            raise SourceError(
                f"{path}: of no cluster, and not judged; move it into a cluster's directory, or elsewhere"
            )
    if not files:
        raise SourceError(f"{directory}: no YAML files in directories of clusters; name what mcwan render wrote")
    found = tuple(one for path in files for one in _objects(path.relative_to(directory).parts[0], path))
    if not found:
        raise SourceError(f"{directory}: no Kubernetes object in its files; name what mcwan render wrote")
    if stacks := _stacks(directory, files, found):
        first = f"{directory}/{stacks[0]}"
        if len(stacks) == 1:
            raise SourceError(f"{directory}: holds stack {stacks[0]}, not clusters; name {first}")
        raise SourceError(
            f"{directory}: holds stacks {', '.join(stacks)}, not clusters; name one of them, e.g. {first}"
        )
    return Evidence(found)


def _stacks(directory: Path, files: Iterable[Path], found: Iterable[Object]) -> list[str]:
    """Give the directories that are stacks', and not clusters': objects say whose stack they are.

    A cluster may be called as its stack is: its files lie in its directory, or where Pulumi puts them below it.
    """
    below: dict[str, set[str]] = {}
    for path in files:
        name, *rest = path.relative_to(directory).parts
        below.setdefault(name, set()).add(rest[0] if len(rest) > 1 else "")
    named = {one.cluster for one in found if fabric_of(mapping(one.content, "metadata", "labels")) == one.cluster}
    return sorted(name for name in named if not below[name] & {"", *_PULUMI})


def of_directories(directories: Mapping[str, Path]) -> Evidence:
    """Read a directory of each cluster, by its name; one that is not there has no objects. Raises SourceError."""
    return Evidence(
        tuple(
            one
            for cluster, directory in sorted(directories.items())
            for path in _files(directory)
            for one in _objects(cluster, path)
        )
    )


def of_state(path: Path, *, written: bool = False) -> Evidence:
    """Read a file of `pulumi stack export`. Secrets stay encrypted. Raises SourceError.

    `written`: objects as the program last wrote them, and not as clusters answered, with what these add.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        deployment = content["deployment"]
        resources = ({} if deployment is None else deployment).get("resources") or []  # a new stack has none
        providers = {
            f"{one['urn']}::{one.get('id', '')}": cluster_of(one.get("inputs") or {}, one["urn"])
            for one in resources
            if one["type"] == "pulumi:providers:kubernetes"
        }
        registered = [
            Registered(
                one["type"],
                one["urn"],
                _content(one, written=written),
                providers.get(one.get("provider", ""), ""),
            )
            for one in resources
            if not one.get("delete")
        ]
        evidence = of_resources(registered)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read: {unread(error)}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SourceError(f"{path}: not a state; name a file that `pulumi stack export` wrote") from None
    return evidence


def of_path(path: Path) -> Evidence:
    """Read a directory of rendered files, or a state file. Raises SourceError."""
    return of_rendered(path) if path.is_dir() else of_state(path)


def cluster_of(inputs: Mapping[str, Any], urn: str) -> str:
    """Give the cluster of a provider: its identifier, else what it is called."""
    identifier = inputs.get("clusterIdentifier")
    return identifier if isinstance(identifier, str) and identifier else urn.split("::", 3)[-1]


def imports(evidence: Evidence) -> frozenset[tuple[str, str]]:
    """Give the imports of an environment: cluster, and the service as name.namespace."""
    every = evidence.of_kind("ServiceImport")
    return frozenset((one.cluster, f"{one.name}.{one.namespace}") for one in every if is_named(one))


def readable(value: Any, where: str) -> Any:
    """Give a value as JSON has it, with what is unknown or secret withheld; the value itself if nothing is."""
    return _withheld(value, where) if _withholds(value) else value


def _withholds(value: Any) -> bool:
    """Tell whether anything in a value is unknown or secret; most resources have nothing, and need no copy."""
    if isinstance(value, str):
        return value in _UNKNOWN
    if isinstance(value, dict):
        return _SIGNATURE in value or any(map(_withholds, value.values()))
    return isinstance(value, list) and any(map(_withholds, value))


def _withheld(value: Any, where: str) -> Any:
    if isinstance(value, str):
        return Withheld(where, UNKNOWN) if value in _UNKNOWN else value
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return Withheld(where, HIDDEN)
        return {key: _withheld(part, f"{where}.{key}") for key, part in value.items()}
    if isinstance(value, list):
        return [_withheld(part, f"{where}[{index}]") for index, part in enumerate(value)]
    return value


def _content(resource: Mapping[str, Any], *, written: bool) -> Mapping[str, Any]:
    """Give a resource's outputs, or what was written; components and old states have outputs only."""
    inputs = resource.get("inputs") if written and is_object(resource["type"]) else None
    found: Mapping[str, Any] = inputs or resource.get("outputs") or {}
    return found


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.suffix in _READ and path.is_file())


def _objects(cluster: str, path: Path) -> Iterator[Object]:
    for one, line in _file(path):
        yield Object(cluster, _without_secrets(one), place=Place(path.as_posix(), line))


def _without_secrets(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give an object of a file with what a Secret hides withheld, as Pulumi's provider marks it in a state."""
    if one["kind"] != "Secret":
        return one
    name = (one.get("metadata") or {}).get("name") if isinstance(one.get("metadata"), Mapping) else None
    hidden = {key: Withheld(f"Secret {name}.{key}", HIDDEN) for key in ("data", "stringData") if one.get(key)}
    return {**one, **hidden}


def _file(path: Path) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Read the objects of a file, each with the line at which its document begins."""
    kind = "JSON" if path.suffix == ".json" else "YAML"
    try:
        with path.open(encoding="utf-8") as file, deep(yaml.YAMLError):
            for one, line in [(json.load(file), 1)] if kind == "JSON" else _documents(file):
                try:
                    yield from ((its, line) for its in _listed(one))
                except _NoObjectError as error:
                    raise SourceError(
                        f"{path}: line {line}: no Kubernetes object: {error}; take it out, or write what it is"
                    ) from None
    except SourceError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read: {unread(error)}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise SourceError(f"{path}: cannot be read as {kind}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if mark is not None and isinstance(error, yaml.MarkedYAMLError):
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0]


def _documents(file: TextIO) -> Iterator[tuple[Any, int]]:
    """Read YAML as `yaml.load_all` does, which does not say where a document begins."""
    loader = Loader(file)
    try:
        while loader.check_node():
            node: Any = loader.get_node()  # there is one: it was checked
            yield loader.construct_document(node), node.start_mark.line + 1
    finally:
        loader.dispose()


def _listed(one: Any) -> Iterator[Mapping[str, Any]]:
    """Give an object, or those of a list, which need not say their kind in a list of one kind.

    What a folder for kustomize has beside them is passed over: a kustomization need not say its kind, and a patch may
    be a list of operations. Raises _NoObjectError for what nobody applies.
    """
    if one is None or _is_of_kustomize(one):
        return
    kind = one.get("kind") if isinstance(one, Mapping) else None
    if not isinstance(one, Mapping) or not isinstance(kind, str):
        raise _NoObjectError(f"kind: {show(kind)}" if isinstance(one, Mapping) else show(one))
    items = one.get("items")
    if kind.endswith("List") and isinstance(items, list):
        own = {"apiVersion": one.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
        for item in items:
            if not isinstance(item, Mapping):
                raise _NoObjectError(f"an item of a {kind} is {show(item)}")
            yield from _listed({**own, **item})
    else:
        yield one


def _is_of_kustomize(one: object) -> bool:
    if isinstance(one, list):
        return all(isinstance(item, Mapping) for item in one)
    return isinstance(one, Mapping) and "kind" not in one


class _NoObjectError(Exception):
    """What is no object; the message says what it is."""
