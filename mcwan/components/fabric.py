"""A whole fabric as a component."""

from dataclasses import dataclass
from typing import Any

import pulumi

from mcwan.components.east_west_gateway import EastWestGateway, EastWestGatewayArgs
from mcwan.components.register import Providers
from mcwan.components.service_export import ServiceExport, ServiceExportArgs
from mcwan.components.service_import import ServiceImport, ServiceImportArgs
from mcwan.components.wan_policy import WANPolicy, WANPolicyArgs
from mcwan.plan import Plan
from mcwan.plan.summary import export_summary, gateways


@dataclass(frozen=True, kw_only=True)
class FabricArgs:
    """What a Fabric component takes."""

    plan: Plan
    """The plan of the fabric."""
    providers: Providers
    """The Kubernetes provider of each cluster."""


class Fabric(pulumi.ComponentResource):
    """Everything of a fabric on all of its clusters. Each part is called `<fabric>/<part>`."""

    clusters: dict[str, Any]
    """Per cluster where its gateways are."""
    exports: dict[str, Any]
    """Per export which WAN policy and which names it has."""

    def __init__(self, name: str, args: FabricArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mcwan:index:Fabric", name, {}, opts)
        plan, providers = args.plan, args.providers
        below = pulumi.ResourceOptions(parent=self)
        gateway = EastWestGateway(f"{name}/gateways", EastWestGatewayArgs(plan=plan, providers=providers), opts=below)
        common: dict[str, Any] = {"plan": plan, "providers": providers, "foundation": gateway.foundation}
        for policy in sorted(plan.fabric.wan_policies):
            WANPolicy(f"{name}/{policy}", WANPolicyArgs(policy=policy, **common), opts=below)
        for export, imports in plan.context.imports.items():
            ServiceExport(f"{name}/{export}", ServiceExportArgs(export=export, **common), opts=below)
            if imports:
                imported = ServiceImportArgs(export=export, addresses=gateway.addresses, **common)
                ServiceImport(f"{name}/{export}", imported, opts=below)
        self.clusters = gateways(plan)
        self.exports = {key: export_summary(plan, key) for key in plan.context.exports}
        self.register_outputs({"clusters": self.clusters, "exports": self.exports})
