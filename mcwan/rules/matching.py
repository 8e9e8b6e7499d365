"""What a rule matches, in short: `GET /stats`, `/ with header version: 2 or exactly /new`."""

from collections.abc import Iterator, Sequence
from typing import Any

from mcwan.rules.objects import items, text
from mcwan.rules.words import listed

_MOST = 3
"""So many matches are written; of the others, how many they are."""


def in_short(matches: Any) -> str:
    """Write matches of an HTTPRoute's rule; of what is no list of them, none. Raises UnjudgedError."""
    every = _every(matches)
    found = [_one(one) for one in every[:_MOST]]
    more = [f"{len(every) - _MOST} more"] if len(every) > _MOST else []
    return " or ".join([*found, *more]) or "every request"


def unlike(mine: Any, theirs: Any) -> tuple[str, str]:
    """Write two lists of matches that differ, so that they do. Raises UnjudgedError."""
    one, other = in_short(mine), in_short(theirs)
    if one != other:
        return one, other
    ours, others = _every(mine), _every(theirs)
    at = next((i for i, (a, b) in enumerate(zip(ours, others, strict=False)) if a != b), 0)
    return (one, f"{other}, written otherwise") if at < _MOST else (in_short(ours[at:]), in_short(others[at:]))


def _every(matches: Any) -> Sequence[Any]:
    return matches if isinstance(matches, list | tuple) else ()


def _one(match: Any) -> str:
    how, path = text(match, "path", "type"), text(match, "path", "value") or "/"
    kind = {"Exact": "exactly ", "RegularExpression": "expression "}.get(how, "")
    method = text(match, "method")
    named = [*_named(match, "headers", "header"), *_named(match, "queryParams", "query parameter")]
    return f"{f'{method} ' if method else ''}{kind}{path}{f' with {listed(named)}' if named else ''}"


def _named(match: Any, key: str, what: str) -> Iterator[str]:
    for one in items(match, key):
        expression = "expression " if text(one, "type") == "RegularExpression" else ""
        yield f"{what} {text(one, 'name')}: {expression}{text(one, 'value')}"
