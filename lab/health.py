"""What a gateway thinks of the endpoints that it sends to, by its proxy's own word (Envoy's admin interface)."""

import json
import time

from lab import pods
from lab.gateways import IMPLEMENTATIONS
from lab.state import Lab
from lab.waiting import LabError, wait

CLUSTERS = "/clusters?format=json"
"""Where Envoy tells of its upstreams."""
_FAILED = ("failed_outlier_check", "failed_active_health_check")
"""Of https://www.envoyproxy.io/docs/envoy/v1.36.0/api-v3/admin/v3/clusters.proto, HostHealthStatus."""


_MERGED = 1.1
"""Seconds after which what picks endpoints knows of their health (Envoy's update_merge_window: 1 s)."""


def settle(lab: Lab, cluster: str, gateway: str, seconds: float) -> None:
    """Wait until a gateway, a name.namespace, leaves nothing out that it sends to, and acts so. Raises LabError."""
    wait(lambda: not left_out(lab, cluster, gateway), f"{gateway} of {cluster} leaves no endpoint out", seconds)
    time.sleep(_MERGED)


def left_out(lab: Lab, cluster: str, gateway: str) -> list[str]:
    """Give the endpoints that a gateway sends nothing to for now, as upstream, address and port. Raises LabError."""
    return unhealthy(_asked(lab, cluster, gateway, CLUSTERS))


def unhealthy(told: bytes) -> list[str]:
    """Give the same of what a proxy tells at CLUSTERS."""
    found = []
    for upstream in json.loads(told)["cluster_statuses"]:
        for host in upstream.get("host_statuses", ()):
            if any(host["health_status"].get(flag) for flag in _FAILED):
                where = host["address"]["socket_address"]
                found.append(f"{upstream['name']} {where['address']}:{where['port_value']}")
    return sorted(found)


def _asked(lab: Lab, cluster: str, gateway: str, path: str) -> bytes:
    """Ask the proxy from inside its pod: nobody else may."""
    site = lab.topology.sites[cluster]
    implementation = IMPLEMENTATIONS[site.profile]
    with lab.api(site) as api:
        own = [pod for pod in api.all("v1", "Pod") if implementation.owner(pod) == gateway]
    addresses = [pod["status"]["podIP"] for pod in own if "podIP" in pod.get("status", {})]
    if len(addresses) != 1:
        raise LabError(f"gateway {gateway} of {cluster} has {len(addresses)} pods with an address; it should have one")
    return pods.ask(site, addresses[0], implementation.ADMIN, path)
