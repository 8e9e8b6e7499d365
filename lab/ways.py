"""Four ways of a request from one cluster's client to the same backend in another, all by the same tunnel.

Without a gateway, the backend is called on the WAN port itself: nothing else of a pod crosses the SD-WAN.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from lab import client, deploy, handwritten, wan
from lab.api import Api, Object
from lab.cluster import MANAGER
from lab.first_request import answered, tunnels
from lab.load import Target
from lab.state import Lab
from lab.topology import Site
from lab.waiting import LabError, undisturbed, wait
from mcwan.model.imports import Path

EXPORTING, IMPORTING, NAMESPACE, POLICY, PORT = "east", "west", "secure", "high", 8080
NO_GATEWAY, DIRECT, GATEWAY, HANDWRITTEN = "no gateway", "direct", "gateway", "hand-written"
_BACKEND, _INGRESS, _EGRESS = "load", "load-ingress", "load-egress"
_EXPORTS: Mapping[str, Path] = {f"{_BACKEND}-direct": "direct", f"{_BACKEND}-gateway": "gateway"}


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
def standing(lab: Lab) -> Iterator[tuple[Lab, Mapping[str, Target]]]:
    """Stand the four ways up on a lab; it is as it was in the end. Raises LabError.

    Gives the lab with its exports, and where each way begins; each is seen to lead through the right tunnel.
    """
    exporting = with_exports(lab)
    sites = exporting.topology.sites
    with _pods(exporting) as targets:
        try:
            deploy.deploy(exporting)
            deploy.wait_programmed(exporting)
            for way, name in zip((DIRECT, GATEWAY), _EXPORTS, strict=True):
                targets[way] = _resolved(sites[IMPORTING], *imported(name))
            for way, target in targets.items():
                _seen(exporting, way, target)
            yield exporting, {way: targets[way] for way in (NO_GATEWAY, DIRECT, GATEWAY, HANDWRITTEN)}
        finally:
            with undisturbed():
                deploy.deploy(lab)


@contextmanager
def _pods(lab: Lab) -> Iterator[dict[str, Target]]:
    """Run the backend and the Envoys written by hand; give the ways that need no more than them."""
    exporting, importing = (lab.topology.sites[name] for name in (EXPORTING, IMPORTING))
    wan_port = lab.fabric.wan_policies[POLICY].port
    egress_host = f"{_EGRESS}.{NAMESPACE}"
    with lab.api(exporting) as there, lab.api(importing) as here:
        made: list[tuple[Api, Object]] = []

        def run(api: Api, name: str, config: Object, port: int) -> str:
            for one in (handwritten.service(name, NAMESPACE, port), handwritten.pod(name, NAMESPACE, config, port)):
                made.append((api, one))
                api.apply(one, manager=MANAGER)
            return _address(api, name)

        try:
            backend = run(there, _BACKEND, handwritten.backend([PORT, wan_port]), PORT)
            config = handwritten.proxy(wan_port, egress_host, (backend, PORT))
            ingress = run(there, _INGRESS, config, wan_port)
            run(here, _EGRESS, handwritten.proxy(PORT, egress_host, (ingress, wan_port)), PORT)
            yield {
                NO_GATEWAY: Target(backend, wan_port, f"{_BACKEND}.{NAMESPACE}"),
                HANDWRITTEN: _resolved(importing, egress_host, PORT),
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
