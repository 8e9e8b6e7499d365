"""Values that are withheld cannot be touched."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from mcwan.rules.unknown import HIDDEN, UNKNOWN, UnjudgedError, Withheld, chosen, each, first, grouped

SECRET = Withheld("Service a/b: spec.type", HIDDEN)


@pytest.mark.parametrize(
    "touch",
    [
        lambda one: one == 1,
        lambda one: one != 1,
        lambda one: one == one,
        lambda one: one < 1,
        lambda one: one <= 1,
        lambda one: one > 1,
        lambda one: one >= 1,
        lambda one: 1 in {1: one}.values() and 2 in [one],
        lambda one: one in {1, 2},
        hash,
        bool,
        len,
        list,
        int,
        float,
        str,
        lambda one: f"{one}",
        lambda one: one["a"],
        lambda one: "a" in one,
        lambda one: [1, 2][one],
        lambda one: not one,
    ],
)
def test_touching_it_raises(touch: Callable[[Any], object]) -> None:
    with pytest.raises(UnjudgedError, match=r"^Service a/b: spec\.type is a secret$"):
        touch(SECRET)


def test_its_repr_says_where_and_why() -> None:
    assert repr(SECRET) == "Withheld('Service a/b: spec.type', 'is a secret')"


def refuse() -> str:
    raise UnjudgedError("b", UNKNOWN)


def test_first_gives_what_is_known() -> None:
    assert first(lambda: "", refuse, lambda: "c") == "c"
    assert first(lambda: "", lambda: "") == ""
    with pytest.raises(UnjudgedError, match="b is not known before the update"):
        first(lambda: "", refuse, lambda: "")


def test_each_and_chosen_pass_nothing_over() -> None:
    ones = [1, Withheld("x", UNKNOWN), 3]
    found, doubts = each(ones, lambda one: int(one) + 1)  # type: ignore[call-overload]
    assert (found, [str(doubt) for doubt in doubts]) == ([2, 4], ["x is not known before the update"])
    picked = chosen(ones, lambda one: one == 3)
    assert [str(one) for one in picked] == ["x is not known before the update", "3"]


@dataclass(frozen=True)
class Lying:
    """Something of a cluster, with what is read of it, key by key."""

    cluster: str
    values: tuple[str, ...]


def test_what_is_read_before_a_doubt_is_grouped_and_the_first_doubt_of_a_cluster_told() -> None:
    def read(one: Lying) -> Iterator[tuple[str, str]]:
        for value in one.values:
            if value == "?":
                raise UnjudgedError(f"{one.cluster} {one.values}", UNKNOWN)
            yield value[0], value

    every = [Lying("east", ("ab", "ac")), Lying("west", ("ad", "?", "b")), Lying("west", ("?",)), Lying("west", ("c",))]
    found, doubts = grouped(every, read)
    assert found == {"a": ["ab", "ac", "ad"], "c": ["c"]}
    assert {cluster: doubt.where for cluster, doubt in doubts.items()} == {"west": "west ('ad', '?', 'b')"}
