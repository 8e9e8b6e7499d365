"""A collector of traces in every cluster: takes OTLP over gRPC where a cluster's client is, and keeps what it gets.

It runs in this process; its sockets are in the client's namespace, and a Service without a selector leads there.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as services
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from lab import deploy, netns
from lab.api import Object
from lab.cluster import MANAGER
from lab.state import Lab
from lab.topology import Site
from lab.waiting import wait
from mcwan.model import Fabric
from mcwan.model.telemetry import OTLP, Telemetry

NAME, NAMESPACE, PORT = "collector", "observability", 4317


@dataclass(frozen=True)
class Span:
    """A span: its trace, its own id and that of the one it belongs to, and its tags as text."""

    trace: str
    id: str
    parent: str
    tags: Mapping[str, str]


@contextmanager
def collecting(lab: Lab, sampling_percent: int) -> Iterator[list[Span]]:
    """Have all gateways send spans of that many requests, and give the list that grows by them; then none again.

    Connections that are there go on as they were until their listener's drain is over, a minute.
    """
    spans: list[Span] = []
    with ExitStack() as stack:
        for site in lab.topology.sites.values():
            stack.enter_context(_listening(site, spans))
            stack.enter_context(_known(lab, site))
        deploy.apply(lab, _traced(lab.fabric, sampling_percent))
        stack.callback(deploy.apply, lab, lab.fabric)
        yield spans


def _traced(fabric: Fabric, sampling_percent: int) -> Fabric:
    otlp = OTLP(service=f"{NAME}.{NAMESPACE}", port=PORT, sampling_percent=sampling_percent)
    return type(fabric).model_construct(None, **{**dict(fabric), "telemetry": Telemetry(otlp=otlp)})


@contextmanager
def _listening(site: Site, spans: list[Span]) -> Iterator[None]:
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    services.add_TraceServiceServicer_to_server(_Servicer(spans), server)  # type: ignore[no-untyped-call]
    with netns.inside(site.pod(site.client_address)):
        server.add_insecure_port(f"0.0.0.0:{PORT}")
        server.start()
    try:
        yield
    finally:
        server.stop(None).wait()


@contextmanager
def _known(lab: Lab, site: Site) -> Iterator[None]:
    with lab.api(site) as api:
        for one in _objects(site):
            api.apply(one, manager=MANAGER)
    try:
        yield
    finally:
        with lab.api(site) as api:
            for one in reversed(_objects(site)):
                api.delete(one)
            wait(lambda: not deploy.exists(api, _objects(site)[0]), f"{NAMESPACE} is gone from {site.cluster}")


def _objects(site: Site) -> list[Object]:
    metadata = {"name": NAME, "namespace": NAMESPACE}
    ports = [{"name": "otlp", "port": PORT, "protocol": "TCP"}]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata | {"labels": {"kubernetes.io/service-name": NAME}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [str(site.client_address)], "conditions": {"ready": True}}],
            "ports": ports,
        },
    ]


class _Servicer(services.TraceServiceServicer):
    def __init__(self, spans: list[Span]) -> None:
        self.spans = spans

    def Export(  # noqa: N802 - gRPC's name
        self,
        request: service.ExportTraceServiceRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 - gRPC's signature
    ) -> service.ExportTraceServiceResponse:
        self.spans.extend(span for one in request.resource_spans for span in _spans(one))
        return service.ExportTraceServiceResponse()


def _spans(one: ResourceSpans) -> Iterator[Span]:
    for scope in one.scope_spans:
        for span in scope.spans:
            tags = {tag.key: tag.value.string_value for tag in span.attributes}
            yield Span(span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), tags)
