"""Gateway implementations that a cluster of the lab can run: the stack's gateway profile says which."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from lab.api import Api, Object
from lab.gateways import envoy_gateway, istio
from lab.images import Image
from lab.state import Lab
from lab.tools import Tools
from lab.topology import Site


class Implementation(Protocol):
    """A module that runs an implementation of Gateway API in a cluster of the lab."""

    IMAGE: str
    """What is in the name of the image of its proxies."""
    ADMIN: int
    """The port of its proxies' admin interface, at their pods' loopback."""

    def image(self, tools: Tools) -> Image:
        """Give what runs in place of that image."""
        ...

    def owner(self, pod: Object) -> str:
        """Give the name.namespace of the Gateway whose pod it is; empty if it is none's."""
        ...

    def objects(self, site: Site) -> list[Object]:
        """Give what the cluster has for it from the start."""
        ...

    def start(self, lab: Lab, site: Site, api: Api, kubeconfig: Path, manager: str) -> None:
        """Start its controller, and wait until it takes its class. Raises LabError."""
        ...


IMPLEMENTATIONS: Mapping[str, Implementation] = {"envoy-gateway": envoy_gateway, "istio": istio}
"""By gateway profile; `lab.topology` refuses the others."""
