"""A request as an application sends it: by name, through the machine's own resolver. Runs inside the application's pod.

`python lab/app.py METHOD URL HEADERS` prints the answer, or why there is none, as JSON; URL is `name:port/path`.
"""

import http.client
import json
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from typing import Any

_SECONDS = 5.0


def answer(method: str, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Give an answer as `status`, `said` and `size`; else an `error`, and whether that is an `unknown` name."""
    host, slash, path = url.partition("/")
    name, _, port = host.partition(":")
    try:
        with closing(http.client.HTTPConnection(name, int(port or 80), timeout=_SECONDS)) as connection:
            connection.request(method, slash + path or "/", headers=dict(headers))
            with connection.getresponse() as response:
                body = response.read()
                told = response.headers.get_content_type() == "application/json" and body
                return {"status": response.status, "said": json.loads(body) if told else {}, "size": len(body)}
    except (OSError, http.client.HTTPException) as error:
        return {"error": f"{method} {url}: {error!r}", "unknown": isinstance(error, socket.gaierror)}


if __name__ == "__main__":
    print(json.dumps(answer(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))))
