"""What the gateways of a lab have logged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.processes import Keeper
from lab.state import Lab


def log(lab: Lab, cluster: str, gateway: str) -> list[dict[str, Any]]:
    """Give the lines of a gateway's log, as far as they are JSON."""
    keeper = Keeper(lab.site_directory(lab.topology.sites[cluster]) / "pods")
    (name,) = (one for one in keeper.names() if f"envoy-mc-wan-{gateway}" in one)
    return list(_lines(keeper.log(name)))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("{"):
            yield json.loads(line)
