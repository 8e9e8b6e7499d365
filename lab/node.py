"""A cluster's one node: plays the scheduler and the kubelet.

`python -m lab.node LAB CLUSTER` runs until it is ended. It binds every pod to the node, gives it a network namespace
and an address, runs its init containers, starts its containers as processes, probes them, and tells the API server.
Deployments, ReplicaSets, EndpointSlices and Services are left to Kubernetes' own controller manager and proxy.
"""

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

from lab import ambient, netns, pods, volumes
from lab.api import Api, ApiError, Object
from lab.gateways import IMPLEMENTATIONS
from lab.images import Image
from lab.state import Lab
from lab.topology import Site, Topology

SERVER_IMAGE = "mcwan.lab/server"
"""A container of this image is `lab.server`, with its arguments."""
_LEFT_OUT = "shutdown-manager"
"""A container of Envoy Gateway's proxies that drains them before they end: those of the lab's node end at once."""
_PAUSE = 0.2
_MAX_LOG = 10 << 20
"""Bytes of a pod's log, as with a kubelet; the lab keeps no older ones."""
_NEXT_HOP = "169.254.1.1"
"""The node as every pod sees it, on a link of its own: whatever a pod sends passes the node's kube-proxy."""


@dataclass
class Running:
    """A pod that the node runs: the object as it was, its address, whether its init containers have ended well.

    `ready`: of each container, as the API server knows it.
    """

    pod: Object
    address: IPv4Address
    initialized: bool = False
    ready: Mapping[str, bool] | None = None
    volumes: dict[str, Path] = field(default_factory=dict)

    @property
    def containers(self) -> dict[str, Object]:
        """Its containers that are run, by the names of their processes."""
        every = enumerate(self.pod["spec"]["containers"])
        return {pods.process(self.pod, number): one for number, one in every if one["name"] != _LEFT_OUT}


