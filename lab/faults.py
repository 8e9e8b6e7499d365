"""One thing broken at a time, while a client sends requests as fast as eight connections carry them.

Each fault is a context: broken inside, mended when it is left, even if that is by an exception.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass

from lab import certificates, client, deploy, load, pods, wan, workloads
from lab.api import Object
from lab.cluster import MANAGER
from lab.load import Target
from lab.state import Lab
from lab.waiting import LabError, wait
from mcwan import stack
from mcwan.model import Fabric
from mcwan.model.tls import Role
from mcwan.plan.names import INGRESS, NAMESPACE, cluster_host, clusterset

Fault = Callable[[Lab], AbstractContextManager[None]]
CALLER = "edge"
_BEFORE = 2.0
"""Seconds of load before something breaks."""


@dataclass(frozen=True)
class Outcome:
    """What the client saw: requests, those that failed, the longest wait in ms; bytes that arrived a second later.

    `arrived` counts those in the second second of the fault, by tunnel, sending and receiving cluster.
    """

    requests: int
    failed: int
    longest: float
    arrived: dict[tuple[str, str, str], int]


def imported(lab: Lab, service: str, cluster: str = CALLER) -> Target:
    """Say where a cluster's clients send requests for an import, as name.namespace."""
    name, _, namespace = service.partition(".")
    host = cluster_host(f"{clusterset(name)}.{namespace}")
    (port,) = (export.all_ports[0].port for export in lab.fabric.exports if export.key == service)
    return Target(client.resolve(lab.topology.sites[cluster], host), port, f"{host}:{port}")


def under(lab: Lab, service: str, fault: Fault, broken: float, after: float = 2.0, path: str = "/") -> Outcome:
    """Send load from the caller, break something for so many seconds, mend it, and go on for a while."""
    target, site = imported(lab, service), lab.topology.sites[CALLER]
    return during(lab, lambda seconds: load.count(site, target, seconds, path), fault, broken, after)


def during(lab: Lab, send: Callable[[int], load.Counted], fault: Fault, broken: float, after: float = 2.0) -> Outcome:
    """Do the same with load that is sent otherwise; `send` gets for how many seconds.

    Raises LabError if the load ends before the fault does: what was to be counted then was not sent.
    """
    counted: list[load.Counted] = []
    seconds = int(_BEFORE + broken + after + 1)
    breaking = fault(lab)
    sending = threading.Thread(target=lambda: counted.append(send(seconds)))
    sending.start()
    try:
        time.sleep(_BEFORE)
        with breaking:
            time.sleep(min(1.0, broken))
            first = wan.octets(lab.topology)
            time.sleep(min(1.0, max(broken - 1, 0)))
            second = wan.octets(lab.topology)
            time.sleep(max(broken - 2, 0))
            if not sending.is_alive():
                raise LabError(
                    f"the load of {seconds} s ended before the fault did: this machine took longer to break it; "
                    "send load for longer after it"
                )
    finally:
        sending.join()
    moved = {flow: second[flow] - first[flow] for flow in second if flow.direction == "in"}
    arrived = {(flow.tunnel, flow.remote, flow.site): count for flow, count in moved.items() if count}
    (one,) = counted
    return Outcome(one.requests, one.failed, one.longest, arrived)


def nothing(_: Lab) -> AbstractContextManager[None]:
    """Break nothing: what the same load looks like on a whole lab."""
    return nullcontext()


def beside(service: str, path: str, seconds: int) -> Fault:
    """The same caller sends as many requests for another service, whatever their answers are."""

    @contextmanager
    def fault(lab: Lab) -> Iterator[None]:
        site, target = lab.topology.sites[CALLER], imported(lab, service)
        sending = threading.Thread(target=load.count, args=(site, target, seconds, path))
        sending.start()
        try:
            yield
        finally:
            sending.join()

    return fault


