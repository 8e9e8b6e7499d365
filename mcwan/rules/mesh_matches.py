"""A VirtualService's matches as those of an HTTPRoute, and the other way, as `mcwan.gateways.istio_mesh` has them."""

from collections.abc import Iterator, Sequence
from typing import Any

from mcwan.gateways import istio_mesh
from mcwan.model.matches import HeaderMatch, Match, PathMatch, QueryParamMatch
from mcwan.plan.manifests import Manifest
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


def mesh_matches(matches: Sequence[Any], port: int | None) -> list[Manifest] | None:
    """Give the matches that sidecars have for those of an HTTPRoute's rule, asked for on a port; None if those are odd.

    Raises UnjudgedError.
    """
    try:
        return istio_mesh.matches(tuple(map(_match, matches)), port)
    except KeyError:  # of what kind one is
        return None


def _match(one: Any) -> Match:
    """Read a match of an HTTPRoute, whatever is written there."""
    path: dict[str, Any] = {
        "type": text(one, "path", "type") or "PathPrefix",
        "value": text(one, "path", "value") or "/",
    }
    method: dict[str, Any] = {"method": text(one, "method") or None}
    return Match.model_construct(
        path=PathMatch.model_construct(**path),
        **method,
        headers=tuple(HeaderMatch.model_construct(**_named(it)) for it in items(one, "headers")),
        cookie=None,  # a header
        query_params=tuple(QueryParamMatch.model_construct(**_named(it)) for it in items(one, "queryParams")),
    )


def _named(one: Any) -> dict[str, Any]:
    return {"type": text(one, "type") or "Exact", "name": text(one, "name"), "value": text(one, "value")}


def _strings(one: Any, key: str, kinds: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Give how and with what something is compared."""
    for how, kind in kinds.items():
        if value := text(one, key, how):
            yield kind, value
