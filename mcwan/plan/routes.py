"""HTTPRoutes: what the rules of an export or an import are in Gateway API's words."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from mcwan.model.export import Export
from mcwan.model.importing import or_all
from mcwan.model.leaves import PORT_HEADER
from mcwan.model.matches import Match, all_headers
from mcwan.plan import names
from mcwan.plan.manifests import GATEWAY_API, Manifest, manifest


def route(
    name: str,
    namespace: str,
    common: dict[str, str],
    parent: tuple[str, str],
    export: Export,
    rules: Sequence[Manifest],
    *,
    short: bool = False,
) -> Manifest:
    """Give a route for the host names of an export, with `short` for the short ones, too.

    `parent`: the Gateway, of the same namespace, and its listener.
    """
    gateway, section = parent
    return manifest(
        GATEWAY_API,
        "HTTPRoute",
        name,
        namespace,
        common,
        spec={
            "parentRefs": [
                {
                    "group": "gateway.networking.k8s.io",
                    "kind": "Gateway",
                    "name": gateway,
                    "namespace": namespace,
                    "sectionName": section,
                }
            ],
            "hostnames": names.hostnames(export.exported_name, export.namespace, short=short),
            "rules": rules,
        },
    )


def matches(found: tuple[Match, ...], port: int | None = None) -> list[Manifest]:
    """Give the matches of a rule; with a port, only of requests whose egress gateway said that port."""
    return [_match(one, port) for one in or_all(found)]


def asked_port(ports: Sequence[int], asked: int) -> int:
    """Give the port, of those of an export, that a request for some port goes to: the same, or the first."""
    return asked if asked in ports else ports[0]


def asked_for(cluster: str, span: str, export: str, ports: Sequence[int], asked: int) -> dict[str, str]:
    """Give the headers by which whoever sends a request away says what is asked for, and by which cluster."""
    return {
        names.EXPORT_HEADER: export,
        names.SOURCE_HEADER: cluster,
        **({names.SPAN_HEADER: span} if span else {}),
        **({PORT_HEADER: str(asked_port(ports, asked))} if len(ports) > 1 else {}),
    }


def request_headers(wanted: Mapping[str, str], removed: Iterable[str] = ()) -> Manifest:
    """Give the filter that sets and removes request headers; a rule may have just one (Gateway API)."""
    found: Manifest = {"set": [{"name": name, "value": value} for name, value in wanted.items()]}
    if gone := list(removed):
        found["remove"] = gone
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": found}


def response_headers(wanted: Mapping[str, str]) -> Manifest:
    """Give the filter that sets headers of the answer."""
    headers = [{"name": name, "value": value} for name, value in wanted.items()]
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": headers}}


@lru_cache(maxsize=1024)
def rewrite_host(service: str) -> Manifest:
    """Give the filter that sets the host name to that of `name.namespace` inside a cluster."""
    return {"type": "URLRewrite", "urlRewrite": {"hostname": names.cluster_host(service)}}


@lru_cache(maxsize=4096)
def _match(one: Match, port: int | None) -> Manifest:
    """Give one match as Gateway API has it. Kept, since every importing cluster gets the same."""
    found: Manifest = {"path": {"type": one.path.type, "value": one.path.value}}
    if one.method:
        found["method"] = one.method
    headers = [{"type": h.type, "name": h.name, "value": h.value} for h in all_headers(one)]
    if port is not None:
        headers.append({"type": "Exact", "name": PORT_HEADER, "value": str(port)})
    if headers:
        found["headers"] = headers
    if one.query_params:
        found["queryParams"] = [{"type": q.type, "name": q.name, "value": q.value} for q in one.query_params]
    return found
