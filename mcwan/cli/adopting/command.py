"""What `mcwan adopt` is given: clusters, files, ports."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from mcwan.cli.adopting import reading
from mcwan.cli.adopting.reading import Found, Source
from mcwan.cli.editing import described, spelling
from mcwan.cli.editing.splice import EditError
from mcwan.model.mistakes import unread


def clusters(typed: Sequence[str], namespaces: tuple[str, ...]) -> dict[str, Any]:
    """Give the clusters as typed. Raises EditError if there are none."""
    if not typed:
        raise EditError(
            f"the objects do not say which clusters there are; write --cluster NAME=CONTEXT:ADDRESS for each, "
            f"e.g. --cluster {described.CLUSTER}"
        )
    return described.once("--cluster", (described.cluster(one, namespaces) for one in typed))


def objects(files: Sequence[str], known: Collection[str]) -> list[Found]:
    """Read the objects of files, each FILE, CLUSTER=FILE or -. Raises EditError."""
    return [found for typed in files for found in reading.objects(_source(typed, known))]


def ports(typed: Sequence[str]) -> dict[str, Any]:
    """Give ports by service, of `payment/secure=8080`. Raises EditError."""
    found = []
    for one in typed:
        service, equals, number = one.rpartition("=")
        if not equals or not number.isdecimal():
            raise EditError(f"--port {one!r}: not a service's port; write SERVICE=PORT, e.g. payment/secure=8080")
        found.append((spelling.service(service), {"port": int(number)}))
    return described.once("--port", found)


def _source(typed: str, known: Collection[str]) -> Source:
    cluster, equals, name = typed.partition("=")
    if not equals or (cluster not in known and Path(typed).exists()):
        cluster, name = "", typed
    elif cluster not in known:
        raise EditError(
            f"{typed!r}: {cluster!r} is no cluster that --cluster names; those are: {', '.join(known)}; "
            "write CLUSTER=FILE or FILE"
        )
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        called = "standard input" if name == "-" else name
        raise EditError(f"{called}: cannot be read: {unread(error)}") from None
    return Source("standard input" if name == "-" else name, text, cluster or None)
