"""A client in a cluster's own mesh: a pod with a sidecar, or an ambient one. It sends as any application there does.

A client is called as a service is, `name.namespace`; the namespace is one that the stack gives a cluster with a mesh.

    mesh.start(lab, "east", "sleep.sleep")
    mesh.ask(lab, "east", "sleep.sleep", "GET", "httpbin.httpbin:8000/").who
"""

import json
import sys
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from lab import ambient, netns, pods
from lab.api import Object
from lab.client import Reply, UnknownNameError
from lab.gateways import istio
from lab.node import SERVER_IMAGE
from lab.state import Lab
from lab.waiting import LabError, wait

_MANAGER = "mcwan-lab"
_PORT = 8090
"""Where a client itself answers: a pod without a port would not be one that anybody finds."""


def objects(cluster: str, client: str, account: str = "", *, sidecar: bool = True) -> list[Object]:
    """Give a client's service account, called as the client if not said otherwise, and its pod.

    Without a sidecar, it is an ambient one.
    """
    name, _, namespace = client.partition(".")
    metadata = {"name": name, "namespace": namespace}
    who = json.dumps({"service": client, "cluster": cluster})
    container = {"name": "server", "image": SERVER_IMAGE, "args": [who, str(_PORT)]}
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata | {"labels": {"app": name}},
        "spec": {
            "serviceAccountName": account or name,
            "containers": [container | {"ports": [{"name": "http", "containerPort": _PORT}]}],
        },
    }
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata | {"name": account or name}},
        pod if sidecar else ambient.captured(pod, cluster),
    ]


def start(lab: Lab, cluster: str, client: str, account: str = "", *, sidecar: bool = True) -> None:
    """Start a client, unless it is there, and wait until it is ready. Raises LabError."""
    site = lab.topology.sites[cluster]
    if site.mesh is None:
        raise LabError(f"cluster {cluster} has no mesh of its own; write clusters.{cluster}.mesh")
    with lab.api(site) as api:
        for one in objects(cluster, client, account, sidecar=sidecar):
            api.apply(one, manager=_MANAGER)
        wait(lambda: ready(_pod(lab, cluster, client)), f"client {client} of {cluster} is ready", 60)


def stop(lab: Lab, cluster: str, client: str) -> None:
    """Take a client away."""
    with lab.api(lab.topology.sites[cluster]) as api:
        for one in reversed(objects(cluster, client)):
            api.delete(one)


def ask(lab: Lab, cluster: str, client: str, method: str, url: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Have a client send one request to `name:port/path`. Raises OSError if nobody answers, UnknownNameError."""
    script = str(Path(__file__).with_name("app.py"))
    answer: dict[str, Any] = json.loads(
        run(lab, cluster, client, sys.executable, script, method, url, json.dumps(dict(headers or {})))
    )
    if "error" in answer:
        raise (UnknownNameError if answer["unknown"] else OSError)(f"{client} of {cluster}: {answer['error']}")
    return Reply(answer["status"], answer["said"], answer["size"])


def run(lab: Lab, cluster: str, client: str, *words: str, seconds: float = 60.0) -> str:
    """Run a command in a client's container, as `kubectl exec` does; give its output. Raises CommandError, LabError."""
    name, _, namespace = client.partition(".")
    leader = pods.keeper(lab, lab.topology.sites[cluster]).pid(f"{namespace}.{name}")
    if leader is None:
        raise LabError(f"client {client} of {cluster} does not run")
    return netns.run("nsenter", f"--target={leader}", "--net", "--mount", "--root", "--wd", *words, seconds=seconds)


def addresses(lab: Lab, cluster: str, client: str, name: str) -> list[str]:
    """Give a name's IPv4 addresses as a client's resolver finds them; none if nobody knows it."""
    try:
        found = run(lab, cluster, client, "getent", "ahostsv4", name)
    except netns.CommandError:
        return []
    return sorted({line.split()[0] for line in found.splitlines()})


def admin(lab: Lab, cluster: str, client: str, path: str) -> bytes:
    """Ask a client's sidecar at its admin interface: `/clusters?format=json`, `/certs`, `/stats`. Raises OSError."""
    return pods.ask(lab.topology.sites[cluster], str(address(lab, cluster, client)), istio.ADMIN, path)


def address(lab: Lab, cluster: str, client: str) -> IPv4Address:
    """Give where a client's pod is."""
    return IPv4Address(_pod(lab, cluster, client)["status"]["podIP"])


def identities(lab: Lab, cluster: str, client: str) -> list[str]:
    """Give the URIs of the certificates that a client's sidecar has."""
    found = json.loads(admin(lab, cluster, client, "/certs"))["certificates"]
    chains = [certificate for one in found for certificate in one["cert_chain"]]
    return sorted({name["uri"] for one in chains for name in one["subject_alt_names"] if "uri" in name})


def ready(pod: Object) -> bool:
    """Tell whether a pod is ready."""
    conditions = {item["type"]: item["status"] for item in (pod.get("status", {}).get("conditions") or ())}
    return conditions.get("Ready") == "True"


def _pod(lab: Lab, cluster: str, client: str) -> Object:
    name, _, namespace = client.partition(".")
    with lab.api(lab.topology.sites[cluster]) as api:
        return api.get("v1", "Pod", name, namespace)
