"""Readers take what has the right type, and treat the rest as not there."""

from types import MappingProxyType
from typing import Any

import pytest

from mcwan.rules import Object
from mcwan.rules.objects import items, kept, mapping, number, shown, text, texts, value
from mcwan.rules.unknown import UNKNOWN, UnjudgedError, Withheld

LATER = Withheld("x", UNKNOWN)


@pytest.mark.parametrize(
    ("content", "path", "wanted"),
    [
        ({"a": {"b": 1}}, ("a", "b"), 1),
        ({"a": [{"b": 1}]}, ("a", 0, "b"), 1),
        ({"a": [1]}, ("a", 1), None),
        ({"a": "text"}, ("a", 0), None),
        ({"a": None}, ("a", "b"), None),
        ("text", ("a",), None),
        (None, ("a",), None),
        (MappingProxyType({"a": 1}), ("a",), 1),
    ],
)
def test_value(content: Any, path: tuple[str | int, ...], wanted: Any) -> None:
    assert value(content, *path) == wanted


@pytest.mark.parametrize(
    ("content", "path"), [(LATER, ()), (LATER, ("a",)), ({"a": LATER}, ("a",)), ({"a": LATER}, ("a", "b", 0))]
)
def test_what_is_withheld_raises_wherever_it_is_on_the_way(content: Any, path: tuple[str | int, ...]) -> None:
    for reader in (value, text, number, mapping, lambda *it: list(items(*it)), lambda *it: list(texts(*it))):
        with pytest.raises(UnjudgedError):
            reader(content, *path)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (31111, 31111),
        (31111.0, 31111),
        (0.5, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        ("31111", None),
        (None, None),
        ([], None),
    ],
)
def test_number(found: Any, wanted: int | None) -> None:
    assert number({"a": found}, "a") == wanted
    assert type(number({"a": found}, "a")) is type(wanted)


def test_text_mapping_and_lists_of_another_type_are_not_there() -> None:
    assert [text({"a": one}, "a") for one in ("b", 1, None, dict[str, int](), list[int]())] == ["b", "", "", "", ""]
    odd: list[Any] = [{"b": 1}, "b", None, []]
    assert [mapping({"a": it}, "a") for it in odd] == [{"b": 1}, {}, {}, {}]
    odd = [[1, None], (2,), "b", None, {"b": 1}]
    assert [list(items({"a": it}, "a")) for it in odd] == [
        [1, None],
        [2],
        [],
        [],
        [],
    ]
    assert list(texts({"a": ["b", 1, None, {}]}, "a")) == ["b"]


def test_a_withheld_item_raises_after_all_the_others() -> None:
    found = items([1, LATER, 2])
    assert (next(found), next(found)) == (1, 2)
    with pytest.raises(UnjudgedError):
        next(found)


def test_an_object_is_named_as_a_person_does() -> None:
    def one(metadata: Any, kind: Any = "Gateway") -> str:
        return str(Object("east", {"kind": kind, "metadata": metadata}))

    assert one({"namespace": "mc-wan", "name": "a"}) == "Gateway mc-wan/a on east"
    assert one({"name": "a"}) == "Gateway a on east"
    assert one({"namespace": LATER, "name": LATER}) == "Gateway ?/? on east"
    assert one(LATER) == "Gateway ?/? on east"
    assert one("odd") == "Gateway  on east"
    assert one({"name": "a"}, LATER) == "? a on east"
    assert shown(LATER, "metadata", "name") == "?"


def test_what_an_object_says_of_itself() -> None:
    content = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "a", "namespace": "b", "labels": {"l": "1", "n": 2}, "annotations": {"x": "y"}},
    }
    one = Object("east", content)
    assert (one.kind, one.group, one.name, one.namespace) == ("Gateway", "gateway.networking.k8s.io", "a", "b")
    assert (one.label("l"), one.label("n"), one.label("m"), one.annotations) == ("1", "", "", {"x": "y"})
    assert Object("east", {"apiVersion": "v1"}).group == ""
    nothing = Object("east", {})
    assert (nothing.kind, nothing.name, nothing.namespace, nothing.labels) == ("", "", "", {})


def test_a_reader_that_keeps_reads_once() -> None:
    read = []

    @kept
    def reader(one: Object) -> int:
        read.append(one)
        return len(read)

    one, other = Object("east", {}), Object("west", {})
    assert (reader(one), reader(one), reader(other), reader(one)) == (1, 1, 2, 1)
