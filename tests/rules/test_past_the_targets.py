"""Ways past the targets, and the other way: what is judged in part, and what is none of the fabric's."""

from copy import deepcopy
from typing import Any

import pytest

from mcwan.rules import RULES, Evidence, Object, run
from mcwan.rules.organisation import Importers, Tunnels
from mcwan.rules.sources import of_plan
from tests.fabrics import planned
from tests.rules.mutations import put

EGRESS = ("cluster-2", "logging.insecure.egress")
SECTION = ("spec", "parentRefs", 0, "sectionName")


def changed(kind: str, name: str, change: Any) -> list[str]:
    """Judge the example with one object of cluster-2 changed; gives the rules violated, and what they say."""
    evidence = of_plan(planned())
    objects = []
    for one in evidence.objects:
        content = one.content
        if (one.cluster, one.kind, one.name) == ("cluster-2", kind, name):
            content = deepcopy(dict(content))
            change(content)
        objects.append(Object(one.cluster, content))
    found = [run(rule, Evidence(tuple(objects), evidence.components)) for rule in RULES]
    return [f"{verdict.rule.name}: {one.what}" for verdict in found for one in verdict.violations]


def first_backend(content: Any) -> Any:
    return content["spec"]["rules"][0]["backendRefs"][0]


def test_a_target_says_which_cluster_it_stands_for() -> None:
    def change(content: Any) -> None:
        content["metadata"]["labels"] = {}

    assert changed("Service", "target-cluster-1", change)[0] == (
        "route-has-target: HTTPRoute mc-wan/logging.insecure.egress on cluster-2 sends to Service "
        "mc-wan/target-cluster-1 on cluster-2, which stands for no cluster"
    )


def test_a_backend_is_a_service() -> None:
    def change(content: Any) -> None:
        first_backend(content).update(group="gateway.envoyproxy.io", kind="Backend", name="internet")

    assert changed("HTTPRoute", "logging.insecure.egress", change) == [
        "route-has-target: HTTPRoute mc-wan/logging.insecure.egress on cluster-2 sends to Backend internet, which is "
        "no Service"
    ]


@pytest.mark.parametrize(
    ("kind", "name", "status", "where"),
    [
        ("Gateway", "mc-wan-ingress", {"addresses": [{"value": "8.8.8.8"}]}, "Gateway mc-wan/mc-wan-ingress"),
        (
            "Service",
            "target-cluster-1",
            {"loadBalancer": {"ingress": [{"ip": "8.8.8.8"}]}},
            "Service mc-wan/target-cluster-1",
        ),
    ],
)
def test_a_public_address_in_a_status_is_found(kind: str, name: str, status: Any, where: str) -> None:
    assert changed(kind, name, lambda content: content.update(status=status)) == [
        f"gateway-is-private: {where} on cluster-2 is at 8.8.8.8, an address of the Internet"
    ]


def test_a_fabric_of_which_a_cluster_is_missing_is_told_as_not_judged() -> None:
    evidence = of_plan(planned())
    found = [
        run(rule, Evidence(tuple(one for one in evidence.objects if one.cluster == "cluster-2"))) for rule in RULES
    ]
    why = "cluster cluster-1 is led to, and is not among what is judged: judge the whole fabric at once"
    assert [one.violations for one in found if one.violations] == []
    assert {one.rule.name: one.unjudged for one in found if one.unjudged} == dict.fromkeys(
        (
            "target-address",
            "target-port",
            "route-arrives",
            "route-is-exported",
            "target-verified",
            "rule-of-own-policy",
            "rules-match-alike",
            "requests-go-on",
        ),
        (why,),
    )


