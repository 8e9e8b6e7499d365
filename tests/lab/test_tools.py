"""What is said while a tool is made."""

import fcntl
import re
import threading
import time
from pathlib import Path

import pytest

from lab import tools


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tools.cache().mkdir(parents=True)
    return tools.cache()


def test_a_tool_is_made_once_and_says_how_long_it_has_taken(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(tools, "_REPORT", 0.05)
    reported = threading.Event()
    said: list[str] = []

    def say(line: str) -> None:
        said.append(re.sub(r"\d+ s", "N s", line))
        if line.endswith("gone"):
            reported.set()

    def make(target: Path) -> None:
        assert reported.wait(10)
        (target / "program").touch()

    for _ in range(2):
        assert tools._cached("one", "key", make, say, "a second") == cache / "one-key"
    assert (cache / "one-key" / "program").exists()
    assert list(dict.fromkeys(said)) == [
        "one: making it, once; about a second on two cores",
        "one: N s gone",
        "one: done in N s",
    ]
    count = len(said)
    time.sleep(0.2)
    assert len(said) == count, "it says nothing more once it is done"


@pytest.mark.parametrize(("profiles", "built"), [(set(), False), ({"envoy-gateway"}, False), ({"istio"}, True)])
def test_istio_is_built_only_where_a_cluster_runs_it(
    monkeypatch: pytest.MonkeyPatch, cache: Path, profiles: set[str], *, built: bool
) -> None:
    made: list[str] = []

    def cached(name: str, *_: object) -> Path:
        made.append(name)
        return cache / name

    monkeypatch.setattr(tools, "_cached", cached)
    monkeypatch.setattr(tools, "_go_key", lambda *_: "key")
    found = tools.ready(lambda _: None, profiles)
    assert ("istio" in made, found.istio) == (built, cache / "istio" if built else None)
    assert (cache / "istio" / "definitions" in found.definitions) == built


def test_a_further_file_of_istios_has_it_built_again_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_go_key", lambda *names: f"key of {names}")
    before = [tools._built_key(name) for name in ("istio", "coredns")]
    monkeypatch.setitem(tools._ISTIO_FILES, "further.yaml", "manifests/further.yaml")
    after = [tools._built_key(name) for name in ("istio", "coredns")]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]


def test_what_judges_is_built_only_when_asked_for(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(tools, "_run", lambda words, _: ran.append(words) or "")  # type: ignore[func-returns-value]
    found = tools.judge("promtool", lambda _: None)
    assert (found.name, found.parent.parent) == ("promtool", cache)
    (build,) = (words for words in ran if words[:3] == ["nice", "go", "build"])
    assert build[3:7] == ["-mod=readonly", "-buildvcs=false", "-ldflags=-s -w ", "-tags=remove_all_sd"]
    assert build[-1] == "github.com/prometheus/prometheus/cmd/promtool"


def test_who_waits_for_another_build_says_so(cache: Path) -> None:
    said: list[str] = []
    with (cache / "one.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def say(line: str) -> None:
            said.append(line)
            (cache / "one-key").mkdir(exist_ok=True)
            fcntl.flock(held, fcntl.LOCK_UN)

        tools._cached("one", "key", lambda _: None, say, "a second")
    assert said == ["one: waiting for another build of it"]
