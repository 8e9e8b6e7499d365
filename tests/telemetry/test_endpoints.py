"""Which endpoint is which way, and which ways are first choices."""

from typing import Any

import pytest

from mcwan.telemetry.endpoints import Endpoint, FirstChoice, endpoints, first_choices, measured, unmeasured
from tests.fabrics import ISSUED, changed, exported, planned, rule, ruled

BOTH = ["cluster-1", "cluster-2"]


def test_an_endpoint_is_a_cluster_by_a_wan_policy() -> None:
    raw = changed({"clusters/cluster-2/ingress/addresses": ["198.51.100.12", "fd00::2"]})
    assert endpoints(planned(raw).context) == (
        Endpoint("198.51.100.11:31111", "cluster-1", "high"),
        Endpoint("198.51.100.11:31112", "cluster-1", "low"),
        Endpoint("198.51.100.12:31111", "cluster-2", "high"),
        Endpoint("198.51.100.12:31112", "cluster-2", "low"),
        Endpoint("[fd00::2]:31111", "cluster-2", "high"),
        Endpoint("[fd00::2]:31112", "cluster-2", "low"),
    )


def test_gateways_of_an_exports_own_are_endpoints_too() -> None:
    own = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    plain = set(endpoints(planned().context))
    assert set(endpoints(planned(changed({"exports/-": own})).context)) - plain == {
        Endpoint("10.0.0.1:31111", "cluster-1", "high"),
        Endpoint("10.0.0.1:31112", "cluster-1", "low"),
    }


@pytest.mark.parametrize(
    ("export", "more", "expected"),
    [
        (exported(), {}, [FirstChoice("cart.secure", "all", "cluster-1", "low", ("cluster-2",))]),
        (
            exported(from_=BOTH),
            {},
            [
                FirstChoice("cart.secure", "all", "cluster-1", "low", ("cluster-2",)),
                FirstChoice("cart.secure", "all", "cluster-2", "low", ("cluster-1",)),
            ],
        ),
        (
            exported(from_=["cluster-1", {"cluster": "cluster-2", "spare": True}]),
            {},
            [FirstChoice("cart.secure", "all", "cluster-1", "low", ("cluster-2",))],
        ),
        (
            exported(from_=["cluster-1", {"cluster": "cluster-2", "weight": 0}]),
            {},
            [FirstChoice("cart.secure", "all", "cluster-1", "low", ("cluster-2",))],
        ),
        (
            ruled(rule("one", "high", {"method": "GET"}), rule("two", "low")),
            {},
            [
                FirstChoice("cart.secure", "one", "cluster-1", "high", ("cluster-2",)),
                FirstChoice("cart.secure", "two", "cluster-1", "low", ("cluster-2",)),
            ],
        ),
        (exported(), {"imports": [{"service": "cart.secure", "path": "direct"}]}, []),
        (
            ruled(rule("one", "high", {"method": "GET"}), rule("two", "low")),
            {"imports": [{"service": "cart.secure", "rules": [rule("mine", "high", {"method": "GET"})]}]},
            [FirstChoice("cart.secure", "mine", "cluster-1", "high", ("cluster-2",))],
        ),
    ],
)
def test_first_choices_are_what_is_asked_as_long_as_it_answers(
    export: dict[str, Any], more: dict[str, Any], expected: list[FirstChoice]
) -> None:
    plan = planned(changed({"exports": [export], **more}))
    assert first_choices(plan.context) == tuple(expected)


def test_a_target_of_a_clusters_own_is_a_first_choice_too() -> None:
    plan = planned(changed({"tls": ISSUED, "exports": [exported(from_=BOTH)]}))
    assert first_choices(plan.context) == tuple(
        FirstChoice("cart.secure", "all", cluster, "low", ("cluster-1", "cluster-2"))
        for cluster in ("cluster-1", "cluster-2")
    )


def test_other_gateways_have_no_such_metrics() -> None:
    istio = {"clusters/cluster-2/gateway": {"profile": "istio"}, "exports": [exported(from_=BOTH)]}
    context = planned(changed(istio)).context
    assert (measured(context), unmeasured(context)) == (("cluster-1",), ("cluster-2",))
    assert first_choices(context) == (FirstChoice("cart.secure", "all", "cluster-2", "low", ("cluster-1",)),)
