"""A WAN policy as a component: its object on every cluster."""

from dataclasses import dataclass

import pulumi

from mcwan.components.register import Foundation, Providers, register
from mcwan.plan import Owner, Plan
from mcwan.plan.summary import wan_policy_summary


@dataclass(frozen=True, kw_only=True)
class WANPolicyArgs:
    """What a WANPolicy component takes."""

    plan: Plan
    """The plan of the fabric."""
    policy: str
    """The WAN policy's name in the fabric."""
    providers: Providers
    """The Kubernetes provider of each cluster."""
    foundation: Foundation | None = None
    """An EastWestGateway's `foundation`, if it makes the definition of WANPolicy in the same program."""


class WANPolicy(pulumi.ComponentResource):
    """The objects of one WAN policy. Its outputs are plain values, so that policies can compare clusters on preview."""

    tunnel: str
    """The SD-WAN tunnel."""
    wan_ports: dict[str, int]
    """The WAN port by cluster."""

    def __init__(self, name: str, args: WANPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mcwan:index:WANPolicy", name, {}, opts)
        register(name, args.plan, Owner("WANPolicy", args.policy), args.providers, self, args.foundation)
        summary = wan_policy_summary(args.plan, args.policy)
        self.tunnel = summary["tunnel"]
        self.wan_ports = summary["wanPorts"]
        self.register_outputs(summary)
