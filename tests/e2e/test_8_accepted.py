"""Real API servers accept every object of every example stack; real gateways put those of the lab's into effect."""

import pytest

from lab import deploy
from lab.api import ApiError
from lab.state import Lab
from lab.up import PROJECT
from mcwan import stack

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("name", stack.stacks(PROJECT))
def test_every_object_of_the_stack_is_accepted(lab: Lab, name: str) -> None:
    refused = []
    with lab.api(lab.topology.sites["east"]) as api:
        for cluster, objects in deploy.rendered(stack.read(PROJECT, name)).items():
            for one in objects:
                try:
                    api.apply(one, manager="dry-run", dry_run=True)
                except ApiError as error:
                    refused.append(f"{cluster}: {error}")
    assert refused == []


@pytest.mark.parametrize("cluster", ["east", "west", "edge"])
def test_every_gateway_and_route_is_in_effect(lab: Lab, cluster: str) -> None:
    with lab.api(lab.topology.sites[cluster]) as api:
        version = "gateway.networking.k8s.io/v1"
        assert len(api.all(version, "Gateway")) >= 3
        assert len(api.all(version, "HTTPRoute")) >= 10
        assert list(deploy.pending(api)) == []
