"""How long a try may take at Istio's gateways: for the route's gateway and rules, and the same on all clusters."""

from typing import Any

from mcwan.rules import RULES, Evidence, run
from mcwan.rules.sources import of_plan
from tests.fabrics import ISSUED, changed, planned, prefix, rule
from tests.rules.mutations import put, swapped, without

(RULE,) = [one for one in RULES if one.name == "requests-go-on"]
ISTIO: dict[str, Any] = {f"clusters/cluster-{one}/gateway": {"profile": "istio"} for one in (1, 2)}
TIMED = {"idempotent": True, "timeouts": {"perTry": "400ms"}}
NAME = "logging.insecure.egress"


def timed(**changes: Any) -> Evidence:
    return of_plan(planned(changed({**ISTIO, "tls": ISSUED, "exports/1/traffic": TIMED, **changes})))


def said(evidence: Evidence) -> list[str]:
    return [one.what for one in run(RULE, evidence).violations]


def test_what_mcwan_writes_is_taken_also_where_an_import_has_rules_of_its_own() -> None:
    own = {"service": "logging.insecure", "clusters": ["cluster-2"]}
    rules = [rule("first", None, prefix("/a")), rule("rest", None)]
    for evidence in (timed(), timed(imports=[own | {"rules": rules}])):
        assert said(evidence) == []


def test_an_envoy_filter_for_something_else_or_for_nothing() -> None:
    evidence = timed()
    its = evidence.find("cluster-1", "EnvoyFilter", "mc-wan", f"{NAME}.tries")
    assert its is not None
    start = (
        f"EnvoyFilter mc-wan/{NAME}.tries on cluster-1 is not what says how long tries of HTTPRoute mc-wan/{NAME} on "
    )
    start += "cluster-1 may take: "
    place = ("spec", "configPatches", 0, "match", "routeConfiguration", "vhost")
    for path, value, wrong in (
        (("spec", "targetRefs", 0, "name"), "x", "spec.targetRefs[0].name is x, and should be mc-wan-egress"),
        ((*place, "route", "name"), "x", "it is for x, which is no rule"),
        (("spec", "configPatches"), [], "it is for no rule"),
    ):
        found = said(swapped(evidence, its, put(its.content, path, value)))
        assert any(one.startswith(start + wrong) for one in found)
    assert said(without(evidence, its)) == [
        f"HTTPRoute mc-wan/{NAME} on cluster-1: how long a try may take is said by nothing, and that on other clusters "
        "it is"
    ]
