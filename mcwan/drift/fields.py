"""The fields in which an object that is deployed differs from the planned one.

An API server adds what it defaults, so that only what is planned is compared. What others added shows by the managed
fields of server-side apply (KEP-555): a field that somebody else owns, and whoever deploys the fabric does not.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mcwan.plan.fields import below, item
from mcwan.plan.manifests import Manifest
from mcwan.plan.names import FIELD_MANAGER

_COMPARED = ("labels", "annotations")
"""Of the metadata: all else there is the cluster's own."""
_OURS = (FIELD_MANAGER, "pulumi-kubernetes", "pulumi-resource-kubernetes")
"""How field managers that deploy fabrics begin: what is rendered and applied, and Pulumi's provider."""
_KEYS = ("name", "type", "port")
"""What tells the elements of a list apart, if all have it, and all others have another."""
_NOT_SPEC = frozenset(("f:metadata", "f:status", "f:apiVersion", "f:kind"))


@dataclass(frozen=True)
class Difference:
    """A field: `planned` or `found` is None where it has none. `manager` is who wrote what was found, if known."""

    field: str
    planned: Any
    found: Any
    manager: str = ""

    def __str__(self) -> str:
        """Tell it: `spec.rules[0].weight is 3, planned 1 (kubectl-edit)`."""
        who = f" ({self.manager})" if self.manager else ""
        if self.found is None:
            return f"{self.field} is missing, planned {_shown(self.planned)}{who}"
        if self.planned is None:
            return f"{self.field} is {_shown(self.found)}, not planned{who}"
        return f"{self.field} is {_shown(self.found)}, planned {_shown(self.planned)}{who}"


def differences(planned: Manifest, found: Manifest) -> tuple[Difference, ...]:
    """Compare an object with what is there of it, as an API server gives it, or a file."""
    every = [one for key in sorted(planned) if key not in _SELF for one in _differ(planned[key], found.get(key), key)]
    for key in _COMPARED:
        every += _differ(planned["metadata"].get(key), found["metadata"].get(key), f"metadata.{key}")
    managed = found["metadata"].get("managedFields") or ()
    ours = [one for one in managed if one.get("manager", "").startswith(_OURS) and not one.get("subresource")]
    theirs = [one for one in managed if one not in ours and not one.get("subresource")]
    if not ours:  # deployed by other means: who owns what says nothing
        return tuple(sorted(every, key=lambda one: one.field))
    own = {path for one in ours for path in _paths(one.get("fieldsV1") or {})}
    foreign = {
        path: str(one.get("manager", ""))
        for one in sorted(theirs, key=lambda one: str(one.get("time", "")))
        for path in _paths(one.get("fieldsV1") or {})
        if path not in own
    }
    every = [_told_by(one, foreign) for one in every]
    every += _added(planned, found, foreign, {one.field for one in every})
    return tuple(sorted(every, key=lambda one: one.field))


_SELF = frozenset(("apiVersion", "kind", "metadata", "status"))


def _differ(planned: Any, found: Any, field: str) -> Iterator[Difference]:
    if _is_empty(planned) and _is_empty(found):
        return
    if isinstance(planned, Mapping) and isinstance(found, Mapping):
        for key in sorted(planned):
            yield from _differ(planned[key], found.get(key), below(field, key))
    elif isinstance(planned, list) and isinstance(found, list):
        yield from _lists(planned, found, field)
    elif planned != found:
        yield Difference(field, planned, found)


def _lists(planned: list[Any], found: list[Any], field: str) -> Iterator[Difference]:
    key = _key(planned, found)
    if key is None:
        if len(planned) != len(found):
            yield Difference(field, planned, found)
            return
        for index, (one, other) in enumerate(zip(planned, found, strict=True)):
            yield from _differ(one, other, f"{field}[{index}]")
        return
    there, wanted = ({one[key]: one for one in every} for every in (found, planned))
    for name in sorted(there.keys() | wanted.keys(), key=str):
        where = item(field, {key: name})
        if name not in there or name not in wanted:
            yield Difference(where, wanted.get(name), there.get(name))
        else:
            yield from _differ(wanted[name], there[name], where)


