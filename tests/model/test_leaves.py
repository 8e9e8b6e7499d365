"""Names, numbers and references: what is taken at the limits, and what is not beyond them."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mcwan.model import leaves
from mcwan.model.description import Description
from mcwan.model.durations import DURATION


def taken(kind: Any, value: object, **context: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value, context=context)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (leaves.DnsLabel, ("a", "0", "a-b", "a" * 63), ("", "-a", "a-", "A", "a.b", "a_b", "a" * 64, "a\n", 1, None)),
        (leaves.ServicePart, ("a", "a" * 52), ("0", "1a", "a" * 53, "a.b", "a\n")),
        (leaves.ClusterName, ("a", "0", "a" * 50), ("a" * 51, "a.b")),
        (leaves.FabricName, ("dev", "A.b_c-1"), ("", ".a", "a/b", "a" * 64, "a\n")),
        (leaves.ServiceName, ("a.b", "a.0", f"a.{'b' * 63}"), ("a", "0.a", "a.b.c", "a.", ".b", "a.b\n")),
        (leaves.BackendName, ("a", "a.b"), ("0", "a.b.c", "a.", "")),
        (leaves.Port, (1, 65535), (0, 65536, -1, "1", 1.0, True)),
        (leaves.Weight, (0, 1_000_000), (-1, 1_000_001, "1", 0.5, False)),
    ],
    ids=["label", "service part", "cluster", "fabric", "service", "backend", "port", "weight"],
)
def test_limits(kind: Any, good: tuple[object, ...], bad: tuple[object, ...]) -> None:
    assert [value for value in good if not taken(kind, value)] == []
    assert [value for value in bad if taken(kind, value)] == []


@given(st.text(alphabet="ab-.0A_", max_size=8))
def test_a_label_is_what_kubernetes_takes(text: str) -> None:
    expected = bool(text) and set(text) <= set("ab-0") and text[0] != "-" and text[-1] != "-"
    assert taken(leaves.DnsLabel, text) is expected


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("high", ["high"], None),
        ("hgih", ["low", "high"], ("no such WAN policy; allowed: high, low", "did you mean 'high'?")),
        ("x", ["b", "a"], ("no such WAN policy; allowed: a, b", "write one of them, or add mcwan:wanPolicies.x")),
        (
            "x",
            [],
            ("no such WAN policy; allowed: none, there are none", "write one of them, or add mcwan:wanPolicies.x"),
        ),
    ],
)
def test_an_unknown_name_comes_with_what_is_known(
    name: str, known: list[str], expected: tuple[str, str] | None
) -> None:
    assert leaves.unknown("WAN policy", name, known) == expected


def test_references_are_checked_only_where_names_are_known() -> None:
    assert taken(leaves.ClusterRef, "a")
    assert taken(leaves.ClusterRef, "a", cluster={"a"})
    assert not taken(leaves.ClusterRef, "a", cluster={"b"})
    assert not taken(leaves.ClusterRef, "a", cluster=set())
    assert taken(leaves.WANPolicyRef, "a", cluster={"b"})


def test_every_pattern_is_said_in_words() -> None:
    patterns = {value for name, value in vars(leaves).items() if name.isupper() and str(value).startswith("^")}
    assert patterns | {DURATION} == set(leaves.PATTERN_MEANS)


def test_every_pattern_of_a_description_is_one_of_them() -> None:
    written = json.dumps(Description.model_json_schema(by_alias=True))
    used = {json.loads(one) for one in re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', written)}
    assert used - set(leaves.PATTERN_MEANS) == set()
