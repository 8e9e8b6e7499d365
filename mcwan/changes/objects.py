"""Which objects differ between two environments, and in which fields."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from mcwan.model.base import Model
from mcwan.plan.fields import below, item
from mcwan.rules.evidence import component_of, is_named
from mcwan.rules.objects import Object
from mcwan.rules.unknown import UnjudgedError, Withheld

NOT_KNOWN = "not known"
"""Stands for a value that is not there to be read: a secret, or what an update that did not end left open."""
_SERVERS = frozenset(
    {"creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}
)
"""Fields of `metadata` that API servers write."""
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
Key = tuple[str, str, str, str, str]
"""Cluster, API group, kind, namespace, name: another version of the same API is the same object."""


class Field(Model):
    """A field that changes: its path, its value before and after (null where there is none)."""

    path: str
    before: Any
    after: Any


class ObjectChange(Model):
    """An object that is added, changed or removed; `not known`: all that differs cannot be read."""

    cluster: str
    kind: str
    namespace: str
    name: str
    change: Literal["added", "changed", "removed", "not known"]
    fields: tuple[Field, ...] = ()

    @property
    def called(self) -> str:
        """What it is called on its cluster: `Gateway mc-wan/mc-wan-ingress`."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


class Compared(NamedTuple):
    """An object before and after; None where it is not there."""

    change: ObjectChange
    before: Object | None
    after: Object | None

    @property
    def either(self) -> Object:
        """The object after or, where it is removed, before."""
        found = self.after or self.before
        if found is None:
            raise ValueError("neither before nor after")
        return found


def compare(before: Iterable[Object], after: Iterable[Object]) -> tuple[list[Compared], list[str]]:
    """Give what differs, sorted by cluster, kind, namespace and name; and the objects before that have no known name.

    Objects before that somebody else made are left alone, as an update leaves them.
    """
    known, nameless = _keyed(before)
    wanted, _ = _keyed(after)
    known = {key: one for key, one in known.items() if key in wanted or _is_ours(one)}
    doubtful = {(one.cluster, one.kind) for one in nameless}
    found = []
    for key in sorted(known.keys() | wanted.keys()):
        old, new = known.get(key), wanted.get(key)
        fields = tuple(_fields(_written(old.content), _written(new.content), "")) if old and new else ()
        if old and new and not fields:
            continue
        cluster, _, kind, namespace, name = key
        unread = bool(fields) and all(one.before == NOT_KNOWN for one in fields)
        unread = unread or (old is None and (cluster, kind) in doubtful)  # it may be one of those without a known name
        change = NOT_KNOWN if unread else "added" if old is None else "removed" if new is None else "changed"
        told = ObjectChange(cluster=cluster, kind=kind, namespace=namespace, name=name, change=change, fields=fields)
        found.append(Compared(told, old, new))
    return found, sorted(map(str, nameless))


def _keyed(objects: Iterable[Object]) -> tuple[dict[Key, Object], list[Object]]:
    found: dict[Key, Object] = {}
    nameless = []
    for one in objects:
        if is_named(one):
            found[one.cluster, one.group, one.kind, one.namespace, one.name] = one
        else:
            nameless.append(one)
    return found, nameless


def _is_ours(one: Object) -> bool:
    try:
        return bool(component_of(one))
    except UnjudgedError:
        return True


def _written(content: Mapping[str, Any]) -> dict[str, Any]:
    """Give an object without what API servers and Pulumi's provider add to it."""
    found = {key: value for key, value in content.items() if key != "status" and not key.startswith("__")}
    metadata = found.get("metadata")
    if isinstance(metadata, Mapping) and (metadata.keys() & _SERVERS or _APPLIED in _annotations(metadata)):
        kept = {key: value for key, value in metadata.items() if key not in _SERVERS}
        if _APPLIED in _annotations(metadata):
            kept["annotations"] = {key: value for key, value in metadata["annotations"].items() if key != _APPLIED}
        found["metadata"] = kept
    return found


def _annotations(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    found = metadata.get("annotations")
    return found if isinstance(found, Mapping) else {}


def _fields(before: Any, after: Any, path: str) -> Iterator[Field]:
    """Give the fields that differ. Items of a list go by their names where each has one of its own, else in order."""
    if isinstance(before, Withheld) or isinstance(after, Withheld):
        if before is not after:
            yield Field(path=path, before=plain(before), after=plain(after))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        # what an object is to be comes before what is said of it
        for key in sorted(before.keys() | after.keys(), key=lambda one: (one == "metadata", one)):
            yield from _fields(before.get(key), after.get(key), below(path, key))
    elif _is_list(before) and _is_list(after):
        yield from _items(before, after, path)
    elif type(before) is bool or type(after) is bool:
        if before is not after:
            yield Field(path=path, before=plain(before), after=plain(after))
    elif before != after:
        yield Field(path=path, before=plain(before), after=plain(after))


def _items(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Field]:
    old, new = _by_name(before), _by_name(after)
    if old is not None and new is not None:
        for name in (*new, *(name for name in old if name not in new)):
            yield from _fields(old.get(name), new.get(name), item(path, {"name": name}))
        both = [name for name in old if name in new]
        order = [name for name in new if name in old]
        if both != order:
            yield Field(path=f"{path} (order)", before=both, after=order)
        return
    for index in range(max(len(before), len(after))):
        old_one, new_one = (one[index] if index < len(one) else None for one in (before, after))
        yield from _fields(old_one, new_one, f"{path}[{index}]")


def _by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    """Give a list's items by their names; None if one has none, or two have the same."""
    found: dict[str, Any] = {}
    for one in items:
        name = one.get("name") if isinstance(one, Mapping) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = one
    return found


def _is_list(one: Any) -> bool:
    return isinstance(one, Sequence) and not isinstance(one, str)


def plain(value: Any) -> Any:
    """Give a value without anything withheld in it."""
    if isinstance(value, Withheld):
        return NOT_KNOWN
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if _is_list(value) else value
