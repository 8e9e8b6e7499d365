"""Exports: a service that clusters offer to the others, and the WAN policy of each of its requests."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool

from mcwan.model.base import Model
from mcwan.model.cluster import Address
from mcwan.model.leaves import (
    MAX_ADDRESSES,
    MAX_MATCHES,
    AccountName,
    BackendName,
    ClusterRef,
    DnsLabel,
    FailoverRef,
    LabelKey,
    LabelValue,
    Port,
    ServiceName,
    ServicePart,
    WANPolicyRef,
    Weight,
)
from mcwan.model.matches import Match
from mcwan.model.traffic import Traffic

Scope = Literal["shared", "service"]


class ServicePort(Model):
    """One port of an exported service."""

    name: DnsLabel
    """The port's name, as the Service has it."""
    port: Port
    """The port's number, as the Service has it."""


class Offer(Model):
    """One cluster that offers the service. A plain cluster name stands for the cluster with weight 1."""

    cluster: ClusterRef
    """The exporting cluster."""
    weight: Weight = 1
    """Its share of the requests, relative to the other offers': the number of its pods, say. 0 leaves it out. If not
    written, the ready pods that its cluster's `facts` tell of; else 1."""
    spare: StrictBool = False
    """Whether it gets requests only while the offers that are no spares cannot answer."""
    addresses: Annotated[tuple[Address, ...], Field(max_length=MAX_ADDRESSES)] = ()
    """With `scope: service` only: the addresses of the export's own ingress gateway on this cluster."""


class Caller(Model):
    """One cluster that may call. A plain cluster name stands for the cluster with all that it sends."""

    cluster: ClusterRef
    """The calling cluster."""
    accounts: Annotated[tuple[AccountName, ...], Field(max_length=100)] = ()
    """Where the cluster imports by path federated: the service accounts, as name.namespace, whose workloads may call;
    all of its mesh, if not written."""


def _caller(value: object) -> object:
    return {"cluster": value} if isinstance(value, str) else value


def _offer(value: object) -> object:
    return {"cluster": value} if isinstance(value, str) else value


class Rule(Model):
    """Requests of an export that travel by one WAN policy."""

    name: DnsLabel
    """The rule's name, once per export."""
    matches: Annotated[tuple[Match, ...], Field(max_length=MAX_MATCHES)] = ()
    """Which requests: those that any of the matches matches; every request, if none is written."""
    wan_policy: WANPolicyRef
    """The WAN policy that they travel by."""
    backend: BackendName | None = None
    """Another service of the exporting clusters that answers them, as name (same namespace) or name.namespace: a
    canary, say. It sees the export's own host name and port."""


class Export(Model):
    """A service that one or more clusters offer to the others."""

    service: ServiceName
    """The service, as name.namespace."""
    name: ServicePart | None = None
    """The name that it is exported under, if not its own: the same service can be exported under several names."""
    port: Port | None = None
    """The service's port, if it exports one; its name is then http. If neither `port` nor `ports` is written, those
    that the `facts` of the clusters tell of."""
    ports: tuple[ServicePort, ...] = ()
    """The service's ports, if it exports several."""
    from_: Annotated[
        tuple[Annotated[Offer, BeforeValidator(_offer, json_schema_input_type=ClusterRef | Offer)], ...],
        Field(alias="from", min_length=1),
    ]
    """The clusters that offer it: names, or {cluster, weight}."""
    wan_policy: WANPolicyRef | None = None
    """The WAN policy of all its requests; or `rules`."""
    rules: tuple[Rule, ...] = ()
    """In order: the first rule that matches says which WAN policy. What no rule matches is refused."""
    scope: Scope = "shared"
    """shared: the cluster's gateways. service: a pair of gateways of its own, in the service's namespace."""
    failover: FailoverRef | None = None
    """The WAN policy that its requests travel by while they cannot by their own; none for never. If not written, as
    their WAN policy says."""
    callers: (
        tuple[Annotated[Caller, BeforeValidator(_caller, json_schema_input_type=ClusterRef | Caller)], ...] | None
    ) = None
    """The clusters that may call it over the SD-WAN: names, or {cluster, accounts}; every cluster that imports it, if
    not written. Needs mutual TLS."""
    exported_labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels that its imports get, too (KEP-1645's exportedLabels)."""
    exported_annotations: dict[LabelKey, Annotated[str, Field(strict=True)]] = Field(default_factory=dict)
    """Annotations that its imports get, too (KEP-1645's exportedAnnotations)."""
    traffic: Traffic = Traffic()
    """How requests to it are treated; what is not written is as their WAN policy says."""

    @cached_property
    def namespace(self) -> str:
        """The service's namespace."""
        return self.service.partition(".")[2]

    @cached_property
    def exported_name(self) -> str:
        """The name without the namespace."""
        return self.name or self.service.partition(".")[0]

    @cached_property
    def key(self) -> str:
        """What imports and everything made for the export call it: exported name and namespace, `payment.secure`."""
        return f"{self.exported_name}.{self.namespace}"

    @cached_property
    def all_ports(self) -> tuple[ServicePort, ...]:
        """The ports, one or several, sorted by number."""
        if self.port is not None:
            return (ServicePort(name="http", port=self.port),)
        return tuple(sorted(self.ports, key=lambda port: port.port))

    @cached_property
    def offers(self) -> dict[str, Offer]:
        """The offers by cluster, ordered by cluster."""
        return {offer.cluster: offer for offer in sorted(self.from_, key=lambda offer: offer.cluster)}

    @cached_property
    def all_rules(self) -> tuple[Rule, ...]:
        """The rules; for an export with a service-level policy the one that it amounts to."""
        if self.wan_policy is not None:
            return (Rule(name="all", wan_policy=self.wan_policy),)
        return self.rules

    @cached_property
    def wan_policies(self) -> tuple[str, ...]:
        """The WAN policies that it uses, sorted."""
        return tuple(sorted({rule.wan_policy for rule in self.all_rules}))

    @cached_property
    def backend_namespaces(self) -> tuple[str, ...]:
        """The namespaces of the Services that answer it, sorted: every offering cluster needs them."""
        backends = {qualified(rule.backend, self.namespace) for rule in self.rules if rule.backend}
        return tuple(sorted({service.partition(".")[2] for service in (self.service, *backends)}))


def qualified(service: str, namespace: str) -> str:
    """Give a backend's full name: `payment-v2` in `secure` is `payment-v2.secure`."""
    return service if "." in service else f"{service}.{namespace}"
