"""What a diagnosis knows of a cluster: its facts, and objects with their status. Frozen values, without a client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from mcwan.facts.report import Failure, Reading

Part = Literal["uid", "gateways", "services", "policies", "roots", "mesh", "namespaces", "daemonsets"]


@dataclass(frozen=True)
class Survey:
    """One cluster. What is None could not be read; `failures` says why.

    `uid` is that of the namespace kube-system, which no two clusters share. `gateways`, `services` and `policies` are
    all Gateways, Services and WANPolicies that are there, as the API server has them. `roots` are the certificates that
    its mesh trusts (PEM), `mesh` is the mesh's own config (YAML), as the ConfigMaps in the mesh's root namespace have
    them: empty where there is none. `namespaces` are all that are there and, where the mesh is said to be ambient,
    `daemonsets`. A cluster without a mesh is not asked.
    """

    reading: Reading = field(default_factory=Reading)
    uid: str | None = None
    gateways: tuple[Mapping[str, Any], ...] | None = None
    services: tuple[Mapping[str, Any], ...] | None = None
    policies: tuple[Mapping[str, Any], ...] | None = None
    roots: str | None = None
    mesh: str | None = None
    namespaces: tuple[Mapping[str, Any], ...] | None = None
    daemonsets: tuple[Mapping[str, Any], ...] | None = None
    failures: Mapping[Part, Failure] = field(default_factory=dict)


@dataclass(frozen=True)
class Certificate:
    """A certificate: when it is valid, who signed it, and the DNS names and URIs that it is for.

    `issuer`, `key` (the authority key identifier), `own` (the subject key identifier) and `fingerprint` (SHA-256) are
    hexadecimal; `key` and `own` are empty if the certificate has none.
    """

    begins: datetime
    ends: datetime
    issuer: str
    key: str = ""
    names: tuple[str, ...] = ()
    own: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Shown:
    """What came of a TLS handshake with a gateway: its own certificate first, or why there is none.

    `answers` says whether a TCP connection was made at all.
    """

    cluster: str
    address: str
    port: int
    certificates: tuple[Certificate, ...] = ()
    answers: bool = True
    problem: str = ""

    @property
    def place(self) -> str:
        """Name it as a person does: `198.51.100.11:31111`, `[fd00::1]:31111`."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
