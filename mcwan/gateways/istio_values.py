"""What Istio has to be told of a mesh when it is installed: values for its own Helm chart istiod."""

from mcwan.model.mesh import Mesh
from mcwan.plan.manifests import Manifest


def values(cluster: str, mesh: Mesh) -> Manifest:
    """Give the values: who its workloads are, and that names of ServiceEntries resolve in pods with a sidecar.

    The latter need an address each, which istiod gives (on by default from Istio 1.25), and a sidecar that answers DNS.
    """
    config: Manifest = {
        "trustDomain": mesh.trust_domain,
        "rootNamespace": mesh.root_namespace,
        "defaultConfig": {"proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true"}},
    }
    if mesh.aliases:
        config["trustDomainAliases"] = sorted(mesh.aliases)
    return {
        "global": {"multiCluster": {"clusterName": cluster}},
        "env": {"PILOT_ENABLE_IP_AUTOALLOCATE": "true"},
        "meshConfig": config,
    }
