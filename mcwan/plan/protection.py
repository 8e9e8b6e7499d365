"""Who may connect to an ingress gateway at all: a NetworkPolicy that admits the other clusters' gateways only.

Certificates say who may ask for what; this keeps everybody else away from the WAN ports, inside the cluster, too, and
closes the gateway's other ports but those of its metrics, which every pod of the cluster may read. It is made once
every cluster says where its requests come from.
"""

from collections.abc import Iterable, Mapping

from mcwan.model.export import Export
from mcwan.plan.context import Context
from mcwan.plan.gateways import infrastructure, ingress_request
from mcwan.plan.manifests import Manifest, manifest


def ingress_protection(context: Context, cluster: str, export: Export | None = None) -> list[Manifest]:
    """Give the NetworkPolicy of a cluster's ingress gateway, or of an export's own; it is called as their Service.

    None while a cluster's sources are not known. The cluster's own are admitted, too: a spare may be itself.
    """
    fabric = context.fabric
    if not all(one.sources for one in fabric.clusters.values()):
        return []
    request = ingress_request(context, cluster, export)
    needs = infrastructure(context, cluster, request)
    if not needs.pods:
        return []
    name, _, namespace = needs.service.partition(".")
    networks = sorted({str(network) for one in fabric.clusters.values() for network in one.sources})
    spec = closed(needs.pods, networks, request.ports, needs.metrics)
    return [manifest("networking.k8s.io/v1", "NetworkPolicy", name, namespace, request.labels, spec=spec)]


def closed(pods: Mapping[str, str], networks: Iterable[str], ports: Iterable[int], metrics: Iterable[int]) -> Manifest:
    """Give the spec of a NetworkPolicy that admits some networks to the WAN ports, and the cluster to the metrics."""
    return {
        "podSelector": {"matchLabels": dict(pods)},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"ipBlock": {"cidr": network}} for network in networks],
                "ports": [{"protocol": "TCP", "port": port} for port in ports],
            },
            {
                "from": [{"namespaceSelector": {}}],
                "ports": [{"protocol": "TCP", "port": port} for port in metrics],
            },
        ],
    }
