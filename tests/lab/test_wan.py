import pytest

from lab import wan
from lab.waiting import LabError

TUNNELS = ("business", "default")


def test_amounts_are_read_by_tunnel() -> None:
    assert wan.amounts([], TUNNELS, 100) == {}
    assert wan.amounts(["default=30", "business=0.5"], TUNNELS, 100) == {"default": 30, "business": 0.5}
    assert wan.amounts(["default=0", "default=100"], TUNNELS, 100) == {"default": 100}, "the last one holds"


def test_what_carried_requests_is_told_from_what_did_not() -> None:
    assert wan.carriers({}) == set()
    assert wan.carriers({"business": 0, "default": 0}) == set()
    assert wan.carriers({"business": 80_000, "default": 19_000, "other": 20_000}) == {"business", "other"}
    assert wan.carriers({"business": 19_000, "default": 10}, requests=10) == set(), "nothing left by any of them"
    assert wan.carriers({"business": 70_000, "default": 10}, requests=10) == {"business"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("busines=20", "busines=20: no such tunnel: 'busines'; allowed: business, default"),
        ("=20", "=20: no such tunnel: ''; allowed: business, default"),
        ("business", "business: '' is not a number from 0 to 100"),
        ("business=", "business=: '' is not a number from 0 to 100"),
        ("business=much", "business=much: 'much' is not a number from 0 to 100"),
        ("business=-1", "business=-1: '-1' is not a number from 0 to 100"),
        ("business=100.1", "business=100.1: '100.1' is not a number from 0 to 100"),
        ("business=nan", "business=nan: 'nan' is not a number from 0 to 100"),
    ],
)
def test_what_is_no_amount_of_a_tunnel_is_refused(word: str, said: str) -> None:
    with pytest.raises(LabError) as raised:
        wan.amounts(["default=1", word], TUNNELS, 100)
    assert str(raised.value) == said
