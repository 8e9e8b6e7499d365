"""Real API servers accept every object of every example stack: this lab has the definitions of all gateways."""

import pytest

from lab import deploy
from lab.api import ApiError
from lab.state import Lab
from lab.up import PROJECT
from mcwan import stack
from tests.shipped import STACKS

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("name", STACKS)
def test_every_object_of_the_stack_is_accepted(mixed: Lab, name: str) -> None:
    """In a namespace that is there: this lab's are not those of every stack."""
    refused = []
    with mixed.api(mixed.topology.sites["edge"]) as api:
        there = {one["metadata"]["name"] for one in api.all("v1", "Namespace")}
        for cluster, objects in deploy.rendered(stack.read(PROJECT, name)).items():
            for one in objects:
                metadata = one["metadata"]
                moved = {"namespace": "secure"} if metadata.get("namespace", "mc-wan") not in there else {}
                try:
                    api.apply(one | {"metadata": metadata | moved}, manager=deploy.MANAGER, dry_run=True)
                except ApiError as error:
                    refused.append(f"{cluster}: {error}")
    assert refused == []
