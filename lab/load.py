"""Load from a cluster's client by Debian's `wrk`: as many requests as eight connections carry, for a given time."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab import netns
from lab.topology import Site
from lab.waiting import LabError

THREADS, CONNECTIONS = 1, 8
_MORE = 30.0
"""Seconds that a run may last beyond the time for which it sends."""
_REPORT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Target:
    """Where load goes: an address and a port of the lab, and the host name that the requests carry."""

    address: str
    port: int
    host: str


@dataclass(frozen=True)
class Sample:
    """What one run measured: requests per second, latency in ms, processor time of the proxies per request in µs."""

    rate: float
    p50: float
    p99: float
    proxies: float = 0.0


def lacks() -> list[str]:
    """Give a line if this machine has no `wrk`."""
    return [] if shutil.which("wrk") else ["program wrk is not on PATH (Debian: wrk)"]


@dataclass(frozen=True)
class Counted:
    """What became of every request of one run; the longest wait in ms."""

    requests: int
    failed: int
    longest: float


def run(site: Site, target: Target, seconds: int) -> Sample:
    """Send requests from a site's client for so many seconds. Raises LabError if one of them failed."""
    return sample(_wrk(site, target, seconds, "/"), f"http://{target.address}:{target.port}/")


def count(site: Site, target: Target, seconds: int, path: str = "/") -> Counted:
    """Do the same, and count the requests that failed: no answer in 5 s, or another one than a success.

    Raises LabError if this machine cannot send load.
    """
    if lacking := lacks():
        raise LabError("\n  ".join(["this machine cannot send load", *lacking]))
    return counted(_wrk(site, target, seconds, path))


def counted(output: str) -> Counted:
    """Read what `command` printed."""
    found = json.loads(output.splitlines()[-1])
    return Counted(found["requests"], found["failed"], found["longest"])


def command(url: str, seconds: int, headers: Mapping[str, str] | None = None) -> list[str]:
    """Give the command that sends load to a URL for so many seconds, with further headers."""
    shape = [f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "5s", "-s", str(_REPORT)]
    return [
        "wrk",
        *shape,
        *(word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")),
        url,
    ]


def longest(seconds: int) -> float:
    """Give the seconds that `command` may take."""
    return seconds + _MORE


def _wrk(site: Site, target: Target, seconds: int, path: str) -> str:
    sending = command(f"http://{target.address}:{target.port}{path}", seconds, {"Host": target.host})
    client = site.pod(site.client_address)
    return netns.run("ip", "netns", "exec", client, *sending, seconds=longest(seconds))


def sample(output: str, url: str) -> Sample:
    """Read what `wrk` printed with the script beside this file. Raises LabError if a request failed."""
    found = json.loads(output.splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise LabError(f"load on {url}: {found['failed']} of {found['requests']} requests failed")
    return Sample(found["requests"] / found["seconds"], found["p50"], found["p99"])
