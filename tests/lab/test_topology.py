from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import pytest

from lab import probe, wan, workloads
from lab.gateways import IMPLEMENTATIONS
from lab.topology import PROFILES, Topology, TopologyError, topology
from lab.up import PROJECT
from mcwan import sdwan, stack
from mcwan.model import Fabric
from mcwan.sdwan.router import router

PLAIN = {"tls": {"mode": "plaintext"}}
CLUSTERS = {
    "east": {"context": "east", "ingress": {"addresses": ["10.1.0.11"]}, "namespaces": ["secure"]},
    "west": {"context": "west", "ingress": {"addresses": ["10.2.0.11"]}, "namespaces": ["secure"]},
}
SLA = {"jitterMs": 1, "latencyMs": 1, "lossPercent": 1}
POLICIES = {
    "high": {"tunnel": "business", "port": 31111, "sla": SLA},
    "low": {"tunnel": "default", "port": 31112, "sla": SLA},
}


def fabric(policies: dict[str, Any] = POLICIES, exports: Sequence[dict[str, Any]] = (), **east: Any) -> Fabric:
    clusters = CLUSTERS | {"east": CLUSTERS["east"] | east}
    return stack.fabric("test", {**PLAIN, "clusters": clusters, "wanPolicies": policies, "exports": list(exports)})


@pytest.fixture
def example() -> tuple[Topology, Fabric]:
    read = stack.read(PROJECT, "lab")
    return topology("lab", read), read


def test_the_labs_own_stack_stands_up(example: tuple[Topology, Fabric]) -> None:
    made, _ = example
    assert [(site.cluster, site.number) for site in made.sites.values()] == [("east", 0), ("edge", 1), ("west", 2)]
    assert list(made.tunnels) == ["business", "default"]
    assert len({tunnel.megabits for tunnel in made.tunnels.values()}) == 2
    assert len(made.links) == 2 * 3
    east = made.sites["east"]
    assert east.gateways["mc-wan-ingress.mc-wan"] == IPv4Address("10.1.0.11")
    assert made.sites["edge"].gateways == {}, "on node ports the address is the node's"
    addresses = [address for link in made.links for address in link.addresses]
    assert len(addresses) == len(set(addresses))


def test_an_edge_router_marks_both_directions_and_has_a_way_per_mark(example: tuple[Topology, Fabric]) -> None:
    made, _ = example
    east = made.sites["east"]
    rules = wan.ruleset(made, east)
    assert "elements = { 31111 : 1, 31112 : 2 }" in rules
    assert "tcp dport map @tunnel" in rules
    assert "tcp sport map @tunnel" in rules
    assert 'oifname "business-west" counter name "business-west.out"' in rules
    routes = wan.routes(made, east)
    assert [route for route in routes if route.startswith("rule ")] == [
        "rule add iif detour1 lookup 101 priority 10",
        "rule add fwmark 1 lookup 1001 priority 20",
        "rule add iif detour2 lookup 102 priority 10",
        "rule add fwmark 2 lookup 1002 priority 20",
        "rule add fwmark 1 lookup 101 priority 101",
        "rule add fwmark 2 lookup 102 priority 102",
    ]
    hop = "via 172.20.0.3 dev business-west table 101 metric 100"
    assert f"route add 10.2.0.0/24 {hop}" in routes
    assert sum("10.2.0.0/24" in route for route in routes) == 2
    assert not any("default via" in route for route in routes), "what has no mark stays"


def test_the_routers_are_those_that_the_stack_describes(example: tuple[Topology, Fabric]) -> None:
    """So what `mcwan sdwan --target linux` writes for this stack is what the lab's routers have."""
    made, read = example
    form = sdwan.form(read)
    for cluster, site in made.sites.items():
        ours, theirs = wan.router(made, site), router(form, cluster)
        assert [one.beside for one in ours.marked] == [("detour1",), ("detour2",)]
        assert replace(ours, marked=tuple(replace(one, beside=()) for one in ours.marked)) == theirs


def test_every_service_behind_an_export_is_made_and_probed(example: tuple[Topology, Fabric]) -> None:
    _, read = example
    assert workloads.services(read, "edge") == {"internal.secure": {"http": 8080}, "pricing-v2.catalog": {"http": 80}}
    found = {one.url: one for one in probe.probes(read) if one.cluster == "edge"}
    assert found["payment-clusterset.secure.svc.cluster.local:8080/payment"].method == "GET"
    canary = [one for one in probe.probes(read) if one.rule == "pricing-v1.catalog: canary"]
    assert {one.headers["Cookie"] for one in canary} == {"user=test"}
    assert not [url for url in found if ".insecure" in url]
    assert not [url for url in found if "internal" in url], "what is not exported is nobody's import"


ONE = "clusters.east.ingress.addresses: the lab has one pod a gateway: write one IPv4 address"


@pytest.mark.parametrize(
    ("east", "said"),
    [
        (
            {"gateway": {"profile": "standard", "class": "own"}},
            "clusters.east.gateway.profile: 'standard'; the lab runs envoy-gateway, istio",
        ),
        (
            {"ingress": {"addresses": []}},
            "clusters.east.ingress.addresses: the lab takes the cluster's network from it; write one",
        ),
        ({"ingress": {"addresses": ["10.1.0.11", "10.1.0.12"]}}, ONE),
        ({"ingress": {"addresses": ["fd00::1"]}}, ONE),
        (
            {"ingress": {"addresses": ["10.1.0.200"]}},
            "clusters.east.ingress.addresses: 10.1.0.200; allowed: one from 10.1.0.2 to 10.1.0.99 that no other "
            "gateway has",
        ),
        (
            {"ingress": {"addresses": ["10.1.0.11"], "exposure": "NodePort"}},
            "clusters.east.ingress.addresses: the lab's node is 10.1.0.1: write that for NodePort",
        ),
        (
            {"ingress": {"addresses": ["10.2.0.12"]}},
            "clusters.east.ingress.addresses and clusters.west.ingress.addresses: both are in 10.2.0.0/24; the lab "
            "gives each cluster the /24 of its ingress address: choose addresses of different ones",
        ),
    ],
)
def test_what_the_lab_cannot_stand_up_is_said_with_key_and_remedy(east: dict[str, Any], said: str) -> None:
    with pytest.raises(TopologyError) as raised:
        topology("lab", fabric(**east))
    assert str(raised.value) == said


def test_the_address_of_a_services_own_gateway_is_said_with_its_key() -> None:
    offers = [{"cluster": "east", "addresses": ["10.1.0.12"]}, {"cluster": "west", "addresses": ["10.2.0.111"]}]
    shared = {"service": "billing.secure", "port": 8080, "from": ["west"], "wanPolicy": "high"}
    own = {"service": "vault.secure", "port": 8200, "from": offers, "wanPolicy": "high", "scope": "service"}
    with pytest.raises(TopologyError) as raised:
        topology("lab", fabric(exports=[shared, own]))
    said = "exports[1].from[1].addresses: 10.2.0.111; allowed: one from 10.2.0.2 to 10.2.0.99 that no other gateway has"
    assert str(raised.value) == said


def test_names_that_no_link_can_have_are_refused() -> None:
    policies = {"high": POLICIES["high"] | {"tunnel": "business-internet"}}
    with pytest.raises(TopologyError) as raised:
        topology("lab", fabric(policies))
    said = "wanPolicies.high.tunnel: to cluster east: a link's name has 15 characters at most, "
    assert str(raised.value) == said + "business-internet-east is longer; choose shorter names"


def test_every_profile_that_the_lab_takes_is_implemented() -> None:
    assert tuple(IMPLEMENTATIONS) == PROFILES
