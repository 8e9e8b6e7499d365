"""Clusters and WAN policies as they are typed: `east=CONTEXT:ADDRESS`, `high=business:31111`."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Any

from mcwan.cli.editing.splice import EditError

CLUSTER = "east=east:10.1.0.11"
POLICY = "high=business:31111"
"""Examples, for help and messages."""
Level = dict[str, float]
"""A service level, as the stack file has it."""
HIGH: Level = {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1}
LOW: Level = {"jitterMs": 1000, "latencyMs": 1000, "lossPercent": 100}
"""Service levels: of a tunnel that promises something, and of one that promises nothing."""
POLICIES: dict[str, dict[str, Any]] = {
    "high": {"tunnel": "business", "port": 31111, "sla": HIGH},
    "low": {"tunnel": "default", "port": 31112, "sla": LOW},
}
"""The WAN policies that a first stack file has where none are said."""

_POLICY = re.compile(
    r"^(?P<name>[^=:\s]+)=(?P<tunnel>[^=:\s]+):(?P<port>[0-9]+)"
    r"(:(?P<sla>.+))?$"
)
_SLA = re.compile(r"^(?P<jitter>[0-9]+)/(?P<latency>[0-9]+)/(?P<loss>[0-9]+(\.[0-9]+)?)$")


def cluster(typed: str, namespaces: tuple[str, ...] = ()) -> tuple[str, dict[str, Any]]:
    """Give a cluster's name, and what a stack file has of it. Raises EditError.

    A context may have colons in it, as an ARN has: the addresses are what is behind the first colon that leaves some.
    """
    name, _, rest = typed.partition("=")
    for colon in (index for index, one in enumerate(rest) if one == ":"):
        found = addresses(rest[colon + 1 :])
        if name and colon and found:
            return name, {"context": rest[:colon], "ingress": {"addresses": found}, "namespaces": list(namespaces)}
    raise EditError(
        f"--cluster {typed!r}: not a cluster; write NAME=CONTEXT:ADDRESS, e.g. {CLUSTER}: the address is the ingress "
        "gateway's inside the SD-WAN; several with commas"
    )


def addresses(typed: str) -> list[str]:
    """Give the IP addresses of a text with commas between; none if one of them is no address."""
    found = [one.strip().removeprefix("[").removesuffix("]") for one in typed.split(",")]
    try:
        return [str(ip_address(one)) for one in found]
    except ValueError:
        return []


def wan_policy(typed: str) -> tuple[str, dict[str, Any]]:
    """Give a WAN policy's name, and what a stack file has of it. Raises EditError.

    Without a service level, high and low have those of POLICIES, others the one that promises nothing.
    """
    parts = _POLICY.match(typed)
    told = level(parts["sla"]) if parts and parts["sla"] else None
    if parts is None or (parts["sla"] and told is None):
        raise EditError(
            f"--wan-policy {typed!r}: not a WAN policy; write NAME=TUNNEL:PORT, e.g. {POLICY}, or with its service "
            f"level NAME=TUNNEL:PORT:JITTER/LATENCY/LOSS (milliseconds, milliseconds, percent), e.g. {POLICY}:50/100/1"
        )
    sla = told or _supposed(parts["name"])
    return parts["name"], {"tunnel": parts["tunnel"], "port": int(parts["port"]), "sla": sla}


def levels_supposed(typed: Iterable[str]) -> Iterator[str]:
    """Say of which WAN policies no service level was typed, and which is taken. They have been read before."""
    for one in typed:
        parts = _POLICY.match(one)
        if parts is not None and not parts["sla"]:
            levels = ", ".join(f"{key} {level}" for key, level in _supposed(parts["name"]).items())
            yield (
                f"--wan-policy {one!r}: no service level; taken: {levels}; write what the tunnel promises, here as "
                f"{one}:JITTER/LATENCY/LOSS or in the file"
            )


def _supposed(name: str) -> Level:
    sla: Level = POLICIES[name]["sla"] if name in POLICIES else LOW
    return sla


def level(typed: str) -> Level | None:
    """Give a service level of JITTER/LATENCY/LOSS; None if it is none."""
    parts = _SLA.match(typed)
    if parts is None:
        return None
    loss = float(parts["loss"])
    percent = int(loss) if loss.is_integer() else loss
    return {"jitterMs": int(parts["jitter"]), "latencyMs": int(parts["latency"]), "lossPercent": percent}


def once(option: str, named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give what was typed by its name. Raises EditError for a name that was typed twice."""
    found: dict[str, Any] = {}
    for name, one in named:
        if name in found:
            raise EditError(f"{option} {name}: typed twice; each name is there once; give one of them another")
        found[name] = one
    return found


def tls(issuer: str, *, plaintext: bool) -> dict[str, str]:
    """Give what a stack file has of TLS."""
    return {"mode": "plaintext"} if plaintext else {"issuer": issuer}
