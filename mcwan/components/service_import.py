"""The imports of an export as a component: what each cluster that imports it gets."""

from dataclasses import dataclass, field
from typing import Any

import pulumi

from mcwan.components.register import Addresses, Foundation, Providers, register
from mcwan.plan import Owner, Plan
from mcwan.plan.summary import import_summary


@dataclass(frozen=True, kw_only=True)
class ServiceImportArgs:
    """What a ServiceImport component takes."""

    plan: Plan
    """The plan of the fabric."""
    export: str
    """The export's name.namespace in the fabric."""
    providers: Providers
    """The Kubernetes provider of each cluster."""
    foundation: Foundation | None = None
    """An EastWestGateway's `foundation`, if one makes the namespace in the same program."""
    addresses: Addresses = field(default_factory=dict)
    """An EastWestGateway's `addresses`."""


class ServiceImport(pulumi.ComponentResource):
    """The ServiceImport, the name and the egress routes of one export, on every cluster that imports it."""

    clusters: dict[str, Any]
    """Per importing cluster the path, and the WAN policy of each rule."""

    def __init__(self, name: str, args: ServiceImportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mcwan:index:ServiceImport", name, {}, opts)
        owner = Owner("ServiceImport", args.export)
        register(name, args.plan, owner, args.providers, self, args.foundation, args.addresses)
        summary = import_summary(args.plan, args.export)
        self.clusters = summary["clusters"]
        self.register_outputs(summary)
