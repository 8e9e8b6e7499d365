"""By which way requests left, and what is made of answers that do not say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mcwan.doctor import Evidence, Finding
from mcwan.doctor.dns import asked as names
from mcwan.doctor.probes import asked
from mcwan.facts.probed import Answer, Probe, Request, Resolved
from tests.doctor.played import BOTH, evidence, judged

ONE, TWO = BOTH
EGRESS = "mc-wan-egress.envoy-gateway-system"
DEPLOY = "see mcwan status for what drifted, and deploy the stack"
BY_HAND = "send one yourself, and see the header mc-wan-policy of its answer"
QUERIES = "payment.secure, rule queries: GET /payment"


def probes(found: Evidence, cluster: str = TWO) -> dict[str, Probe]:
    """Give the probes of a cluster, by export and rule."""
    assert found.plan is not None
    every = asked(found.plan, cluster, found.chosen)
    return {f"{one.probe.export}/{one.probe.rule}": one.probe for one in every if one.probe}


def told(found: Evidence, cluster: str = TWO, **queries: Any) -> tuple[Finding, ...]:
    """Judge one cluster whose requests all left as they ought to, but for those of the rule `queries`."""
    wanted = {"payment.secure/queries": "high", "payment.secure/stats": "low", "logging.insecure/all": "low"}
    sent = probes(found, cluster)
    answers = {probe: Answer(probe, 200, wanted.get(key, "high"), ONE) for key, probe in sent.items()}
    probe = sent["payment.secure/queries"]
    answers[probe] = replace(answers[probe], **queries)
    return judged("requests-leave", replace(found, names=(cluster,), answers=answers))


def test_what_is_sent() -> None:
    host = "payment-clusterset.secure.svc.cluster.local"
    queries = Probe(TWO, "payment.secure", "queries", host, 8080, EGRESS, Request("GET", "/payment"))
    stats = replace(queries, rule="stats", request=Request("GET", "/stats"))
    logging = Probe(
        TWO, "logging.insecure", "all", "logging-clusterset.insecure.svc.cluster.local", 8080, EGRESS, Request()
    )
    assert list(probes(evidence()).values()) == [logging, queries, stats]
    assert list(probes(replace(evidence(), chosen=frozenset({"logging.insecure"}))).values()) == [logging]
    direct = evidence(DIRECT)
    assert probes(direct)["logging.insecure/all"] == replace(logging, gateway="")
    both = evidence({"exports/1/from": list(BOTH)})
    assert probes(both)["logging.insecure/all"] == replace(logging, tries=8)


def test_all_is_well() -> None:
    assert told(evidence()) == (
        Finding("requests-leave", "ok", (TWO,), "logging.insecure: GET / by low, WAN port 31112"),
        Finding(
            "requests-leave",
            "ok",
            (TWO,),
            "payment.secure: GET /payment by high, WAN port 31111; GET /stats by low, WAN port 31112",
        ),
    )


CLUSTER = {"context": "cluster-3", "ingress": {"addresses": ["198.51.100.13"]}, "namespaces": ["secure", "insecure"]}
DIRECT = {"wanPolicies/low/tls": "plaintext", "imports": [{"service": "logging.insecure", "path": "direct"}]}
FAILOVER = {"wanPolicies/high/failover": "low"}
CALLERS = {"exports/0/callers": [ONE]}
OWN = {"exports/0/from": list(BOTH)}
HERE = {"exports/0/from": [TWO, {"cluster": ONE, "spare": True}]}


@pytest.mark.parametrize(
    ("changes", "answer", "verdict", "said", "remedy"),
    [
        ({}, {"policy": "low"}, "failed", "left by low, WAN port 31112, not by high, WAN port 31111", DEPLOY),
        ({}, {"policy": "old"}, "failed", "left by old, which is unknown, not by high, WAN port 31111", DEPLOY),
        (
            FAILOVER,
            {"policy": "low"},
            "warning",
            "left by low, WAN port 31112, which stands in for high, WAN port 31111",
            "see why cluster-1 is not reached at port 31111",
        ),
        ({}, {"destination": TWO}, "failed", "was answered by cluster-2, which does not offer it", DEPLOY),
        ({}, {"policy": "", "status": 404}, "failed", "was answered 404, by no ingress gateway", DEPLOY),
        (
            {},
            {"policy": "", "status": 503},
            "failed",
            "was answered 503: nobody is reached by high, WAN port 31111",
            "see that the SD-WAN carries that port to cluster-1, and the service's pods there",
        ),
        (
            OWN,
            {"policy": "", "status": 200},
            "not known",
            "was answered 200 8 times, by nobody of another cluster",
            BY_HAND,
        ),
        (
            OWN,
            {"destination": TWO},
            "not known",
            "was answered 200 8 times, by nobody of another cluster",
            BY_HAND,
        ),
    ],
)
def test_what_went_elsewhere(
    changes: Mapping[str, Any], answer: Mapping[str, Any], verdict: Any, said: str, remedy: str
) -> None:
    (one,) = (one for one in told(evidence(changes), **answer) if one.verdict != "ok")
    assert one == Finding("requests-leave", verdict, (TWO,), f"{QUERIES} {said}", remedy)


def test_what_was_not_sent_and_what_was_lost() -> None:
    for lost, verdict in ((False, "not known"), (True, "failed")):
        found = told(evidence(), policy="", status=0, problem="no answer", remedy="mend it", lost=lost)
        assert Finding("requests-leave", verdict, (TWO,), f"{QUERIES}: no answer", "mend it") in found  # type: ignore[arg-type]


def test_a_spare_answers() -> None:
    found = evidence({"exports/0/from": [{"cluster": ONE, "spare": True}, "cluster-3"], "clusters/cluster-3": CLUSTER})
    said = f"{QUERIES} left by high, WAN port 31111, to cluster-1, which is a spare"
    warning = Finding("requests-leave", "warning", (TWO,), said, "see why the first choices do not answer")
    assert warning in told(found)


def test_what_stays_and_what_is_refused_as_it_ought_to_be() -> None:
    for its in ({"policy": ""}, {"destination": TWO}):
        said = {one.sentence: one.verdict for one in told(evidence(HERE), **its)}
        assert said["payment.secure: GET /payment stays in the cluster"] == "ok"
    spare = "payment.secure, rule stats: GET /stats left by low, WAN port 31112, to cluster-1, which is a spare"
    assert said[spare] == "warning"
    other = f"{QUERIES} was answered 404, by nobody of another cluster"
    said = {one.sentence: one.verdict for one in told(evidence(HERE), policy="", status=404)}
    assert said[other] == "not known"


def test_who_is_none_of_the_callers_has_to_be_refused() -> None:
    """By the ingress gateway, which may say by which way the request came."""
    stats = "payment.secure, rule stats: GET /stats was answered 200 by cluster-1: the cluster is none of its callers"
    wrong = Finding("requests-leave", "failed", (TWO,), stats, DEPLOY)
    for said, its in (
        ("GET /payment is refused: the cluster is none of its callers", {"policy": "", "status": 403}),
        ("GET /payment by high, WAN port 31111", {"status": 403}),
    ):
        found = told(evidence(CALLERS), **its)
        assert {wrong, Finding("requests-leave", "ok", (TWO,), f"payment.secure: {said}")} <= set(found)


def test_by_path_federated_a_sidecar_sends_and_who_may_call_is_an_account() -> None:
    found = evidence(
        {
            "clusters/cluster-2/gateway": {"profile": "istio"},
            "clusters/cluster-2/mesh": {"trustDomain": "two.example"},
            "imports": [{"service": "payment.secure", "clusters": [TWO], "path": "federated"}],
            "exports/0/callers": [{"cluster": TWO, "accounts": ["frontend.web"]}],
        }
    )
    unsent = judged("requests-leave", replace(found, names=(TWO,), answers={}, chosen=frozenset({"payment.secure"})))
    said = "GET /payment goes by path federated, which no API server can send"
    remedy = "in a pod with a sidecar of the cluster: mcwan doctor --probe --inside cluster-2"
    assert unsent[0] == Finding("requests-leave", "not known", (TWO,), f"payment.secure, rule queries: {said}", remedy)
    said = f"{QUERIES} is refused: in this cluster its callers are frontend.web"
    other = Finding("requests-leave", "not known", (TWO,), said, "ask in a pod of one of these service accounts")
    assert other in told(found, policy="", status=403)
    refused = "payment.secure: GET /payment by high, WAN port 31111; GET /stats by low, WAN port 31112"
    assert told(found, status=403)[-1].sentence == refused
    lost = told(found, policy="", status=0, problem="no answer", remedy="mend it", lost=True)
    remedy = "ask in a pod with a sidecar; in one, mend it"
    assert Finding("requests-leave", "failed", (TWO,), f"{QUERIES}: no answer", remedy) in lost


def test_rules_of_which_nothing_is_sent() -> None:
    match = [{"method": "POST", "path": {"value": "/payment"}}]
    found = evidence({"exports/0/rules/0/matches": match})
    said = "payment.secure, rule queries: its method is POST, and only GET and HEAD are sent"
    assert Finding("requests-leave", "not known", (TWO,), said, BY_HAND) in judged(
        "requests-leave", replace(found, names=(TWO,), answers={})
    )


def test_where_nothing_can_be_sent() -> None:
    def one(found: Evidence) -> list[tuple[str, str, str]]:
        return [(one.verdict, one.sentence, one.remedy) for one in judged("requests-leave", found)]

    assert one(evidence()) == [("not known", "no request was sent", "mcwan doctor --probe sends some")]
    sent = replace(evidence(), names=(TWO,), answers={})
    assert one(replace(sent, plan=None)) == [
        ("not known", "what ought to leave is not known", "see the check description")
    ]
    assert one(replace(sent, chosen=frozenset({"none.there"}))) == [("ok", "it imports nothing that would leave", "")]
    direct = evidence(DIRECT)
    assert one(replace(direct, names=(TWO,), answers={}, chosen=frozenset({"logging.insecure"}))) == [
        (
            "not known",
            "logging.insecure, rule all: GET / goes by path direct, which no API server can send",
            "in a pod or on a node of the cluster: mcwan doctor --probe --inside cluster-2",
        )
    ]


def test_names() -> None:
    found = evidence()
    assert found.plan is not None
    every = names(found.plan, ONE)
    assert every == [
        "logging.insecure.svc.clusterset.local",
        "logging-clusterset.insecure.svc.cluster.local",
        "payment.secure.svc.clusterset.local",
        "payment-clusterset.secure.svc.cluster.local",
    ]

    def said(*unknown: str) -> list[tuple[str, str]]:
        resolved = tuple(
            Resolved(ONE, name, problem="DNS does not know it")
            if name in unknown
            else Resolved(ONE, name, ("10.0.0.1",))
            for name in every
        )
        inside = replace(found, names=(ONE,), inside=ONE, resolved=resolved)
        return [(one.verdict, one.sentence) for one in judged("dns-answers", inside)]

    assert said() == [("ok", "the names of its imports resolve")]
    assert said(every[0], every[2]) == [("warning", f"DNS does not know it: {every[0]} and {every[2]}")]
    assert said(every[0], every[1], every[2]) == [
        ("failed", f"DNS does not know it: {every[1]}"),
        ("warning", f"DNS does not know it: {every[2]}"),
    ]
    assert judged("dns-answers", replace(found, plan=None, names=(ONE,))) == (
        Finding("dns-answers", "not known", (ONE,), "which names it has is not known", "see the check description"),
    )
