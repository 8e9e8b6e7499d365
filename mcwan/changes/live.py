"""What is deployed, as clusters themselves have it: of each object just what was applied to it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mcwan.plan.manifests import Manifest, identity
from mcwan.rules.evidence import Evidence, component_of
from mcwan.rules.objects import Object, items, mapping, text


def of_live(clusters: Mapping[str, Iterable[Manifest]], planned: Iterable[tuple[str, Manifest]] = ()) -> Evidence:
    """Give the objects of mcwan that clusters have, by cluster; `planned` are those of the plan, with their clusters.

    What others write into an object, defaults of the API server among them, is left out by its `managedFields`: by
    server-side apply, each field has its appliers. Of an object that nobody applied so (Pulumi's provider creates and
    updates) just the fields that are planned are taken: an update leaves all others as they are.
    """
    wanted = {(cluster, *identity(one)[1:]): one for cluster, one in planned}
    found = (
        Object(cluster, _as_deployed(one, wanted.get((cluster, *identity(one)[1:]))))
        for cluster, objects in sorted(clusters.items())
        for one in objects
    )
    return Evidence(tuple(one for one in found if component_of(one)))


def _as_deployed(one: Manifest, planned: Manifest | None) -> Manifest:
    """Give what was applied of an object and what is planned of it, whoever wrote that last."""
    found = applied(one, planned)
    if planned is None:
        return found
    part: Manifest = only(planned, one)
    return part if found is one else _joined(found, part)


def only(planned: Any, found: Any) -> Any:
    """Give the part of a value that is planned, too; items of a list beyond that stay."""
    if isinstance(planned, Mapping) and isinstance(found, Mapping):
        empty = {key: one for key, one in planned.items() if key not in found and one in ({}, [])}
        return {key: only(planned[key], one) for key, one in found.items() if key in planned} | empty
    if isinstance(planned, list) and isinstance(found, list):
        named = {one["name"]: one for one in planned if isinstance(one, Mapping) and isinstance(one.get("name"), str)}
        if len(named) == len(planned):
            return [only(named.get(one.get("name"), one), one) if isinstance(one, Mapping) else one for one in found]
        if len(planned) == len(found):
            return [only(one, other) for one, other in zip(planned, found, strict=True)]
    return found


def applied(one: Manifest, planned: Manifest | None = None) -> Manifest:
    """Give what was applied of an object: the fields that an applier owns.

    A part that is owned as a whole (structType=atomic) has defaults in it: of one that is planned, just that is taken.
    """
    entries = [it for it in items(one, "metadata", "managedFields") if text(it, "operation") == "Apply"]
    if not entries:
        return one
    kept: Manifest = {"apiVersion": one["apiVersion"], "kind": one["kind"]}
    for entry in entries:
        kept = _joined(kept, _owned(one, mapping(entry, "fieldsV1"), planned))
    names = {key: one["metadata"][key] for key in ("name", "namespace") if key in one["metadata"]}
    return {**kept, "metadata": {**kept.get("metadata", {}), **names}}


def _owned(value: Any, fields: Mapping[str, Any], planned: Any) -> Any:
    """Give the part of a value that a set of fields has (Kubernetes' FieldsV1; a set without members is all of it)."""
    if not any(key != "." for key in fields):
        return value if planned is None else only(planned, value)
    if isinstance(value, Mapping):
        wanted = planned if isinstance(planned, Mapping) else {}
        return {
            key: _owned(part, fields[f"f:{key}"], wanted.get(key))
            for key, part in value.items()
            if f"f:{key}" in fields
        }
    if isinstance(value, list):
        items_ = planned if isinstance(planned, list) else []
        return [
            _owned(item, its, next((one for one in items_ if _is(one, key)), None))
            for item in value
            for key, its in fields.items()
            if _is(item, key)
        ]
    return value


def _is(item: Any, key: str) -> bool:
    """Tell whether an item of a list is the one that a key is of: `k:{"name":"http"}` or `v:"a"`."""
    sort, _, written = key.partition(":")
    if sort == "k" and isinstance(item, Mapping):
        return all(item.get(name) == value for name, value in json.loads(written).items())
    return sort == "v" and item == json.loads(written)


def _joined(one: Any, other: Any) -> Any:
    """Put together what two appliers own; of lists, the longer one."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {
            key: _joined(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
            for key in {**one, **other}
        }
    if isinstance(one, list) and isinstance(other, list):
        return one if len(one) > len(other) else other
    return other
