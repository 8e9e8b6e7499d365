"""What a description asks of a profile that cannot do it; and that there is a profile for every name."""

from typing import get_args

import pytest

from mcwan import gateways
from mcwan.model.cluster import Exposure, ProfileName
from tests.fabrics import changed, fabric, lines


def test_every_profile_that_can_be_named_is_there() -> None:
    assert set(gateways.PROFILES) == set(get_args(ProfileName))
    for profile in gateways.PROFILES.values():
        assert set(get_args(Exposure)) >= profile.EXPOSURES >= {"ClusterIP"}


@pytest.mark.parametrize(
    ("profile", "exposure", "mistakes"),
    [
        ("envoy-gateway", "ClusterIP", 0),
        ("envoy-gateway", "NodePort", 0),
        ("istio", "ClusterIP", 0),
        ("istio", "NodePort", 0),
        ("standard", "ClusterIP", 0),
        ("standard", "NodePort", 1),
    ],
)
def test_exposures(profile: str, exposure: str, mistakes: int) -> None:
    raw = changed(
        {
            "clusters/cluster-1/gateway": {"profile": profile, "class": "x"},
            "clusters/cluster-1/ingress/exposure": exposure,
        }
    )
    assert len(lines(raw)) == mistakes


def test_a_fabric_that_is_accepted_has_nothing_left_to_check() -> None:
    assert list(gateways.check(fabric())) == []
