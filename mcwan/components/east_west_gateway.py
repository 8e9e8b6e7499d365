"""The east-west gateways of all clusters as a component, with what everything else stands on."""

from dataclasses import dataclass
from typing import Any

import pulumi

from mcwan.components.addresses import await_addresses
from mcwan.components.register import Addresses, Foundation, Providers, register
from mcwan.plan import Plan
from mcwan.plan.expand import GATEWAYS
from mcwan.plan.summary import gateway_summary


@dataclass(frozen=True, kw_only=True)
class EastWestGatewayArgs:
    """What an EastWestGateway component takes."""

    plan: Plan
    """The plan of the fabric."""
    providers: Providers
    """The Kubernetes provider of each cluster."""


class EastWestGateway(pulumi.ComponentResource):
    """Per cluster: the namespace, the definition of WANPolicy, both gateways, targets, and grants."""

    clusters: dict[str, Any]
    """Per cluster its gateways, listeners by WAN policy, and targets by remote cluster."""
    foundation: Foundation
    """Per cluster what has to be there before anything else; pass it to the other components."""
    addresses: Addresses
    """The addresses that balancers give in this update; pass them to ServiceImports."""

    def __init__(self, name: str, args: EastWestGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mcwan:index:EastWestGateway", name, {}, opts)
        plan, providers = args.plan, args.providers
        self.foundation = register(name, plan, GATEWAYS, providers, self, waiting=False)
        self.addresses = await_addresses(name, plan, providers, self.foundation, self)
        if self.addresses:
            register(name, plan, GATEWAYS, providers, self, self.foundation, self.addresses, waiting=True)
        summary = gateway_summary(plan)
        self.clusters = summary["clusters"]
        self.register_outputs(summary)
