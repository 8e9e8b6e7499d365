"""A plan as YAML: what is read back is what was planned, by any reader of YAML."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mcwan.cli import render
from tests.fabrics import Raw, changed, exported, fabrics, on, planned, prefix, rule, ruled

GO_YAML = ("y", "Y", "n", "N")
"""Booleans to YAML 1.1 and to kubectl (sigs.k8s.io/yaml, goyaml.v2), not to PyYAML."""
TRICKY = (
    *(
        "yes",
        "no",
        "on",
        "off",
        "true",
        "null",
        "~",
        "",
        "1e3",
        "1E3",
        "0123",
        "0o17",
        "0x1f",
        "0b1",
        "1_0",
        "1.5",
        ".5",
    ),
    *(
        "-1",
        "+1",
        "1:30",
        "190:20:30",
        ".inf",
        "-.inf",
        ".nan",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "=",
        "<<",
        "-",
        "?",
    ),
    *(
        "a: b",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "{a",
        "[a",
        "a]",
        ",",
        "'",
        '"',
        "\\",
        "é",
        "a\nb",
    ),
    *(" a", "a ", "\ta", "x" * 200, " ".join(["word"] * 60), "1e", "0x", "1__0", "--", "...", "Null", "TRUE", "No"),
)


def read_by(version: tuple[int, int] | None, text: str) -> list[Any]:
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    return list(reader.load_all(io.StringIO(text)))


def all_readings(text: str) -> list[list[Any]]:
    return [list(yaml.safe_load_all(text)), read_by(None, text), read_by((1, 1), text)]


@pytest.mark.parametrize("text", TRICKY)
def test_a_text_stays_a_text(text: str) -> None:
    written = render.dump([{"kind": text, text: [text]}])
    for found in all_readings(written):
        assert found == [{"kind": text, text: [text]}]


@pytest.mark.parametrize("text", GO_YAML)
def test_a_letter_stays_a_text_for_kubectl(text: str) -> None:
    written = render.dump([{"value": text}])
    assert written in (f"---\nvalue: '{text}'\n", f'---\nvalue: "{text}"\n')


@settings(max_examples=200)
@given(st.text(alphabet="0123456789+-_.:eExXobn~tTfF ", min_size=1, max_size=6))
def test_what_looks_like_a_number_stays_a_text(text: str) -> None:
    for found in all_readings(render.dump([{"value": text}])):
        assert found == [{"value": text}]


@pytest.mark.parametrize("value", [0, 1, -1, 0.5, 1e-07, 1e22, True, False, None])
def test_what_is_no_text_stays_what_it_is(value: object) -> None:
    for found in all_readings(render.dump([{"value": value}])):
        assert found == [{"value": value}]
        assert type(found[0]["value"]) is type(value)


@settings(max_examples=15)
@given(fabrics())
def test_what_is_read_back_is_what_was_planned(raw: Raw) -> None:
    plan = planned(raw)
    files = render.files(plan)
    for cluster in raw["clusters"]:
        read: list[Any] = []
        for path, text in files.items():
            assert text.startswith(render.MARK + "---\n")
            if path.parts[0] == cluster:
                read += yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        assert sorted(read, key=repr) == sorted(on(plan, cluster), key=repr)


def test_the_stricter_reader_agrees() -> None:
    plan = planned(
        changed(
            {
                "exports/-": ruled(
                    rule(
                        "a", "low", prefix("/1", headers=[{"name": "x", "value": "1e3"}, {"name": "z", "value": "no"}])
                    ),
                    rule(
                        "b", "low", prefix("/2", headers=[{"name": "x", "value": "0x1f"}, {"name": "z", "value": "~"}])
                    ),
                )
            }
        )
    )
    for text in render.files(plan).values():
        one, other, third = all_readings(text)
        assert one == other == third


def test_files() -> None:
    assert [str(path) for path in render.files(planned())] == [
        "cluster-1/00-crds.yaml",
        "cluster-1/10-fabric.yaml",
        "cluster-1/20-export.logging.insecure.yaml",
        "cluster-1/20-export.payment.secure.yaml",
        "cluster-1/30-import.logging.insecure.yaml",
        "cluster-1/30-import.payment.secure.yaml",
        "cluster-2/00-crds.yaml",
        "cluster-2/10-fabric.yaml",
        "cluster-2/30-import.logging.insecure.yaml",
        "cluster-2/30-import.payment.secure.yaml",
    ]
    assert {path.parts[0] for path in render.files(planned(), "cluster-2")} == {"cluster-2"}


def test_the_first_file_has_the_definitions_and_the_next_the_namespace() -> None:
    files = render.files(planned(), "cluster-1")
    kinds = [[one["kind"] for one in yaml.safe_load_all(text)] for text in files.values()]
    assert kinds[0] == ["CustomResourceDefinition"]
    assert kinds[1][0] == "Namespace"
    assert all("Namespace" not in found and "CustomResourceDefinition" not in found for found in kinds[2:])


def test_no_anchors_and_no_long_lines_are_broken_inside_a_word() -> None:
    text = "".join(render.files(planned(changed({"exports/-": exported()}))).values())
    assert "&id" not in text
    assert "*id" not in text


def test_written_tells_what_was_done(tmp_path: Path) -> None:
    plan = planned()
    first = render.write(plan, tmp_path)
    assert first.objects == len(plan.objects)
    assert first.removed == ()
    assert {str(path) for path in first.files} == {
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    }
    less = render.write(planned(changed({"exports": []})), tmp_path)
    assert {str(path) for path in less.removed} == {str(path) for path in first.files if "port." in str(path)}
