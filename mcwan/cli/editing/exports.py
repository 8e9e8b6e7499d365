"""Exports in a stack file: add one, offer it from more clusters, change what it says, take it away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from mcwan.cli.editing import splice
from mcwan.cli.editing.spelling import unknown_export
from mcwan.cli.editing.splice import EditError
from mcwan.model.export import Rule, ServicePort
from mcwan.model.mistakes import Place

EXPORTS: Place = ("config", "mcwan:exports")
IMPORTS: Place = ("config", "mcwan:imports")


@dataclass(frozen=True)
class Wanted:
    """An export as it is wanted: ports and policy as keys of the stack file, empty where nothing was said."""

    service: str
    clusters: tuple[str, ...]
    ports: Mapping[str, Any]
    policy: Mapping[str, Any]


def listed(text: str, place: Place) -> list[Any]:
    """Give a list of the stack file; empty if it is not there."""
    found = splice.data(text)
    for part in place:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, list) else []


def key_of(export: object) -> str:
    """Give what an export as written is called: payment.secure; empty where that cannot be told."""
    if not isinstance(export, Mapping):
        return ""
    service, _, namespace = str(export.get("service", "")).partition(".")
    return f"{export.get('name') or service}.{namespace}"


def position_of(text: str, service: str) -> int | None:
    """Give the position of an export; None if it is not exported."""
    return next((index for index, one in enumerate(listed(text, EXPORTS)) if key_of(one) == service), None)


def export(text: str, wanted: Wanted, *, replace: bool) -> str:
    """Give the text with a service exported as wanted; the same text if it is already.

    Clusters are added to those that offer it. Other ports or another policy than written take `replace`.
    Raises EditError.
    """
    position = position_of(text, wanted.service)
    if position is None:
        item = {"service": wanted.service, **wanted.ports, "from": list(wanted.clusters), **wanted.policy}
        return add(text, EXPORTS, item, after="mcwan:wanPolicies")
    place = (*EXPORTS, position)
    written = listed(text, EXPORTS)[position]
    for keys, given in ((("port", "ports"), wanted.ports), (("wanPolicy", "rules"), wanted.policy)):
        if given and not _same(written, given):
            if not replace:
                raise EditError(
                    f"{wanted.service}: exported already, with {_told(written, keys)}; "
                    f"--replace gives it {_told(given, keys)} instead"
                )
            text = _replaced(text, position, keys, given)
    offered = [offer_of(one) for one in written.get("from") or ()]
    for cluster in wanted.clusters:
        if cluster not in offered:
            text = splice.append(text, (*place, "from"), cluster)
    return text


def unexport(text: str, service: str, clusters: Sequence[str] = ()) -> str:
    """Give the text without an export and what says how it is imported, or without some clusters that offer it.

    Raises EditError.
    """
    position = position_of(text, service)
    if position is None:
        keys = [key for one in listed(text, EXPORTS) if (key := key_of(one))]
        raise unknown_export(service, keys, "name one of them")
    offered = [offer_of(one) for one in listed(text, EXPORTS)[position].get("from") or ()]
    if missing := [one for one in clusters if one not in offered]:
        raise EditError(
            f"{service}: {', '.join(missing)} does not offer it; offered by: {', '.join(offered)}; name one of them"
        )
    if clusters and set(offered) - set(clusters):
        for index in reversed(range(len(offered))):
            if offered[index] in clusters:
                text = splice.remove(text, (*EXPORTS, position, "from", index))
        return text
    for index, entry in reversed(list(enumerate(listed(text, IMPORTS)))):
        if isinstance(entry, Mapping) and entry.get("service") == service:
            text = drop(text, IMPORTS, index)
    return drop(text, EXPORTS, position)


def add(text: str, place: Place, item: Mapping[str, Any], *, after: str) -> str:
    """Add an item to a list of the stack file; the list is made, below the key `after`, if it is not there."""
    config = splice.data(text)["config"]
    if place[-1] in config:
        return splice.append(text, place, dict(item))
    return splice.insert(text, place, [dict(item)], after=after)


def drop(text: str, place: Place, index: int) -> str:
    """Take an item out of a list of the stack file; with the last item the list itself."""
    return splice.remove(text, (*place, index)) if len(listed(text, place)) > 1 else splice.empty(text, place)


def offer_of(offer: object) -> str:
    """Give the cluster of an offer as written: a name, or a mapping with its cluster."""
    return str(offer.get("cluster")) if isinstance(offer, Mapping) else str(offer)


def _same(written: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Tell whether an export says what is given, also where that is written otherwise."""
    ((key, value),) = given.items()
    if key in ("wanPolicy", "port"):
        return bool(written.get(key) == value)
    model = Rule if key == "rules" else ServicePort
    try:
        one, other = ([model.model_validate(item) for item in items or ()] for items in (written.get(key), value))
    except ValidationError:
        return False
    return one == other


def _replaced(text: str, position: int, keys: Sequence[str], given: Mapping[str, Any]) -> str:
    ((key, value),) = given.items()
    place = (*EXPORTS, position)
    there = next((one for one in keys if one in listed(text, EXPORTS)[position]), None)
    if there is None:
        return splice.insert(text, (*place, key), value)
    if there == key and not isinstance(value, list):
        return splice.put(text, (*place, key), value)
    return splice.swap(text, (*place, there), key, value)


def _told(export: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Say what an export has of two keys: a policy or rules, a port or ports."""
    single, several = keys
    what = {"port": "port", "wanPolicy": "WAN policy", "ports": "ports", "rules": "rules"}
    if several in export and isinstance(export[several], list):
        shown = [_item(one) for one in export[several]]
        return f"{what[several]} {', '.join(shown)}"
    return f"{what[single]} {export[single]}" if single in export else f"no {what[single]}"


def _item(one: object) -> str:
    if not isinstance(one, Mapping):
        return "?"
    return f"{one.get('name')}: {one.get('wanPolicy') or one.get('port')}"
