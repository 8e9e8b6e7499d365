"""How two matches relate: by hand, and against a matcher that knows nothing of them."""

import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcwan.model import Match
from mcwan.model.matches import all_headers, covers, intersection, may_overlap, precedence
from tests import fabrics
from tests.fabrics import Raw
from tests.reference_router import Request, described, requests


def match(**raw: Any) -> Match:
    return Match.model_validate(raw)


def path(value: str, kind: str = "PathPrefix", **rest: Any) -> Match:
    return match(path={"type": kind, "value": value}, **rest)


GET: dict[str, Any] = {"method": "GET"}
V1: dict[str, Any] = {"headers": [{"name": "env", "value": "v1"}]}
V2: dict[str, Any] = {"headers": [{"name": "Env", "value": "v2"}]}
USER: dict[str, Any] = {"cookie": {"name": "user", "value": "test"}}


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (path("/"), path("/a"), True),
        (path("/"), path("/.*", "RegularExpression"), True),
        (path("/a"), path("/a"), True),
        (path("/a"), path("/a/b"), True),
        (path("/a"), path("/a/"), True),
        (path("/a/"), path("/a"), True),
        (path("/a/"), path("/a", "Exact"), True),
        (path("/a"), path("/a/b", "Exact"), True),
        (path("/a"), path("/ab"), False),
        (path("/a"), path("/ab", "Exact"), False),
        (path("/a/b"), path("/a"), False),
        (path("/a", "Exact"), path("/a", "Exact"), True),
        (path("/a", "Exact"), path("/a/", "Exact"), False),
        (path("/a", "Exact"), path("/a"), False),
        (path("/a"), path("/a/.*", "RegularExpression"), False),
        (path("/x+", "RegularExpression"), path("/x+", "RegularExpression"), True),
        (path("/x+", "RegularExpression"), path("/x*", "RegularExpression"), False),
        (match(), match(**GET), True),
        (match(**GET), match(), False),
        (match(**GET), match(method="POST"), False),
        (match(**V1), match(**V1, **GET), True),
        (match(**V1), match(), False),
        (match(**V1), match(**V2), False),
        (match(headers=[{"name": "ENV", "value": "v1"}]), match(**V1), True),
        (match(queryParams=[{"name": "Q", "value": "1"}]), match(queryParams=[{"name": "q", "value": "1"}]), False),
        (match(**USER), match(**USER), True),
        (match(**USER), match(cookie={"name": "user", "value": "beta"}), False),
        (match(), match(**USER), True),
    ],
)
def test_covers(wide: Match, narrow: Match, expected: bool) -> None:
    assert covers(wide, narrow) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (path("/a"), path("/a/b"), path("/a/b")),
        (path("/a"), path("/a", "Exact"), path("/a", "Exact")),
        (path("/a"), path("/b"), None),
        (path("/a"), path("/ab"), None),
        (match(**GET), path("/a"), path("/a", **GET)),
        (match(**GET), match(method="POST"), None),
        (match(**V1), match(**V2), None),
        (match(**V1), match(**GET), match(**V1, **GET)),
        (match(**V1), match(**V1), match(**V1)),
        (match(**USER), match(**V1), match(**USER, **V1)),
        (
            match(queryParams=[{"name": "q", "value": "1"}]),
            match(queryParams=[{"name": "q", "value": "2"}]),
            None,
        ),
        (match(), path("/.*", "RegularExpression"), path("/.*", "RegularExpression")),
    ],
)
def test_intersection(a: Match, b: Match, expected: Match | None) -> None:
    assert intersection(a, b) == expected
    assert intersection(b, a) == expected


@pytest.mark.parametrize(
    "in_order",
    [
        [
            path("/", "Exact"),
            path("/longer", **GET),
            path("/longer", **USER),
            path("/longer"),
            path("/a", **GET, **V1),
            path("/a", **GET),
            path("/a", headers=[{"name": "x", "value": "1"}], **USER),
            path("/a", **V1),
            path("/a", queryParams=[{"name": "q", "value": "1"}]),
            path("/a"),
            match(),
        ]
    ],
)
def test_precedence_is_that_of_gateway_api(in_order: list[Match]) -> None:
    assert sorted(in_order, key=precedence, reverse=True) == in_order
    assert len(set(map(precedence, in_order))) == len(in_order)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("user=test", True),
        ("a=b; user=test", True),
        ("a=b;user=test;c=d", True),
        ("user=test; c=d", True),
        ("user=testing", False),
        ("xuser=test", False),
        ("a=user=test", False),
        ("user=test2; user=tes", False),
    ],
)
def test_a_cookie_is_matched_whole(header: str, expected: bool) -> None:
    (pattern,) = all_headers(match(**USER))
    assert (pattern.type, pattern.name) == ("RegularExpression", "cookie")
    assert (re.fullmatch(pattern.value, header) is not None) is expected
    assert (re.search(pattern.value, header) is not None) is expected, "an engine that searches says the same"


