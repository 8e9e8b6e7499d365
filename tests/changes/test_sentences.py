"""What changes, in the words of the fabric: an edit of a stack file, and the sentences about it."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from mcwan.changes.policies import LATE
from mcwan.rules import Object
from mcwan.rules.sources import of_plan
from tests.changes.compared import between, compared, edit, told
from tests.fabrics import GONE, ISSUED, Raw, changed, described, exported, planned

THREE: Raw = changed(
    {
        "clusters/cluster-3": {
            "renderTo": "out/3",
            "ingress": {"addresses": ["198.51.100.13"]},
            "namespaces": ["secure", "insecure"],
        }
    }
)
ISTIO = {"profile": "istio", "class": "istio"}
GOLD = {"tunnel": "gold", "port": 31114, "sla": {"jitterMs": 1, "latencyMs": 2, "lossPercent": 0.5}}


def test_nothing_changes() -> None:
    found = compared(described(), described())
    assert (found.summary, found.changed, found.disturbed) == ("nothing changes", False, "no")
    assert (found.sentences, found.clusters, found.sdwan, found.other, found.not_known) == ((), (), (), (), ())


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param(
            {"exports/0/rules/1/wanPolicy": "high"},
            [
                (
                    "payment.secure /stats moves from default to business in cluster-2 and cluster-3; 2 flows; "
                    "needs TCP port 31111 on the SD-WAN",
                    "yes",
                )
            ],
            id="a rule moves",
        ),
        pytest.param(
            {"exports/1/from": ["cluster-1", {"cluster": "cluster-2", "weight": 3}]},
            [
                ("logging.insecure is also offered by cluster-2", "possible"),
                (
                    "logging.insecure: cluster-1 100% -> 25%, cluster-2 0% -> 75% of the requests from "
                    "cluster-1, cluster-2 and cluster-3",
                    "no",
                ),
            ],
            id="one more cluster offers",
        ),
        pytest.param(
            {"exports/1/from": ["cluster-2"]},
            [
                ("logging.insecure is also offered by cluster-2", "possible"),
                ("logging.insecure is not offered by cluster-1 any more", "possible"),
                (
                    "logging.insecure: cluster-1 100% -> 0%, cluster-2 0% -> 100% of the requests from "
                    "cluster-1, cluster-2 and cluster-3",
                    "no",
                ),
            ],
            id="another cluster offers",
        ),
        pytest.param(
            {"exports/-": exported()},
            [
                (
                    "cart.secure is exported by cluster-1: all requests by default; imported by cluster-1, cluster-2 "
                    "and cluster-3; needs TCP port 31112 on the SD-WAN",
                    "no",
                )
            ],
            id="an export is added",
        ),
        pytest.param(
            {"exports/1": GONE},
            [
                (
                    "logging.insecure is not exported any more (by cluster-1); withdrawn from cluster-1, cluster-2 and "
                    "cluster-3",
                    "refused",
                )
            ],
            id="an export is removed",
        ),
        pytest.param(
            {"exports/0/rules/1/matches/0/path/value": "/s"},
            [
                (
                    "payment.secure rule stats is for /s instead of /stats in cluster-1, cluster-2 and cluster-3",
                    "possible",
                )
            ],
            id="a rule matches otherwise",
        ),
        pytest.param(
            {"exports/0/rules/1": GONE},
            [("payment.secure /stats: rule stats is removed in cluster-1, cluster-2 and cluster-3", "refused")],
            id="a rule is removed",
        ),
        pytest.param(
            {"exports/0/rules/-": {"name": "rest", "wanPolicy": "low"}},
            [
                (
                    "payment.secure all other requests: a new rule, rest by default in cluster-1, cluster-2 and "
                    "cluster-3; needs TCP port 31112 on the SD-WAN",
                    "possible",
                )
            ],
            id="a rule is added",
        ),
        pytest.param(
            {"exports/0/rules/0/backend": "payment-v2"},
            [("payment.secure GET /payment: payment-v2.secure answers instead of payment.secure on cluster-1", "no")],
            id="another Service answers",
        ),
        pytest.param(
            {"exports/1/port": 9090},
            [
                (
                    "logging.insecure is called by port 9090 instead of 8080 in cluster-1, cluster-2 and cluster-3",
                    "refused",
                )
            ],
            id="another port",
        ),
        pytest.param(
            {"imports": [{"service": "logging.insecure", "path": "direct"}]},
            [
                (
                    "logging.insecure is imported by path direct instead of gateway in cluster-1, cluster-2 and "
                    "cluster-3",
                    "possible",
                )
            ],
            id="path direct",
        ),
        pytest.param(
            {"imports": [{"service": "logging.insecure", "clusters": ["cluster-1", "cluster-3"]}]},
            [("the import of logging.insecure is withdrawn from cluster-2", "refused")],
            id="an import is withdrawn",
        ),
        pytest.param(
            {"wanPolicies/high/port": 31113},
            [("WAN policy high changes from TCP port 31111 to 31113; needs TCP port 31113 on the SD-WAN", "yes")],
            id="another WAN port",
        ),
        pytest.param(
            {"wanPolicies/high/tunnel": "gold"},
            [("WAN policy high moves from tunnel business to gold; TCP port 31111", "possible")],
            id="another tunnel",
        ),
        pytest.param(
            {"wanPolicies/high/sla/latencyMs": 50},
            [("WAN policy high asks its tunnel business for latency 100 ms -> 50 ms", "late")],
            id="another SLA",
        ),
        pytest.param(
            {"wanPolicies/gold": GOLD},
            [
                (
                    "WAN policy gold is added: tunnel gold, TCP port 31114, jitter 1 ms, latency 2 ms, loss 0.5%",
                    "no",
                )
            ],
            id="a WAN policy is added",
        ),
        pytest.param(
            {"wanPolicies/high/failover": "low"},
            [
                ("WAN policy high fails over to low instead of none", "late"),
                (
                    "payment.secure GET /payment: requests that fail go on to cluster-1 by default instead of nowhere "
                    "in cluster-2 and cluster-3",
                    "late",
                ),
            ],
            id="failover",
        ),
        pytest.param(
            {"clusters/cluster-1/ingress/addresses": ["198.51.100.99"]},
            [("the ingress gateway of cluster-1 answers at 198.51.100.99 instead of 198.51.100.11", "possible")],
            id="another address",
        ),
        pytest.param(
            {"clusters/cluster-1/ingress/addresses": ["198.51.100.11", "198.51.100.99"]},
            [
                (
                    "the ingress gateway of cluster-1 answers at 198.51.100.11 and 198.51.100.99 instead of "
                    "198.51.100.11",
                    "no",
                )
            ],
            id="one more address",
        ),
        pytest.param(
            {"clusters/cluster-3": GONE},
            [("cluster-3 leaves the fabric", "refused")],
            id="a cluster leaves",
        ),
        pytest.param(
            {"clusters/cluster-4": {"context": "4", "ingress": {"addresses": ["10.4.0.1"]}, "namespaces": ["secure"]}},
            [("cluster-4 joins the fabric; its gateway answers at 10.4.0.1; it imports 1 export", "no")],
            id="a cluster joins",
        ),
        pytest.param(
            {"clusters/cluster-3/gateway": ISTIO},
            [
                (
                    "the gateways of cluster-3 are made by istio (GatewayClass istio) instead of envoy-gateway "
                    "(GatewayClass envoy-gateway)",
                    "yes",
                ),
            ],
            id="another profile",
        ),
        pytest.param(
            {"tls": ISSUED},
            [
                ("WAN policy high changes from plaintext to mutual TLS", "yes"),
                ("WAN policy low changes from plaintext to mutual TLS", "yes"),
            ],
            id="TLS",
        ),
        pytest.param(
            {"exports/1/traffic": {"timeouts": {"request": "5s"}}},
            [
                (
                    "requests of logging.insecure are treated otherwise (timeouts, retries, limits, health checks, "
                    "headers) in cluster-1, cluster-2 and cluster-3",
                    "late",
                )
            ],
            id="other timeouts",
        ),
        pytest.param(
            {f"clusters/cluster-{number}/sources": ["10.0.0.0/8"] for number in (1, 2, 3)},
            [("which addresses may reach WAN ports changes in cluster-1, cluster-2 and cluster-3", "possible")],
            id="sources",
        ),
        pytest.param(
            {"labels": {"team": "net"}},
            [("metadata.labels.team changes on 82 objects in cluster-1, cluster-2 and cluster-3", "no")],
            id="labels only",
        ),
    ],
)
def test_an_edit_is_told(edits: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = edit(edits, THREE)
    assert told(found) == expected
    assert found.changed
    assert (found.other, found.not_known) == ((), ())


def test_callers() -> None:
    raw = changed({"tls": ISSUED, "exports/1/callers": ["cluster-2", "cluster-3"]}, THREE)
    found = edit({"exports/1/callers": ["cluster-3", "cluster-1"]}, raw)
    assert told(found) == [
        ("logging.insecure may be called by cluster-1 or cluster-3 instead of cluster-2 or cluster-3", "refused")
    ]
    assert [(one.name, one.disturbed) for one in found.clusters] == [("cluster-1", "no"), ("cluster-2", "refused")]


def test_a_policy_that_nobody_uses_disturbs_nobody() -> None:
    raw = changed({"wanPolicies/gold": GOLD})
    text = "WAN policy gold changes from TCP port 31114 to 31115; needs TCP port 31115 on the SD-WAN"
    assert told(edit({"wanPolicies/gold/port": 31115}, raw)) == [(text, "no")]
    assert told(edit({"wanPolicies/gold": GONE}, raw)) == [
        ("WAN policy gold is removed (tunnel gold, TCP port 31114)", "no")
    ]


def test_a_tunnel_of_two_policies_is_told_with_the_policy() -> None:
    raw = changed({"wanPolicies/low/tunnel": "business"})
    (one, _), *more = told(edit({"exports/0/rules/1/wanPolicy": "high"}, raw))
    assert one.startswith("payment.secure /stats moves from business (low) to business (high) in cluster-2; 1 flow")
    assert more == []


def test_a_move_that_is_admitted_by_both_loses_nothing() -> None:
    """The way round the disturbance, in three updates: admit both, move, take the first out."""
    both = changed({"exports/1/failover": "high"})
    moved = changed({"exports/1/wanPolicy": "high", "exports/1/failover": "low"})
    alone = changed({"exports/1/wanPolicy": "high"})
    levels = [compared(*pair).disturbed for pair in ((described(), both), (both, moved), (moved, alone))]
    assert levels == ["late", "late", "late"]
    (one, *_) = compared(both, moved).sentences
    assert (one.about, one.policies, one.clusters, one.flows) == ("moved", ("low", "high"), ("cluster-2",), 1)
    assert (one.disturbance.why, one.disturbance.remedy) == (LATE, "")


def test_a_cluster_that_offers_with_weight_0_first_is_sent_nothing_too_early() -> None:
    weightless = changed({"exports/1/from": ["cluster-1", {"cluster": "cluster-2", "weight": 0}]})
    both = changed({"exports/1/from": ["cluster-1", "cluster-2"]})
    there, back = (described(), weightless, both), (both, weightless, described())
    assert [compared(*pair).disturbed for way in (there, back) for pair in pairwise(way)] == ["no"] * 4


def test_a_rule_that_the_other_side_has_not_by_that_policy_is_refused_meanwhile() -> None:
    """Other rules of the export by both WAN policies do not help it."""
    rules = [
        {"name": name, "matches": [{"path": {"value": f"/{name}"}}], "wanPolicy": policy}
        for name, policy in (("a", "high"), ("b", "low"), ("c", "low"))
    ]
    assert edit({"exports/0/rules/1/wanPolicy": "high"}, changed({"exports/0/rules": rules})).disturbed == "yes"


def test_a_move_that_is_not_says_why_and_what_to_do_instead() -> None:
    found = edit({"exports/1/wanPolicy": "high"}).sentences[0].disturbance
    assert found.why == (
        "while the update runs, requests may arrive at cluster-1 by a WAN policy that its gateway refuses (404); "
        + LATE
    )
    assert found.remedy == (
        "admit both first: failover high in one update, move in the next, then take it out: docs/how-to/plan.md"
    )


def test_with_istio_nothing_is_late() -> None:
    raw = changed({f"clusters/cluster-{one}/gateway": ISTIO for one in (1, 2)})
    assert [level for _, level in told(edit({"wanPolicies/high/sla/latencyMs": 50}, raw))] == ["no"]


def test_an_export_that_no_other_cluster_imports_is_offered_otherwise() -> None:
    raw = changed({"imports": [{"service": "logging.insecure", "clusters": ["cluster-1"]}]})
    assert told(edit({"exports/1/wanPolicy": "high"}, raw)) == [
        (
            "logging.insecure all requests is offered by business instead of default on cluster-1; nobody calls it "
            "from elsewhere",
            "no",
        )
    ]


def test_what_the_sd_wan_needs() -> None:
    found = edit({"wanPolicies/high/port": 31113, "wanPolicies/low/tunnel": "cheap", "wanPolicies/low/sla/jitterMs": 9})
    assert [(one.about, one.text) for one in found.sdwan] == [
        ("port-freed", "TCP port 31111 is no longer needed (WAN policy high, tunnel business)"),
        ("tunnel", "TCP port 31112 moves from tunnel default to cheap (WAN policy low)"),
        ("sla", "tunnel cheap is to give TCP port 31112 jitter 1000 ms -> 9 ms"),
        (
            "port-needed",
            "needs TCP port 31113 for tunnel business, source and destination, both directions, between all sites; "
            "jitter 50 ms, latency 100 ms, loss 1% (WAN policy high)",
        ),
    ]
    sites = compared(described(), THREE).sdwan
    assert [(one.about, one.text) for one in sites] == [
        ("site-joins", "site cluster-3 (198.51.100.13) joins: TCP ports 31111 and 31112 to and from all others")
    ]
    assert [one.text for one in compared(THREE, described()).sdwan] == ["site cluster-3 leaves"]


def test_a_mesh_calls_for_itself() -> None:
    """Its rules are read back from what its sidecars are told."""
    mesh: Raw = {
        "tls": ISSUED,
        "clusters/cluster-3/gateway": ISTIO,
        "clusters/cluster-3/mesh": {"trustDomain": "east.example"},
    }
    before = changed(mesh, THREE)
    entries = [
        {"service": "payment.secure", "clusters": ["cluster-3"], "path": "federated"},
        {"service": "payment.secure", "clusters": ["cluster-1", "cluster-2"]},
    ]
    after = changed({"imports": entries}, before)
    assert ("payment.secure is imported by path federated instead of gateway in cluster-3", "refused") in told(
        compared(before, after)
    )
    ambient = changed({"clusters/cluster-3/mesh/ambient": True}, after)
    both = "payment.secure is imported by path federated and gateway instead of"
    assert (f"{both} federated in cluster-3", "possible") in told(compared(after, ambient))
    assert (f"{both} gateway in cluster-3", "refused") in told(compared(before, ambient))
    (back,) = (one for one in compared(ambient, after).sentences if one.about == "path")
    assert (back.disturbance.why, back.disturbance.remedy) == (
        "clients without a sidecar get no further than a Service without endpoints",
        "give every client a sidecar first",
    )
    moved = changed({"exports/0/rules/1/wanPolicy": "high"}, after)
    assert (
        "payment.secure /stats moves from default to business in cluster-2 and cluster-3; 2 flows; needs TCP port "
        "31111 on the SD-WAN",
        "yes",
    ) in told(compared(after, moved))
    strict = changed({"clusters/cluster-3/mesh/strict": True}, after)
    refused = "no workload of the mesh on cluster-3 takes plaintext any more"
    assert told(compared(after, strict)) == [(refused, "refused")]
    again = "the workloads of the mesh on cluster-3 take plaintext again, from anybody"
    assert told(compared(strict, after)) == [(again, "no")]
    # what somebody has made permissive, and labelled, becomes strict again in one sentence
    now = of_plan(planned(strict))
    (one,) = now.of_kind("PeerAuthentication")
    labels = {**one.labels, "team": "theirs"}
    content = {**one.content, "metadata": {**one.metadata, "labels": labels}, "spec": {"mtls": {"mode": "PERMISSIVE"}}}
    theirs = replace(now, objects=(*(it for it in now.objects if it is not one), Object(one.cluster, content)))
    assert [it for it in told(between(theirs, now)) if it[0] == refused] == [(refused, "refused")]
    called = [{"cluster": "cluster-3", "accounts": ["sleep.sleep"]}, "cluster-2"]
    assert [text for text, _ in told(compared(after, changed({"exports/0/callers": called}, after)))] == [
        "payment.secure may be called by cluster-2 or sleep.sleep of east.example instead of everybody"
    ]
    fewer = [{"cluster": "cluster-3", "accounts": ["other.sleep"]}, "cluster-2"]
    (lost,) = compared(*(changed({"exports/0/callers": one}, after) for one in (called, fewer))).sentences
    assert (lost.disturbance.level, lost.disturbance.why) == ("refused", "requests from cluster-3 are refused (403)")


def remedy(edits: dict[str, Any], raw: Raw) -> tuple[str, str]:
    """Give the first sentence's reason and remedy."""
    its = edit(edits, raw).sentences[0].disturbance
    return its.why, its.remedy


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        pytest.param(
            {"exports": [exported(from_=["cluster-1", "cluster-3"])]},
            "write weight 0 for cluster-3 in an update before, so that nobody is sent there meanwhile",
            id="with others",
        ),
        pytest.param(
            {"exports": [exported(from_=["cluster-3"])]},
            "offer cart.secure elsewhere first, or withdraw it",
            id="alone",
        ),
        pytest.param(
            {"exports": [exported(from_=["cluster-3", {"cluster": "cluster-1", "weight": 0}])]},
            "offer cart.secure elsewhere first, or withdraw it",
            id="with others that have weight 0",
        ),
        pytest.param(
            {
                "exports": [
                    exported(from_=["cluster-3"]),
                    exported(service="a.secure", from_=["cluster-3"]),
                    exported(service="b.secure", from_=["cluster-3", "cluster-2"]),
                ]
            },
            "write weight 0 for cluster-3 in each export that others answer, too, in an update before, so that nobody "
            "is sent there meanwhile; offer a.secure and cart.secure elsewhere first, or withdraw them",
            id="both",
        ),
    ],
)
def test_before_a_cluster_leaves_nothing_is_asked_that_is_a_mistake(offers: Raw, expected: str) -> None:
    """All weights 0 is one, so that weight 0 is not asked of what a cluster alone answers."""
    raw = changed(offers, THREE)
    gone = {"clusters/cluster-3": GONE, "exports": [], "imports": []}
    assert remedy(gone, raw) == (
        "clients on cluster-3 reach no import any more, and other clusters nothing there",
        expected,
    )
    first = expected.replace("in an update before, so that nobody is sent there meanwhile", "first")
    _, another = remedy({"clusters/cluster-3/gateway": ISTIO}, raw)
    assert another == f"{first}; or do it when nobody calls; see docs/how-to/plan.md"


