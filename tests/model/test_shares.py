"""Weights: in proportion, within what an API takes, and nothing for nobody."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcwan.model.shares import whole

SHARES = st.lists(
    st.builds(Fraction, st.integers(0, 1_000_000), st.integers(1, 100)),
    min_size=1,
    max_size=200,
)


@pytest.mark.parametrize(
    ("shares", "highest", "found"),
    [
        ([], 9, []),
        ([0, 0], 9, [0, 0]),
        ([2, 4], 9, [2, 4]),
        ([Fraction(3, 2), 1], 9, [3, 2]),
        ([10, 20], 9, [1, 2]),
        ([1, 100], 50, [1, 50]),
        ([1, 1_000_000, 0], 1000, [1, 1000, 0]),
    ],
)
def test_examples(shares: list[Fraction | int], highest: int, found: list[int]) -> None:
    assert whole(shares, highest) == found


@given(SHARES, st.integers(1, 2**32))
def test_nobody_gets_nothing_for_something_nor_more_than_there_may_be(shares: list[Fraction], highest: int) -> None:
    found = whole(shares, highest)
    assert [number > 0 for number in found] == [share > 0 for share in shares]
    assert all(0 <= number <= highest for number in found)
    in_order = sorted(zip(shares, found, strict=True))
    assert all(lower[1] <= higher[1] for lower, higher in pairwise(in_order))


@given(SHARES)
def test_they_are_in_proportion_where_nothing_is_too_high(shares: list[Fraction]) -> None:
    found = whole(shares, 10**60)
    assert all(one * shares[0] == found[0] * share for share, one in zip(shares, found, strict=True))


@given(SHARES)
def test_what_is_lost_is_less_than_one_of_the_highest(shares: list[Fraction]) -> None:
    highest = 2**24
    found = whole(shares, highest)
    most = max(shares)
    if most * 1_000_000 > highest:
        for share, one in zip(shares, found, strict=True):
            assert abs(one / max(found) - share / most) <= Fraction(1, max(found))
