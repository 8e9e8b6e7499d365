"""Reading one cluster, whose API server is played: what it refuses is missing from the report, not empty."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from httpx2 import Request, Response
from lightkube import ApiError

from mcwan.facts.live import read
from mcwan.facts.report import Failure, Reading, Report, Wanted

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
