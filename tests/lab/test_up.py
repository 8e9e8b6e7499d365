"""What is found out before anything is built, and what a bring-up that failed leaves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import machine, node, state, tools
from lab.netns import CommandError
from lab.tools import ToolError, Tools
from lab.topology import Topology, TopologyError
from lab.up import PROJECT, keep_logs, up, with_profile
from lab.waiting import LabError
from mcwan import stack


@pytest.fixture(autouse=True)
def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Labs' files lie here; this machine can run one, but has no tools and cannot build them."""

    def ready(_: Callable[[str], None], __: set[str]) -> None:
        raise ToolError("it would build now")

    monkeypatch.setattr(machine, "lacks", list)
    monkeypatch.setattr(tools, "ready", ready)
    monkeypatch.setattr(state, "_RUNNING", tmp_path / "running")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "running"


def test_a_lab_that_can_be_is_built(running: Path) -> None:
    with pytest.raises(LabError, match="it would build now"):
        up("one")
    assert not running.exists()


def test_a_lab_that_exists_is_said_before_anything_is_built(running: Path) -> None:
    (running / "one").mkdir(parents=True)
    with pytest.raises(LabError) as raised:
        up("one")
    said = "there is a lab 'one', or what is left of one; MCWAN_LAB=one make lab-down takes it down"
    assert str(raised.value) == said
    assert list(running.iterdir()) == [running / "one"]


def test_a_stack_that_cannot_stand_up_is_said_before_anything_is_built() -> None:
    with pytest.raises(TopologyError, match="one IPv4 address"):
        up("one", "trio")


def test_a_stack_without_a_file_is_said_with_a_remedy_of_the_labs() -> None:
    with pytest.raises(LabError) as raised:
        up("one", "nosuch")
    said = f"stack 'nosuch': there is no Pulumi.nosuch.yaml; stacks there: {', '.join(stack.stacks(PROJECT))}; "
    assert str(raised.value) == said + "name one of them by MCWAN_LAB_STACK, or write the file"


CLUSTERS = {"east": {"context": "e", "gateway": {"profile": "standard", "class": "own"}}, "west": {"context": "w"}}
ISTIO = {"gateway": {"profile": "istio"}}


@pytest.mark.parametrize(
    ("profile", "clusters"),
    [
        ("", CLUSTERS),
        ("istio", {"east": {"context": "e"} | ISTIO, "west": {"context": "w"} | ISTIO}),
        ("west=istio", CLUSTERS | {"west": {"context": "w"} | ISTIO}),
        (
            "west=istio, east=envoy-gateway",
            {"east": {"context": "e", "gateway": {"profile": "envoy-gateway"}}, "west": {"context": "w"} | ISTIO},
        ),
    ],
)
def test_clusters_get_another_profile(profile: str, clusters: dict[str, Any]) -> None:
    config = {"clusters": CLUSTERS, "labels": {}}
    assert with_profile(config, profile) == {"clusters": clusters, "labels": {}}
    assert config["clusters"] == CLUSTERS, "what was read stays as it is"


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("nosuch", "MCWAN_LAB_PROFILE='nosuch': east=nosuch"),
        ("standard", "MCWAN_LAB_PROFILE='standard': east=standard"),
        ("north=istio", "MCWAN_LAB_PROFILE='north=istio': north=istio"),
        ("east=istio,west", "MCWAN_LAB_PROFILE='east=istio,west': west="),
    ],
)
def test_a_profile_that_cannot_be_is_said_with_what_can(profile: str, said: str) -> None:
    with pytest.raises(LabError) as raised:
        with_profile({"clusters": CLUSTERS}, profile)
    assert str(raised.value) == f"{said}; allowed: clusters east, west, profiles envoy-gateway, istio"


def test_the_logs_of_the_last_failure_are_kept(running: Path) -> None:
    place = running / "one" / "east" / "processes"
    place.mkdir(parents=True)
    (place / "node.json").touch()
    for name in ("etcd", "node"):
        (place / f"{name}.log").write_text(f"{name} says why")
        kept = keep_logs("one")
        (place / f"{name}.log").unlink()
    assert kept == tools.cache() / "failed" / "one"
    found = {str(path.relative_to(kept)): path.read_text() for path in kept.rglob("*") if path.is_file()}
    assert found == {"east/processes/node.log": "node says why"}


@pytest.mark.parametrize(("name", "command"), [("lab", "make lab-down"), ("eyes", "MCWAN_LAB=eyes make lab-down")])
def test_a_command_that_is_advised_names_the_lab(name: str, command: str) -> None:
    assert state.make("lab-down", name) == command


def test_a_bring_up_that_fails_names_the_logs_that_it_keeps(monkeypatch: pytest.MonkeyPatch, running: Path) -> None:
    log = running / "one" / "east" / "processes" / "node.log"

    def build(_: Topology) -> None:
        log.parent.mkdir(parents=True)
        log.write_text("why")
        raise CommandError(f"no; see {log}")

    there = Path("/nowhere")
    monkeypatch.setattr(tools, "ready", lambda _, __: Tools(there, there, there, there, there, ()))
    monkeypatch.setattr(node, "build", build)
    with pytest.raises(LabError) as raised:
        up("one")
    kept = tools.cache() / "failed" / "one"
    told = f"no; see {kept}/east/processes/node.log\nthe logs of lab one are kept in {kept}"
    assert str(raised.value) == told
    assert (kept / "east" / "processes" / "node.log").read_text() == "why"
    assert not running.exists(), "it is taken down"
