"""What the benchmark makes of what it measured."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from lab import compare, engine, first_request, handwritten, load, memory, ways
from lab.compare import Bar, Ratio
from lab.load import Sample
from lab.state import Lab
from lab.tools import Tools
from lab.up import PROJECT
from lab.waiting import LabError
from lab.wan import Flow
from mcwan import stack

BAR = Bar("ours", "theirs", 0.9)
ROUNDS = {
    "theirs": [Sample(1000, 1, 4, 100), Sample(2000, 2, 4, 100), Sample(1000, 1, 8, 200)],
    "ours": [Sample(500, 2, 4, 110), Sample(1900, 2, 5, 120), Sample(990, 1, 4, 180)],
    "bare": [Sample(2000, 1, 4), Sample(2000, 1, 4), Sample(2000, 1, 4)],
}


@pytest.fixture
def lab() -> Lab:
    there = Path("/nowhere")
    tools = Tools(there, there, there, there, there, ())
    return Lab("test", "lab", stack.read_config(PROJECT, "lab"), tools, "token", None)


def test_wrks_figures_are_read() -> None:
    output = (
        'Running 4s test\n  8 threads\n{"requests": 8000, "seconds": 4.0, "failed": 0, "p50": 0.275, "p99": 1.234}\n'
    )
    assert load.sample(output, "http://10.0.0.1:80/") == Sample(2000.0, 0.275, 1.234)


@pytest.mark.parametrize(("requests", "failed"), [(8000, 3), (0, 0)])
def test_load_of_which_a_request_failed_measures_nothing(requests: int, failed: int) -> None:
    output = f'{{"requests": {requests}, "seconds": 4.0, "failed": {failed}, "p50": 1, "p99": 2}}\n'
    with pytest.raises(LabError, match=rf"http://10.0.0.1:80/: {failed} of {requests} requests failed"):
        load.sample(output, "http://10.0.0.1:80/")


def test_the_ways_take_turns_there_and_back() -> None:
    assert list(compare.order(["a", "b", "c"], 3)) == [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"]]


def test_a_ratio_is_that_of_the_middle_round_with_the_range() -> None:
    assert compare.ratio(ROUNDS, "ours", "theirs", "requests/s") == Ratio(0.95, 0.5, 0.99)
    assert compare.ratio(ROUNDS, "ours", "theirs", "p99") == Ratio(1.0, 0.5, 1.25)


def test_a_bar_is_missed_below_it_and_kept_on_it() -> None:
    assert compare.missed(ROUNDS, [BAR, Bar("ours", "theirs", 0.95)]) == []
    assert compare.missed(ROUNDS, [BAR, Bar("ours", "theirs", 0.96)]) == [
        "ours: 0.95 of the requests/s of theirs; the bar is 0.96"
    ]


def test_without_a_bar_nothing_is_missed() -> None:
    assert compare.missed(ROUNDS, [Bar("ours", "bare")]) == []


def test_the_tables() -> None:
    assert compare.aligned(compare.figures(ROUNDS)) == [
        "        requests/s      p50      p99  proxies' time  lowest-highest",
        "theirs       1,000  1.00 ms  4.00 ms         100 µs     1,000-2,000",
        "ours           990  2.00 ms  4.00 ms         120 µs       500-1,900",
        "bare         2,000  1.00 ms  4.00 ms           0 µs     2,000-2,000",
    ]
    assert [line.rstrip() for line in compare.aligned(compare.ratios(ROUNDS, [BAR, Bar("ours", "bare")]))] == [
        "                     requests/s               p50               p99     proxies' time   bar",
        "ours / theirs  0.95 (0.50-0.99)  1.00 (1.00-2.00)  1.00 (0.50-1.25)  1.10 (0.90-1.20)  0.90",
        "ours / bare    0.49 (0.25-0.95)  2.00 (1.00-2.00)  1.00 (1.00-1.25)",
    ]


def test_memory_has_a_component_a_row_and_a_cluster_a_column() -> None:
    assert compare.aligned(memory.rows({"east": {"etcd": 50.4, "coredns": 40}, "west": {"etcd": 9.6}})) == [
        "MB resident  east  west",
        "etcd           50    10",
        "coredns        40      ",
        "together       90    10",
    ]


def test_the_tunnels_that_moved() -> None:
    before = Counter({Flow("a", "b", "business", "out"): 3, Flow("a", "b", "default", "out"): 4})
    after = before + Counter({Flow("a", "b", "business", "out"): 1})
    assert first_request.tunnels(before, after) == {"business"}
    assert first_request.tunnels(before, before) == set()


@pytest.mark.parametrize("log", [{}, {"method": "%REQ(:METHOD)%"}], ids=["none", "a field"])
def test_an_envoy_by_hand_logs_what_it_is_told(log: dict[str, str]) -> None:
    (listener,) = handwritten.proxy(80, "x", ("10.0.0.1", 81), log)["static_resources"]["listeners"]
    found = listener["filter_chains"][0]["filters"][0]["typed_config"]["access_log"]
    assert [one["typed_config"]["log_format"]["json_format"] for one in found] == ([log] if log else [])


def test_the_stack_has_the_backend_in_addition_by_each_path(lab: Lab) -> None:
    more = ways.with_exports(lab)
    assert more.fabric.exports[: len(lab.fabric.exports)] == lab.fabric.exports
    added = more.fabric.exports[len(lab.fabric.exports) :]
    assert [(one.service, one.exported_name, one.wan_policy) for one in added] == [
        ("load.secure", "load-direct", "high"),
        ("load.secure", "load-gateway", "high"),
    ]
    paths = {one.service: one.path for one in more.fabric.imports[len(lab.fabric.imports) :]}
    assert paths == {"load-direct.secure": "direct", "load-gateway.secure": "gateway"}
    assert more.topology == lab.topology, "it stands on the lab that is up"


def test_pulumi_gets_the_description_of_the_lab_in_a_stack_file(lab: Lab, tmp_path: Path) -> None:
    more = ways.with_exports(lab)
    (tmp_path / "Pulumi.lab.yaml").write_text(engine.stack_file(more))
    assert stack.read_config(tmp_path, "lab") == more.config
    ours, theirs = (yaml.safe_load((at / "Pulumi.lab.yaml").read_text()) for at in (tmp_path, PROJECT))
    assert ours.keys() == theirs.keys()
    assert ours["config"].keys() == theirs["config"].keys()
