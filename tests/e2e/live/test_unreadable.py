"""A cluster that cannot be read, or does not serve what is needed: told in a line; nothing is lost or withdrawn."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from lab.state import Lab
from mcwan.facts.record import Record
from tests.e2e.live import cluster
from tests.e2e.live.desk import Desk

pytestmark = pytest.mark.lab
EXPORTS: list[dict[str, Any]] = [{"service": "payment.secure", "from": ["east", "west"], "wanPolicy": "high"}]
LIMIT = 8.0
"""Seconds for reading a cluster: some of them are for what Python loads when it reads the first one."""
IMPORTS, EXPORTED = "serviceimports.multicluster.x-k8s.io", "serviceexports.multicluster.x-k8s.io"


@pytest.mark.parametrize(
    ("broken", "problem", "remedy"),
    [
        pytest.param(
            cluster.server_hanging,
            "it does not answer in time",
            "see that it is up, or raise mcwan:facts.timeout",
            id="hanging",
        ),
        pytest.param(
            cluster.server_stopped,
            "it cannot be reached: All connection attempts failed",
            "see that it is up and the kubeconfig right",
            id="stopped",
        ),
    ],
)
def test_a_server_that_does_not_answer_loses_nothing(
    live: Lab,
    desk: Desk,
    tmp_path_factory: pytest.TempPathFactory,
    broken: Callable[[Lab, str], AbstractContextManager[None]],
    problem: str,
    remedy: str,
) -> None:
    limit = {"timeout": f"{LIMIT:g}s"}
    desk.write(EXPORTS, facts=limit)
    assert desk.facts().notes == []
    before, plan = desk.record, desk.rendered()
    without = Desk(live, tmp_path_factory.mktemp("without"))
    without.write(EXPORTS, facts=limit)

    with broken(live, "west"):
        begun = time.monotonic()
        ran, took = desk.facts(unread=True), time.monotonic() - begun
        refused = without.mcwan("facts")

    assert ran.notes == [f"west: facts as recorded AGE: {problem}; {remedy}"]
    after = desk.record
    assert (after.clusters["west"], after.splits) == (before.clusters["west"], before.splits)
    assert after.clusters.keys() == before.clusters.keys()
    assert desk.rendered() == plan
    assert took < 2 * LIMIT
    mistake = f"clusters.west.facts: 'live': {problem}, and nothing is recorded of it; {remedy}"
    assert (refused.code, refused.mistakes, without.record) == (2, [mistake], Record())


@pytest.mark.parametrize("missing", [IMPORTS, EXPORTED])
def test_without_a_definition_nothing_is_done(live: Lab, desk: Desk, missing: str) -> None:
    desk.write(EXPORTS)
    desk.facts()
    before = desk.record
    with cluster.definition_changed(live, "west", missing):
        refused = desk.mcwan("facts")
    assert (refused.code, refused.mistakes, desk.record) == (
        2,
        [
            f"clusters.west: {missing}: none: it does not serve the MCS API in a version that mcwan knows; install the "
            "CustomResourceDefinitions of sigs.k8s.io/mcs-api there"
        ],
        before,
    )


def test_the_older_mcs_api_is_written_where_it_alone_is_served(live: Lab, desk: Desk) -> None:
    desk.write(EXPORTS)
    with ExitStack() as older:
        for name in (IMPORTS, EXPORTED):
            older.enter_context(cluster.definition_changed(live, "west", name, unserved="v1beta1"))
        assert desk.facts().notes == []
        written = {
            (where, one[1]): one[0].rpartition("/")[2]
            for where, one in desk.rendered()
            if one[0].startswith("multicluster")
        }
        told = desk.facts("--conditions").out[-1]
        with live.api(live.topology.sites["west"]) as api:
            there = api.get("multicluster.x-k8s.io/v1alpha1", "ServiceExport", "payment", "secure")
    assert written == {
        ("east", "ServiceExport"): "v1beta1",
        ("east", "ServiceImport"): "v1beta1",
        ("west", "ServiceExport"): "v1alpha1",
        ("west", "ServiceImport"): "v1alpha1",
    }
    said = {one["type"]: one["reason"] for one in there["status"]["conditions"]}
    assert (told, said) == ("west: payment.secure: valid, no conflicts", {"Valid": "Valid", "Conflict": "NoConflicts"})


def test_a_kubeconfig_that_is_not_there_is_a_line(desk: Desk, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    desk.write(EXPORTS, {"west": {"kubeconfigPath": nowhere}})
    refused = desk.mcwan("facts")
    assert (refused.code, refused.mistakes) == (
        2,
        [
            "clusters.west.facts: 'live': its kubeconfig cannot be used: No such file or directory: "
            f"{nowhere}, and nothing is recorded of it; see mcwan:clusters.west.kubeconfigPath"
        ],
    )
