"""What is not as it should be is found at its place; what most say holds."""

import pytest

from mcwan.rules.likeness import Difference, Tally, difference
from mcwan.rules.unknown import UNKNOWN, UnjudgedError, Withheld

WANTED = {"mode": "MUTUAL", "names": ["a", "b"], "ports": [{"port": 1, "open": True}], "limit": 5}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"limit": 5.0}, ""),
        ({"limit": 6}, ""),
        ({"limit": None}, "at.limit is missing"),
        ({"mode": "SIMPLE"}, "at.mode is SIMPLE, and should be MUTUAL"),
        ({"names": ["a"]}, "at.names[1] is missing"),
        ({"names": ["a", "b", "c"]}, "at.names[2] should not be there"),
        ({"names": ["b", "a"]}, "at.names[0] is b, and should be a"),
        ({"ports": [{"port": 1, "open": 1}]}, "at.ports[0].open is 1, and should be true"),
        ({"more": {}}, "at.more should not be there"),
    ],
)
def test_the_first_difference_is_told(changes: dict[str, object], said: str) -> None:
    assert str(difference(WANTED, WANTED | changes, "at", frozenset({"limit"})) or "") == said


def test_nothing_is_like_nothing() -> None:
    assert (difference(None, None), difference({}, {})) == (None, None)
    assert difference({"a": None}, {}) is None
    assert difference({}, None, "at") == Difference("at", {}, None)


def test_what_is_not_known_is_not_passed_over() -> None:
    unknown = Withheld("x", UNKNOWN)
    for found in (unknown, {"a": unknown}, {"a": [unknown]}):
        with pytest.raises(UnjudgedError):
            difference({"a": ["b"]}, found)
    with pytest.raises(UnjudgedError):
        difference({"a": "b"}, {"a": unknown}, free=frozenset({"a"}))


def refuse() -> list[str]:
    raise UnjudgedError("y", UNKNOWN)


def test_what_most_say_holds() -> None:
    tally = Tally.of(["a", "b", "b"], lambda one: [one])
    assert (tally.most(), Tally[str]().most()) == ("b", None)
    tally.add(refuse)
    with pytest.raises(UnjudgedError):
        tally.most()
    agreed = Tally.of(["a", "a"], lambda one: [one])
    agreed.add(refuse)
    assert agreed.most() == "a"


def test_what_an_api_server_adds_is_no_difference_and_another_value_is() -> None:
    wanted = {"passive": {"interval": "1s"}}
    for added, expected in ((False, None), (True, "passive.alwaysEjectOneEndpoint should not be there")):
        found = difference(wanted, {"passive": {"interval": "1s", "alwaysEjectOneEndpoint": added}})
        assert (str(found) if found else None) == expected
