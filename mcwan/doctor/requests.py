"""A harmless request that one rule of several takes, and no other."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from mcwan.facts.probed import Request
from mcwan.model.importing import EgressRule, or_all
from mcwan.model.matches import HeaderMatch, Match, PathMatch, QueryParamMatch, all_headers, covers

HARMLESS = ("GET", "HEAD")
"""Methods that change nothing (RFC 9110, 9.2.1), and that an API server proxies with the right to get alone."""
_FURTHER = "/mcwan-doctor"
"""What is added to a prefix, where another rule has the prefix itself."""
_PATH = "/%:@!$&'()*+,;=~"
"""What stands in a path as it is, beside letters, digits and `-._` (RFC 3986, 3.3)."""
_NOT_OURS = {"authorization", "connection", "content-length", "host", "te", "transfer-encoding", "upgrade"}
"""Headers that say how a request is sent, or who sends it."""


def harmless(rules: Sequence[EgressRule], number: int) -> Request | str:
    """Make a request that `rules[number]` takes, by the first of its matches for which there is one; or say why not.

    Rules are ordered: none before it may take the request (`mcwan.model.matches`).
    """
    rule, before = rules[number], rules[:number]
    every = or_all(rule.matches)
    if all(match.method not in (None, *HARMLESS) for match in every):
        return f"its method is {every[0].method}, and only {' and '.join(HARMLESS)} are sent"
    known = [one for match in every for one in _made(match)]
    for plain in known:
        if not any(_may_take(match, plain) for other in before for match in or_all(other.matches)):
            return _request(plain)
    if known:
        return "an earlier rule may take every request that is made of its matches"
    return "no request is made of a regular expression, of what URLs encode, or of a header that says how it is sent"


def _made(match: Match) -> Iterator[Match]:
    """Give matches that say exactly one request each, which `match` takes."""
    cookie = [HeaderMatch(name="cookie", value=f"{match.cookie.name}={match.cookie.value}")] if match.cookie else []
    headers = (*match.headers, *cookie)
    every = (*((one.type, one.value) for one in headers), *((one.type, one.value) for one in match.query_params))
    plain = all(kind == "Exact" and value.isascii() and value.isprintable() for kind, value in every)
    # proxies compare what stands in the URL: what has to be encoded there, no request can have as it is written
    plain = plain and all(quote(one.value, safe="") == one.value for one in match.query_params)
    plain = plain and match.path.type != "RegularExpression" and quote(match.path.value, safe=_PATH) == match.path.value
    if not plain or match.method not in (None, *HARMLESS) or {one.name.lower() for one in headers} & _NOT_OURS:
        return
    paths = [match.path.value]
    if match.path.type == "PathPrefix":
        paths.append(match.path.value.rstrip("/") + _FURTHER)
    for path in paths:
        yield Match(
            path=PathMatch(type="Exact", value=path),
            method=match.method or HARMLESS[0],
            headers=headers,
            query_params=match.query_params,
        )


def _may_take(match: Match, plain: Match) -> bool:
    """Tell whether a match may take the one request that `plain` says; True for regular expressions, as far as open."""
    regular = match.path.type == "RegularExpression"
    path = regular or covers(Match(path=match.path), Match(path=plain.path))
    headers = {one.name.lower(): one.value for one in plain.headers}
    params = {one.name: one.value for one in plain.query_params}
    return (
        path
        and match.method in (None, plain.method)
        and all(_holds(one, headers.get(one.name.lower())) for one in all_headers(match))
        and all(_holds(one, params.get(one.name)) for one in match.query_params)
    )


def _holds(one: HeaderMatch | QueryParamMatch, value: str | None) -> bool:
    return value is not None and (one.type == "RegularExpression" or one.value == value)


def _request(plain: Match) -> Request:
    query = "&".join(f"{one.name}={one.value}" for one in plain.query_params)
    headers = tuple((one.name, one.value) for one in plain.headers)
    path = plain.path.value
    return Request(plain.method or HARMLESS[0], f"{path}?{query}" if query else path, headers)
