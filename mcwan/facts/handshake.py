"""Has gateways show their certificates: TLS handshakes from where the command runs, each within a time limit.

Nothing is verified and no request is sent: what is shown is judged elsewhere. A server with TLS 1.3 shows its
certificate, and the handshake is done for us, before it can refuse us for having none.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

from mcwan.facts.der import certificate
from mcwan.facts.surveyed import Shown

_AT_ONCE = 32


def handshakes(places: Iterable[tuple[str, str, int]], seconds: float) -> tuple[Shown, ...]:
    """Ask each (cluster, address, port), within so many seconds; what fails is told by its answer."""

    async def every() -> list[Shown]:
        free = asyncio.Semaphore(_AT_ONCE)

        async def one(place: tuple[str, str, int]) -> Shown:
            async with free:
                return await _shown(*place, seconds)

        return await asyncio.gather(*(one(place) for place in places))

    return tuple(asyncio.run(every()))


async def _shown(cluster: str, address: str, port: int, seconds: float) -> Shown:
    try:
        async with asyncio.timeout(seconds):
            _, plain = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError) as error:
        said = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
        return Shown(cluster, address, port, answers=False, problem=said)
    try:
        async with asyncio.timeout(seconds):
            await plain.start_tls(_context())
        return Shown(cluster, address, port, _chain(plain.get_extra_info("ssl_object")))
    except TimeoutError:
        return Shown(cluster, address, port, problem="no TLS handshake in time")
    except (OSError, ValueError) as error:
        said = error.reason if isinstance(error, ssl.SSLError) and error.reason else str(error) or type(error).__name__
        return Shown(cluster, address, port, problem=f"no TLS handshake: {said}")
    finally:
        plain.transport.abort()


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _chain(shown: Any) -> tuple[Any, ...]:
    """Give the certificates that were shown; before Python 3.13 the first one only can be had."""
    every = shown.get_unverified_chain() if hasattr(shown, "get_unverified_chain") else [shown.getpeercert(True)]
    return tuple(certificate(one) for one in every if one)
