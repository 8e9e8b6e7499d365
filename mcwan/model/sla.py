"""What an SD-WAN tunnel promises."""

from typing import Annotated

from pydantic import Field

from mcwan.model.base import Model

MAX_MILLISECONDS = 3_600_000
"""An hour: more is a mistake in the unit."""
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=MAX_MILLISECONDS)]


class SLA(Model):
    """What the tunnel promises, per direction. Informs people and the SD-WAN; gateways take their timeouts from it."""

    jitter_ms: Milliseconds
    """Highest jitter, milliseconds."""
    latency_ms: Milliseconds
    """Highest latency, milliseconds."""
    loss_percent: Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False)]
    """Highest packet loss, percent: 0 to 100, fractions allowed."""


LEVELS = {"jitterMs": ("jitter", " ms"), "latencyMs": ("latency", " ms"), "lossPercent": ("loss", "%")}
"""What each field is called, and in which unit it is written, where it is told to people."""
