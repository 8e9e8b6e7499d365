"""Which clusters import after an edit, as `importings` tells it: for any entries that were there."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mcwan.cli.editing import splice
from mcwan.cli.editing.exports import IMPORTS, listed
from mcwan.cli.editing.imports import import_, unimport
from mcwan.model import Export, Import
from mcwan.model.importing import importings
from tests.fabrics import exported

SERVICE = "cart.secure"
HAVING = ("a", "b", "c", "d")
Paths = dict[str, str]


def text_of(entries: list[dict[str, Any]], *, flow: bool | None = None) -> str:
    config = {"mcwan:exports": [exported()], "mcwan:imports": entries} if entries else {"mcwan:exports": [exported()]}
    return yaml.safe_dump({"config": config}, sort_keys=False, default_flow_style=flow)


def importing(text: str) -> Paths:
    """Give who imports, and by which path; no cluster is in two entries."""
    entries = [Import.model_validate(one) for one in listed(text, IMPORTS) if one["service"] == SERVICE]
    named = [cluster for one in entries for cluster in (HAVING if one.clusters is None else one.clusters)]
    assert len(named) == len(set(named))
    found = importings(Export.model_validate(exported()), HAVING, entries)
    return {one.cluster: one.path for one in found}


@st.composite
def entries(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Give entries for the service, and perhaps for others, as they may be written."""
    other = [{"service": "other.secure", "clusters": ["a"]}] if draw(st.booleans()) else []
    kind = draw(st.sampled_from(("none", "all", "some")))
    if kind == "none":
        return other
    if kind == "all":
        return [*other, {"service": SERVICE, **draw(_said())}]
    rest, made = draw(st.permutations(HAVING)), []
    for size in draw(st.lists(st.integers(0, 2), min_size=1, max_size=2)):
        made.append({"service": SERVICE, "clusters": list(rest[:size]), **draw(_said())})
        rest = rest[size:]
    return [*made, *other]


def _said() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(
        ({}, {"path": "direct"}, {"path": "gateway"}, {"path": "direct", "meshTls": True}, {"rules": [{"name": "x"}]})
    )


chosen = st.lists(st.sampled_from(HAVING), unique=True).map(tuple)


@given(entries(), chosen, st.sampled_from((None, "gateway", "direct")), st.sampled_from((None, True, False)))
def test_those_named_import_and_nobody_loses_it(
    before: list[dict[str, Any]], clusters: tuple[str, ...], path: str | None, flow: bool | None
) -> None:
    text = text_of(before, flow=flow)
    was = importing(text)
    said = any(one["service"] == SERVICE for one in before)
    after = import_(text, SERVICE, HAVING, clusters, path)
    old = was if said else dict.fromkeys(clusters or HAVING, "gateway")  # the first entry narrows
    named = {cluster: path or old.get(cluster, "gateway") for cluster in clusters or HAVING}
    assert importing(after) == old | named
    assert import_(after, SERVICE, HAVING, clusters, path) == after or not said
    assert _others(after) == _others(text)


@given(entries(), chosen, st.sampled_from((None, True, False)))
def test_those_named_import_no_longer(
    before: list[dict[str, Any]], clusters: tuple[str, ...], flow: bool | None
) -> None:
    text = text_of(before, flow=flow)
    after = unimport(text, SERVICE, HAVING, clusters)
    gone = clusters or HAVING
    assert importing(after) == {one: path for one, path in importing(text).items() if one not in gone}
    assert _others(after) == _others(text)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([], [{"service": SERVICE, "clusters": ["b"]}]),
        ([{"service": SERVICE, "clusters": ["a"]}], [{"service": SERVICE, "clusters": ["a", "b"]}]),
        ([{"service": SERVICE, "clusters": []}], [{"service": SERVICE, "clusters": ["b"]}]),
        ([{"service": SERVICE, "path": "direct"}], [{"service": SERVICE, "path": "direct"}]),
        (
            [{"service": SERVICE, "clusters": ["a"], "path": "direct"}],
            [{"service": SERVICE, "clusters": ["a"], "path": "direct"}, {"service": SERVICE, "clusters": ["b"]}],
        ),
    ],
)
def test_what_an_import_for_one_cluster_writes(written: list[Any], expected: list[Any]) -> None:
    assert listed(import_(text_of(written), SERVICE, HAVING, ("b",), None), IMPORTS) == expected


def test_all_again_takes_the_entries_away() -> None:
    text = import_(text_of([]), SERVICE, HAVING, ("b",), None)
    assert import_(text, SERVICE, HAVING, (), None) == text_of([])


def _others(text: str) -> list[Any]:
    return [splice.data(text)["config"]["mcwan:exports"]] + [
        one for one in listed(text, IMPORTS) if one["service"] != SERVICE
    ]
