"""Pulumi components. They register what the plan has for them, nothing else.

Usage in a program of one's own:

    plan = mcwan.gateways.plan(fabric)
    Fabric("prod", FabricArgs(plan=plan, providers={"east": east, "west": west}))
"""

from mcwan.components.east_west_gateway import EastWestGateway, EastWestGatewayArgs
from mcwan.components.fabric import Fabric, FabricArgs
from mcwan.components.providers import cluster_provider
from mcwan.components.service_export import ServiceExport, ServiceExportArgs
from mcwan.components.service_import import ServiceImport, ServiceImportArgs
from mcwan.components.wan_policy import WANPolicy, WANPolicyArgs

__all__ = [
    "EastWestGateway",
    "EastWestGatewayArgs",
    "Fabric",
    "FabricArgs",
    "ServiceExport",
    "ServiceExportArgs",
    "ServiceImport",
    "ServiceImportArgs",
    "WANPolicy",
    "WANPolicyArgs",
    "cluster_provider",
]
