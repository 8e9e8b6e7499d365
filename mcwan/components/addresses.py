"""Addresses by data flow: from the Service of a gateway that is made in the same update to what leads there."""

from functools import partial
from ipaddress import IPv4Address, ip_address
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Service

from mcwan.components.register import Addresses, Foundation, Providers
from mcwan.plan import Plan
from mcwan.plan.names import EGRESS, INGRESS
from mcwan.plan.summary import gateways


def await_addresses(
    name: str, plan: Plan, providers: Providers, foundation: Foundation, parent: pulumi.Resource
) -> Addresses:
    """Give the addresses of the shared gateways' Services, once those are programmed.

    One resource for each that is waited for: the gateway's Service, read and not managed.
    """
    found: dict[str, pulumi.Input[str]] = {}
    told = gateways(plan) if plan.awaited else {}
    for word, one in plan.awaited.items():
        role, called = ("ingress", INGRESS) if one.kind == "balancer" else ("egress", EGRESS)
        service, _, namespace = told[one.cluster][role]["service"].partition(".")
        gateway = foundation[one.cluster][called]
        if not isinstance(gateway, pulumi.CustomResource):
            raise TypeError(f"{one.cluster}: {called} is no resource of a provider")
        # the id is known once the gateway is there: before, the Service is not, and reading it would fail
        read = Service.get(
            f"{name}/{one.cluster}/{namespace}/{service}",
            gateway.id.apply(partial(_id, namespace, service)),
            pulumi.ResourceOptions(parent=parent, provider=providers[one.cluster], depends_on=[gateway]),
        )
        if one.kind == "balancer":
            found[word] = read.status.apply(partial(_address, one.cluster, f"{service}.{namespace}"))
        else:
            found[word] = read.spec.cluster_ip
    return found


def _id(namespace: str, service: str, _: str) -> str:
    return f"{namespace}/{service}"


def _address(cluster: str, service: str, status: Any) -> str:
    """Give the lowest IPv4 address of a balancer. Raises RunError if it gave none."""
    balancer = getattr(status, "load_balancer", None)
    every = [ip_address(one.ip) for one in (getattr(balancer, "ingress", None) or ()) if one.ip]
    given = [one for one in every if isinstance(one, IPv4Address)]
    if not given:
        raise pulumi.RunError(
            f"{cluster}: the balancer gave Service {service} no IPv4 address; see why there, or write "
            f"mcwan:clusters.{cluster}.ingress.addresses"
        )
    return str(min(given))
