"""What the gateways of a lab have logged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab import pods
from lab.state import Lab


def log(lab: Lab, cluster: str, gateway: str) -> list[dict[str, Any]]:
    """Give the lines of a gateway's log, as far as they are JSON."""
    site = lab.topology.sites[cluster]
    name = pods.gateway(lab, site, f"{gateway}.mc-wan")
    return list(_lines(pods.keeper(lab, site).log(name)))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("{"):
            yield json.loads(line)