class Node:
    """The pods of one node."""

    def __init__(self, lab: Lab, site: Site) -> None:
        self.lab, self.site = lab, site
        self.api: Api = lab.api(site)
        self.keeper = pods.keeper(lab, site)
        self.directory = self.keeper.directory
        self.running: dict[str, Running] = {}

    def sync(self) -> None:
        """Make what runs what the API server has."""
        there = {pod["metadata"]["uid"]: pod for pod in self.api.all("v1", "Pod")}
        for uid, pod in there.items():
            if "deletionTimestamp" in pod["metadata"]:
                self._end(uid)
                self.api.delete(pod, grace=0)
            elif uid not in self.running:
                self._begin(uid, pod)
            else:
                self._look_after(self.running[uid])
        for uid in self.running.keys() - there.keys():
            self._end(uid)

    def _begin(self, uid: str, pod: Object) -> None:
        metadata = pod["metadata"]
        if not pod["spec"].get("nodeName"):
            target = {"apiVersion": "v1", "kind": "Node", "name": self.site.cluster}
            path = self.api.path("v1", "Pod", metadata["namespace"], metadata["name"])
            self.api.request(
                "POST",
                f"{path}/binding",
                {"apiVersion": "v1", "kind": "Binding", "metadata": {}}
                | {"metadata": {"name": metadata["name"], "namespace": metadata["namespace"]}, "target": target},
            )
        one = Running(pod, self._address(pod))
        one.volumes = volumes.write(self.api, pod, self.directory / f"{pods.process(pod)}.volumes")
        connect(self.site, one.address)
        self.running[uid] = one
        self._look_after(one)

    def _start(self, one: Running, process: str, container: Object) -> None:
        image = self._image(container["image"])
        env = environment(container, self._known(one))
        files = {mount["mountPath"]: one.volumes[mount["name"]] for mount in container.get("volumeMounts", ())}
        files["/etc/resolv.conf"] = self._resolver(one.pod["metadata"]["namespace"])
        self.keeper.start(
            process,
            [*image.words, *(_expanded(word, env) for word in container.get("args", ()))],
            netns=self.site.pod(one.address),
            env=env,
            files={**image.files, **files},
            user=user(one.pod, container),
        )

    def _initialize(self, one: Running) -> None:
        """Run a pod's init containers, one after the other. Raises OSError if one fails."""
        for container in one.pod["spec"].get("initContainers", ()):
            process = f"{pods.process(one.pod)}.{container['name']}"
            self._start(one, process, container)
            if code := self.keeper.wait(process):
                raise OSError(f"init container {process}: exit code {code}; see {self.keeper.log(process)}")
        one.initialized = True

    def _resolver(self, namespace: str) -> Path:
        file = self.directory / f"{namespace}.resolv.conf"
        if not file.exists():
            file.write_text(resolver(self.site, namespace), encoding="ascii")
        return file

    def _image(self, name: str) -> Image:
        if name == ambient.IMAGE:
            return ambient.image()
        if name == SERVER_IMAGE:
            return Image([sys.executable, Path(__file__).with_name("server.py")])
        for implementation in IMPLEMENTATIONS.values():
            if implementation.IMAGE in name:
                return implementation.image(self.lab.tools)
        raise ValueError(f"image {name}: the lab's node has no program for it")

    def _known(self, one: Running) -> Object:
        """Give a pod with what the node itself says of it."""
        spec = one.pod["spec"] | {"nodeName": self.site.cluster}
        status = {"hostIP": str(self.site.node_address), "podIP": str(one.address)}
        return one.pod | {"spec": spec, "status": status}

    def _look_after(self, one: Running) -> None:
        """Start what has ended by itself, cut its log, tell the API server when it becomes ready or ceases to be."""
        if not one.initialized:
            self._initialize(one)
        for process, container in one.containers.items():
            if not self.keeper.alive(process):
                self._start(one, process, container)
            log = self.keeper.log(process)
            if log.stat().st_size > _MAX_LOG:
                os.truncate(log, 0)
        ready = {its["name"]: answers(self.site.pod(one.address), its) for its in one.containers.values()}
        if ready == one.ready:
            return
        metadata = one.pod["metadata"]
        conditions = [
            {"type": kind, "status": "True" if all(ready.values()) or kind == "PodScheduled" else "False"}
            for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        ]
        status = {
            "phase": "Running",
            "hostIP": str(self.site.node_address),
            "podIP": str(one.address),
            "podIPs": [{"ip": str(one.address)}],
            "conditions": conditions,
            "containerStatuses": [
                {
                    "name": container["name"],
                    "image": container["image"],
                    "imageID": "",
                    "restartCount": 0,
                    "ready": ready.get(container["name"], True),
                    "started": ready.get(container["name"], True),
                    "state": {"running": {}},
                }
                for container in one.pod["spec"]["containers"]
            ],
        }
        path = self.api.path("v1", "Pod", metadata["namespace"], metadata["name"])
        self.api.request("PATCH", f"{path}/status", {"status": status}, "application/merge-patch+json")
        one.ready = ready

    def _end(self, uid: str) -> None:
        one = self.running.pop(uid, None)
        if one is not None:
            self.keeper.stop(*one.containers)
            netns.delete(self.site.pod(one.address))

    def _address(self, pod: Object) -> IPv4Address:
        """Give a gateway's pod the address that the stack says, another pod one that is free."""
        taken = {one.address for one in self.running.values()}
        wanted = self.site.gateways.get(IMPLEMENTATIONS[self.site.profile].owner(pod))
        if wanted is not None and wanted not in taken:
            return wanted
        return next(address for address in self.site.pod_addresses if address not in taken)


def connect(site: Site, address: IPv4Address) -> None:
    """Make a pod's network namespace and join it to the node."""
    pod, link = site.pod(address), f"pod{int(address) - int(site.pods.network_address)}"
    netns.add(pod)
    netns.ip(
        site.node,
        [
            f"link add {link} type veth peer name eth0 netns {pod}",
            f"address add {_NEXT_HOP}/32 dev {link}",
            f"link set {link} up",
            f"route add {address}/32 dev {link} src {site.node_address}",
        ],
    )
    netns.ip(
        pod,
        [
            f"address add {address}/32 dev eth0",
            "link set eth0 up",
            f"route add {_NEXT_HOP}/32 dev eth0 src {address}",
            f"route add default via {_NEXT_HOP} dev eth0 src {address}",
        ],
    )


