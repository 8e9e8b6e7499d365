"""Real gateways put every object of the lab's stack into effect."""

import pytest

from lab import deploy
from lab.state import Lab

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("cluster", ["east", "west", "edge"])
def test_every_gateway_and_route_is_in_effect(lab: Lab, cluster: str) -> None:
    with lab.api(lab.topology.sites[cluster]) as api:
        version = "gateway.networking.k8s.io/v1"
        assert len(api.all(version, "Gateway")) >= 3
        assert len(api.all(version, "HTTPRoute")) >= 10
        assert list(deploy.pending(api)) == []
