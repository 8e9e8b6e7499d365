"""Real API servers accept every object of every example stack: this lab has the definitions of all gateways."""

import pytest

from lab import deploy
from lab.api import ApiError
from lab.state import Lab
from lab.up import PROJECT
from mcwan import stack

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("name", stack.stacks(PROJECT))
def test_every_object_of_the_stack_is_accepted(mixed: Lab, name: str) -> None:
    refused = []
    with mixed.api(mixed.topology.sites["edge"]) as api:
        for cluster, objects in deploy.rendered(stack.read(PROJECT, name)).items():
            for one in objects:
                try:
                    api.apply(one, manager=deploy.MANAGER, dry_run=True)
                except ApiError as error:
                    refused.append(f"{cluster}: {error}")
    assert refused == []
