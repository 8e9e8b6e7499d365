"""The pods that a cluster's node runs: whose they are, and their processes.

By the node's own files, not by what is inside a pod's network namespace: the node itself goes there to probe it.
"""

from lab.gateways import IMPLEMENTATIONS
from lab.processes import Keeper
from lab.state import Lab
from lab.topology import Site
from lab.waiting import LabError


def keeper(lab: Lab, site: Site) -> Keeper:
    """Give the keeper of the processes of a cluster's pods; a pod's is called NAMESPACE.POD."""
    return Keeper(lab.site_directory(site) / "pods")


def gateways(lab: Lab, site: Site) -> dict[str, str]:
    """Give the process names of the gateways' pods, by the Gateway's name.namespace."""
    owner = IMPLEMENTATIONS[site.profile].owner
    with lab.api(site) as api:
        found = [(owner(pod), pod["metadata"]) for pod in api.all("v1", "Pod")]
    return {name: f"{metadata['namespace']}.{metadata['name']}" for name, metadata in found if name}


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
