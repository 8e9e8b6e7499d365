"""The plain form: whole, the same in any order, and as its schema says."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from jsonschema import Draft202012Validator

from mcwan import sdwan
from mcwan.sdwan.schema import schema
from tests.fabrics import Raw, described, exported, fabric, fabrics
from tests.sdwan.stack import formed, mapped

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads(schema())


def written(form: sdwan.Form) -> Any:
    return json.loads(sdwan.files(form, "json")["sdwan.json"])


def test_it_says_everything_that_is_written() -> None:
    way: Raw = {"tunnel": "business", "remote": "cluster-2", "interface": "wan-b", "gateways": ["192.0.2.2"]}
    found = written(formed())
    assert found["policies"][0] == {
        "name": "high",
        "tunnel": "business",
        "protocol": "tcp",
        "port": 31111,
        "dscp": 46,
        "sla": {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1},
        "failover": None,
    }
    assert found["tunnels"] == [
        {"name": "business", "fallback": "default", "mark": 1, "color": "biz-internet"},
        {"name": "default", "fallback": None, "mark": 2, "color": "public-internet"},
    ]
    assert found["sites"][0] == {
        "name": "cluster-1",
        "addresses": ["198.51.100.11"],
        "networks": ["10.1.0.0/16"],
        "lan": ["lan0"],
        "ways": [way, way | {"tunnel": "default", "interface": "wan-d", "gateways": ["192.0.2.6"]}],
        "siteId": 100,
    }
    assert found["cisco"] == {"name": "mcwan-test", "siteList": None, "vpnList": None, "vpns": [10]}


def test_a_stack_without_a_mapping_has_one_too() -> None:
    found = written(sdwan.form(fabric()))
    assert [one["name"] for one in found["tunnels"]] == ["business", "default"]
    assert [(one["networks"], one["ways"]) for one in found["sites"]] == [([], []), ([], [])]


def test_gateways_of_an_exports_own_are_addresses_of_the_site() -> None:
    own = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.1.0.21"]}])
    site = sdwan.form(fabric(described(exports=[own]))).site("cluster-1")
    assert list(map(str, site.addresses)) == ["10.1.0.21", "198.51.100.11"]


def test_sources_are_the_networks_of_a_site_that_names_none() -> None:
    without: Raw = {"sdwan__sites__cluster-1__networks": []}
    assert formed(**without).site("cluster-1").networks == ()
    form = formed(**without, **{"clusters__cluster-1__sources": ["10.9.0.0/16", "10.8.0.0/16"]})
    assert list(map(str, form.site("cluster-1").networks)) == ["10.8.0.0/16", "10.9.0.0/16"]


def test_marks_that_are_written_are_not_given_to_others() -> None:
    form = formed(sdwan__tunnels__default__mark=1, sdwan__tunnels__lte={}, sdwan__tunnels__default__fallback="lte")
    assert [(one.name, one.mark) for one in form.tunnels] == [("business", 2), ("default", 1), ("lte", 3)]


def test_tunnels_may_stand_in_for_each_other() -> None:
    form = formed(sdwan__tunnels__default__fallback="business")
    assert form.chain("business") == ["business", "default"]
    assert form.chain("default") == ["default", "business"]


def test_a_fallback_may_have_one() -> None:
    form = formed(sdwan__tunnels__default__fallback="lte", sdwan__tunnels__lte={})
    assert form.chain("business") == ["business", "default", "lte"]
    assert form.used == ["business", "default", "lte"]


def test_it_is_as_its_schema_says() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert (ROOT / "schemas/sdwan.schema.json").read_text(encoding="utf-8") == schema(), "run make schema"
    for form in (formed(), sdwan.form(fabric())):
        assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(written(form))] == []


def test_every_field_says_what_it_is_for() -> None:
    models = [SCHEMA, *(one for name, one in SCHEMA["$defs"].items() if name.startswith("Form"))]
    fields = {key: field for model in models for key, field in model["properties"].items()}
    assert [key for key, field in fields.items() if not field.get("description") and "$ref" not in field] == []


@settings(max_examples=15)
@given(fabrics())
def test_any_fabrics_form_fits_is_read_back_and_has_no_order(raw: Raw) -> None:
    form = sdwan.form(fabric(raw))
    text = sdwan.files(form, "json")["sdwan.json"]
    assert Draft202012Validator(SCHEMA).is_valid(json.loads(text))
    assert sdwan.Form.model_validate(json.loads(text)) == form
    backwards = raw | {section: dict(reversed(raw[section].items())) for section in ("clusters", "wanPolicies")}
    assert sdwan.files(sdwan.form(fabric(backwards)), "json")["sdwan.json"] == text
    assert sdwan.changes(form, form) == []


def test_the_order_of_a_mapping_changes_no_byte() -> None:
    raw = mapped()
    raw["sdwan"] = {key: dict(reversed(value.items())) for key, value in reversed(raw["sdwan"].items())}
    for target in sdwan.TARGETS:
        assert sdwan.files(sdwan.form(fabric(raw)), target) == sdwan.files(formed(), target)
