"""A plan in plain values: what the components' outputs, the stack's outputs and the command line's tables tell."""

from typing import Any

from mcwan.model.importing import egress_rules
from mcwan.plan import names
from mcwan.plan.addresses import is_awaited
from mcwan.plan.expand import Owner, Plan
from mcwan.plan.exports import caller_identities
from mcwan.plan.gateways import egress_request, infrastructure, ingress_request, shared_egress_ports


def gateway_summary(plan: Plan) -> dict[str, Any]:
    """Give the gateways of each cluster, and how many imports one update may withdraw, since rules see no stack."""
    limit = plan.fabric.facts.withdrawals
    return {"clusters": gateways(plan), "withdrawals": limit.model_dump(mode="json", by_alias=True)}


def gateways(plan: Plan) -> dict[str, Any]:
    """Give, per cluster, its gateways with their listeners, its addresses, and its targets."""
    context, fabric = plan.context, plan.fabric
    ports = shared_egress_ports(context)
    wan_ports = {name: policy.port for name, policy in sorted(fabric.wan_policies.items())}
    # one that is waited for is told by the cluster itself: the outputs of an update and of the next are the same
    addresses = {
        name: [] if is_awaited(context, name) else [str(a) for a in fabric.clusters[name].ingress.addresses]
        for name in context.clusters
    }
    found: dict[str, Any] = {}
    for cluster in context.clusters:
        ingress = ingress_request(context, cluster)
        found[cluster] = {
            "ingress": {
                "gateway": f"{ingress.name}.{ingress.namespace}",
                "service": infrastructure(context, cluster, ingress).service,
                "addresses": addresses[cluster],
                "listeners": wan_ports,
            },
            "targets": {remote: found for remote, found in addresses.items() if found and remote != cluster},
        }
        if cluster in ports:
            egress = egress_request(context, cluster, ports[cluster])
            found[cluster]["egress"] = {
                "gateway": f"{egress.name}.{egress.namespace}",
                "service": infrastructure(context, cluster, egress).service,
                "ports": list(egress.ports),
            }
    return found


def wan_policy_summary(plan: Plan, policy: str) -> dict[str, Any]:
    """Give a WAN policy's tunnel and service level, and its port by cluster."""
    specs = {cluster: one["spec"] for cluster, (one,) in plan.by_owner[Owner("WANPolicy", policy)].items()}
    spec = next(iter(specs.values()))
    ports = {cluster: one["port"] for cluster, one in specs.items()}
    found = {"policy": policy, "tunnel": spec["tunnel"], "sla": spec["sla"], "tls": spec["tls"], "wanPorts": ports}
    return found | ({"failover": spec["failover"]} if "failover" in spec else {})


def export_summary(plan: Plan, key: str) -> dict[str, Any]:
    """Give an export's service, names, ports, weight by cluster, callers, and its WAN policy or that of each rule."""
    export = plan.context.exports[key]
    found: dict[str, Any] = {
        "service": export.service,
        "hostnames": names.hostnames(export.exported_name, export.namespace),
        "ports": [port.port for port in export.all_ports],
        "weights": {cluster: offer.weight for cluster, offer in export.offers.items()},
    }
    known = caller_identities(plan.context, export)
    if known is not None:
        found["callers"] = known
    if export.wan_policy is not None:
        return found | {"wanPolicy": export.wan_policy}
    return found | {"rules": {rule.name: rule.wan_policy for rule in export.rules}}


def import_summary(plan: Plan, key: str) -> dict[str, Any]:
    """Give, per importing cluster, the path and the WAN policy of each rule."""
    export = plan.context.exports[key]
    clusters = {
        one.cluster: {
            "path": " and ".join(one.paths),
            "rules": {rule.name: rule.wan_policy for rule in egress_rules(one, plan.context.exports)},
        }
        for one in plan.context.imports[key]
    }
    return {
        "name": names.cluster_host(f"{names.clusterset(export.exported_name)}.{export.namespace}"),
        "clusters": clusters,
    }
