"""The description: what an operator writes for one environment."""

from functools import cached_property
from typing import Annotated

from pydantic import Field, StrictBool

from mcwan.model.base import Model
from mcwan.model.cluster import Cluster
from mcwan.model.export import Export
from mcwan.model.facts import Facts
from mcwan.model.imports import Import
from mcwan.model.leaves import MAX_CLUSTERS, MAX_LISTENERS, ClusterName, DnsLabel, LabelKey, LabelValue, UserName
from mcwan.model.sdwan import SDWAN
from mcwan.model.telemetry import Telemetry
from mcwan.model.tls import TLS, Certificates
from mcwan.model.wan_policy import WANPolicy


class Manage(Model):
    """What of the fabric's own, per cluster, this program makes. Switch off what somebody else makes."""

    namespace: StrictBool = True
    """The namespace mc-wan."""
    wan_policy_crd: StrictBool = True
    """The CustomResourceDefinition of WANPolicy."""
    wan_policy_guard: StrictBool = True
    """The admission policy that has only deployments change or delete WANPolicies; Kubernetes 1.30 or newer."""
    wan_policy_writers: tuple[UserName, ...] = ()
    """Users that it lets do both, too, as the API server calls them: the service account of Flux or Argo CD, say."""


class Description(Model):
    """What an operator writes in a stack file, each key with `mcwan:` before it."""

    clusters: Annotated[dict[ClusterName, Cluster], Field(min_length=1, max_length=MAX_CLUSTERS)]
    """The clusters, by name."""
    wan_policies: Annotated[dict[DnsLabel, WANPolicy], Field(min_length=1, max_length=MAX_LISTENERS)]
    """The WAN policies, by name. Each is a listener of every ingress gateway: 64 at most."""
    exports: tuple[Export, ...] = ()
    """The services that clusters offer."""
    imports: tuple[Import, ...] = ()
    """Where the consuming side wants it otherwise."""
    manage: Manage = Manage()
    """What of the fabric's own this program makes."""
    tls: TLS = TLS()
    """TLS between the gateways."""
    telemetry: Telemetry = Telemetry()
    """What is told of requests."""
    facts: Facts = Facts()
    """How facts are taken over from live clusters."""
    sdwan: SDWAN = SDWAN()
    """What the systems of the SD-WAN call tunnels and sites; for `mcwan sdwan`."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels that every object gets, beside those of mcwan: a cost centre, an owner."""

    @cached_property
    def secure(self) -> frozenset[str]:
        """The WAN policies between whose gateways there is mutual TLS."""
        return frozenset(
            name for name, policy in self.wan_policies.items() if (policy.tls or self.tls.mode) == "mutual"
        )

    def certificates(self, cluster: str) -> Certificates:
        """Say where a cluster's certificates come from: as written for it, else as for all."""
        own = self.clusters[cluster].tls
        return own if own.issuer or own.secrets else self.tls
