"""How matches, shares and clusters stand in a sentence."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mcwan.model.leaves import PORT_HEADER
from mcwan.model.matches import cookie_of
from mcwan.rules.objects import items, text
from mcwan.rules.words import listed

ALL = "all requests"
MOST_MATCHES = 3
"""So many matches of a rule are written; of more, how many there are."""


def matched(rule: Any) -> str:
    """Say what a rule of a route matches: `GET /payment`, `all requests`. Raises UnjudgedError."""
    found = list(dict.fromkeys(_match(one) for one in items(rule, "matches"))) or [ALL]
    more = len(found) - MOST_MATCHES
    return listed_or([*found[:MOST_MATCHES], *([f"{more} more"] if more > 0 else [])])


def listed_or(found: Iterable[str]) -> str:
    """Write alternatives: `a`, `a or b`, `a, b or c`."""
    every = list(found)
    return " or ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


def _match(one: Any) -> str:
    kind, path, method = (
        text(one, "path", "type") or "PathPrefix",
        text(one, "path", "value") or "/",
        text(one, "method"),
    )
    where = "" if (kind, path) == ("PathPrefix", "/") else path
    where += {"Exact": " exactly", "RegularExpression": " (a regular expression)"}.get(kind, "")
    what = f"{method} {where}" if method and where else f"{method} requests" if method else where
    conditions = listed(_conditions(one))
    if not conditions:
        return what or ALL
    return f"{what or 'requests'} with {conditions}"


def _conditions(one: Any) -> Iterator[str]:
    for header in items(one, "headers"):
        name, value = text(header, "name"), text(header, "value")
        pattern = text(header, "type") == "RegularExpression"
        if pattern and name.lower() == "cookie" and (cookie := cookie_of(value)):
            yield f"cookie {cookie}"
        elif name.lower() != PORT_HEADER:
            yield f"header {name}{' ~ ' if pattern else ': '}{value}"
    for param in items(one, "queryParams"):
        pattern = text(param, "type") == "RegularExpression"
        yield f"query {text(param, 'name')}{' ~ ' if pattern else '='}{text(param, 'value')}"


def percent(share: float) -> str:
    """Write a share."""
    return f"{share:g}%" if share >= 1 or not share else "<1%"


def shares(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """Say how shares change: `cluster-1 75% -> 50%, cluster-2 25% -> 50%`; those that stay are left out."""
    names = sorted(before.keys() | after.keys())
    pairs = [(name, before.get(name, 0.0), after.get(name, 0.0)) for name in names]
    return ", ".join(f"{name} {percent(old)} -> {percent(new)}" for name, old, new in pairs if old != new)


def clusters(names: Iterable[str], most: int = 5) -> str:
    """Name clusters, each once: `a, b and c`; of many, the first and how many more."""
    every = sorted(set(names))
    if len(every) <= most:
        return listed(every)
    return listed([*every[: most - 1], f"{len(every) - most + 1} more clusters"])
