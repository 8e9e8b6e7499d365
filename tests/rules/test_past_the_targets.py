"""Ways past the targets, and the other way: what is judged in part, and what is none of the fabric's."""

from copy import deepcopy
from typing import Any

import pytest

from mcwan.rules import RULES, Evidence, Object, run
from mcwan.rules.sources import of_plan
from tests.fabrics import planned


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
        ("target-address", "target-port", "route-arrives", "route-is-exported"), (why,)
    )


def test_a_route_on_a_gateway_of_its_own_is_not_the_fabrics() -> None:
    evidence = of_plan(planned())
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "theirs", "namespace": "mc-wan"},
        "spec": {"gatewayClassName": "envoy-gateway", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]},
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
