"""Which HTTP requests: Gateway API's HTTPRouteMatch, and how two matches relate.

Gateway API does not try rules in the order in which they are written: the most specific match wins (HTTPRouteRule,
`matches`). A description's rules are ordered. `mcwan.model.checks` accepts only rules for which both give the same
answer; the functions here tell.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mcwan.model.base import Model
from mcwan.model.leaves import COOKIE_VALUE, HEADER, HEADER_VALUE

Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
MatchType = Literal["Exact", "RegularExpression"]
MatchValue = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1024)]


class PathMatch(Model):
    """A match on the request's path."""

    type: Literal["Exact", "PathPrefix", "RegularExpression"] = "PathPrefix"
    """PathPrefix matches whole path elements: /payment matches /payment/1 and not /payments."""
    value: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1024)] = "/"
    """The path, its prefix, or a regular expression (RE2 syntax) for the whole path."""


class HeaderMatch(Model):
    """A match on a request header."""

    type: MatchType = "Exact"
    """Exact, or a regular expression (RE2 syntax) for the whole value."""
    name: Annotated[str, StringConstraints(strict=True, pattern=HEADER, max_length=256)]
    """The header's name, in any case."""
    value: Annotated[str, StringConstraints(strict=True, pattern=HEADER_VALUE, max_length=4096)]
    """The header's value."""


class QueryParamMatch(Model):
    """A match on a query parameter."""

    type: MatchType = "Exact"
    """Exact, or a regular expression (RE2 syntax) for the whole value."""
    name: Annotated[str, StringConstraints(strict=True, pattern=HEADER, max_length=256)]
    """The parameter's name."""
    value: MatchValue
    """The parameter's value."""


class CookieMatch(Model):
    """A match on one cookie; written as a header match on `cookie`."""

    name: Annotated[str, StringConstraints(strict=True, pattern=HEADER, max_length=256)]
    """The cookie's name."""
    value: Annotated[str, StringConstraints(strict=True, pattern=COOKIE_VALUE, max_length=1024)]
    """The cookie's value (RFC 6265: no blanks, quotes, commas, semicolons or backslashes)."""


class Match(Model):
    """A request matches if everything that is written here matches."""

    path: PathMatch = PathMatch()
    """The path; any, if not written."""
    method: Method | None = None
    """The method; any, if not written."""
    headers: Annotated[tuple[HeaderMatch, ...], Field(max_length=16)] = ()
    """Headers, each name once."""
    cookie: CookieMatch | None = None
    """A cookie, e.g. user=test for a canary."""
    query_params: Annotated[tuple[QueryParamMatch, ...], Field(max_length=16)] = ()
    """Query parameters, each name once."""


def all_headers(match: Match) -> tuple[HeaderMatch, ...]:
    """Give the header matches, the cookie among them.

    Gateway API has no match on a cookie. The pattern is anchored and covers the whole header, so that it means the same
    to an engine that searches and to one that matches the whole value (Envoy does the latter).
    """
    if match.cookie is None:
        return match.headers
    pattern = f"{_BEFORE}{_quoted(match.cookie.name)}={_quoted(match.cookie.value)}{_AFTER}"
    return (*match.headers, HeaderMatch(type="RegularExpression", name="cookie", value=pattern))


def cookie_of(pattern: str) -> str:
    """Give the cookie, as name=value, that a pattern for the whole header asks for; empty if it is no such pattern."""
    if not (pattern.startswith(_BEFORE) and pattern.endswith(_AFTER)):
        return ""
    return re.sub(r"\\(.)", r"\1", pattern[len(_BEFORE) : -len(_AFTER)])


_BEFORE, _AFTER = r"^(.*;\s*)?", "(;.*)?$"
"""What may stand around a cookie."""


def covers(wide: Match, narrow: Match) -> bool:
    """Tell whether every request that `narrow` matches is matched by `wide` too, as far as can be proved."""
    return (
        _path_covers(wide.path, narrow.path)
        and wide.method in (None, narrow.method)
        and _conditions(wide) <= _conditions(narrow)
    )


