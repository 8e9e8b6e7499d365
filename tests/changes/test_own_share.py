"""What a cluster's own pods answer is told as its own, whichever way its egress gateway asks them."""

from typing import Any

from mcwan.changes.reading import view
from mcwan.changes.view import Way
from mcwan.rules.sources import of_plan
from tests.changes.compared import edit, told
from tests.fabrics import ISSUED, changed, planned, prefix, rule, ruled

BOTH = {"tls": ISSUED, "exports/1/from": ["cluster-1", {"cluster": "cluster-2", "weight": 3}]}


def ways(changes: dict[str, Any], export: str = "logging.insecure") -> dict[str, tuple[Way, ...]]:
    found = view(of_plan(planned(changed(changes))))
    return {flow.rule: flow.to for flow in found.flows if (flow.cluster, flow.export) == ("cluster-1", export)}


def test_by_a_target_of_its_own_it_is_told_as_straight_from_the_service() -> None:
    shared = {
        "all": (
            Way(cluster="cluster-1", policy=None, share=25.0, service="logging.insecure"),
            Way(cluster="cluster-2", policy="low", share=75.0),
        )
    }
    assert ways(BOTH) == ways({**BOTH, "tls": {"mode": "plaintext"}}) == shared


def test_the_rule_behind_it_says_who_answers() -> None:
    rules = [rule("new", "low", prefix("/new"), backend="cart-v2"), rule("rest", "low")]
    export = ruled(*rules) | {"from": ["cluster-1", "cluster-2"]}
    found = ways({"tls": ISSUED, "exports/-": export}, "cart.secure")
    assert {name: its[0].service for name, its in found.items()} == {"new": "cart-v2.secure", "rest": "cart.secure"}


def test_another_cluster_that_offers_it_is_all_that_is_told() -> None:
    found = edit({"exports/1/from": BOTH["exports/1/from"]}, changed({"tls": ISSUED}))
    assert not [text for text, _ in told(found) if "moves" in text]
    assert {one.about for one in found.sentences} >= {"weights"}
