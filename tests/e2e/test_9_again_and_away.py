"""Applying a stack again changes nothing; withdrawing it leaves the clusters as they were."""

import time
from collections.abc import Callable

import pytest

from lab import deploy, probe
from lab.api import Api, Object
from lab.state import Lab

pytestmark = pytest.mark.lab


def test_applying_again_changes_nothing(lab: Lab) -> None:
    before = versions(lab)
    deploy.deploy(lab, lab.fabric)
    assert versions(lab) == before


def test_withdrawing_leaves_the_clusters_as_they_were(lab: Lab) -> None:
    deploy.withdraw(lab)
    try:
        for cluster, site in lab.topology.sites.items():
            with lab.api(site) as api:
                was = deploy.before(lab, site)
                eventually(lambda api=api, was=was: deploy.everything(api) == was)  # type: ignore[misc]
                assert deploy.everything(api) ^ was == set(), cluster
    finally:
        deploy.deploy(lab, lab.fabric)
        deploy.wait_programmed(lab)
        probe.wait_answered(lab)


def versions(lab: Lab) -> dict[tuple[str, deploy.Identity], str]:
    """Give the resourceVersion of every object of the stack."""
    found = {}
    for cluster, objects in deploy.rendered(lab.fabric).items():
        with lab.api(lab.topology.sites[cluster]) as api:
            for one in objects:
                found[cluster, deploy.identity(one)] = version(api, one)
    return found


def version(api: Api, one: Object) -> str:
    metadata = one["metadata"]
    there = api.get(one["apiVersion"], one["kind"], metadata["name"], metadata.get("namespace", ""))
    found: str = there["metadata"]["resourceVersion"]
    return found


def eventually(check: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other controllers do, no longer than that."""
    deadline = time.monotonic() + seconds
    while not check() and time.monotonic() < deadline:
        time.sleep(0.5)
