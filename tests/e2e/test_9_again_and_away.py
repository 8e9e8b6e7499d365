"""Applying a stack again changes nothing; withdrawing it leaves the clusters as they were."""

import time
from collections.abc import Callable

import pytest

from lab import deploy, probe
from lab.api import Object
from lab.state import Lab

pytestmark = pytest.mark.lab


def test_applying_again_changes_nothing(lab: Lab) -> None:
    before = versions(lab)
    deploy.deploy(lab)
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
        deploy.deploy(lab)
        deploy.wait_programmed(lab)
        probe.wait_answered(lab)


@pytest.mark.engine
def test_pulumi_and_applying_lead_to_the_same_objects(lab: Lab) -> None:
    if lab.pulumi is None:
        pytest.skip("no `pulumi` on PATH: the real engine is not there")
    by_pulumi = contents(lab)
    deploy.withdraw(lab)
    try:
        deploy.apply(lab, lab.fabric)
        assert contents(lab) == by_pulumi
    finally:
        deploy.unapply(lab)
        deploy.deploy(lab)
        deploy.wait_programmed(lab)
        probe.wait_answered(lab)


def contents(lab: Lab) -> dict[tuple[str, deploy.Identity], Object]:
    """Give what every object of the stack is meant to be: what nobody but its author writes."""
    found = {}
    for cluster, objects in deploy.rendered(lab.fabric).items():
        with lab.api(lab.topology.sites[cluster]) as api:
            for one in objects:
                there = api.get(*deploy.key(one))
                kept = {key: value for key, value in there.items() if key not in ("metadata", "status")}
                for given in ("clusterIP", "clusterIPs"):
                    kept.get("spec", {}).pop(given, None)
                metadata = {key: there["metadata"].get(key) for key in ("labels", "annotations")}
                found[cluster, deploy.identity(one)] = kept | {"metadata": metadata}
    return found


def versions(lab: Lab) -> dict[tuple[str, deploy.Identity], str]:
    """Give the resourceVersion of every object of the stack."""
    found = {}
    for cluster, objects in deploy.rendered(lab.fabric).items():
        with lab.api(lab.topology.sites[cluster]) as api:
            for one in objects:
                found[cluster, deploy.identity(one)] = api.get(*deploy.key(one))["metadata"]["resourceVersion"]
    return found


def eventually(check: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other controllers do, no longer than that."""
    deadline = time.monotonic() + seconds
    while not check() and time.monotonic() < deadline:
        time.sleep(0.5)
