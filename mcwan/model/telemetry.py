"""Telemetry: where traces go. Access logs and metrics are the gateways' own."""

from typing import Annotated

from pydantic import Field

from mcwan.model.base import Model
from mcwan.model.leaves import Port, ServiceName


class OTLP(Model):
    """An OpenTelemetry collector that takes traces by OTLP over gRPC."""

    service: ServiceName
    """Its Service on every cluster, as name.namespace."""
    port: Port = 4317
    """Its port."""
    sampling_percent: Annotated[int, Field(strict=True, ge=0, le=100)] = 1
    """How many of the requests are traced, the client's own traces included; never those that it does not sample."""


class Telemetry(Model):
    """What is told of requests."""

    otlp: OTLP | None = None
    """Where traces go; nowhere, if not written."""
