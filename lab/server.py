"""A service of the lab: a real HTTP server that says who it is and what it was asked.

`python -m lab.server WHO PORT…`: WHO is a JSON object that is part of every answer but those to /bytes/N, N zeros.
/status/N answers with status N, /slow/N after N milliseconds. `times` is how often the path was asked for.
"""

import asyncio
import json
import sys
from collections import Counter
from typing import Any

_LIMIT = 1 << 20
_BYTES, _STATUS, _SLOW = "/bytes/", "/status/", "/slow/"


_ASKED: Counter[str] = Counter()


async def serve(who: dict[str, Any], ports: list[int]) -> None:
    """Serve on every port until the process is ended."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("sockname")[1]
        try:
            while await _answer(who | {"port": port}, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    servers = [await asyncio.start_server(connected, port=port, limit=_LIMIT) for port in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _answer(who: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer one request; tell whether the connection is kept. Bodies are read by their length; there are no others."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
    await reader.readexactly(int(headers.get("content-length", "0")))
    _ASKED[path] += 1
    if path.startswith(_SLOW):
        await asyncio.sleep(int(path.removeprefix(_SLOW)) / 1000)
    status = path.removeprefix(_STATUS) if path.startswith(_STATUS) else "200"
    if path.startswith(_BYTES):
        kind, body = "application/octet-stream", bytes(int(path.removeprefix(_BYTES)))
    else:
        said = {**who, "method": method, "path": path, "headers": headers, "times": _ASKED[path]}
        kind, body = "application/json", json.dumps(said).encode()
    if method == "HEAD":
        body = b""
    keep = headers.get("connection", "").lower() != "close"
    head_line = f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    writer.write(head_line.encode() + (b"\r\n" if keep else b"Connection: close\r\n\r\n") + body)
    await writer.drain()
    return keep


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
