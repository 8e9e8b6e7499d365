"""What a step might have measured, written shortly."""

from collections import Counter

from lab.capture import Connection
from lab.stories import Carried, Measured
from lab.wan import Flow
from lab.watch import Wire

PORTS = {"business": 31111, "default": 31112}


def carried(tunnel: str, *paths: str, sender: str = "mc-wan-egress", port: int = 40000, wan_port: int = 0) -> Carried:
    """Requests from west to east's ingress gateway on one connection."""
    connection = Connection(tunnel, ("10.2.0.100", port), ("10.1.0.11", wan_port or PORTS[tunnel]))
    return Carried(connection, "east", sender, "mc-wan-ingress", paths)


def wire(*moved: tuple[str, str, str, int]) -> Wire:
    """Packets by tunnel, from one cluster, to another; both ends see them."""
    found: Counter[Flow] = Counter()
    for tunnel, source, target, count in moved:
        found += Counter({Flow(source, target, tunnel, "out"): count, Flow(target, source, tunnel, "in"): count})
    return Wire(found)


def measured(answers: dict[str, int], packets: Wire, *connections: Carried) -> Measured:
    return Measured(Counter(answers), packets, connections)
