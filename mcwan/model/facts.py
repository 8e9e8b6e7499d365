"""How facts are taken over: what the clusters report of themselves, where the description leaves it to them."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from mcwan.model.base import Model
from mcwan.model.durations import Duration

FactSource = Literal["declared", "recorded", "live"]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]


class Withdrawals(Model):
    """How many imports one update may withdraw for want of a namespace, without consent.

    The rule withdrawals-limited goes by it, too, for whatever reason, unless it has a limit of its own.
    """

    at_most: Annotated[int, Field(strict=True, ge=0)] = 10
    """Imports, over all clusters."""
    percent: Percent = 50
    """The share of all imports."""
    allow: StrictBool = False
    """Consent for this update; take it away after it. `--allow-withdrawals` says the same on the command line."""

    def admits(self, gone: int, every: int) -> bool:
        """Tell whether so many of all imports may be withdrawn."""
        return self.allow or (gone <= self.at_most and gone * 100 <= self.percent * every)


class Facts(Model):
    """How facts are read and taken over from clusters with `facts: live`."""

    timeout: Duration = "10s"
    """How long the reading of one cluster may take, all of it. Its last recorded facts hold if it takes longer."""
    steady_percent: Percent = 20
    """Shares of the requests stay as they are while none would change by more than this, in percentage points."""
    withdrawals: Withdrawals = Withdrawals()
    """How many imports an update may withdraw."""
