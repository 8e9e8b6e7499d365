"""Addresses that a balancer gives in the same update: a word stands for each, where somebody waits for it."""

from ipaddress import IPv4Address, IPv6Address

from mcwan import gateways
from mcwan.facts.resolve import Known
from mcwan.plan import Plan
from mcwan.plan.addresses import Address, Awaited, in_order
from tests.fabrics import changed, fabric, on

AWAITED = Awaited("cluster-2", "mc-wan-ingress.mc-wan", "balancer")
ASKED = Awaited("cluster-2", "mc-wan-egress.mc-wan", "cluster")
IMPORT = "ServiceImport"
BALANCED = {
    "clusters/cluster-2": {
        "context": "west",
        "facts": "live",
        "namespaces": ["secure", "insecure"],
        "ingress": {"exposure": "LoadBalancer", "balancer": "metallb", "balancerPool": "sdwan"},
    }
}


def balanced(*, awaits: bool) -> Plan:
    known = Known(balanced=frozenset({"cluster-2"}))
    return gateways.plan(fabric(changed(BALANCED)), known, awaits=awaits)


def test_a_word_stands_for_the_address_in_what_leads_there() -> None:
    plan = balanced(awaits=True)
    assert plan.awaited == {str(AWAITED): AWAITED, str(ASKED): ASKED}
    (one,) = on(plan, "cluster-1", "EndpointSlice")
    assert (one["metadata"]["name"], one["addressType"]) == ("target-cluster-2-ipv4", "IPv4")
    assert one["endpoints"] == [{"addresses": [str(AWAITED)], "conditions": {"ready": True}}]
    waiting = [one for one in plan.objects if plan.waits(one.manifest)]
    assert [(found.cluster, found.manifest["metadata"]["name"]) for found in waiting] == [
        ("cluster-1", "target-cluster-2-ipv4"),
        ("cluster-2", "logging"),
        ("cluster-2", "payment"),
    ]


def test_an_import_on_a_live_cluster_answers_by_the_gateways_own_address() -> None:
    plan = balanced(awaits=True)
    ips = {cluster: one["spec"].get("ips") for cluster in plan.fabric.clusters for one in on(plan, cluster, IMPORT)}
    assert ips == {"cluster-1": None, "cluster-2": [str(ASKED)]}


def test_pulumi_waits_for_the_gateway_that_gets_it() -> None:
    (ingress,) = (
        one for one in on(balanced(awaits=True), "cluster-2", "Gateway") if one["metadata"]["name"] == "mc-wan-ingress"
    )
    annotations = ingress["metadata"]["annotations"]
    assert annotations["pulumi.com/waitFor"] == "condition=Programmed"
    assert "mc-wan.l7mp.io/addresses" not in annotations


def test_who_cannot_wait_leaves_it_out_and_says_so() -> None:
    plan = balanced(awaits=False)
    assert plan.awaited == {}
    assert on(plan, "cluster-1", "EndpointSlice") == []
    assert "cluster-2: no ingress address is known, so that it has no target on the other clusters" in plan.notes()


def test_an_address_that_is_waited_for_stands_before_others_of_its_family() -> None:
    found: list[Address] = [IPv6Address("fd00::1"), IPv4Address("10.0.0.1"), AWAITED, IPv4Address("10.0.0.1")]
    assert in_order(found) == [AWAITED, IPv4Address("10.0.0.1"), IPv6Address("fd00::1")]
