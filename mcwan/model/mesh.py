"""A cluster's mesh of workloads: whose identities its sidecars show, and where what holds for all of them lies."""

from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints

from mcwan.model.base import Model
from mcwan.model.leaves import DNS_NAME, DnsLabel

TrustDomain = Annotated[str, StringConstraints(strict=True, pattern=DNS_NAME, max_length=253)]


class Mesh(Model):
    """Istio's mesh on a cluster, as far as its own clients call what other clusters export."""

    trust_domain: TrustDomain
    """The trust domain of its workloads' identities, as its meshConfig has it; Istio's default is cluster.local. The
    meshes of a fabric need different ones, else nobody can tell whose workload a caller is."""
    aliases: Annotated[tuple[TrustDomain, ...], Field(max_length=50)] = ()
    """Further trust domains that its own workloads take for theirs (meshConfig.trustDomainAliases); for the values that
    `mcwan mesh` writes. mcwan's own policies need none: they name each trust domain."""
    root_namespace: DnsLabel = "istio-system"
    """Where what holds for every sidecar lies (meshConfig.rootNamespace)."""
    ambient: StrictBool = False
    """Whether some of its workloads have no sidecar, but ztunnel (Istio's ambient mode). ztunnel knows no WAN policies:
    what the cluster imports federated, its egress gateway asks for in their stead, in the cluster's own name."""
    strict: StrictBool = False
    """Whether workloads of the whole mesh refuse plaintext: a PeerAuthentication in the root namespace."""


def workloads(trust_domain: str) -> str:
    """Give the pattern of the identities of all workloads of a mesh; `*` stands for the rest, as Istio writes it."""
    return f"spiffe://{trust_domain}/*"


def workload(trust_domain: str, account: str) -> str:
    """Give the identity of a mesh's workloads with a service account, name.namespace (Istio's SPIFFE IDs)."""
    name, _, namespace = account.rpartition(".")
    return f"spiffe://{trust_domain}/ns/{namespace}/sa/{name}"


def trust_domain(identity: str) -> str:
    """Give the trust domain of a mesh's workloads, by an identity or the pattern of all; empty if it is none of those.

    The inverse of `workload` and `workloads`.
    """
    trust, _, path = identity.removeprefix("spiffe://").partition("/")
    return trust if identity == workloads(trust) or path.startswith("ns/") else ""
