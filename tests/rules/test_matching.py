"""How messages write what a rule matches."""

from typing import Any

import pytest

from mcwan.rules.matching import in_short, unlike


def path(value: str, how: str = "PathPrefix", **more: Any) -> dict[str, Any]:
    return {"path": {"type": how, "value": value}, **more}


VERSION = {"type": "Exact", "name": "version", "value": "2"}
TEST = {"type": "RegularExpression", "name": "user", "value": "t.*"}


@pytest.mark.parametrize(
    ("matches", "written"),
    [
        ([], "every request"),
        ([path("/stats", method="GET")], "GET /stats"),
        ([path("/a", "Exact"), path("/b.*", "RegularExpression")], "exactly /a or expression /b.*"),
        (
            [path("/", headers=[VERSION, TEST], queryParams=[VERSION])],
            "/ with header version: 2, header user: expression t.* and query parameter version: 2",
        ),
        ([path(f"/{one}") for one in "abcde"], "/a or /b or /c or 2 more"),
        ([{}, None], "/ or /"),
    ],
)
def test_matches_in_short(matches: list[Any], written: str) -> None:
    assert in_short(matches) == written


def test_what_differs_is_written_so_that_it_does() -> None:
    assert unlike([path("/a")], [path("/b")]) == ("/a", "/b")
    assert unlike([path("/a")], [path("/a", odd=1)]) == ("/a", "/a, written otherwise")
    many = [path(f"/{one}") for one in "abcde"]
    assert unlike(many, [*many[:4], path("/x")]) == ("/e", "/x")
