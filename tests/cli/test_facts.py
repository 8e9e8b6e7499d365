"""Facts that hold, for other programs."""

import json

import yaml

from mcwan.cli.facts import FORMATS
from mcwan.facts.report import Gateway, Report
from mcwan.facts.resolve import Known
from mcwan.stack import Environment
from tests.fabrics import fabric

REPORT = Report(
    at="2026-11-26T12:00:00Z",
    namespaces=("default", "secure"),
    gateways={"mc-wan-ingress.mc-wan": Gateway(programmed=True, addresses=("198.51.100.11",))},
)
FOUND = Environment(fabric(), Known(reports={"cluster-1": REPORT}))


def test_json_and_yaml_say_what_the_record_says() -> None:
    told = {"cluster-1": REPORT.model_dump(mode="json", by_alias=True, exclude_defaults=True)}
    assert json.loads(FORMATS["json"](FOUND)) == told
    assert yaml.safe_load(FORMATS["yaml"](FOUND)) == told
    assert told["cluster-1"]["gateways"] == {
        "mc-wan-ingress.mc-wan": {"programmed": True, "addresses": ["198.51.100.11"]}
    }


def test_a_table_for_people() -> None:
    assert "2026-11-26T12:00:00Z" in FORMATS["table"](FOUND)
