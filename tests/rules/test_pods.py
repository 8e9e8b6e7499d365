"""Selectors select what Kubernetes says they do."""

import pytest

from mcwan.rules.pods import has, selects
from mcwan.rules.unknown import UNKNOWN, UnjudgedError, Withheld

PODS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ({"key": "app", "operator": "In", "values": ["web", "x"]}, True),
        ({"key": "app", "operator": "In", "values": ["x"]}, False),
        ({"key": "zone", "operator": "In", "values": ["x"]}, False),
        ({"key": "app", "operator": "NotIn", "values": ["x"]}, True),
        ({"key": "app", "operator": "NotIn", "values": ["web"]}, False),
        ({"key": "zone", "operator": "NotIn", "values": ["x"]}, True),
        ({"key": "app", "operator": "Exists"}, True),
        ({"key": "zone", "operator": "Exists"}, False),
        ({"key": "app", "operator": "DoesNotExist"}, False),
        ({"key": "zone", "operator": "DoesNotExist"}, True),
        ({"key": "app", "operator": "Odd"}, False),
    ],
)
def test_expressions_select_by_their_operator(expression: object, wanted: object) -> None:
    assert selects({"matchExpressions": [expression]}, PODS) is wanted


def test_all_labels_and_expressions_must_hold_and_an_empty_selector_selects_all() -> None:
    exists = {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}
    assert selects({}, PODS)
    assert selects({"matchLabels": {"app": "web"}} | exists, PODS)
    assert not selects({"matchLabels": {"app": "x"}} | exists, PODS)
    assert not selects({"matchLabels": {"app": "web"}} | exists, {"app": "web"})


def test_a_label_that_is_not_there_is_not_an_empty_one() -> None:
    assert not has({"app": ""}, {})
    assert has({"app": ""}, {"app": ""})


def test_what_is_not_known_is_not_passed_over() -> None:
    with pytest.raises(UnjudgedError):
        selects({"matchLabels": {"app": Withheld("it", UNKNOWN)}}, PODS)
