"""Who may connect to the ingress gateways at all: a NetworkPolicy that admits the other clusters' gateways only.

Certificates say who may ask for what; this keeps everybody else away from the WAN ports, inside the cluster, too, and
closes the gateways' other ports: whoever scrapes metrics needs a policy of its own. It is made once every cluster says
where its requests come from, and for shared gateways only.
"""

from collections.abc import Iterable, Mapping

from mcwan.plan.context import Context
from mcwan.plan.gateways import infrastructure, ingress_request
from mcwan.plan.manifests import Manifest, manifest


def ingress_protection(context: Context, cluster: str) -> list[Manifest]:
    """Give the NetworkPolicy of a cluster's ingress gateway; none while a cluster's sources are not known.

    The cluster's own are admitted, too: a spare may be itself. Only what listens on a WAN port is concerned.
    """
    fabric = context.fabric
    if not all(one.sources for one in fabric.clusters.values()):
        return []
    request = ingress_request(context, cluster)
    needs = infrastructure(context, cluster, request)
    if not needs.pods:
        return []
    networks = sorted({str(network) for one in fabric.clusters.values() for network in one.sources})
    namespace = needs.service.partition(".")[2]
    spec = closed(needs.pods, networks, request.ports)
    return [manifest("networking.k8s.io/v1", "NetworkPolicy", request.name, namespace, request.labels, spec=spec)]


def closed(pods: Mapping[str, str], networks: Iterable[str], ports: Iterable[int]) -> Manifest:
    """Give the spec of a NetworkPolicy that keeps everybody but some networks away, and them from other ports."""
    return {
        "podSelector": {"matchLabels": dict(pods)},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"ipBlock": {"cidr": network}} for network in networks],
                "ports": [{"protocol": "TCP", "port": port} for port in ports],
            }
        ],
    }