def test_a_route_on_a_gateway_of_its_own_is_not_the_fabrics() -> None:
    evidence = of_plan(planned())
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "theirs", "namespace": "mc-wan"},
        "spec": {"gatewayClassName": "theirs", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]},
    }
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "theirs", "namespace": "mc-wan"},
        "spec": {"parentRefs": [{"name": "theirs"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
    }
    theirs = (Object("cluster-1", gateway), Object("cluster-1", route))
    found = [run(rule, Evidence((*evidence.objects, *theirs), evidence.components)) for rule in RULES]
    assert [one for one in found if one.violations or one.unjudged or one.failure] == []


def test_a_gateway_that_says_no_address_is_told_where_a_target_leads_to_it() -> None:
    evidence = of_plan(planned())
    objects = []
    for one in evidence.objects:
        content = deepcopy(dict(one.content))
        if one.kind == "Gateway":
            content["metadata"]["annotations"].pop("mc-wan.l7mp.io/addresses", None)
        objects.append(Object(one.cluster, content))
    found = {rule.name: run(rule, Evidence(tuple(objects))) for rule in RULES}
    assert found["target-address"].unjudged == (
        "Gateway mc-wan/mc-wan-ingress on cluster-1 says no address, and EndpointSlice mc-wan/target-cluster-1-ipv4 on "
        "cluster-2 leads to it",
        "Gateway mc-wan/mc-wan-ingress on cluster-2 says no address, and EndpointSlice mc-wan/target-cluster-2-ipv4 on "
        "cluster-1 leads to it",
    )
    assert [one.violations for one in found.values() if one.violations] == []


def test_an_export_may_arrive_by_a_spare_policy() -> None:
    evidence = of_plan(planned())
    route = next(one for one in evidence.of_kind("HTTPRoute") if one.name == "logging.insecure.ingress.low")
    moved = put(put(route.content, ("metadata", "name"), "logging.insecure.ingress.high"), SECTION, "high")
    (export,) = [one for one in evidence.of_kind("ServiceExport") if one.name == "logging"]
    spare = Object(export.cluster, put(export.content, ("metadata", "annotations", "mc-wan.l7mp.io/spares"), "high"))
    sent = next(one for one in evidence.of_kind("HTTPRoute") if (one.cluster, one.name) == EGRESS)
    port = put(sent.content, ("spec", "rules", 0, "backendRefs", 0, "port"), 31111)
    objects = [one for one in evidence.objects if one not in (export, sent)]
    objects += [Object(route.cluster, moved), Object(sent.cluster, port)]
    rules = ("route-of-own-policy", "rule-of-own-policy", "rules-match-alike")
    # a first choice goes by the export's own policy, also where another one is a spare
    for exported, wanted in ((export, set(rules[:2])), (spare, {"rule-of-own-policy"})):
        judged = Evidence((*objects, exported), evidence.components)
        found = [run(rule, judged) for rule in RULES if rule.name in rules]
        assert {one.rule.name for one in found if one.violations} == wanted
        options = Tunnels(never={"business": ("insecure",)})
        (off,) = [run(rule, judged, options) for rule in RULES if rule.name == "namespace-keeps-off-tunnel"]
        assert bool(off.violations) == (exported is spare)


def test_options_that_name_nothing_are_told() -> None:
    evidence = of_plan(planned())
    by_name = {rule.name: rule for rule in RULES}
    found = run(by_name["namespace-keeps-off-tunnel"], evidence, Tunnels(never={"buisness": ("secure",)}))
    assert found.unjudged == ("never: 'buisness' names no tunnel (allowed: business, default)",)
    found = run(by_name["namespace-keeps-off-tunnel"], evidence, Tunnels(never={"default": ("secrue",)}))
    assert found.unjudged == ("never: 'secrue' names no namespace (allowed: insecure, secure)",)
    found = run(by_name["import-allowed"], evidence, Importers(clusters={"shop": ()}))
    assert found.unjudged == (
        "clusters: 'shop' names no service or namespace (allowed: insecure, logging.insecure, payment.secure, secure)",
    )
    known = ("cluster-1", "cluster-2")
    found = run(by_name["import-allowed"], evidence, Importers(clusters={"payment.secure": (*known, "cluster-3")}))
    assert found.unjudged == ("clusters.payment.secure: 'cluster-3' names no cluster (allowed: cluster-1, cluster-2)",)
    assert found.violations == ()