def _key(*lists: list[Any]) -> str | None:
    """Give what tells the elements of both lists apart."""
    for key in _KEYS:
        if all(
            all(isinstance(one, Mapping) and isinstance(one.get(key), str | int) for one in every)
            and len({one[key] for one in every}) == len(every)
            for every in lists
        ):
            return key
    return None


def _is_empty(value: Any) -> bool:
    """Tell whether a value says nothing: an API server drops what is empty, or writes it out."""
    return value is None or (isinstance(value, Mapping | list) and not value)


Path = tuple[str, ...]


def _paths(fields: Mapping[str, Any], before: Path = ()) -> Iterator[Path]:
    """Give the leaves of managed fields, as steps: `f:NAME`, `k:{…}` by key, `v:…` by value."""
    for step, inside in fields.items():
        if step == "." or (not before and step in _NOT_SPEC):
            continue
        if inside and set(inside) != {"."}:
            yield from _paths(inside, (*before, step))
        else:
            yield (*before, step)


def _named(path: Path) -> str:
    found = ""
    for step in path:
        kind, _, rest = step.partition(":")
        if kind == "f":
            found = below(found, rest)
        elif kind == "k":
            found = item(found, json.loads(rest))
        else:
            found += f"[{rest}]"
    return found


def _told_by(one: Difference, foreign: Mapping[Path, str]) -> Difference:
    """Say who wrote what was found: the owner of the field, or of what it is in or has."""
    who = {manager for path, manager in foreign.items() if _touch(_plain(_named(path)), _plain(one.field))}
    return Difference(one.field, one.planned, one.found, ", ".join(sorted(who)))


def _touch(one: str, other: str) -> bool:
    return any(
        long == short or long.startswith((f"{short}.", f"{short}[")) for long, short in ((one, other), (other, one))
    )


def _plain(field: str) -> str:
    """Leave out which element of a list it is: two ways of saying that are in use."""
    parts = field.split("[")
    return parts[0] + "".join(part.partition("]")[2] for part in parts[1:])


def _added(planned: Manifest, found: Manifest, foreign: Mapping[Path, str], known: set[str]) -> Iterator[Difference]:
    """Give what somebody else wrote that is not planned, or took over from whoever deploys."""
    for path, manager in sorted(foreign.items()):
        field = _named(path)
        if any(_touch(_plain(field), _plain(one)) for one in known):
            continue
        ours, theirs = _at(planned, path), _at(found, path)
        if ours != theirs and not (_is_empty(ours) and _is_empty(theirs)):
            yield from _extra(ours, theirs, field, manager)


def _extra(ours: Any, theirs: Any, field: str, manager: str) -> Iterator[Difference]:
    """Give what a value has beyond a planned one, as deep down as it can be told."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted(theirs):
            if ours.get(key) != theirs[key]:
                yield from _extra(ours.get(key), theirs[key], below(field, key), manager)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if one != other:
                yield from _extra(one, other, f"{field}[{index}]", manager)
    else:
        yield Difference(field, ours, theirs, manager)


def _at(value: Any, path: Path) -> Any:
    """Give what is at a path of managed fields; None if nothing is."""
    for step in path:
        kind, _, rest = step.partition(":")
        if kind == "f":
            value = value.get(rest) if isinstance(value, Mapping) else None
        elif kind == "k" and isinstance(value, list):
            wanted = json.loads(rest)
            same = (one for one in value if isinstance(one, Mapping) and wanted.items() <= one.items())
            value = next(same, None)
        elif kind == "v" and isinstance(value, list):
            value = next((one for one in value if one == json.loads(rest)), None)
        else:
            return None
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


_MOST = 120
