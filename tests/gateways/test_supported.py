"""What a GatewayClass says that it supports is held against what the plan needs of it."""

import pytest

from mcwan import gateways
from mcwan.facts.report import Class, Report
from mcwan.facts.resolve import Known
from mcwan.model import MistakesError
from tests.fabrics import fabric

NEEDED = ("HTTPRouteHostRewrite", "HTTPRouteMethodMatching", "HTTPRouteResponseHeaderModification")


def known(*features: str) -> Known:
    classes = {"envoy-gateway": Class(accepted=True, features=features)}
    return Known(reports={"cluster-1": Report(at="2026-11-25T12:00:00Z", classes=classes)})


def test_a_class_that_supports_what_is_needed_is_taken() -> None:
    assert gateways.plan(fabric(), known(*NEEDED)).objects == gateways.plan(fabric()).objects


def test_a_class_that_says_nothing_is_not_doubted() -> None:
    assert gateways.plan(fabric(), known()).objects == gateways.plan(fabric()).objects


@pytest.mark.parametrize(
    ("lacking", "user"),
    [
        ("HTTPRouteHostRewrite", "HTTPRoute mc-wan/logging.insecure.egress"),
        ("HTTPRouteMethodMatching", "HTTPRoute mc-wan/payment.secure.egress"),
    ],
)
def test_a_feature_that_is_not_listed_is_a_mistake(lacking: str, user: str) -> None:
    with pytest.raises(MistakesError) as raised:
        gateways.plan(fabric(), known(*(one for one in NEEDED if one != lacking)))
    assert [str(one) for one in raised.value.mistakes] == [
        f"clusters.cluster-1.gateway.class: 'envoy-gateway': it does not list {lacking} among the features that it "
        f"supports, and {user} needs that; use a GatewayClass that does, or describe the environment without it"
    ]
