"""Sends probes: through the API server of a cluster, or from a machine that stands in the cluster's own network.

The API server's way is its proxy of Services (`services/proxy`, RBAC's verb get): it passes the Host header on to a pod
of the egress gateway. It needs no pod of ours, and nothing is left behind.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import httpx2
from lightkube import AsyncClient
from lightkube.config import client_adapter

from mcwan.facts.every import ask_every, unreachable
from mcwan.facts.probed import Answer, Probe, Resolved
from mcwan.facts.report import Failure
from mcwan.model.cluster import Cluster
from mcwan.model.leaves import DESTINATION_HEADER, POLICY_HEADER

_AT_ONCE = 8
"""Probes that are under way at the same time, for each cluster."""
_AGENT = {"user-agent": "mcwan-doctor"}
_BY_API_SERVER = "audit-id"
"""A header of every answer that passes an API server (audit.k8s.io): without it, something before it has answered."""
_FROM_INSIDE = "stand inside the cluster: --inside"

Send = Callable[[Probe], Awaitable[Answer]]


def through_api_servers(
    clusters: Mapping[str, Cluster], probes: Sequence[Probe], seconds: float
) -> dict[str, tuple[Answer, ...] | Failure]:
    """Send each probe through the API server of its cluster; each answer may take so many seconds."""
    by_cluster: dict[str, list[Probe]] = {}
    for one in probes:
        by_cluster.setdefault(one.cluster, []).append(one)

    async def ask(name: str, api: AsyncClient) -> tuple[Answer, ...]:
        settings = client_adapter.ConnectionParams(timeout=httpx2.Timeout(seconds), trust_env=False)
        async with client_adapter.AsyncClient(api.config, settings) as session:
            return await every(by_cluster[name], lambda one: _proxied(session, one))

    rounds = max((-(-sum(one.tries for one in found) // _AT_ONCE) for found in by_cluster.values()), default=1)
    return ask_every({name: clusters[name] for name in by_cluster}, ask, seconds * (rounds + 1))


def from_here(probes: Sequence[Probe], resolved: Mapping[str, Resolved], seconds: float) -> tuple[Answer, ...]:
    """Send each probe to the address that its host has in `resolved`."""

    async def send() -> tuple[Answer, ...]:
        async with httpx2.AsyncClient(timeout=seconds, trust_env=False) as session:
            return await every(probes, lambda one: _sent(session, one, resolved.get(one.host)))

    return asyncio.run(send())


def resolve(cluster: str, names: Iterable[str], seconds: float) -> tuple[Resolved, ...]:
    """Ask the system's resolver for names, as they are and with no search list."""

    async def ask(name: str) -> Resolved:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                found = await loop.getaddrinfo(f"{name}.", None, type=socket.SOCK_STREAM)
        except TimeoutError:
            return Resolved(cluster, name, problem="DNS gives no answer in time")
        except socket.gaierror as error:
            known = error.errno not in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
            return Resolved(cluster, name, problem="DNS gives no answer" if known else "DNS does not know it")
        return Resolved(cluster, name, tuple(dict.fromkeys(str(one[4][0]) for one in found)))

    async def each() -> list[Resolved]:
        return await asyncio.gather(*map(ask, names))

    return tuple(asyncio.run(each()))


async def every(probes: Sequence[Probe], send: Send) -> tuple[Answer, ...]:
    """Send some probes, a few at a time, each until an answer says that it comes from another cluster."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(probe: Probe) -> Answer:
        async with free:
            for _ in range(probe.tries):
                answer = await send(probe)
                if (answer.policy and answer.destination != probe.cluster) or not answer.status:
                    break
            return answer

    return tuple(await asyncio.gather(*map(one, probes)))


async def _proxied(session: httpx2.AsyncClient, probe: Probe) -> Answer:
    name, _, namespace = probe.gateway.partition(".")
    place = f"/api/v1/namespaces/{namespace}/services/{name}:{probe.port}/proxy"
    try:
        reply = await _request(session, place, probe)
    except httpx2.HTTPError as error:
        why = unreachable(error)
        return Answer(probe, problem=f"through the API server: {why.problem}", remedy=why.remedy)
    found = _answer(probe, reply)
    if found.policy:
        return found
    if _BY_API_SERVER not in reply.headers:
        said = f"something before the API server answers {reply.status_code} to a Host header that is not its own"
        return Answer(probe, problem=said, remedy=_FROM_INSIDE)
    if (refusal := _refusal(reply)) is not None:
        if reply.status_code in (401, 403):
            return Answer(probe, problem=refusal, remedy="give the rights that mcwan doctor --probe --rights prints")
        return Answer(probe, problem=refusal, remedy=f"see that Service {name} in {namespace} is there and has pods")
    return found


def _refusal(reply: httpx2.Response) -> str | None:
    """Give what the API server itself says in place of a gateway's answer; None if it does not.

    An answer to HEAD has no body to tell by.
    """
    if reply.request.method == "HEAD" and reply.is_error:
        return f"{reply.status_code}, by the API server or by a gateway"
    try:
        content = reply.json()
    except ValueError:
        return None
    if not isinstance(content, dict) or (content.get("kind"), content.get("apiVersion")) != ("Status", "v1"):
        return None
    return f"the API server says {reply.status_code}: {content.get('message', '')}".rstrip(": ")


async def _sent(session: httpx2.AsyncClient, probe: Probe, found: Resolved | None) -> Answer:
    if found is None or not found.addresses:
        why = found.problem if found else "it was not asked for"
        return Answer(probe, problem=f"{probe.host}: {why}", remedy="see the check dns-answers")
    (address, *_) = found.addresses
    place = f"http://[{address}]:{probe.port}" if ":" in address else f"http://{address}:{probe.port}"
    try:
        return _answer(probe, await _request(session, place, probe))
    except httpx2.HTTPError as error:
        late = isinstance(error, httpx2.TimeoutException)
        said = "no answer in time" if late else str(error) or type(error).__name__
        return Answer(probe, problem=f"{place}: {said}", remedy="see that what is at that address runs", lost=True)


async def _request(session: httpx2.AsyncClient, place: str, probe: Probe) -> httpx2.Response:
    headers = {**_AGENT, **dict(probe.request.headers), "host": probe.authority}
    return await session.request(probe.request.method, f"{place}{probe.request.path}", headers=headers)


def _answer(probe: Probe, reply: httpx2.Response) -> Answer:
    said = reply.headers
    return Answer(probe, reply.status_code, said.get(POLICY_HEADER, ""), said.get(DESTINATION_HEADER, ""))