def build(topology: Topology) -> None:
    """Make the nodes of a lab, each with the pod that sends requests, and the desk, which reaches all of them."""
    netns.add(topology.desk)
    for site in topology.sites.values():
        netns.add(site.node)
        netns.sysctl(site.node, {"ipv4/ip_forward": "1", "ipv4/conf/all/rp_filter": "0"})
        here, there = site.desk
        netns.ip(
            site.node,
            [
                f"address add {site.node_address}/32 dev lo",
                f"link add desk type veth peer name {site.cluster} netns {topology.desk}",
                f"address add {here}/30 dev desk",
                "link set desk up",
            ],
        )
        netns.ip(
            topology.desk,
            [
                f"address add {there}/30 dev {site.cluster}",
                f"link set {site.cluster} up",
                f"route add {site.node_address}/32 via {here}",
            ],
        )
        connect(site, site.client_address)


def resolver(site: Site, namespace: str) -> str:
    """Give the resolv.conf of a pod in a namespace, as a kubelet writes it."""
    search = f"{namespace}.svc.cluster.local svc.cluster.local cluster.local"
    return f"nameserver {site.node_address}\nsearch {search}\noptions ndots:5\n"


def user(pod: Object, container: Object) -> tuple[int, int] | None:
    """Give the user and the group of a container; None for those of the node.

    Only those of a pod with init containers: what Istio's writes there tells by the user what the pod's proxy sends
    from what its application does. Other proxies are the node's, as are their files.
    """
    wanted = container.get("securityContext", {})
    if "initContainers" not in pod["spec"] or "runAsUser" not in wanted:
        return None
    return wanted["runAsUser"], wanted.get("runAsGroup", 0)


def answers(namespace: str, container: Object) -> bool:
    """Probe a container as its readiness probe says; one without is ready when its first port is open."""
    probe = container.get("readinessProbe", {}).get("httpGet")
    if probe is None and not container.get("ports"):
        return True
    try:
        with netns.inside(namespace):
            if probe is None:
                socket.create_connection(("127.0.0.1", container["ports"][0]["containerPort"]), 1).close()
                return True
            connection = http.client.HTTPConnection("127.0.0.1", probe["port"], timeout=1)
            connection.request("GET", probe["path"])
            status = connection.getresponse().status
            connection.close()
            return status < http.client.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False


def environment(container: Object, pod: Object) -> dict[str, str]:
    """Give a container's variables, but for those that say what it is limited to: the lab limits nothing."""
    items = container.get("env", ())
    return {item["name"]: value(item, pod) for item in items if "resourceFieldRef" not in item.get("valueFrom", {})}


def value(item: Object, pod: Object) -> str:
    """Give the value of a container's variable; empty if it is that of a field that the pod does not have."""
    if "valueFrom" not in item:
        return str(item.get("value", ""))
    part, _, name = item["valueFrom"].get("fieldRef", {}).get("fieldPath", "").partition(".")
    return str(pod[part].get(name, "")) if part else ""


def _expanded(word: str, env: Mapping[str, str]) -> str:
    for name, value in env.items():
        word = word.replace(f"$({name})", value)
    return word


def main() -> None:
    """Run the node."""
    lab = Lab.load(sys.argv[1])
    node = Node(lab, lab.topology.sites[sys.argv[2]])
    told = ""
    while True:
        try:
            node.sync()
            told = ""
        except (ApiError, OSError, netns.CommandError, ValueError) as error:
            if str(error) != told:
                told = str(error)
                print(json.dumps({"error": told}), file=sys.stderr, flush=True)
        with suppress(InterruptedError):
            time.sleep(_PAUSE)


if __name__ == "__main__":
    main()
