"""Who may connect to an ingress gateway at all: a NetworkPolicy that admits the other clusters' gateways only.

Certificates say who may ask for what; this keeps everybody else away from the WAN ports, inside the cluster, too, and
closes the gateway's other ports but those of its metrics, which every pod of the cluster may read. It is made once
every cluster says where its requests come from.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mcwan.model.export import Export
from mcwan.plan.context import Context
from mcwan.plan.gateways import egress_request, infrastructure, ingress_request
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.own_share import leads_home


class Pods(NamedTuple):
    """Pods of a gateway: their namespace, and their labels."""

    namespace: str
    labels: Mapping[str, str]

    @property
    def peer(self) -> Manifest:
        """Give what admits them."""
        return {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}},
            "podSelector": {"matchLabels": dict(self.labels)},
        }


def ingress_protection(context: Context, cluster: str, export: Export | None = None) -> list[Manifest]:
    """Give the NetworkPolicy of a cluster's ingress gateway, or of an export's own; it is called as their Service.

    None while a cluster's sources are not known. The cluster's own are admitted, too, and, where its egress gateways
    send to it, their pods: inside a cluster a connection may have the address of its pod.
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
    spec = closed(needs.pods, networks, request.ports, needs.metrics, _own_gateways(context, cluster, export))
    return [manifest("networking.k8s.io/v1", "NetworkPolicy", name, namespace, request.labels, spec=spec)]


def _own_gateways(context: Context, cluster: str, export: Export | None) -> list[Pods]:
    """Give the pods of the cluster's egress gateways that send to its ingress gateway, or to an export's own."""
    led = [export] if export else [one for one in context.exports.values() if one.scope == "shared"]
    senders = [importing.export for target in led for importing in leads_home(context, cluster, target)]
    egress = {one.key: one for one in senders if one.scope == "service"}
    requests = [egress_request(context, cluster, (), one) for one in egress.values()]
    if any(one.scope == "shared" for one in senders):
        requests.append(egress_request(context, cluster, ()))
    every = [infrastructure(context, cluster, request) for request in requests]
    return [Pods(needs.service.partition(".")[2], needs.pods) for needs in every if needs.pods]


def closed(
    pods: Mapping[str, str],
    networks: Iterable[str],
    ports: Iterable[int],
    metrics: Iterable[int],
    gateways: Iterable[Pods] = (),
) -> Manifest:
    """Give the spec of a NetworkPolicy that admits some networks to the WAN ports, and the cluster to the metrics.

    `gateways` are the cluster's own that are admitted to the WAN ports, too.
    """
    ordered = sorted({(one.namespace, *sorted(one.labels.items())): one for one in gateways}.items())
    own = [one.peer for _, one in ordered]
    return {
        "podSelector": {"matchLabels": dict(pods)},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [*({"ipBlock": {"cidr": network}} for network in networks), *own],
                "ports": [{"protocol": "TCP", "port": port} for port in ports],
            },
            {
                "from": [{"namespaceSelector": {}}],
                "ports": [{"protocol": "TCP", "port": port} for port in metrics],
            },
        ],
    }
