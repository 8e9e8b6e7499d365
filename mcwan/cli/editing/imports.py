"""Imports in a stack file: which clusters import an export, and by which path.

Without an entry under `mcwan:imports` every cluster that has the namespace imports. An import for clusters writes an
entry for them: the first narrows to these, further ones add to it, and nobody loses an import by one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mcwan.cli.editing import splice
from mcwan.cli.editing.exports import IMPORTS, add, drop, listed

DEFAULT_PATH = "gateway"


def import_(text: str, service: str, having: Sequence[str], clusters: Sequence[str], path: str | None) -> str:
    """Give the text with an export imported by some clusters; without any, by all that have its namespace.

    A `path` is written for these clusters; without one, those that import already keep theirs.
    """
    entries = _entries(text, service)
    if not entries:
        wanted = _entry(service, clusters if set(clusters) != set(having) else (), path)
        return text if len(wanted) == 1 else _add(text, wanted)
    if not clusters and path is None and all(_is_plain(entry) for entry in entries.values()):
        everywhere = any("clusters" not in entry for entry in entries.values())
        return text if everywhere else _without(text, entries)
    chosen = clusters or having
    for index, entry in sorted(entries.items(), reverse=True):
        if path is not None and entry.get("path", DEFAULT_PATH) != path:
            text = _moved(text, index, entry, having, chosen, path)
    current = {one for entry in _entries(text, service).values() for one in _for(entry, having)}
    missing = [one for one in chosen if one not in current]
    return _joined(text, service, missing, path or DEFAULT_PATH) if missing else text


def unimport(text: str, service: str, having: Sequence[str], clusters: Sequence[str] = ()) -> str:
    """Give the text with an export imported by some clusters less; without any, by nobody."""
    gone = set(clusters or having)
    entries = _entries(text, service)
    if not entries:
        return _add(text, {"service": service, "clusters": [one for one in having if one not in gone]})
    left = len(entries)
    for index, entry in sorted(entries.items(), reverse=True):
        kept = [one for one in _for(entry, having) if one not in gone]
        if kept or left == 1:
            text = _narrowed(text, index, entry, having, gone)
        else:
            text = drop(text, IMPORTS, index)
            left -= 1
    return text


def _entries(text: str, service: str) -> dict[int, Mapping[str, Any]]:
    """Give the entries for an export, by their positions."""
    return {
        index: one
        for index, one in enumerate(listed(text, IMPORTS))
        if isinstance(one, Mapping) and one.get("service") == service
    }


def _for(entry: Mapping[str, Any], having: Sequence[str]) -> Sequence[str]:
    clusters = entry.get("clusters")
    return having if clusters is None else clusters


def _is_plain(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry says only which clusters import."""
    return entry.keys() <= {"service", "clusters"}


def _entry(service: str, clusters: Sequence[str], path: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"service": service}
    if clusters:
        entry["clusters"] = list(clusters)
    if path not in (None, DEFAULT_PATH):
        entry["path"] = path
    return entry


def _add(text: str, entry: Mapping[str, Any]) -> str:
    return add(text, IMPORTS, entry, after="mcwan:exports")


def _without(text: str, entries: Mapping[int, object]) -> str:
    for index in sorted(entries, reverse=True):
        text = drop(text, IMPORTS, index)
    return text


def _narrowed(text: str, index: int, entry: Mapping[str, Any], having: Sequence[str], gone: set[str]) -> str:
    """Take clusters out of an entry."""
    place = (*IMPORTS, index, "clusters")
    if entry.get("clusters") is None:
        kept = [one for one in having if one not in gone]
        if "clusters" in entry:
            return splice.swap(text, place, "clusters", kept)
        return splice.insert(text, place, kept, after="service")
    listed_ = list(entry["clusters"])
    if listed_ and set(listed_) <= gone:
        return splice.swap(text, place, "clusters", [])
    for position in reversed(range(len(listed_))):
        if listed_[position] in gone:
            text = splice.remove(text, (*place, position))
    return text


def _moved(
    text: str, index: int, entry: Mapping[str, Any], having: Sequence[str], chosen: Sequence[str], path: str
) -> str:
    """Give the entry's clusters that are chosen another path: in the entry, if that leaves none with the old one."""
    its = _for(entry, having)
    if not set(its) & set(chosen):
        return text
    if set(its) <= set(chosen):
        place = (*IMPORTS, index, "path")
        if "path" in entry:
            return splice.put(text, place, path)
        return splice.insert(text, place, path, after="clusters" if "clusters" in entry else "service")
    return _narrowed(text, index, entry, having, set(chosen))


def _joined(text: str, service: str, clusters: Sequence[str], path: str) -> str:
    """Have clusters import that do not: in an entry that says nothing but that path, else in one of their own."""
    for index, entry in _entries(text, service).items():
        if entry.keys() <= {"service", "clusters", "path"} and entry.get("path", DEFAULT_PATH) == path:
            place = (*IMPORTS, index, "clusters")
            for cluster in clusters:
                text = splice.append(text, place, cluster)
            return text
    return _add(text, _entry(service, clusters, path))
