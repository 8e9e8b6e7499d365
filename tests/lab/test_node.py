"""The variables that a container gets."""

import pytest

from lab import node
from lab.api import Object

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
