"""Clusters: what is a mistake is among `tests.model.test_load`'s cases; here what is none."""

import pytest

from mcwan.model import Cluster, Description, Gateway
from mcwan.model.checks import clusters
from tests.fabrics import GONE, Raw, changed, exported, lines


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "198.51.100.1", "fd00::1", "2001:db8::1"],
)
def test_addresses_inside(address: str) -> None:
    assert lines(changed({"clusters/cluster-1/ingress/addresses": [address]})) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/context": "east"},
        {"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/kubeconfig": {"secure": "v1:x"}},
        {
            "clusters/cluster-1/renderTo": GONE,
            "clusters/cluster-1/kubeconfig": {"secure": "v1:x"},
            "clusters/cluster-1/context": "east",
        },
        {"clusters/cluster-2/ingress": GONE},
        {"clusters/cluster-2/namespaces": GONE},
        {"clusters/cluster-1/ingress/addresses": ["198.51.100.11", "198.51.100.11"]},
        {
            "exports": [
                exported(
                    scope="service",
                    from_=[
                        {"cluster": "cluster-1", "addresses": ["10.0.0.1"]},
                        {"cluster": "cluster-2", "addresses": ["10.0.0.2"]},
                    ],
                )
            ],
            "clusters/cluster-1/ingress": GONE,
        },
    ],
    ids=["context", "kubeconfig", "both", "no address", "no namespaces", "one's own address twice", "own gateways"],
)
def test_what_is_no_mistake(changes: Raw) -> None:
    assert lines(changed(changes)) == []


@pytest.mark.parametrize("directory", ["deployed/dev/cluster-1", "deployed/dev/cluster-1/", "./deployed/dev/cluster-1"])
def test_two_clusters_are_not_rendered_to_one_directory(directory: str) -> None:
    assert len(lines(changed({"clusters/cluster-2/renderTo": directory}))) == 1


def test_the_owner_of_an_address_is_told() -> None:
    its = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    raw = changed({"exports/-": its, "exports/0": its | {"service": "other.secure"}})
    assert lines(raw) == [
        "exports[2].from[0].addresses[0]: '10.0.0.1': already the address of the ingress gateway of other.secure on "
        "cluster-1; allowed: an address of one gateway only; write this gateway's own address"
    ]


def test_every_check_runs_on_a_description_that_refers_to_nothing() -> None:
    gateway = Gateway(profile="standard")
    empty = Description.model_construct(
        clusters={"a": Cluster(gateway=gateway)}, wan_policies={}, exports=(), imports=()
    )
    places = [one.place for check in clusters.CHECKS for one in check(empty)]
    assert places == [("clusters", "a", "gateway", "class")]


def test_the_standard_profile_needs_a_class() -> None:
    assert lines(changed({"clusters/cluster-1/gateway": {"profile": "standard"}})) == [
        "clusters.cluster-1.gateway.class: the standard profile has no GatewayClass of its own; allowed: one that the "
        "cluster has; write it"
    ]


def test_the_fabrics_namespace_is_nobody_elses() -> None:
    assert lines(changed({"clusters/cluster-1/namespaces/-": "mc-wan"})) == [
        "clusters.cluster-1.namespaces[2]: 'mc-wan': the fabric's own; allowed: namespaces of users; keep services in "
        "another namespace, and take it out here"
    ]
