"""Labs with the stack `guarded` for these stories: once with Envoy Gateway's gateways, once with Istio's.

Or the one that MCWAN_E2E_GUARDED names and that stays up, with whatever gateways it has.
"""

import os
from collections.abc import Iterator

import pytest

from lab import health
from lab.faults import CALLER
from lab.state import Lab
from mcwan.gateways import PROFILES
from tests.e2e.conftest import another

_EJECTED = 60.0
"""Seconds: 5 for the first failure, and as many more for each that follows soon."""
_WHICH = ("as it is",) if os.environ.get("MCWAN_E2E_GUARDED") else ("envoy-gateway", "istio")


@pytest.fixture(scope="package", params=_WHICH)
def guarded(request: pytest.FixtureRequest) -> Iterator[Lab]:
    yield from another(request, "guarded", profile=request.param)


@pytest.fixture(autouse=True)
def settled(guarded: Lab) -> None:
    """Begin each story when no endpoint is left out any more for what a story before did to it."""
    health.settle(guarded, CALLER, "mc-wan-egress.mc-wan", _EJECTED)


@pytest.fixture
def traced(guarded: Lab) -> Lab:
    """Give the lab if its gateways' profile makes metrics and traces."""
    profile = guarded.fabric.clusters[CALLER].gateway.profile
    if why := PROFILES[profile].LACKS.get("tracing"):
        pytest.skip(f"profile {profile} has no metrics and traces of mcwan's: {why}")
    return guarded
