"""How an egress gateway treats the requests that it sends to other clusters: timeouts, retries, health, limits.

What is written for an export goes before what is written for the WAN policy of a rule, and that before the defaults,
field by field. Defaults never repeat a request that may have been answered already, and never cut a slow one off. How
long a dead path goes unnoticed follows from what the WAN policy's tunnel promises: see `promised`.
"""

from typing import Annotated, Any

from pydantic import Field, StrictBool

from mcwan.model.base import Model
from mcwan.model.durations import Duration, lasting
from mcwan.model.sla import SLA

MAX_RETRIES = 10
MAX_LIMIT = 2_147_483_647
"""Envoy's counters have 32 bits, Istio's fields one less."""
Count = Annotated[int, Field(strict=True, ge=1, le=1000)]
Limit = Annotated[int, Field(strict=True, ge=1, le=MAX_LIMIT)]


class Timeouts(Model):
    """How long to wait."""

    connect: Duration | None = None
    """For a connection to a remote gateway, TLS included. If not written: two round trips as the SLA promises them,
    250ms at least."""
    request: Duration | None = None
    """For the whole answer, retries included. No limit, if not written: the client's own holds."""
    per_try: Duration | None = None
    """For the answer of one try, before the next is made; for requests that may be repeated only: a note tells where it
    is written for others. No limit, if not written: a dead path is noticed by `keepalive`, so that a slow answer is not
    taken for a lost one."""
    keepalive: Duration | None = None
    """How long a connection's other end may take to answer an HTTP/2 PING, which is sent that often, too. If not
    written: a round trip as the SLA promises it, and 200ms for a packet that is sent again (RFC 6298's lowest timer in
    Linux)."""


class HealthChecks(Model):
    """How a remote gateway is asked whether it is there: a TCP connection to the WAN port, by the policy's tunnel."""

    interval: Duration = "1s"
    """How often."""
    timeout: Duration = "500ms"
    """How long it may take."""


class Outliers(Model):
    """When a remote cluster that answers errors is left out for a while, for this export and WAN policy only."""

    errors: Count | None = None
    """So many failures in a row: answers 502, 503 and 504, or none. 5, if not written."""
    ejection: Duration | None = None
    """For so long the first time; each further time longer. 5s, if not written."""


class Limits(Model):
    """How much may be under way at a time, for each rule of an export in each cluster."""

    connections: Limit | None = None
    """Connections to the remote gateways. 1024, if not written."""
    pending: Limit | None = None
    """Requests that wait for a connection. 1024, if not written."""
    requests: Limit | None = None
    """Requests that wait for an answer. 1024, if not written."""
    retries: Limit | None = None
    """Retries. 1024, if not written: when a tunnel is lost all requests under way are repeated at once."""


class Traffic(Model):
    """How requests to other clusters are treated."""

    idempotent: StrictBool | None = None
    """Whether requests may be repeated though they may have been answered (RFC 9110, 9.2.2). If not written: those of
    rules whose matches all name a safe method (GET, HEAD, OPTIONS) may."""
    retries: Annotated[int, Field(strict=True, ge=0, le=MAX_RETRIES)] | None = None
    """How often a request is tried again, in another cluster if there is one. 3, if not written. When is not for the
    operator to say: what met no connection or was refused unread is tried again; what may be repeated is, too, after
    a lost connection or an answer 502, 503 or 504."""
    timeouts: Timeouts = Timeouts()
    """How long to wait."""
    health_checks: HealthChecks | None = None
    """Whether remote gateways are asked if they are there, in addition to what requests tell: by every rule of every
    export, and for every cluster, which is much where there are many. Not, if not written."""
    outliers: Outliers = Outliers()
    """When a remote cluster is left out."""
    limits: Limits = Limits()
    """How much may be under way."""


DEFAULT = Traffic(
    idempotent=False,
    retries=3,
    outliers=Outliers(errors=5, ejection="5s"),
    limits=Limits(connections=1024, pending=1024, requests=1024, retries=1024),
)
_RESENT = 200
"""Milliseconds after which Linux sends a packet again at the earliest (TCP_RTO_MIN)."""
_FASTEST_CONNECT = 250


def promised(sla: SLA) -> Traffic:
    """Give the timeouts that follow from a tunnel's SLA: what takes longer than it promises is lost."""
    round_trip = 2 * sla.latency_ms + sla.jitter_ms
    connect = max(_FASTEST_CONNECT, 2 * round_trip)
    return Traffic(timeouts=Timeouts(connect=lasting(connect), keepalive=lasting(round_trip + _RESENT)))


def merged(*layers: Traffic) -> Traffic:
    """Merge settings field by field; what stands first wins."""
    found: dict[str, Any] = {}
    for layer in reversed(layers):
        for name in Traffic.model_fields:
            value = getattr(layer, name)
            before = found.get(name)
            if isinstance(value, Model) and before is not None:
                written = {key: one for key, one in dict(value).items() if one is not None}
                value = type(value).model_construct(None, **{**dict(before), **written})
            if value is not None:
                found[name] = value
    return Traffic.model_construct(None, **{"health_checks": None, **found})
