"""A VirtualService's matches as those of an HTTPRoute: the inverse of how `mcwan.gateways.istio_mesh` writes them."""

from collections.abc import Iterator
from typing import Any

from mcwan.rules.objects import items, mapping, text

_TYPE = {"exact": "Exact", "regex": "RegularExpression"}
_PATH = _TYPE | {"prefix": "PathPrefix"}


def route_matches(rule: Any) -> list[dict[str, Any]]:
    """Give a rule's matches; of a path and what is below it, which are two there, one. Raises UnjudgedError."""
    found: list[dict[str, Any]] = []
    for one in items(rule, "match"):
        kind, path = next(_strings(one, "uri", _PATH), ("PathPrefix", "/"))
        match: dict[str, Any] = {"path": {"type": kind, "value": path.rstrip("/") or "/"}}
        if method := text(one, "method", "exact"):
            match["method"] = method
        for key in ("headers", "queryParams"):
            named = [
                {"type": how, "name": name, "value": value}
                for name in mapping(one, key)
                for how, value in _strings(mapping(one, key), name, _TYPE)
            ]
            if named:
                match[key] = named
        exact = {**match, "path": {"type": "Exact", "value": match["path"]["value"]}}
        if kind == "PathPrefix" and exact in found:
            found[found.index(exact)] = match
        else:
            found.append(match)
    return found


def _strings(one: Any, key: str, kinds: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Give how and with what something is compared."""
    for how, kind in kinds.items():
        if value := text(one, key, how):
            yield kind, value
