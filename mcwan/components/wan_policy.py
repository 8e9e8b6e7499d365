"""A WAN policy as a component: its object on every cluster."""

from dataclasses import dataclass

import pulumi

from mcwan.components.register import Foundation, Providers, register
from mcwan.plan import Owner, Plan


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
        owner = Owner("WANPolicy", args.policy)
        register(name, args.plan, owner, args.providers, self, args.foundation)
        specs = {cluster: one["spec"] for cluster, (one,) in args.plan.by_owner[owner].items()}
        spec = next(iter(specs.values()))
        self.tunnel = spec["tunnel"]
        self.wan_ports = {cluster: one["port"] for cluster, one in specs.items()}
        self.register_outputs(
            {"policy": args.policy, "tunnel": self.tunnel, "sla": spec["sla"], "wanPorts": self.wan_ports}
        )
