"""Imports: what the consuming side may say of an export."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from mcwan.model.base import Model
from mcwan.model.leaves import MAX_MATCHES, ClusterRef, DnsLabel, ServiceName, WANPolicyRef
from mcwan.model.matches import Match

Path = Literal["gateway", "direct", "federated"]


class ImportRule(Model):
    """Requests of the consuming side that travel by one WAN policy, perhaps to another export."""

    name: DnsLabel
    """The rule's name, once per import."""
    matches: Annotated[tuple[Match, ...], Field(max_length=MAX_MATCHES)] = ()
    """Which requests: those that any of the matches matches; every request, if none is written."""
    wan_policy: WANPolicyRef | None = None
    """One of the export's WAN policies. Need not be written where the export has only one."""
    backend: ServiceName | None = None
    """Another export, as name.namespace, that answers instead: a canary, say."""


class Import(Model):
    """How clusters import an export, where it is not to be as the export says.

    Without any entry every cluster that has the namespace imports an export, by `gateway`, with the export's own rules.
    """

    service: ServiceName
    """The export's name, as name.namespace."""
    clusters: tuple[ClusterRef, ...] | None = None
    """Which clusters this entry is for: every cluster that has the namespace, if not written; none, if the list is
    empty. Once an export has entries, clusters that none of them is for do not import it."""
    path: Path = "gateway"
    """gateway: through the egress gateway. direct: straight to the remote ingress gateway; for an export with one
    port and a service-level WAN policy. federated: the clients' own sidecars pick the WAN policy, and speak mutual TLS
    to the remote ingress gateways as themselves; on clusters with a `mesh`."""
    mesh_tls: StrictBool = False
    """With path direct, where the WAN policy is not plaintext: says that the clients' own mesh speaks mutual TLS to the
    ingress gateways, with certificates of the fabric's root."""
    rules: tuple[ImportRule, ...] = ()
    """The consuming side's own rules, in order, instead of the export's."""
