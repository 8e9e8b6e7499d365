"""What the plan asks of a gateway profile: the part of a gateway that Gateway API cannot say yet.

A profile is a module of `mcwan.gateways`; the plan gets it as an argument and knows none by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mcwan.model.cluster import Cluster, Exposure
from mcwan.plan.manifests import Manifest


@dataclass(frozen=True)
class GatewayRequest:
    """A gateway that the plan is about to make."""

    role: Literal["ingress", "egress"]
    name: str
    namespace: str
    cluster: Cluster
    ports: tuple[int, ...]
    labels: Mapping[str, str]
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Infrastructure:
    """What an implementation needs, to run a gateway inside the SD-WAN only and under a known name.

    `service` is the name.namespace of the Service by which clients inside the cluster reach the gateway.
    """

    service: str
    annotations: Mapping[str, str] | None = None
    spec: Mapping[str, Any] | None = None
    objects: tuple[Manifest, ...] = ()


class Profile(Protocol):
    """A gateway profile."""

    EXPOSURES: frozenset[Exposure]
    """How an ingress gateway can be made reachable."""

    def infrastructure(self, request: GatewayRequest) -> Infrastructure:
        """Give what the implementation needs for a gateway."""
        ...
