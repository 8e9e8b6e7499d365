"""What Istio has to be told of a mesh when it is installed: values for its own Helm chart istiod."""

from mcwan.model.mesh import Mesh
from mcwan.plan.manifests import Manifest


def values(cluster: str, mesh: Mesh) -> Manifest:
    """Give the values: who its workloads are, and that names of ServiceEntries resolve in pods with a sidecar.

    The latter need an address each, which istiod gives (on by default from Istio 1.25), and a sidecar that answers DNS.
    What an ambient mesh needs is what the chart's own profile ambient says (files/profile-ambient.yaml).
    """
    proxies = {"ISTIO_META_DNS_CAPTURE": "true"}
    variables = {"PILOT_ENABLE_IP_AUTOALLOCATE": "true"}
    if mesh.ambient:
        proxies["ISTIO_META_ENABLE_HBONE"] = "true"
        variables["PILOT_ENABLE_AMBIENT"] = "true"
    config: Manifest = {
        "trustDomain": mesh.trust_domain,
        "rootNamespace": mesh.root_namespace,
        "defaultConfig": {"proxyMetadata": proxies},
    }
    if mesh.aliases:
        config["trustDomainAliases"] = sorted(mesh.aliases)
    return {
        "global": {"multiCluster": {"clusterName": cluster}},
        "env": variables,
        "meshConfig": config,
    }
