"""YAML with scalars that are not what they claim: each is its library's error, and says where."""

from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mcwan import yamls

WRONG = {
    "!!int ''": "int",
    "!!int x": "int",
    "!!float x": "float",
    "!!bool x": "bool",
    "2026-13-45": "timestamp",
}


@pytest.mark.parametrize("scalar", WRONG)
def test_what_no_type_is_written_like_is_told_with_its_place(scalar: str) -> None:
    text = f"a: 1\nb:\n  - {scalar}\n"
    expected = (f"no {WRONG[scalar]} is written like that", 2, 4)
    with pytest.raises(yaml.MarkedYAMLError) as by_programs:
        yamls.objects(text)
    mark = by_programs.value.problem_mark
    assert mark is not None
    assert (by_programs.value.problem, mark.line, mark.column) == expected
    for read in (yamls.written, yamls.all_written):
        with pytest.raises(MarkedYAMLError) as by_people:
            read(text)
        error = by_people.value
        assert (error.problem, error.problem_mark.line, error.problem_mark.column) == expected


def test_what_is_written_well_is_read() -> None:
    text = "{a: !!int '7', b: !!bool 'true', c: 2026-11-25, d: !!float '1.5', e: x}"
    read = yamls.objects(text)
    assert (read["a"], read["b"], read["c"].isoformat(), read["d"], read["e"]) == (7, True, "2026-11-25", 1.5, "x")
    assert yamls.written(text) == read
    assert yamls.all_written(f"{text}\n---\n{text}\n") == [read, read]


@given(
    st.text("[]{}:,!-'\"\n &*?|>ab1i0.xnt", max_size=12), st.sampled_from(["int", "float", "bool", "timestamp", "set"])
)
def test_nothing_else_is_raised(text: str, tag: str) -> None:
    for wanted, read in ((yaml.YAMLError, yamls.objects), (YAMLError, yamls.written)):
        for one in (text, f"a: !!{tag} {text}"):
            with suppress(wanted):
                read(one)


def test_what_is_nested_too_deeply_is_told() -> None:
    text = "[" * 5000 + "]" * 5000
    with pytest.raises(YAMLError, match="nested deeper than can be read"):
        yamls.written(text)
