"""WAN policies: a name for an SD-WAN tunnel, the service level that it promises, and the port that tells its flows."""

from typing import Annotated

from pydantic import Field

from mcwan.model.base import Model
from mcwan.model.leaves import DnsLabel, Port

MAX_MILLISECONDS = 3_600_000
"""An hour: more is a mistake in the unit."""
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=MAX_MILLISECONDS)]


class SLA(Model):
    """What the tunnel promises, per direction. Informs people and the SD-WAN; the gateways do not act on it."""

    jitter_ms: Milliseconds
    """Highest jitter, milliseconds."""
    latency_ms: Milliseconds
    """Highest latency, milliseconds."""
    loss_percent: Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False)]
    """Highest packet loss, percent: 0 to 100, fractions allowed."""


class WANPolicy(Model):
    """A WAN policy, the same on every cluster of the fabric."""

    tunnel: DnsLabel
    """The SD-WAN tunnel that carries its requests, e.g. business or default."""
    port: Port
    """The WAN port: TCP port of its listener on every ingress gateway, by which the SD-WAN tells its flows."""
    sla: SLA
    """The service level that the tunnel promises."""
