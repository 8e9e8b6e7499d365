"""The pods that a cluster's node runs: whose they are, and their processes.

By the node's own files, not by what is inside a pod's network namespace: the node itself goes there to probe it.
"""

import http.client
from contextlib import closing
from ipaddress import IPv4Address

from lab import netns
from lab.api import Object
from lab.gateways import IMPLEMENTATIONS
from lab.processes import Keeper
from lab.state import Lab
from lab.topology import Site
from lab.waiting import LabError


def keeper(lab: Lab, site: Site) -> Keeper:
    """Give the keeper of the processes of a cluster's pods."""
    return Keeper(lab.site_directory(site) / "pods")


def process(pod: Object, number: int = 0) -> str:
    """Name the process of a pod's container: NAMESPACE.POD, of a further one NAMESPACE.POD.CONTAINER."""
    metadata = pod["metadata"]
    further = f".{pod['spec']['containers'][number]['name']}" if number else ""
    return f"{metadata['namespace']}.{metadata['name']}{further}"


def ask(site: Site, address: str, port: int, path: str) -> bytes:
    """Ask a pod's proxy at its admin interface, from inside the pod: nobody else may. Raises OSError."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        with netns.inside(site.pod(IPv4Address(address))):
            connection.connect()
        connection.request("GET", path)
        with connection.getresponse() as response:
            return response.read()


def gateways(lab: Lab, site: Site) -> dict[str, str]:
    """Give the process names of the gateways' pods, by the Gateway's name.namespace."""
    owner = IMPLEMENTATIONS[site.profile].owner
    with lab.api(site) as api:
        found = {owner(pod): process(pod) for pod in api.all("v1", "Pod")}
    return {name: called for name, called in found.items() if name}


def gateway(lab: Lab, site: Site, name: str) -> str:
    """Give the process name of a gateway's pod; the gateway is a name.namespace. Raises LabError."""
    found = gateways(lab, site).get(name)
    if found is None:
        raise LabError(f"gateway {name} of {site.cluster} has no pod")
    return found


def processes(lab: Lab, site: Site, name: str) -> tuple[int, ...]:
    """Give the process ids of a pod. Raises LabError if it does not run."""
    found = keeper(lab, site).all(name)
    if not found:
        raise LabError(f"pod {name} of {site.cluster} does not run")
    return tuple(found)
