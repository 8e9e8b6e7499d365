"""What is deployed, as clusters themselves have it: of each object just what was applied to it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mcwan.plan.manifests import Manifest
from mcwan.rules.evidence import Evidence, component_of
from mcwan.rules.objects import Object, items, mapping, text


def of_live(clusters: Mapping[str, Iterable[Manifest]]) -> Evidence:
    """Give the objects of mcwan that clusters have, by cluster.

    What others write into an object, defaults of the API server among them, is left out by its `managedFields`: by
    server-side apply, each field has its appliers. An object that nobody applied so is taken whole.
    """
    found = (Object(cluster, applied(one)) for cluster, objects in sorted(clusters.items()) for one in objects)
    return Evidence(tuple(one for one in found if component_of(one)))


def applied(one: Manifest) -> Manifest:
    """Give what was applied of an object: the fields that an applier owns."""
    entries = [it for it in items(one, "metadata", "managedFields") if text(it, "operation") == "Apply"]
    if not entries:
        return one
    kept: Manifest = {"apiVersion": one["apiVersion"], "kind": one["kind"]}
    for entry in entries:
        kept = _joined(kept, _owned(one, mapping(entry, "fieldsV1")))
    names = {key: one["metadata"][key] for key in ("name", "namespace") if key in one["metadata"]}
    return {**kept, "metadata": {**kept.get("metadata", {}), **names}}


def _owned(value: Any, fields: Mapping[str, Any]) -> Any:
    """Give the part of a value that a set of fields has (Kubernetes' FieldsV1; a set without members is all of it)."""
    if not any(key != "." for key in fields):
        return value
    if isinstance(value, Mapping):
        return {key: _owned(part, fields[f"f:{key}"]) for key, part in value.items() if f"f:{key}" in fields}
    if isinstance(value, list):
        return [_owned(item, its) for item in value for key, its in fields.items() if _is(item, key)]
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
