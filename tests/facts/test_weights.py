from hypothesis import given
from hypothesis import strategies as st

from mcwan.facts.weights import MOST, steady, weights

COUNTS = st.dictionaries(st.sampled_from(["east", "west", "edge"]), st.integers(0, 5000), min_size=1)


def test_counts_become_small_weights_in_the_same_proportion() -> None:
    assert weights({"east": 30, "west": 20, "edge": 0}) == {"east": 3, "west": 2, "edge": 0}


def test_who_has_few_of_many_keeps_a_share() -> None:
    assert weights({"east": 9999, "west": 1}) == {"east": MOST, "west": 1}


@given(COUNTS)
def test_weights_are_small_and_none_only_for_none(counts: dict[str, int]) -> None:
    found = weights(counts)
    assert {one: bool(weight) for one, weight in found.items()} == {one: bool(count) for one, count in counts.items()}
    assert max(found.values()) <= MOST


def test_a_small_change_changes_nothing() -> None:
    assert steady({"east": 11, "west": 10}, {"east": 10, "west": 10}, 20) == {"east": 10, "west": 10}


def test_a_large_change_is_followed() -> None:
    assert steady({"east": 30, "west": 10}, {"east": 10, "west": 10}, 20) == {"east": 30, "west": 10}


def test_a_cluster_without_pods_is_left_out_at_once() -> None:
    assert steady({"east": 100, "west": 0}, {"east": 100, "west": 1}, 20) == {"east": 100, "west": 0}


def test_a_cluster_with_its_first_pod_gets_requests_at_once() -> None:
    assert steady({"east": 100, "west": 1}, {"east": 100, "west": 0}, 20) == {"east": 100, "west": 1}


def test_the_first_time_there_is_nothing_to_keep() -> None:
    assert steady({"east": 3, "west": 1}, {}, 20) == {"east": 3, "west": 1}


@given(COUNTS, st.integers(0, 100))
def test_what_is_kept_stays_so(counts: dict[str, int], percent: int) -> None:
    """Following a change once is enough: the same counts again are no change."""
    assert steady(counts, steady(counts, {}, percent), percent) == counts
