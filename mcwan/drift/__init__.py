"""What deployed objects differ in from the plan. Pure: they were read before."""

from mcwan.drift.fields import Difference, differences
from mcwan.drift.objects import Drift, drifts

__all__ = ["Difference", "Drift", "differences", "drifts"]
