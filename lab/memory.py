"""How much memory each component of a lab holds."""

import re
from collections.abc import Mapping
from pathlib import Path

from lab import pods
from lab.processes import Keeper
from lab.state import Lab
from lab.topology import Site

Resident = Mapping[str, float]
"""Resident megabytes by component."""


def components(lab: Lab, site: Site) -> Resident:
    """Give what a cluster's components hold: its node's programs, each gateway's pod, its other pods together."""
    keeper, own = lab.keeper(site), pods.keeper(lab, site)
    found = {name: resident(keeper, name) for name in reversed(keeper.names())}
    gateways = pods.gateways(lab, site)
    found |= {f"gateway {gateway}": resident(own, name) for gateway, name in gateways.items()}
    others = [resident(own, name) for name in own.names() if name not in gateways.values()]
    return found | {"workloads": sum(others)}


def resident(keeper: Keeper, name: str) -> float:
    """Give the resident memory of a process and of those that it has started, in megabytes; 0 if it does not run."""
    return sum(map(_resident, keeper.all(name)))


def _resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return int(re.findall(r"^VmRSS:\s*(\d+) kB", status, re.MULTILINE)[0]) / 1024


def rows(clusters: Mapping[str, Resident]) -> list[list[str]]:
    """Give the rows of a table: a component a row, a cluster a column."""
    names = dict.fromkeys(name for found in clusters.values() for name in found)
    heading = ["MB resident", *clusters]
    total = {cluster: sum(found.values()) for cluster, found in clusters.items()}
    body = [[name, *(f"{found[name]:.0f}" if name in found else "" for found in clusters.values())] for name in names]
    return [heading, *body, ["together", *(f"{held:.0f}" for held in total.values())]]