def test_a_gateway_that_answers_nobody_is_replaced_when_nobody_calls() -> None:
    _, found = remedy({"clusters/cluster-3/gateway": ISTIO}, THREE)
    assert found == "do it when nobody calls; see docs/how-to/plan.md"


def test_who_sends_by_a_policy_that_is_removed_is_told_in_the_number_that_it_has() -> None:
    rest = "own objects are changed, and its listeners are gone at once"
    moved = {"exports/0/rules/0/wanPolicy": "low", "wanPolicies/high": GONE}
    by_number = {}
    for raw in (described(), THREE):
        every = edit(moved, raw).sentences
        by_number[len(raw["clusters"])] = next(one.disturbance.why for one in every if one.about == "policy-removed")
    assert by_number == {
        2: f"cluster-2 sends by it until its {rest}",
        3: f"cluster-2 and cluster-3 send by it until their {rest}",
    }


def test_where_an_update_was_interrupted_nothing_of_a_cluster_but_its_imports_is_needed() -> None:
    """The gateways and WAN policies of cluster-2 are not there: how they follow is what nobody can know."""
    raw = changed({"tls": ISSUED})
    every = of_plan(planned(raw))
    kept = tuple(
        one
        for one in every.objects
        if one.cluster != "cluster-2" or one.kind not in ("Gateway", "WANPolicy", "GatewayClass", "EnvoyProxy")
    )
    callers = {"exports/1/wanPolicy": "high", "exports/1/callers": ["cluster-2"]}
    found = between(replace(every, objects=kept, components=()), of_plan(planned(changed(callers, raw))))
    assert {one.disturbance.why.endswith(LATE) for one in found.sentences if one.about == "moved"} == {True}