def tunnel_lost(tunnel: str) -> Fault:
    """All packets of a tunnel are lost, in silence."""

    @contextmanager
    def fault(lab: Lab) -> Iterator[None]:
        wan.lose(lab.topology, {tunnel: 100})
        try:
            yield
        finally:
            wan.lose(lab.topology, {})

    return fault


def gateway_killed(cluster: str) -> Fault:
    """The ingress gateway's pod is killed, and again whenever it is started anew."""

    @contextmanager
    def fault(lab: Lab) -> Iterator[None]:
        over, pod = threading.Event(), _ingress(lab, cluster)

        def kill() -> None:
            while not over.wait(0.05):
                _signal(lab, cluster, pod, signal.SIGKILL)

        killing = threading.Thread(target=kill)
        _signal(lab, cluster, pod, signal.SIGKILL)
        killing.start()
        try:
            yield
        finally:
            over.set()
            killing.join()

    return fault


def gateway_hangs(cluster: str) -> Fault:
    """The ingress gateway's processes are stopped: connections stay open, and nobody answers."""

    @contextmanager
    def fault(lab: Lab) -> Iterator[None]:
        pod = _ingress(lab, cluster)
        _signal(lab, cluster, pod, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(lab, cluster, pod, signal.SIGCONT)

    return fault


def backends_gone(cluster: str, service: str) -> Fault:
    """Every pod of a service in a cluster is gone."""

    @contextmanager
    def fault(lab: Lab) -> Iterator[None]:
        site = lab.topology.sites[cluster]
        name, _, namespace = service.partition(".")
        pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}}
        with lab.api(site) as api:
            api.delete(pod)
            try:
                yield
            finally:
                wait(lambda: not deploy.exists(api, pod), f"the pod of {service} is gone from {cluster}")
                for one in workloads.objects(lab.fabric, cluster):
                    if deploy.identity(one)[1:] in ((("Pod", namespace, name)), ("Service", namespace, name)):
                        api.apply(one, manager=MANAGER)

    return fault


def certificates_rotated(roles: tuple[Role, ...] = certificates.ROLES) -> Fault:
    """Every gateway of every cluster gets a new certificate of the same root."""

    @contextmanager
    def fault(lab: Lab) -> Iterator[None]:
        for site in lab.topology.sites.values():
            with lab.api(site) as api:
                for role in roles:
                    files = certificates.gateway(lab, site, role, certificates.authority(lab))
                    api.apply(certificates.secret(lab, site, role, files), manager=MANAGER)
        yield

    return fault


def edited(service: str, *steps: Mapping[str, object], pause: float = 0.0) -> Fault:
    """An export's settings are other ones, step by step, so many seconds apart; and then as they were."""

    @contextmanager
    def applied(lab: Lab, every: list[dict[str, list[Object]]], before: dict[str, list[Object]]) -> Iterator[None]:
        try:
            for objects in every:
                deploy.apply_objects(lab, objects)
                time.sleep(pause)
            yield
        finally:
            deploy.apply_objects(lab, before)

    def fault(lab: Lab) -> AbstractContextManager[None]:
        """Plan all of it beforehand: that takes longer than applying it, while load is sent for so long only."""
        every = [deploy.rendered(changed(lab, {service: step})) for step in steps]
        return applied(lab, every, deploy.rendered(lab.fabric))

    return fault


def changed(lab: Lab, updates: Mapping[str, Mapping[str, object]]) -> Fabric:
    """Give the lab's fabric with other settings of some exports, as they are written. Raises MistakesError."""
    exports = [{**one, **updates.get(one["service"], {})} for one in lab.config["exports"]]
    return stack.fabric(lab.stack, {**lab.config, "exports": exports})


def _signal(lab: Lab, cluster: str, pod: str, number: signal.Signals) -> None:
    """Send a signal to what runs in a pod of a cluster, and to nothing else."""
    for pid in pods.keeper(lab, lab.topology.sites[cluster]).all(pod):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _ingress(lab: Lab, cluster: str) -> str:
    return pods.gateway(lab, lab.topology.sites[cluster], f"{INGRESS}.{NAMESPACE}")
