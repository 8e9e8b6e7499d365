"""A lab with the stack `federated` for these stories, or the one that MCWAN_E2E_FEDERATED names and that stays up."""

from collections.abc import Iterator

import pytest

from lab import mesh
from lab.state import Lab
from tests.e2e.conftest import another

SLEEP, INTRUDER = "sleep.sleep", "intruder.sleep"
"""Clients with sidecars in east, each with an account of its own."""


@pytest.fixture(scope="package")
def federated(request: pytest.FixtureRequest) -> Iterator[Lab]:
    for lab in another(request, "federated"):
        for client in (SLEEP, INTRUDER):
            mesh.start(lab, "east", client)
        yield lab
