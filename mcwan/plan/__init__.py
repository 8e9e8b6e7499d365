"""From a fabric to the objects of each cluster: pure, and the same bytes for the same input whatever its order."""

from mcwan.plan.expand import Owner, Plan, PlannedObject, expand
from mcwan.plan.profile import GatewayRequest, Infrastructure, Profile

__all__ = ["GatewayRequest", "Infrastructure", "Owner", "Plan", "PlannedObject", "Profile", "expand"]
