"""What the gateways of a lab count, as Prometheus reads it."""

import http.client
import re
from collections.abc import Mapping
from typing import NamedTuple

from lab import netns
from lab.gateways import IMPLEMENTATIONS
from lab.state import Lab

_PORT = 19001
"""Of Envoy Gateway's proxies, for Prometheus."""
_SERIES = re.compile(r"^(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class Series(NamedTuple):
    """A metric with its labels and its value."""

    name: str
    labels: Mapping[str, str]
    value: float


def metrics(lab: Lab, cluster: str, gateway: str) -> list[Series]:
    """Give every series of a gateway that has labels."""
    site = lab.topology.sites[cluster]
    owner = IMPLEMENTATIONS[site.profile].owner
    with lab.api(site) as api:
        (address,) = (pod["status"]["podIP"] for pod in api.all("v1", "Pod") if owner(pod) == f"{gateway}.mc-wan")
    with netns.inside(site.pod(site.client_address)):
        connection = http.client.HTTPConnection(address, _PORT, timeout=10)
        connection.request("GET", "/stats/prometheus")
        text = connection.getresponse().read().decode()
        connection.close()
    series = _SERIES.finditer(text)
    return [Series(one["name"], dict(_LABEL.findall(one["labels"])), float(one["value"])) for one in series]
