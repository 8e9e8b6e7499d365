"""An export as a component: what each cluster that offers the service gets."""

from dataclasses import dataclass
from typing import Any

import pulumi

from mcwan.components.register import Foundation, Providers, register
from mcwan.plan import Owner, Plan
from mcwan.plan.summary import export_summary


@dataclass(frozen=True, kw_only=True)
class ServiceExportArgs:
    """What a ServiceExport component takes."""

    plan: Plan
    """The plan of the fabric."""
    export: str
    """The export's name.namespace in the fabric."""
    providers: Providers
    """The Kubernetes provider of each cluster."""
    foundation: Foundation | None = None
    """An EastWestGateway's `foundation`, if one makes the namespace in the same program."""


class ServiceExport(pulumi.ComponentResource):
    """The ServiceExport and the ingress routes of one export, on every cluster that offers it."""

    export: dict[str, Any]
    """Service, ports, host names, weight by cluster, and its WAN policy or that of each rule."""

    def __init__(self, name: str, args: ServiceExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mcwan:index:ServiceExport", name, {}, opts)
        register(name, args.plan, Owner("ServiceExport", args.export), args.providers, self, args.foundation)
        summary = export_summary(args.plan, args.export)
        self.export = summary
        self.register_outputs(summary)
