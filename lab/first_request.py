"""How long after a change of the stack the first request travels by the right tunnel."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from lab import client, deploy, wan
from lab.state import Lab
from lab.topology import Site
from lab.waiting import LabError, wait

_PAUSE = 0.02
_SECONDS = 90.0


def seconds(earlier: Lab, later: Lab, site: Site, url: str, tunnel: str) -> tuple[float, float]:
    """Deploy the lab with a stack that does not have a service, then with one that has it.

    Gives the seconds from the beginning of the second deployment until a client was answered by the service, and until
    the deployment had ended. Raises LabError if the request went by another tunnel, or got no answer.
    """
    deploy.deploy(earlier)
    wait(lambda: not answered(site, url), f"{url} is refused", _SECONDS)
    before = wan.packets(earlier.topology)
    start = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        deployed = pool.submit(_timed, later, start)
        while not answered(site, url):
            if time.monotonic() > start + _SECONDS:
                raise LabError(f"waited {_SECONDS:.0f} s in vain for an answer of {url}")
            time.sleep(_PAUSE)
        first = time.monotonic() - start
        used = tunnels(before, wan.packets(earlier.topology))
        ended = deployed.result()
    if used != {tunnel}:
        raise LabError(f"{url}: the packets went by {sorted(used)}; the stack says {tunnel}")
    return first, ended


def tunnels(before: Counter[wan.Flow], after: Counter[wan.Flow]) -> set[str]:
    """Give the tunnels that have carried packets between two readings."""
    return {flow.tunnel for flow in after if after[flow] > before[flow]}


def answered(site: Site, url: str, address: str | None = None) -> bool:
    """Tell whether a cluster's client gets a page from `name:port/path`, or from there at an address."""
    try:
        return client.ask(site, "GET", url, address=address).status == 200
    except (OSError, client.UnknownNameError):
        return False


def _timed(lab: Lab, start: float) -> float:
    deploy.deploy(lab)
    return time.monotonic() - start
