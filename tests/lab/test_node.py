"""The variables, the user and the resolver that a container gets, and which containers there are."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from lab import node
from lab.api import Object
from lab.topology import Site

POD: Object = {
    "metadata": {"name": "gw-1", "namespace": "mc-wan"},
    "spec": {"serviceAccountName": "gw", "nodeName": "east"},
    "status": {"podIP": "10.1.0.11"},
}


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ({"value": "plain"}, "plain"),
        ({}, ""),
        ({"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, "gw-1"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.serviceAccountName"}}}, "gw"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}, "east"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, "10.1.0.11"),
        ({"valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}, ""),
    ],
)
def test_a_variable_is_what_it_says_or_a_field_of_the_pod(item: Object, value: str) -> None:
    assert node.value({"name": "ONE", **item}, POD) == value


def test_what_a_pod_is_limited_to_is_no_variable() -> None:
    env = [
        {"name": "GOMAXPROCS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    assert node.environment({"env": env}, POD) == {"POD_NAME": "gw-1"}


@pytest.mark.parametrize(
    ("spec", "context", "expected"),
    [
        ({"initContainers": []}, {"runAsUser": 1337, "runAsGroup": 1336}, (1337, 1336)),
        ({"initContainers": []}, {"runAsUser": 0}, (0, 0)),
        ({"initContainers": []}, {}, None),
        ({}, {"runAsUser": 1337, "runAsGroup": 1337}, None),
    ],
)
def test_a_container_has_a_user_of_its_own_beside_init_containers(
    spec: Object, context: Object, expected: tuple[int, int] | None
) -> None:
    assert node.user({"spec": spec}, {"securityContext": context}) == expected


def test_a_container_without_a_context_is_the_nodes() -> None:
    assert node.user({"spec": {"initContainers": []}}, {}) is None


def test_containers_are_run_by_names_of_their_own_but_what_drains_a_proxy() -> None:
    names = ("envoy", "istio-proxy", "shutdown-manager")
    spec = {"containers": [{"name": name} for name in names]}
    pod = {"metadata": {"name": "gw-1", "namespace": "mc-wan"}, "spec": spec}
    assert node.Running(pod, IPv4Address("10.1.0.11")).containers == {
        "mc-wan.gw-1": {"name": "envoy"},
        "mc-wan.gw-1.istio-proxy": {"name": "istio-proxy"},
    }


def test_short_names_are_looked_for_in_the_pods_own_namespace_first() -> None:
    site = Site("lab", "east", 0, "istio", IPv4Network("10.1.0.0/24"), ("secure",), {})
    assert node.resolver(site, "secure").splitlines() == [
        "nameserver 10.1.0.1",
        "search secure.svc.cluster.local svc.cluster.local cluster.local",
        "options ndots:5",
    ]