def may_overlap(a: Match, b: Match) -> bool:
    """Tell whether a request may match both; True where that cannot be ruled out, as with regular expressions.

    A request may have several cookies, also of one name.
    """
    return (
        (_path_covers(a.path, b.path) or _path_covers(b.path, a.path) or _regular(a, b))
        and (a.method is None or b.method is None or a.method == b.method)
        and not _contradict(all_headers(a), all_headers(b))
        and not _contradict(a.query_params, b.query_params)
    )


def intersection(a: Match, b: Match) -> Match | None:
    """Give the match for the requests that both match; None where there are none, or no single match can say it.

    It cannot for two regular expressions, one beside another path, two cookies, or two conditions on one header.
    """
    if not may_overlap(a, b) or (_regular(a, b) and PathMatch() not in (a.path, b.path)):
        return None
    both = Match(
        path=b.path if _path_covers(a.path, b.path) else a.path,
        method=a.method or b.method,
        headers=tuple(dict.fromkeys((*a.headers, *b.headers))),
        cookie=a.cookie or b.cookie,
        query_params=tuple(dict.fromkeys((*a.query_params, *b.query_params))),
    )
    names = [header.name.lower() for header in all_headers(both)]
    params = [param.name for param in both.query_params]
    once = len(names) == len(set(names)) and len(params) == len(set(params))
    return both if once and (not b.cookie or both.cookie == b.cookie) else None


def comparable(a: Match, b: Match) -> bool:
    """Tell whether Gateway API itself says which of two matches wins for a request that both match.

    It leaves the precedence of a regular expression beside another path to the implementation: with Envoy Gateway it
    wins over a prefix, with Istio a prefix wins over it. Matches that share no request need no precedence.
    """
    return not (_regular(a, b) and may_overlap(a, b))


def precedence(match: Match) -> tuple[bool, int, bool, int, int]:
    """Give the place of a match in Gateway API's order; the highest wins (HTTPRouteRule, `matches`)."""
    exact = match.path.type == "Exact"
    length = 0 if exact else len(match.path.value)
    return (exact, length, match.method is not None, len(all_headers(match)), len(match.query_params))


def _quoted(text: str) -> str:
    """Quote for RE2 and Rust alike; `re.escape` also escapes characters that only Python lets one escape."""
    return "".join(f"\\{c}" if c in r"\.+*?()|[]{}^$" else c for c in text)


def _path_covers(wide: PathMatch, narrow: PathMatch) -> bool:
    if wide.type == "PathPrefix" and wide.value == "/":
        return True
    if wide.type != "PathPrefix" or narrow.type == "RegularExpression":
        return wide == narrow
    prefix = wide.value.rstrip("/")  # Gateway API: a trailing '/' of a prefix is ignored
    return narrow.value.rstrip("/") == prefix or narrow.value.startswith(f"{prefix}/")


def _regular(a: Match, b: Match) -> bool:
    """Tell whether two paths differ and one is a regular expression, which nothing here compares."""
    return a.path != b.path and "RegularExpression" in (a.path.type, b.path.type)


def _conditions(match: Match) -> frozenset[tuple[str, str, str, str]]:
    headers = {("header", h.name.lower(), h.type, h.value) for h in all_headers(match)}
    return frozenset(headers | {("query", q.name, q.type, q.value) for q in match.query_params})


def _contradict(
    some: tuple[HeaderMatch, ...] | tuple[QueryParamMatch, ...],
    others: tuple[HeaderMatch, ...] | tuple[QueryParamMatch, ...],
) -> bool:
    """Tell whether one name has two different exact values."""
    fold = str.lower if some and isinstance(some[0], HeaderMatch) else str
    exact = {fold(m.name): m.value for m in some if m.type == "Exact"}
    return any(m.type == "Exact" and exact.get(fold(m.name), m.value) != m.value for m in others)
