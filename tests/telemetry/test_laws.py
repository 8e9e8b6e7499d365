"""What holds of rules and dashboard whatever the fabric."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mcwan import telemetry
from mcwan.plan.context import Context
from mcwan.telemetry.metrics import EGRESS, INGRESS
from tests.fabrics import fabrics, planned
from tests.plan.test_laws import shuffled

_METRIC = re.compile(r"\b(envoy_\w+)(?=[{\[])")
_RECORDED = re.compile(r"\bmcwan:[\w:]+")


def expressions(context: Context) -> Iterator[str]:
    yield from (rule["expr"] for group in telemetry.rules(context)["groups"] for rule in group["rules"])
    yield from (one["expr"] for panel in telemetry.dashboard(context)["panels"] for one in panel.get("targets", ()))


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_input_changes_nothing(data: st.DataObject) -> None:
    raw = data.draw(fabrics())
    one, other = (planned(each).context for each in (raw, data.draw(shuffled(raw))))
    for made in (telemetry.rules, telemetry.dashboard):
        assert json.dumps(made(one)) == json.dumps(made(other))


@given(fabrics())
@settings(max_examples=20, deadline=None)
def test_only_known_metrics_are_used_and_all_of_them(raw: dict[str, Any]) -> None:
    context = planned(raw).context
    told = " ".join(expressions(context))
    without = {"envoy_cluster_membership_total"} - set(_METRIC.findall(told))  # nobody imports anything
    assert set(_METRIC.findall(told)) | without == EGRESS.keys() | INGRESS.keys()


@given(fabrics())
@settings(max_examples=20, deadline=None)
def test_what_is_used_is_recorded_before(raw: dict[str, Any]) -> None:
    context = planned(raw).context
    recorded: set[str] = {"mcwan:first_choice:info"}  # of none, where nobody imports anything
    for group in telemetry.rules(context)["groups"]:
        for rule in group["rules"]:
            assert set(_RECORDED.findall(rule["expr"])) <= recorded
            recorded |= {rule["record"]} if "record" in rule else set()
    assert set(_RECORDED.findall(json.dumps(telemetry.dashboard(context)))) <= recorded
