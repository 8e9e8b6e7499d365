"""A lab that is up, or on its way: what it is called, what it was made from, where its files lie."""

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lab.api import Api
from lab.processes import Keeper
from lab.tools import Tools
from lab.topology import Site, Topology, topology
from lab.waiting import LabError
from mcwan import stack
from mcwan.model import Fabric

API_PORT = 6443
_DEFAULT = "lab"
_RUNNING = Path("/run/mcwan-lab")
"""Not on disk: what is in it means nothing after a restart of the machine."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")


def lab_name(variable: str = "MCWAN_LAB") -> str:
    """Give a lab's name: what an environment variable says, or `lab`. Raises LabError."""
    name = os.environ.get(variable, _DEFAULT)
    if not _NAME.fullmatch(name):
        raise LabError(
            f"{variable}={name!r}: not a lab's name; allowed: 1 to 20 small letters, digits and inner hyphens"
        )
    return name


def directory(name: str) -> Path:
    """Give the directory of a lab's files."""
    return _RUNNING / name


def make(target: str, name: str) -> str:
    """Give the command that makes a target for a lab."""
    return f"make {target}" if name == _DEFAULT else f"MCWAN_LAB={name} make {target}"


@dataclass(frozen=True)
class Lab:
    """A lab: its name, its stack's name and configuration, its tools, the token that its API servers know.

    `pulumi` is the program that its stack is deployed by; None where there is none.
    """

    name: str
    stack: str
    config: dict[str, Any]
    tools: Tools
    token: str
    pulumi: Path | None

    @cached_property
    def fabric(self) -> Fabric:
        """The stack's fabric."""
        return stack.fabric(self.stack, self.config)

    @cached_property
    def topology(self) -> Topology:
        """What the lab consists of."""
        return topology(self.name, self.fabric)

    @property
    def directory(self) -> Path:
        """Where its files lie."""
        return directory(self.name)

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig with a context per cluster, for use at the desk."""
        return self.directory / "kubeconfig"

    def site_directory(self, site: Site) -> Path:
        """Where one site's files lie."""
        return self.directory / site.cluster

    def keeper(self, site: Site) -> Keeper:
        """Give the keeper of a node's own processes."""
        return Keeper(self.site_directory(site) / "processes")

    def api(self, site: Site) -> Api:
        """Give a client of a site's API server, for one thread."""
        certificate = (self.site_directory(site) / "certificates" / "apiserver.crt").read_text(encoding="ascii")
        return Api(site.node, str(site.node_address), API_PORT, self.token, certificate)

    def save(self) -> None:
        """Write it down, for commands that come later."""
        tools = {key: str(value) for key, value in vars(self.tools).items() if isinstance(value, Path)}
        definitions = [str(path) for path in self.tools.definitions]
        content: dict[str, Any] = {"stack": self.stack, "config": self.config, "tools": tools}
        content |= {"definitions": definitions, "pulumi": str(self.pulumi) if self.pulumi else None}
        file = self.directory / "lab.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(content | {"token": self.token}), encoding="utf-8")

    @classmethod
    def load(cls, name: str) -> "Lab":
        """Read a lab that was written down. Raises LabError."""
        try:
            content = json.loads((directory(name) / "lab.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise LabError(f"there is no lab {name!r}; {make('lab', name)} brings it up") from None
        definitions = tuple(Path(path) for path in content["definitions"])
        tools = Tools(**{key: Path(value) for key, value in content["tools"].items()}, definitions=definitions)
        pulumi = Path(content["pulumi"]) if content["pulumi"] else None
        return cls(name, content["stack"], content["config"], tools, content["token"], pulumi)
