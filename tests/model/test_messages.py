"""Places, values and keys as an operator reads them."""

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from mcwan.model import Cluster, Export, Import, Mistake, MistakesError, Rule
from mcwan.model.messages import fields_of, wrong_key
from mcwan.model.mistakes import show, written


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((), "the description"),
        (("clusters",), "clusters"),
        (("exports", 2, "rules", 0, "wanPolicy"), "exports[2].rules[0].wanPolicy"),
        (("clusters", "east-1", "ingress"), "clusters.east-1.ingress"),
        (("clusters", "a.b", "ingress"), "clusters['a.b'].ingress"),
        (("clusters", "", 0), "clusters[''][0]"),
        (("clusters", "a\nb"), "clusters['a\\nb']"),
    ],
)
def test_places(place: tuple[str | int, ...], expected: str) -> None:
    assert written(place) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "'x'"),
        ("it's", '"it\'s"'),
        ("a" * 80, repr("a" * 80)),
        ("a" * 81, "a text of 81 characters"),
        ("a\nb", "a text of 3 characters"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (5, "5"),
        (0.5, "0.5"),
        ({"a": "secret"}, "a mapping"),
        (["secret"], "a list"),
        (("secret",), "a list"),
        (date(2026, 1, 1), "a date"),
    ],
)
def test_values(value: object, expected: str) -> None:
    assert show(value) == expected


def test_bytes_are_not_a_list() -> None:
    assert show(b"x") != "a list"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("contxt", "contxt: unknown key; allowed: context, renderTo; did you mean 'context'?"),
        ("zzz", "zzz: unknown key; allowed: context, renderTo; remove it"),
    ],
)
def test_unknown_keys(key: str, expected: str) -> None:
    assert str(wrong_key((key,), ["renderTo", "context"])) == expected


def test_unknown_keys_where_none_is_known() -> None:
    assert str(wrong_key(("a", "b"), ())) == "a.b: unknown key; allowed: none; remove it"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Rule, {"name", "matches", "wanPolicy", "backend"}),
        (Import, {"service", "clusters", "path", "meshTls", "rules"}),
        (
            Export,
            {
                "service",
                "name",
                "port",
                "ports",
                "from",
                "wanPolicy",
                "rules",
                "scope",
                "failover",
                "callers",
                "exportedAnnotations",
                "exportedLabels",
                "traffic",
            },
        ),
        (
            Cluster,
            {
                "kubeconfig",
                "context",
                "kubeconfigPath",
                "renderTo",
                "ingress",
                "gateway",
                "facts",
                "mcsApi",
                "mesh",
                "namespaces",
                "tls",
                "sources",
            },
        ),
        (None, set()),
    ],
)
def test_keys_are_called_as_they_are_written(model: type[BaseModel] | None, expected: set[str]) -> None:
    assert set(fields_of(model)) == expected


def test_a_mistake_is_a_line() -> None:
    full: dict[str, Any] = {"place": ("imports", 1), "value": "'x'", "problem": "as {other}; allowed: y", "remedy": "z"}
    assert str(Mistake(**full, other=("imports", 0))) == "imports[1]: 'x': as imports[0]; allowed: y; z"
    assert str(Mistake(**full | {"value": "", "problem": "none"})) == "imports[1]: none; z"


def test_mistakes_are_ordered_by_place_and_told_once() -> None:
    at = [
        ("clusters", "a"),
        ("clusters", "b", "ingress"),
        ("wanPolicies", "x"),
        ("exports", 2),
        ("exports", 2, "from", 0),
        ("exports", 2, "name"),
        ("exports", 10),
        ("imports", 0),
        ("manage",),
        ("extra",),
        ("stack",),
    ]
    made = [Mistake(place, "", "problem", "remedy") for place in at]
    error = MistakesError([*reversed(made), *made])
    assert [one.place for one in error.mistakes] == at
    assert str(error).splitlines() == [f"{written(place)}: problem; remedy" for place in at]
