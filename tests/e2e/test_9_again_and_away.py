"""Applying a stack again changes nothing; withdrawing it leaves the clusters as they were."""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest

from lab import deploy, probe
from lab.api import Object
from lab.state import Lab
from lab.waiting import LabError, wait

pytestmark = pytest.mark.lab
Contents = dict[tuple[str, deploy.Identity], Object]


def test_applying_again_changes_nothing(lab: Lab) -> None:
    before = versions(lab)
    deploy.deploy(lab)
    assert versions(lab) == before


@pytest.fixture(scope="module")
def withdrawn(lab: Lab) -> Iterator[Contents]:
    """The clusters without the stack; gives what was there of it. It comes again at the end."""
    deployed = contents(lab)
    deploy.withdraw(lab)
    try:
        yield deployed
    finally:
        deploy.deploy(lab)
        deploy.wait_programmed(lab)
        probe.wait_answered(lab)


@pytest.mark.usefixtures("withdrawn")
@pytest.mark.parametrize("cluster", ["east", "west", "edge"])
def test_withdrawing_leaves_the_clusters_as_they_were(lab: Lab, cluster: str) -> None:
    site = lab.topology.sites[cluster]
    was = deploy.before(lab, site)
    with lab.api(site) as api:
        with suppress(LabError):  # what is left then is told below
            wait(lambda: deploy.everything(api) == was, f"{cluster} is as it was", 60)
        assert deploy.everything(api) ^ was == set()


@pytest.mark.engine
def test_pulumi_and_applying_lead_to_the_same_objects(lab: Lab, withdrawn: Contents) -> None:
    if lab.pulumi is None:
        pytest.skip("no `pulumi` on PATH: the real engine is not there")
    try:
        deploy.apply(lab, lab.fabric)
        assert contents(lab) == withdrawn
    finally:
        deploy.unapply(lab)


def contents(lab: Lab) -> Contents:
    """Give what every object of the stack is meant to be: what nobody but its author writes."""
    found = {}
    for cluster, objects in deploy.rendered(lab.fabric).items():
        with lab.api(lab.topology.sites[cluster]) as api:
            for one in objects:
                written = deploy.written(api.get(*deploy.key(one)))
                for given in ("clusterIP", "clusterIPs"):
                    written.get("spec", {}).pop(given, None)
                found[cluster, deploy.identity(one)] = written
    return found


def versions(lab: Lab) -> dict[tuple[str, deploy.Identity], str]:
    """Give the resourceVersion of every object of the stack.

    Of an object that a controller applies to, too, as Istio does to Gateways, give what it is instead: the server
    sorts such an object's managers by time when it is applied again, and calls that a new version.
    """
    found = {}
    for cluster, objects in deploy.rendered(lab.fabric).items():
        with lab.api(lab.topology.sites[cluster]) as api:
            for one in objects:
                there = api.get(*deploy.key(one))
                version, managers = (there["metadata"].pop(key) for key in ("resourceVersion", "managedFields"))
                alone = [manager["operation"] for manager in managers].count("Apply") == 1
                found[cluster, deploy.identity(one)] = version if alone else json.dumps(there, sort_keys=True)
    return found
