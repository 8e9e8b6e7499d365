"""What objects say, in the words of the fabric: WAN policies, clusters, exports, and the flows between clusters."""

from collections.abc import Mapping
from functools import cached_property

from pydantic import Field

from mcwan.model.base import Model

Rule = tuple[str, str, int | None, str]
"""What makes a flow itself: importing cluster, export, port that clients ask for, rule."""


class PolicyOn(Model):
    """A WAN policy as one cluster has it."""

    cluster: str
    name: str
    tunnel: str
    port: int | None
    sla: dict[str, float] = Field(default_factory=dict)
    """What is asked of the tunnel, by the field: jitterMs, latencyMs, lossPercent."""
    tls: str = ""
    failover: str = ""
    unread: tuple[str, ...] = ()
    """Fields that are not known."""


class Cluster(Model):
    """A cluster's gateways."""

    name: str
    profile: str
    """`envoy-gateway`, `istio` or `standard`."""
    gateway_class: str
    addresses: tuple[str, ...] = ()
    """Where the other clusters reach its ingress gateway."""
    trust_domain: str = ""
    """That of its mesh, if workloads call for themselves there."""


class Offer(Model):
    """A cluster that offers an export."""

    export: str
    cluster: str
    service: str
    """The Service that is exported, as name.namespace."""
    rules: dict[str, str]
    """The WAN policy of each rule; `all` is the one rule of an export that has one for the whole service."""
    words: dict[str, str] = Field(default_factory=dict)
    """What each rule matches."""
    admits: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The rules that the ingress gateway admits, by WAN policy."""
    answers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The Services that answer each rule, as name.namespace."""
    callers: tuple[str, ...] | None = None
    """Who may call it, as clusters; null is everybody."""
    own_gateway: bool = False


BOTH = "federated and gateway"
"""The path of what an ambient mesh imports federated: clients without a sidecar go by the egress gateway."""


class Way(Model):
    """Where a part of a flow's requests go."""

    cluster: str
    policy: str | None
    """The WAN policy; null is the cluster itself, where no request leaves it."""
    share: float
    """Percent of the requests; of a spare, of those that go on to spares."""
    spare: bool = False
    service: str = ""
    """The Service that answers on the cluster itself, as name.namespace."""


class Flow(Model):
    """The requests of one rule, as one importing cluster sends them."""

    cluster: str
    export: str
    port: int | None
    rule: str
    words: str
    """What the rule matches: `GET /payment`, `all requests`."""
    path: str
    """`gateway`, `direct`, `federated` or, of an ambient mesh, BOTH."""
    asks: str
    """The export that is asked: another one where the importing side's own rules say so."""
    to: tuple[Way, ...]

    @property
    def key(self) -> Rule:
        """What makes it itself."""
        return (self.cluster, self.export, self.port, self.rule)

    @property
    def remote(self) -> tuple[Way, ...]:
        """The first choices on other clusters."""
        return tuple(one for one in self.to if one.policy is not None and not one.spare)

    @property
    def policies(self) -> tuple[str, ...]:
        """The WAN policies that its requests travel by while all is well."""
        return tuple(sorted({one.policy for one in self.remote if one.policy is not None}))


class View(Model):
    """A fabric as its objects say it."""

    clusters: tuple[Cluster, ...] = ()
    policies: tuple[PolicyOn, ...] = ()
    offers: tuple[Offer, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    """Importing cluster and export."""
    flows: tuple[Flow, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    """Importing cluster and export whose flows are not known."""
    doubts: tuple[str, ...] = Field(default=(), repr=False)
    """Why something is not known."""

    @cached_property
    def by_cluster(self) -> Mapping[str, Cluster]:
        """The clusters by name."""
        return {one.name: one for one in self.clusters}

    @cached_property
    def by_policy(self) -> Mapping[str, Mapping[str, PolicyOn]]:
        """The WAN policies by name and cluster."""
        found: dict[str, dict[str, PolicyOn]] = {}
        for one in self.policies:
            found.setdefault(one.name, {})[one.cluster] = one
        return found

    @cached_property
    def by_export(self) -> Mapping[str, Mapping[str, Offer]]:
        """The offers by export and cluster."""
        found: dict[str, dict[str, Offer]] = {}
        for one in self.offers:
            found.setdefault(one.export, {})[one.cluster] = one
        return found

    @cached_property
    def importers(self) -> Mapping[str, tuple[str, ...]]:
        """The importing clusters of each export."""
        found: dict[str, list[str]] = {}
        for cluster, export in self.imports:
            found.setdefault(export, []).append(cluster)
        return {export: tuple(clusters) for export, clusters in found.items()}

    def profile(self, cluster: str) -> str | None:
        """Give the profile of a cluster's gateways; None if nothing tells it: an update was interrupted."""
        return self.by_cluster[cluster].profile if cluster in self.by_cluster else None

    def trust_domain(self, cluster: str) -> str:
        """Give the trust domain of a cluster's mesh; empty if there is none, or if it is not told."""
        return self.by_cluster[cluster].trust_domain if cluster in self.by_cluster else ""

    def policy(self, name: str) -> PolicyOn | None:
        """Give a WAN policy as the first cluster has it; None if there is none."""
        return next(iter(self.by_policy.get(name, {}).values()), None)
