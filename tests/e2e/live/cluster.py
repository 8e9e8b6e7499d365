"""What the tests make and break in a cluster; each is undone when it is left."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import yaml

from lab import deploy
from lab.api import ApiError, Object
from lab.cluster import MANAGER, definitions
from lab.deploy import exists
from lab.node import SERVER_IMAGE
from lab.state import Lab
from lab.waiting import wait

SECONDS = 60.0
_LISTED = (
    ("v1", "Namespace"),
    ("gateway.networking.k8s.io/v1", "Gateway"),
    ("multicluster.x-k8s.io/v1beta1", "ServiceImport"),
)
"""What a server that has just started is asked for, before it is taken to answer as others do."""


@contextmanager
def namespace(lab: Lab, name: str, *clusters: str) -> Iterator[None]:
    """A namespace on some clusters; it is on its way out when this is left."""
    manifest: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    with ExitStack() as undone:
        for cluster in clusters:
            with lab.api(lab.topology.sites[cluster]) as api:
                wait(lambda: not exists(api, manifest), f"an earlier {name} is gone from {cluster}", SECONDS)
            undone.callback(remove, lab, cluster, manifest)
            apply(lab, cluster, manifest)
        yield


def apply(lab: Lab, cluster: str, *manifests: Object) -> None:
    """Apply what is the cluster owner's."""
    with lab.api(lab.topology.sites[cluster]) as api:
        for one in manifests:
            api.apply(one, manager=MANAGER)


def remove(lab: Lab, cluster: str, *manifests: Object) -> None:
    """Delete it again."""
    with lab.api(lab.topology.sites[cluster]) as api:
        for one in manifests:
            api.delete(one)


@contextmanager
def applied(lab: Lab, cluster: str, manifest: Object) -> Iterator[None]:
    """An object of the cluster owner's."""
    with ExitStack() as undone:
        undone.callback(remove, lab, cluster, manifest)
        apply(lab, cluster, manifest)
        yield


def service(name: str, ports: Sequence[Object] = ({"name": "http", "port": 8080},), **spec: Any) -> Object:
    """Give the Service of a name.namespace; without a selector, unless one is written."""
    called, _, within = name.partition(".")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": called, "namespace": within},
        "spec": {"ports": list(ports), **spec},
    }


def deployment(name: str, replicas: int) -> list[Object]:
    """Give the Service of a name.namespace, and a Deployment with so many pods for it."""
    called, _, within = name.partition(".")
    labels = {"app": called}
    container: Object = {"name": "server", "image": SERVER_IMAGE, "args": [json.dumps({"service": name}), "8080"]}
    container |= {"ports": [{"containerPort": 8080}]}
    return [
        service(name, selector=labels),
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": called, "namespace": within},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [container], "automountServiceAccountToken": False},
                },
            },
        },
    ]


def scale(lab: Lab, cluster: str, name: str, replicas: int) -> None:
    """Have so many pods of a service, and wait until its EndpointSlices say that they are ready."""
    apply(lab, cluster, *deployment(name, replicas))
    called, _, within = name.partition(".")
    with lab.api(lab.topology.sites[cluster]) as api:

        def settled() -> bool:
            slices = api.all(
                "discovery.k8s.io/v1", "EndpointSlice", within, labelSelector=f"kubernetes.io/service-name={called}"
            )
            every = [endpoint for one in slices for endpoint in one["endpoints"] or ()]
            return len(slices) > 0 and [one["conditions"]["ready"] for one in every] == [True] * replicas

        wait(settled, f"{replicas} pods of {name} are ready on {cluster}", SECONDS)


@contextmanager
def server_stopped(lab: Lab, cluster: str) -> Iterator[None]:
    """A cluster's API server does not run."""
    site = lab.topology.sites[cluster]
    keeper = lab.keeper(site)
    spec = json.loads((keeper.directory / "apiserver.json").read_text(encoding="utf-8"))
    keeper.stop("apiserver", grace=1)
    try:
        yield
    finally:
        keeper.start("apiserver", spec["argv"], netns=spec["netns"])

        def ready() -> bool:
            try:
                with lab.api(site) as api:
                    api.request("GET", "/readyz")
                    for version, kind in _LISTED:
                        api.all(version, kind)
            except (ApiError, OSError):
                return False
            return True

        wait(ready, f"the API server of {cluster} is ready again", 2 * SECONDS)


@contextmanager
def server_hanging(lab: Lab, cluster: str) -> Iterator[None]:
    """A cluster's API server takes connections, and answers nothing."""
    pid = lab.keeper(lab.topology.sites[cluster]).pid("apiserver")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def definition_changed(lab: Lab, cluster: str, name: str, *, unserved: str = "") -> Iterator[None]:
    """A definition of the MCS API is not there, or has a version that is not served. The stack's objects come again."""
    api_version = "apiextensions.k8s.io/v1"
    site = lab.topology.sites[cluster]
    with lab.api(site) as api:
        there = api.get(api_version, "CustomResourceDefinition", name)
    wanted = next(
        one
        for file in sorted(lab.tools.definitions[-1].parent.glob("mcs-api/*.yaml"))
        for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        if one["metadata"]["name"] == name
    )
    assert there["metadata"]["name"] == wanted["metadata"]["name"]
    try:
        if unserved:
            versions = [one | {"served": one["name"] != unserved} for one in wanted["spec"]["versions"]]
            apply(lab, cluster, wanted | {"spec": wanted["spec"] | {"versions": versions}})
        else:
            remove(lab, cluster, wanted)
            with lab.api(site) as api:
                wait(lambda: not exists(api, wanted), f"{name} is gone from {cluster}", SECONDS)
        yield
    finally:
        with lab.api(site) as api:
            definitions(api, tuple(one for one in lab.tools.definitions if one.name == "mcs-api"))
        deploy.apply(lab, lab.fabric)
