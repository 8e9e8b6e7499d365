"""Rules: what is a mistake is among `tests.model.test_load`'s cases; here what is none, and the laws behind them."""

import pytest
from hypothesis import given, settings

from tests import fabrics
from tests.fabrics import Raw, changed, lines, prefix, rule, ruled
from tests.reference_router import Request, first_rule, requests

GET = {"method": "GET"}


@pytest.mark.parametrize(
    "rules",
    [
        [rule("deep", "high", prefix("/a/b")), rule("wide", "low", prefix("/a")), rule("rest", "low")],
        [rule("get", "high", prefix("/a", **GET)), rule("any", "low", prefix("/a"))],
        [rule("get", "high", GET), rule("deep", "high", prefix("/deep"))],
        [rule("get", "high", prefix("/deep", **GET), GET), rule("deep", "low", prefix("/deep"))],
        [rule("a", "high", prefix("/a"), prefix("/a/b"))],
        [rule("a", "high", prefix("/a")), rule("b", "low", prefix("/b/longer"))],
        [rule("a", "high", prefix("/", queryParams=[{"name": "A", "value": "1"}, {"name": "a", "value": "1"}]))],
        [rule("a", "high", {"path": {"type": "RegularExpression", "value": "/a/[0-9]+"}})],
    ],
    ids=[
        "most specific first",
        "method first",
        "the wrong order, but the same way",
        "the shared requests named",
        "a match within its own rule",
        "nothing shared",
        "parameters with case",
        "a regular expression",
    ],
)
def test_what_is_no_mistake(rules: list[Raw]) -> None:
    assert lines(changed({"exports/-": ruled(*rules)})) == []


@pytest.mark.parametrize("kind", ["Exact", "RegularExpression"])
@pytest.mark.parametrize("value", ["", "a\nb", "a\r", "\x00", "a\x7f"])
def test_a_header_that_no_request_can_have_is_refused(kind: str, value: str) -> None:
    match = prefix("/a", headers=[{"type": kind, "name": "x", "value": value}])
    shown = f"a text of {len(value)} characters" if "\n" in value else repr(value)
    assert lines(changed({"exports/-": ruled(rule("a", "low", match))})) == [
        f"exports[2].rules[0].matches[0].headers[0].value: {shown}: not allowed; allowed: what a header can have (RFC "
        "9110): no line ends, no control characters; write value so"
    ]


@pytest.mark.parametrize("value", [" a", "a ", "a\t", " "])
def test_blanks_around_a_header_never_match(value: str) -> None:
    header = {"name": "x", "value": value}
    assert lines(changed({"exports/-": ruled(rule("a", "low", prefix("/a", headers=[header])))})) == [
        f"exports[2].rules[0].matches[0].headers[0].value: {value!r}: never matches: HTTP takes the blanks around a "
        "header's value away (RFC 9110); allowed: none first or last; write it without them"
    ]
    pattern = header | {"type": "RegularExpression"}
    assert lines(changed({"exports/-": ruled(rule("a", "low", prefix("/a", headers=[pattern])))})) == []


def sample(match: Raw) -> Request:
    """Give a request that a match matches, with nothing that it does not ask for."""
    headers = {h["name"].lower(): h["value"] if "type" not in h else "v7" for h in match.get("headers", ())}
    if "cookie" in match:
        headers["cookie"] = "{name}={value}".format(**match["cookie"])
    query = {param["name"]: param["value"] for param in match.get("queryParams", ())}
    return Request("", match["path"]["value"], match.get("method", "PATCH"), headers, query)


@settings(max_examples=150)
@given(fabrics.matches(), fabrics.matches(), requests())
def test_a_rule_is_never_reached_only_if_the_earlier_one_takes_its_requests(a: Raw, b: Raw, request: Request) -> None:
    found = lines(changed({"exports/-": ruled(rule("a", "low", a), rule("b", "high", b))}))
    never = any("never reached" in line for line in found)
    if first_rule([rule("a", "low", a)], sample(b)) is None:
        assert not never, "the second rule is first for its own sample"
    if never and first_rule([rule("b", "high", b)], request) is not None:
        assert first_rule([rule("a", "low", a)], request) is not None


def test_the_order_of_rules_with_two_cookies_is_that_of_gateway_api() -> None:
    rules = (
        rule("user", "high", {"cookie": {"name": "user", "value": "test"}}),
        rule("group", "low", prefix("/deep", cookie={"name": "group", "value": "beta"})),
    )
    assert len(lines(changed({"exports/-": ruled(*rules)}))) == 1


@pytest.mark.parametrize(("one", "other"), [("cart-v2", "cart-v2.secure"), (None, "cart")])
def test_a_backend_is_the_same_however_it_is_written(one: str | None, other: str) -> None:
    first = rule("get", "high", GET, **({"backend": one} if one else {}))
    assert lines(changed({"exports/-": ruled(first, rule("deep", "high", prefix("/deep"), backend=other))})) == []


def test_a_repetition_that_re2_refuses() -> None:
    path = {"path": {"type": "RegularExpression", "value": "/a{1001}"}}
    assert len(lines(changed({"exports/-": ruled(rule("a", "low", path))}))) == 1


@pytest.mark.parametrize("value", [".*\\.png", "^/a$", "(/a|/b)"])
def test_a_regular_expression_need_not_begin_with_a_slash(value: str) -> None:
    path = {"path": {"type": "RegularExpression", "value": value}}
    assert lines(changed({"exports/-": ruled(rule("a", "low", path))})) == []
