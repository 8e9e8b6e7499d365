"""What the plan asks of a gateway profile: the part of a gateway that Gateway API cannot say yet.

A profile is a module of `mcwan.gateways`; the plan gets it as an argument and knows none by name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from mcwan.model.cluster import Cluster, Exposure
from mcwan.model.matches import Match
from mcwan.model.telemetry import Telemetry
from mcwan.model.tls import Role
from mcwan.model.traffic import Traffic
from mcwan.plan.manifests import Manifest

Feature = Literal[
    "exposure",
    "mutual TLS",
    "fabric only",
    "callers",
    "federated",
    "callers of a mesh",
    "failover",
    "failover of own pods",
    "traffic",
    "span",
    "access log",
    "tracing",
    "NetworkPolicy",
]
FEATURES: Mapping[Feature, str] = {
    "exposure": "How an ingress gateway is reached is said, so that the Internet is kept out.",
    "mutual TLS": "Gateways show each other certificates, and check each other's name or identity.",
    "fabric only": "An ingress gateway admits clients of its own fabric only, if several have one root.",
    "callers": "`callers` of an export.",
    "federated": "Imports with path `federated`: the clients' own sidecars send.",
    "callers of a mesh": "Exports to clusters that import them `federated`: callers are workloads themselves.",
    "failover": "`failover` of a WAN policy or export, `spare` of an offer.",
    "failover of own pods": "The same for the share of requests that the importing cluster's own pods answer.",
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

    `secure` are those of the ports with mutual TLS; `certificate` is None if there is none. `awaited`: its address is
    waited for. `meshes`: by trust domain, the host names that workloads of that mesh may ask an ingress gateway for.
    """

    role: Role
    name: str
    namespace: str
    cluster: Cluster
    ports: tuple[int, ...]
    labels: Mapping[str, str]
    addresses: tuple[str, ...] = ()
    awaited: bool = False
    site: str = ""
    secure: frozenset[int] = frozenset()
    certificate: Certificate | None = None
    telemetry: Telemetry | None = None
    meshes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Infrastructure:
    """What an implementation needs, to run a gateway inside the SD-WAN only and under a known name.

    `pods` are labels of the gateway's pods, in the namespace of its Service, if they are known, and `metrics` the ports
    at which these tell their metrics. `service` is the name.namespace of the Service by which clients inside the
    cluster reach the gateway. `tls` goes to the Gateway's spec, `listener_tls` to its listeners with mutual TLS.
    """

    service: str
    annotations: Mapping[str, str] | None = None
    spec: Mapping[str, Any] | None = None
    objects: tuple[Manifest, ...] = ()
    pods: Mapping[str, str] | None = None
    metrics: tuple[int, ...] = ()
    tls: Mapping[str, Any] | None = None
    listener_tls: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class TargetRequest:
    """A target with a port for each of some WAN policies; `secure` are those of them that have mutual TLS.

    `kind` is Service, or what a spare is. `certificate` is that of the egress gateway that sends to it; None where all
    is plaintext.
    """

    name: str
    namespace: str
    kind: str
    labels: Mapping[str, str]
    remote: str
    policies: tuple[str, ...]
    secure: tuple[str, ...]
    certificate: Certificate | None


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
class UpstreamPlace:
    """A remote ingress gateway by one WAN policy; `weight` is its share among its like, the first choices or spares."""

    cluster: str
    addresses: tuple[str, ...]
    port: int
    weight: int
    spare: bool


@dataclass(frozen=True)
class UpstreamRequest:
    """The places of an export by one WAN policy, as one upstream, which routes refer to by a host name and `port`.

    `certificate` is that of the egress gateway; None if the WAN policy is plaintext. `mesh` is the root namespace of
    the mesh whose workloads send to it themselves, as who they are; of the certificate only the domain matters then.
    `by_alpn`: a place may speak HTTP/1 only, by TLS too.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    host: str
    wan_policy: str
    port: int
    places: tuple[UpstreamPlace, ...]
    traffic: Traffic
    gateway: str
    certificate: Certificate | None
    mesh: str | None = None
    by_alpn: bool = False


class Destination(NamedTuple):
    """Where a mesh's sidecars send requests: a host name of the mesh's registry, a port, and the share."""

    host: str
    port: int
    weight: int


@dataclass(frozen=True)
class FederatedRule:
    """What sidecars do with the requests that a rule matches, on one port or, if that is None, on the only one."""

    name: str
    matches: tuple[Match, ...]
    port: int | None
    host: str
    headers: Mapping[str, str]
    destinations: tuple[Destination, ...]
    traffic: Traffic
    spares: bool = False
    """Whether there are places that only take over."""


@dataclass(frozen=True)
class FederatedRequest:
    """An export, as a mesh's own clients call it.

    `names` are host names that the mesh has to be told of, `hosts` all by which clients call it; `ports` by name.
    `filter` names what lies in `mesh`, the root namespace of the mesh. `egress`: the host name of the egress gateway,
    which has the same ports and to which clients without a sidecar go; empty: they go nowhere.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    export: str
    filter: str
    mesh: str
    names: tuple[str, ...]
    hosts: tuple[str, ...]
    ports: Mapping[str, int]
    rules: tuple[FederatedRule, ...]
    egress: str = ""


@dataclass(frozen=True)
class Treatment:
    """What a rule of a route says itself of how its requests are treated: request headers, and fields of the rule."""

    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


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
    BACKEND: tuple[str, str]
    """The API group and kind of a spare or of an upstream, as a route refers to it."""
    TAKEN: tuple[int, ...]
    """Ports at which a gateway's own pods listen for other purposes, so that no listener can."""
    SPAN: str
    """What the header `spanid` is set to where requests leave: the client's own, else a new one; empty: no header."""

    def infrastructure(self, request: GatewayRequest) -> Infrastructure:
        """Give what the implementation needs for a gateway."""
        ...

    def target(self, request: TargetRequest) -> tuple[Manifest, ...]:
        """Give what makes an egress gateway send to a target as wanted: by mutual TLS, for one."""
        ...

    def treatment(self, settings: Traffic) -> Treatment:
        """Give what a rule of an egress route says itself of how its requests are treated."""
        ...

    def traffic(self, request: RouteRequest) -> tuple[Manifest, ...]:
        """Give what treats a route's requests as wanted, beside the route."""
        ...

    @property
    def traffic_class(self) -> "Callable[[str, Mapping[str, str], RouteRequest], tuple[Manifest, ...]] | None":
        """Give the same for all routes with some labels; `request` has one rule. None: each route says it for itself.

        The arguments: a name, the labels, the request.
        """
        ...

    @property
    def spare(self) -> "Callable[[SpareRequest], Manifest] | None":
        """Give what a route has beside its targets for a spare, called as the request says; None: it has none."""
        ...

    @property
    def upstream(self) -> "Callable[[UpstreamRequest], tuple[Manifest, ...]] | None":
        """Give what keeps the places of an export together, for which it has no targets.

        None: a route has all places among its backends, as targets and spares.
        """
        ...

    @property
    def federated(self) -> "Callable[[FederatedRequest], tuple[Manifest, ...]] | None":
        """Give what makes a mesh's sidecars send an export's requests; None: the implementation has no mesh."""
        ...

    @property
    def strict(self) -> "Callable[[str, Mapping[str, str]], Manifest] | None":
        """Give what has a mesh's workloads refuse plaintext: the arguments are its root namespace, and labels."""
        ...

    @property
    def callers(self) -> "Callable[[RouteRequest, Sequence[str]], tuple[Manifest, ...]] | None":
        """Give what refuses everybody else on an ingress route; the identities are the arguments' second."""
        ...
