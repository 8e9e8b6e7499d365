"""The generated files are current, and the schema says what the program says."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mcwan.cli.schema import reference_page, stack_schema
from tests.fabrics import GONE, Raw, changed, described, exported, fabrics, lines
from tests.shipped import STACKS

ROOT = Path(__file__).parent.parent.parent
SCHEMA: dict[str, Any] = json.loads(stack_schema())


def stack_file(raw: Raw, **more: object) -> Raw:
    return {"config": {f"mcwan:{name}": value for name, value in raw.items()}, **more}


def valid(document: object) -> bool:
    return bool(Draft202012Validator(SCHEMA).is_valid(document))


def test_the_schema_is_current() -> None:
    assert (ROOT / "schemas/stack.schema.json").read_text(encoding="utf-8") == stack_schema(), "run make schema"


def test_the_reference_is_current() -> None:
    assert (ROOT / "docs/reference.md").read_text(encoding="utf-8") == reference_page(), "run make docs"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", STACKS)
def test_every_stack_file_fits_and_names_the_schema(name: str) -> None:
    text = (ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=./schemas/stack.schema.json"
    errors = Draft202012Validator(SCHEMA).iter_errors(YAML(typ="safe", pure=True).load(text))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_every_key_says_what_it_is_for() -> None:
    config = SCHEMA["properties"]["config"]["properties"]
    models = {"config": {"properties": config}, **SCHEMA["$defs"]}
    without = [
        f"{model}.{key}"
        for model, definition in models.items()
        for key, field in definition.get("properties", {}).items()
        if not field.get("description") and "$ref" not in field
    ]
    assert without == []


@pytest.mark.parametrize(
    "changes",
    [
        {"clusters/cluster-1/kubeconfg": "x"},
        {"clusters/cluster-1/kubeconfig": "in clear"},
        {"clusters/cluster-1/ingress/exposure": "Public"},
        {"clusters/cluster-1/gateway": {"profile": "nginx"}},
        {"clusters/Cluster": {"renderTo": "x"}},
        {"clusters": {}},
        {"clusters": GONE},
        {"wanPolicies": GONE},
        {"wanPolicies/high/port": 0},
        {"wanPolicies/high/port": 65536},
        {"wanPolicies/high/port": "80"},
        {"wanPolicies/high/sla/lossPercent": 101},
        {"wanPolicies/high/sla/jitterMs": -1},
        {"wanPolicies/high/sla": GONE},
        {"exports/0/service": "payment"},
        {"exports/0/from": []},
        {"exports/0/from": "cluster-1"},
        {"exports/0/rules/0/matches/0/method": "get"},
        {"exports/0/rules/0/matches/0/path": "/payment"},
        {"exports/0/rules/0/wanPolicy": GONE},
        {"exports/0/scope": "mine"},
        {"imports": [{"service": "logging.insecure", "path": "straight"}]},
        {"export": []},
    ],
)
def test_what_the_schema_refuses_the_program_refuses(changes: Raw) -> None:
    raw = changed(changes)
    assert not valid(stack_file(raw))
    assert lines(raw)


@pytest.mark.parametrize(
    "raw",
    [
        changed({"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/kubeconfig": {"secure": "v1:x"}}),
        changed({"exports/-": exported(from_=[{"cluster": "cluster-1", "weight": 3}, "cluster-2"])}),
        changed({"manage": {"namespace": False, "wanPolicyCrd": False}}),
    ],
)
def test_what_both_take(raw: Raw) -> None:
    assert valid(stack_file(raw))
    assert lines(raw) == []


@settings(max_examples=20)
@given(fabrics())
def test_what_the_program_takes_fits(raw: Raw) -> None:
    assert valid(stack_file(raw))


def test_keys_of_others_fit_and_misspelt_ones_of_ours_do_not() -> None:
    good = stack_file(described(), encryptionsalt="v1:x", secretsprovider="passphrase")
    assert valid(good)
    assert valid({**good, "config": {**good["config"], "aws:region": "x", "pulumi:disable-default-providers": ["*"]}})
    assert not valid({**good, "config": {**good["config"], "mcwan:cluster": {}}})
    assert not valid({**good, "confg": {}})


def test_the_reference_has_every_key() -> None:
    page = reference_page()
    for definition in SCHEMA["$defs"].values():
        for key in definition.get("properties", {}):
            assert f"| `{key}` |" in page
    for key in SCHEMA["properties"]["config"]["properties"]:
        assert f"| `{key}` |" in page


def test_the_references_tables_are_whole() -> None:
    """A `|` inside a cell would be a cell too many."""
    for line in reference_page().splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 5, line
    for name in SCHEMA["$defs"]:
        assert f"## {name}" in reference_page()
