"""What the plan asks of a gateway profile: the part of a gateway that Gateway API cannot say yet.

A profile is a module of `mcwan.gateways`; the plan gets it as an argument and knows none by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mcwan.model.cluster import Cluster, Exposure
from mcwan.model.telemetry import Telemetry
from mcwan.model.tls import Role
from mcwan.model.traffic import Traffic
from mcwan.plan.manifests import Manifest

Feature = Literal[
    "mutual TLS", "fabric only", "callers", "failover", "traffic", "span", "access log", "tracing", "NetworkPolicy"
]
FEATURES: Mapping[Feature, str] = {
    "mutual TLS": "Gateways show each other certificates, and check each other's name or identity.",
    "fabric only": "An ingress gateway admits clients of its own fabric only, if several have one root.",
    "callers": "`callers` of an export.",
    "failover": "`failover` of a WAN policy or export, `spare` of an offer.",
    "traffic": "`traffic` of a WAN policy or export: timeouts, retries, outliers, limits, health checks.",
    "span": "The header `spanid`.",
    "access log": "An access log with export, WAN policy, tunnel, source and destination.",
    "tracing": "`mcwan:telemetry.otlp`.",
    "NetworkPolicy": "A NetworkPolicy for the WAN ports, once every cluster has `sources`.",
}
"""What a profile may be able to do."""


@dataclass(frozen=True)
class Certificate:
    """A gateway's certificate: the Secret that holds it, in the gateway's namespace, and the fabric's root."""

    secret: str
    domain: str
    ca_config_map: str | None


@dataclass(frozen=True)
class GatewayRequest:
    """A gateway that the plan is about to make; `site` is its cluster's name.

    `secure` are those of the ports with mutual TLS; `certificate` is None if there is none.
    """

    role: Role
    name: str
    namespace: str
    cluster: Cluster
    ports: tuple[int, ...]
    labels: Mapping[str, str]
    addresses: tuple[str, ...] = ()
    site: str = ""
    secure: frozenset[int] = frozenset()
    certificate: Certificate | None = None
    telemetry: Telemetry | None = None


@dataclass(frozen=True)
class Infrastructure:
    """What an implementation needs, to run a gateway inside the SD-WAN only and under a known name.

    `pods` are labels of the gateway's pods, in the namespace of its Service, if they are known. `service` is the
    name.namespace of the Service by which clients inside the cluster reach the gateway. `tls` goes to the Gateway's
    spec, `listener_tls` to its listeners with mutual TLS.
    """

    service: str
    annotations: Mapping[str, str] | None = None
    spec: Mapping[str, Any] | None = None
    objects: tuple[Manifest, ...] = ()
    pods: Mapping[str, str] | None = None
    tls: Mapping[str, Any] | None = None
    listener_tls: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class TargetRequest:
    """A target whose ports of some WAN policies have mutual TLS, or all that it has.

    `kind` is Service, or what a spare is. `certificate` is that of the egress gateway that sends to it.
    """

    name: str
    namespace: str
    kind: str
    labels: Mapping[str, str]
    remote: str
    secure: Mapping[str, int]
    every: bool
    certificate: Certificate


@dataclass(frozen=True)
class SpareRequest:
    """A remote ingress gateway by one WAN policy, for requests that cannot go where they should; `secure`: by TLS."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    addresses: tuple[str, ...]
    port: int
    secure: bool = False


@dataclass(frozen=True)
class RouteRequest:
    """An egress route, and how the requests of its rules are treated, by rule; `whole` if those are all its rules.

    Of an ingress route: the Gateway that it attaches to, and its host names.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    rules: Mapping[str, Traffic]
    whole: bool = True
    gateway: str = ""
    hostnames: tuple[str, ...] = ()


class Profile(Protocol):
    """A gateway profile."""

    EXPOSURES: frozenset[Exposure]
    """How an ingress gateway can be made reachable."""
    FEATURES: frozenset[Feature]
    """What it can do beyond that; `mcwan.gateways` refuses a description that asks a cluster for more."""
    LACKS: Mapping[Feature, str]
    """Of every other feature, why not, or what holds instead."""
    TARGET_PROTOCOL: str
    """The appProtocol of its targets: by which its egress gateway speaks to a remote ingress gateway."""
    TARGET_KIND: tuple[str, str]
    """The API group and kind of a spare."""
    SPAN: str
    """What the header `spanid` is set to where requests leave: the client's own, else a new one; empty: no header."""

    def infrastructure(self, request: GatewayRequest) -> Infrastructure:
        """Give what the implementation needs for a gateway."""
        ...

    def target_tls(self, request: TargetRequest) -> tuple[Manifest, ...]:
        """Give what makes an egress gateway speak mutual TLS to a target."""
        ...

    def spare(self, request: SpareRequest) -> Manifest:
        """Give what a route's spare backend refers to; it is called as the request says."""
        ...

    def traffic(self, request: RouteRequest) -> tuple[Manifest, ...]:
        """Give what treats a route's requests as wanted."""
        ...

    def traffic_class(self, name: str, selector: Mapping[str, str], request: RouteRequest) -> tuple[Manifest, ...]:
        """Give the same for all routes with some labels; `request` has one rule."""
        ...

    def callers(self, request: RouteRequest, identities: Sequence[str]) -> tuple[Manifest, ...]:
        """Give what refuses everybody else on an ingress route."""
        ...