def test_a_cookies_value_is_no_pattern() -> None:
    (pattern,) = all_headers(match(cookie={"name": "a.b", "value": "x+(y)|[z]"}))
    assert re.fullmatch(pattern.value, "a.b=x+(y)|[z]")
    assert not re.fullmatch(pattern.value, "a.b=xx")
    assert not re.fullmatch(pattern.value, "aXb=x+(y)|[z]")


# Laws.


@given(fabrics.matches())
def test_covers_is_reflexive(raw: Raw) -> None:
    assert covers(match(**raw), match(**raw))


@settings(max_examples=200)
@given(fabrics.matches(), fabrics.matches(), fabrics.matches())
def test_covers_is_transitive(a: Raw, b: Raw, c: Raw) -> None:
    assume(covers(match(**a), match(**b)) and covers(match(**b), match(**c)))
    assert covers(match(**a), match(**c))


@settings(max_examples=150)
@given(fabrics.matches(), fabrics.matches(), st.lists(requests(), min_size=16, max_size=16))
def test_what_is_covered_matches(wide: Raw, narrow: Raw, asked: list[Request]) -> None:
    if covers(match(**wide), match(**narrow)):
        for request in asked:
            assert described(wide, request) or not described(narrow, request)


@settings(max_examples=150)
@given(fabrics.matches(), fabrics.matches(), st.lists(requests(), min_size=16, max_size=16))
def test_the_intersection_matches_what_both_match(a: Raw, b: Raw, asked: list[Request]) -> None:
    both = intersection(match(**a), match(**b))
    for request in asked:
        expected = described(a, request) and described(b, request)
        found = both is not None and described(both.model_dump(by_alias=True, mode="json"), request)
        assert found == expected


@given(fabrics.matches(), fabrics.matches())
def test_the_intersection_is_covered_by_both(a: Raw, b: Raw) -> None:
    both = intersection(match(**a), match(**b))
    if both is not None:
        assert covers(match(**a), both)
        assert covers(match(**b), both)
    if covers(match(**a), match(**b)):
        assert both is not None


@settings(max_examples=150)
@given(fabrics.matches(), fabrics.matches(), st.lists(requests(), min_size=16, max_size=16))
def test_what_both_match_may_overlap(a: Raw, b: Raw, asked: list[Request]) -> None:
    if any(described(a, request) and described(b, request) for request in asked):
        assert may_overlap(match(**a), match(**b))
    assert may_overlap(match(**a), match(**b)) == may_overlap(match(**b), match(**a))


@pytest.mark.parametrize(
    ("a", "b", "overlap", "sayable"),
    [
        (match(**USER), match(cookie={"name": "group", "value": "beta"}), True, False),
        (path("/a"), path("/.*png", "RegularExpression"), True, False),
        (path("/a+", "RegularExpression"), path("/b+", "RegularExpression"), True, False),
        (path("/a+", "RegularExpression"), path("/a+", "RegularExpression"), True, True),
        (match(**V1), match(headers=[{"type": "RegularExpression", "name": "env", "value": "v."}]), True, False),
        (path("/a", **GET), path("/.*", "RegularExpression", method="PUT"), False, False),
        (path("/a"), path("/b"), False, False),
    ],
)
def test_what_cannot_be_said_by_one_match_may_overlap_still(a: Match, b: Match, overlap: bool, sayable: bool) -> None:
    assert may_overlap(a, b) is may_overlap(b, a) is overlap
    assert (intersection(a, b) is not None) is (intersection(b, a) is not None) is sayable


def test_the_intersection_is_one_that_gateway_api_takes() -> None:
    pattern = match(headers=[{"type": "RegularExpression", "name": "env", "value": "v."}])
    both = intersection(match(**V1), pattern)
    assert both is None or len({header.name.lower() for header in both.headers}) == len(both.headers)
