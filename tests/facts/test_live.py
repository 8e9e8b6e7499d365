"""Reading one cluster, whose API server is played: what it refuses is missing from the report, not empty."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx2 import Request, Response
from lightkube import ApiError
from lightkube.resources.core_v1 import Service

from mcwan.facts.live import read
from mcwan.facts.report import Failure, Gateway, Reading, Report, Wanted

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STATUS = {"kind": "Status", "code": 403, "message": "forbidden"}


class Empty:
    """A cluster with nothing in it; it does not let definitions be read."""

    async def get(self, *_: Any, **__: Any) -> Any:
        request = Request("GET", "https://east/")
        raise ApiError(request=request, response=Response(403, json=STATUS, request=request))

    async def list(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        nothing: tuple[Any, ...] = ()
        for one in nothing:
            yield one


def test_without_the_served_versions_it_is_not_known_what_there_is_of_them() -> None:
    wanted = Wanted(exports=("payment.secure",), gateways={"mc-wan-ingress.mc-wan": "mc-wan-ingress.mc-wan"})
    api: Any = Empty()
    why = Failure(problem="served cannot be read: 403 forbidden", remedy="give it the rights of docs/how-to/facts.md")
    assert asyncio.run(read(api, wanted, NOW)) == Reading(
        report=Report(at="2026-11-25T12:00:00Z", namespaces=(), services={}, answering={}),
        failures=dict.fromkeys(("served", "gateways", "classes", "exports", "imports"), why),
    )


class Balanced(Empty):
    """A cluster with a gateway behind a balancer, at these addresses, and its Service with two of its own."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def get(self, *_: Any, **__: Any) -> Any:
        return {"spec": {"versions": [{"name": "v1", "served": True}]}}

    async def list(self, kind: Any, **asked: Any) -> AsyncIterator[Any]:
        if issubclass(kind, Service):
            spec = {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7", "fd00::7"]}
            assert asked == {"namespace": "mc-wan", "fields": {"metadata.name": "mc-wan-ingress"}}
            yield Service.from_dict({"metadata": {"name": "mc-wan-ingress"}, "spec": spec})
        elif asked == {"namespace": "mc-wan"}:
            every = [{"type": "IPAddress", "value": one} for one in self.addresses]
            yield kind({"metadata": {"name": "mc-wan-ingress"}, "status": {"addresses": every}})


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ((), ()),
        (("10.2.0.30", "10.2.0.7"), ("10.2.0.30", "10.2.0.7")),
        # no balancer is ordered yet: nobody outside reaches a Service's own addresses
        (("10.96.0.7", "fd00::7"), ()),
    ],
)
def test_a_balancer_gives_addresses_and_a_service_has_its_own(told: tuple[str, ...], found: tuple[str, ...]) -> None:
    name = "mc-wan-ingress.mc-wan"
    wanted = Wanted(gateways={name: name}, exposure="LoadBalancer")
    api: Any = Balanced(*told)
    report = asyncio.run(read(api, wanted, NOW)).report
    assert report is not None
    assert report.gateways == {name: Gateway(addresses=found)}
