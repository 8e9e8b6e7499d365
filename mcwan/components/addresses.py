"""Addresses by data flow: from the Service of a gateway that is made in the same update to what leads there."""

from functools import partial
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Service

from mcwan.components.register import Addresses, Foundation, Providers
from mcwan.plan import Plan
from mcwan.plan.names import INGRESS
from mcwan.plan.summary import gateways


def await_addresses(
    name: str, plan: Plan, providers: Providers, foundation: Foundation, parent: pulumi.Resource
) -> Addresses:
    """Give the addresses that balancers give the ingress gateways, once those are programmed.

    One resource for each cluster whose address is waited for: its gateway's Service, read and not managed.
    """
    found: dict[str, pulumi.Input[str]] = {}
    for word, one in plan.awaited.items():
        service, _, namespace = gateways(plan)[one.cluster]["ingress"]["service"].partition(".")
        gateway = foundation[one.cluster][INGRESS]
        if not isinstance(gateway, pulumi.CustomResource):
            raise TypeError(f"{one.cluster}: {INGRESS} is no resource of a provider")
        # the id is known once the gateway is there: before, the Service is not, and reading it would fail
        read = Service.get(
            f"{name}/{one.cluster}/{namespace}/{service}",
            gateway.id.apply(partial(_id, namespace, service)),
            pulumi.ResourceOptions(parent=parent, provider=providers[one.cluster], depends_on=[gateway]),
        )
        found[word] = read.status.apply(partial(_address, one.cluster, f"{service}.{namespace}"))
    return found


def _id(namespace: str, service: str, _: str) -> str:
    return f"{namespace}/{service}"


def _address(cluster: str, service: str, status: Any) -> str:
    """Give the first address of a balancer. Raises RunError if it gave none."""
    balancer = getattr(status, "load_balancer", None)
    given = [one.ip for one in (getattr(balancer, "ingress", None) or ()) if one.ip]
    if not given:
        raise pulumi.RunError(
            f"{cluster}: the balancer gave Service {service} no IP address; see why there, or write "
            f"mcwan:clusters.{cluster}.ingress.addresses"
        )
    return str(sorted(given)[0])
