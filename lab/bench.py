"""`python -m lab.bench`: six ways of a request side by side; memory; how soon a change of the stack is in effect.

On a lab of its own, or on the one that MCWAN_LAB names and that is left as it was.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from statistics import median

from lab import benchmark, compare, first_request, load, memory, ways
from lab.compare import Bar
from lab.load import Sample
from lab.processes import processor_time
from lab.state import Lab
from lab.stories import STACK
from lab.topology import Site
from lab.up import PROFILE, up
from lab.ways import Way

OWN = "bench"
"""The name of the lab that is made for it."""
BARS = (
    Bar(ways.GATEWAY, ways.LOGGING, 0.95),
    Bar(ways.GATEWAY, ways.HANDWRITTEN),
    Bar(ways.DIRECT, ways.HANDWRITTEN_INGRESS, 0.95),
    Bar(ways.DIRECT, ways.NO_GATEWAY, 0.3),
    Bar(ways.HANDWRITTEN_INGRESS, ways.NO_GATEWAY),
)
_ROUNDS, _SECONDS = 16, 2
_CHANGES = 5
_LATE = "load-late"


def main() -> int:
    """Measure and print; exit code 1 if a bar is missed or it cannot be measured."""
    return benchmark.main("MCWAN_LAB", OWN, _bring_up, bench)


def _bring_up(name: str) -> Lab:
    return up(name, STACK, _say, os.environ.get(PROFILE, ""))


def bench(lab: Lab) -> list[str]:
    """Print what was measured on a lab; give a line for every bar that is missed."""
    tunnel = lab.topology.tunnels[ways.tunnel(lab)]
    _say(
        f"\nfrom {ways.IMPORTING} to {ways.EXPORTING} by tunnel {tunnel.name}, {tunnel.megabits} Mbit/s, plain HTTP; "
        f"{os.cpu_count()} processors for everything\n"
        f"wrk: threads {load.THREADS}, connections {load.CONNECTIONS}; medians of {_ROUNDS} rounds of {_SECONDS} s each"
    )
    with ways.standing(lab) as (exporting, standing):
        found = _measured(exporting, standing)
        _table(compare.figures(found))
        _say("\nratios: median of the rounds (lowest-highest)")
        _table(compare.ratios(found, BARS))
        _say("\nmemory after that")
        _table(memory.rows({site.cluster: memory.components(lab, site) for site in lab.topology.sites.values()}))
        _time_to_effect(exporting)
    return compare.missed(found, BARS)


def _measured(lab: Lab, standing: Mapping[str, Way]) -> compare.Rounds:
    """Send the load by every way in every round; a run before that warms each up."""
    client = lab.topology.sites[ways.IMPORTING]
    for way in standing.values():
        load.run(client, way.target, _SECONDS)
    found: dict[str, list[Sample]] = {name: [] for name in standing}
    for turn in compare.order(list(standing), _ROUNDS):
        for name in turn:
            found[name].append(_sample(client, standing[name]))
    return found


def _sample(client: Site, way: Way) -> Sample:
    before = sum(map(processor_time, way.proxies))
    sample = load.run(client, way.target, _SECONDS)
    used = sum(map(processor_time, way.proxies)) - before
    return replace(sample, proxies=used * 1e6 / (sample.rate * _SECONDS))


def _time_to_effect(lab: Lab) -> None:
    """Add an export to the stack and withdraw it, several times."""
    client, (host, port) = lab.topology.sites[ways.IMPORTING], ways.imported(_LATE)
    later = ways.with_exports(lab, {_LATE: "gateway"})
    found = [first_request.seconds(lab, later, client, f"{host}:{port}/", ways.tunnel(lab)) for _ in range(_CHANGES)]
    first, ended = zip(*found, strict=True)
    by = "pulumi up" if lab.pulumi else "server-side apply of all objects"
    _say(
        f"\none more export, by {by}, {_CHANGES} times: first request on tunnel {ways.tunnel(lab)} after "
        f"{median(first):.1f} s ({min(first):.1f}-{max(first):.1f}); deployed after {median(ended):.1f} s"
    )


def _table(rows: list[list[str]]) -> None:
    _say("\n".join(compare.aligned(rows)))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
