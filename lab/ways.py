"""Six ways of a request from one cluster's client to the same backend in another, all by the same tunnel.

Without a gateway, the backend is called on the WAN port itself: nothing else of a pod crosses the SD-WAN.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from lab import client, deploy, handwritten, pods, wan
from lab.api import Api, Object
from lab.cluster import MANAGER
from lab.first_request import answered, tunnels
from lab.load import Target
from lab.state import Lab
from lab.topology import Site
from lab.waiting import LabError, undisturbed, wait
from mcwan.gateways.envoy import ACCESS_LOG
from mcwan.model.imports import Path

EXPORTING, IMPORTING, NAMESPACE, POLICY, PORT = "east", "west", "secure", "high", 8080
NO_GATEWAY, DIRECT, GATEWAY = "no gateway", "direct", "gateway"
HANDWRITTEN_INGRESS, HANDWRITTEN, LOGGING = "hand-written ingress", "hand-written", "hand-written, logging"
WAYS = (NO_GATEWAY, DIRECT, HANDWRITTEN_INGRESS, GATEWAY, HANDWRITTEN, LOGGING)
_BACKEND = "load"
_SHARED_INGRESS, _SHARED_EGRESS = "mc-wan-ingress.mc-wan", "mc-wan-egress.mc-wan"
_EXPORTS: Mapping[str, Path] = {f"{_BACKEND}-direct": "direct", f"{_BACKEND}-gateway": "gateway"}


@dataclass(frozen=True)
class Way:
    """Where load begins, and the ids of the processes that are the proxies on its way."""

    target: Target
    proxies: tuple[int, ...] = ()


def with_exports(lab: Lab, paths: Mapping[str, Path] = _EXPORTS) -> Lab:
    """Give the lab with a stack that exports the backend, in addition, under names that are imported by a path each."""
    offer = {"service": f"{_BACKEND}.{NAMESPACE}", "port": PORT, "from": [EXPORTING], "wanPolicy": POLICY}
    added: dict[str, list[Any]] = {
        "exports": [offer | {"name": name} for name in paths],
        "imports": [{"service": f"{name}.{NAMESPACE}", "path": path} for name, path in paths.items()],
    }
    return replace(lab, config=lab.config | {key: [*lab.config.get(key, []), *more] for key, more in added.items()})


def tunnel(lab: Lab) -> str:
    """Name the tunnel that all of it has to travel by."""
    return lab.fabric.wan_policies[POLICY].tunnel


def imported(name: str) -> tuple[str, int]:
    """Give the host name and port by which clients reach what is exported under a name."""
    return f"{name}-clusterset.{NAMESPACE}", PORT


@contextmanager
def standing(lab: Lab) -> Iterator[tuple[Lab, Mapping[str, Way]]]:
    """Stand the six ways up on a lab; it is as it was in the end. Raises LabError.

    Gives the lab with its exports, and the ways; each is seen to lead through the right tunnel.
    """
    exporting = with_exports(lab)
    sites = exporting.topology.sites
    with _pods(exporting) as found:
        try:
            deploy.deploy(exporting)
            deploy.wait_programmed(exporting)
            ingress, egress = (
                pods.processes(lab, site, pods.gateway(lab, site, name))
                for site, name in ((sites[EXPORTING], _SHARED_INGRESS), (sites[IMPORTING], _SHARED_EGRESS))
            )
            direct, gateway = (_resolved(sites[IMPORTING], *imported(name)) for name in _EXPORTS)
            found |= {DIRECT: Way(direct, ingress), GATEWAY: Way(gateway, (*egress, *ingress))}
            for name, way in found.items():
                _seen(exporting, name, way.target)
            yield exporting, {name: found[name] for name in WAYS}
        finally:
            with undisturbed():
                deploy.deploy(lab)


@contextmanager
def _pods(lab: Lab) -> Iterator[dict[str, Way]]:
    """Run the backend and the Envoys written by hand; give the ways that need no more than them."""
    exporting, importing = (lab.topology.sites[name] for name in (EXPORTING, IMPORTING))
    wan_port = lab.fabric.wan_policies[POLICY].port
    with lab.api(exporting) as there, lab.api(importing) as here:
        made: list[tuple[Api, Object]] = []

        def run(api: Api, name: str, config: Object, port: int) -> str:
            for one in (handwritten.service(name, NAMESPACE, port), handwritten.pod(name, NAMESPACE, config, port)):
                made.append((api, one))
                api.apply(one, manager=MANAGER)
            return _address(api, name)

        def pair(name: str, log: Mapping[str, str]) -> tuple[Way, Way]:
            """Give the way through the ingress alone, and that through both."""
            host = f"{name}-egress.{NAMESPACE}"
            ingress = run(there, f"{name}-ingress", handwritten.proxy(wan_port, host, (backend, PORT), log), wan_port)
            run(here, f"{name}-egress", handwritten.proxy(PORT, host, (ingress, wan_port), log), PORT)
            first = pods.processes(lab, importing, f"{NAMESPACE}.{name}-egress")
            second = pods.processes(lab, exporting, f"{NAMESPACE}.{name}-ingress")
            alone = Way(Target(ingress, wan_port, host), second)
            return alone, Way(_resolved(importing, host, PORT), (*first, *second))

        try:
            backend = run(there, _BACKEND, handwritten.backend([PORT, wan_port]), PORT)
            ingress, both = pair(_BACKEND, {})
            _, logging = pair(f"{_BACKEND}-logging", ACCESS_LOG)
            yield {
                NO_GATEWAY: Way(Target(backend, wan_port, f"{_BACKEND}.{NAMESPACE}")),
                HANDWRITTEN_INGRESS: ingress,
                HANDWRITTEN: both,
                LOGGING: logging,
            }
        finally:
            with undisturbed():
                for api, one in reversed(made):
                    api.delete(one)
                wait(lambda: not any(deploy.exists(*one) for one in made), "what the benchmark made is gone")


def _address(api: Api, name: str) -> str:
    """Give a pod's address once it is ready."""
    found: dict[str, str] = {}

    def ready() -> bool:
        status = api.get("v1", "Pod", name, NAMESPACE).get("status", {})
        found["address"] = status.get("podIP", "")
        return any(item["type"] == "Ready" and item["status"] == "True" for item in status.get("conditions", ()))

    wait(ready, f"pod {name} is ready")
    return found["address"]


def _resolved(site: Site, host: str, port: int) -> Target:
    return Target(client.resolve(site, host), port, f"{host}:{port}")


def _seen(lab: Lab, way: str, target: Target) -> None:
    """Wait until a way answers, and see which tunnel it takes."""
    site, url = lab.topology.sites[IMPORTING], f"{target.host.partition(':')[0]}:{target.port}/"
    wait(lambda: answered(site, url, target.address), f"way {way} answers")
    before = wan.packets(lab.topology)
    client.ask(site, "GET", url, address=target.address)
    if (used := tunnels(before, wan.packets(lab.topology))) != {tunnel(lab)}:
        raise LabError(f"way {way} leads by the tunnels {sorted(used)}; wanted: {tunnel(lab)}")
