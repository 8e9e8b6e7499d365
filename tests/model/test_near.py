"""Which name is meant by one that there is not."""

import pytest

from mcwan.model.near import near


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("esat", ("west", "east"), "east"),  # two letters that changed places
        ("eas", ("west", "east"), "east"),
        ("wesst", ("west", "east"), "west"),
        ("wan-port-rang", ("wan-port-range", "wan-port-unique"), "wan-port-range"),
        ("cluster-3", ("cluster-1", "cluster-2"), None),  # each is as near
        ("cluster-1O", ("cluster-1", "cluster-10", "cluster-2"), None),
        ("claster-2", ("cluster-1", "cluster-2"), "cluster-2"),
        ("edge", ("west", "east"), None),
        ("x", (), None),
        ("", ("a",), None),
    ],
)
def test_who_is_meant(name: str, known: tuple[str, ...], meant: str | None) -> None:
    assert near(name, known) == meant == near(name, known[::-1])
