"""The services that a stack exports, and one that it does not, as pods with real HTTP servers."""

import json

from lab.api import Object
from lab.node import SERVER_IMAGE
from mcwan.model import Fabric
from mcwan.model.export import qualified

INTERNAL = "internal.secure"
"""A service that is not exported, for whoever tries to reach it from another cluster; where its namespace is."""
INTERNAL_PORTS = {"http": 8080}


def services(fabric: Fabric, cluster: str) -> dict[str, dict[str, int]]:
    """Give the services that a cluster has to have, name.namespace, with their ports by name."""
    found: dict[str, dict[str, int]] = {}
    for export in fabric.exports:
        if cluster in export.offers:
            backends = [qualified(rule.backend, export.namespace) for rule in export.rules if rule.backend]
            for service in (export.service, *backends):
                found.setdefault(service, {}).update({port.name: port.port for port in export.all_ports})
    if INTERNAL.partition(".")[2] in fabric.clusters[cluster].namespaces:
        found.setdefault(INTERNAL, INTERNAL_PORTS)
    return dict(sorted(found.items()))


def objects(fabric: Fabric, cluster: str) -> list[Object]:
    """Give a Service and a pod for each of a cluster's services; in a mesh, an account of its own, for its identity."""
    found = [one for service, ports in services(fabric, cluster).items() for one in _service(cluster, service, ports)]
    return [part for one in found for part in _with_account(one)] if fabric.clusters[cluster].mesh else found


def _with_account(one: Object) -> list[Object]:
    """Give a pod with a service account that is called as it is, and that account; another object as it is."""
    if one["kind"] != "Pod":
        return [one]
    name, namespace = one["metadata"]["name"], one["metadata"]["namespace"]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}
    return [account, one | {"spec": one["spec"] | {"serviceAccountName": name}}]


def _service(cluster: str, service: str, ports: dict[str, int]) -> list[Object]:
    name, _, namespace = service.partition(".")
    labels = {"app": name}
    who = {"service": service, "cluster": cluster}
    container: Object = {
        "name": "server",
        "image": SERVER_IMAGE,
        "args": [json.dumps(who), *(str(port) for port in ports.values())],
        "ports": [{"name": called, "containerPort": port} for called, port in ports.items()],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {
                "selector": labels,
                "ports": [{"name": called, "port": port, "targetPort": port} for called, port in ports.items()],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"containers": [container], "automountServiceAccountToken": False},
        },
    ]
