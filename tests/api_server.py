"""What an API server would not take: the limits of Kubernetes and of Gateway API's validation, as published."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Manifest = dict[str, Any]

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(rf"{LABEL.pattern}(\.{LABEL.pattern})*")
SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")

_NAMES = {
    "Service": (SERVICE, 63),
    "ServiceExport": (SERVICE, 63),
    "ServiceImport": (SERVICE, 63),
    "Namespace": (LABEL, 63),
}


def problems(one: Manifest) -> Iterator[str]:
    """Say what is wrong with an object; nothing if it is taken."""
    metadata = one["metadata"]
    pattern, most = _NAMES.get(one["kind"], (SUBDOMAIN, 253))
    yield from _said(f"name {metadata['name']}", _fits(metadata["name"], pattern, most))
    for name, value in metadata["labels"].items():
        *domain, last = name.split("/")
        yield from _said(f"label {name}", _fits(last, LABEL_NAME, 63) and all(_fits(d, SUBDOMAIN, 253) for d in domain))
        yield from _said(f"label value {value}", value == "" or _fits(value, LABEL_NAME, 63))
    for value in metadata.get("annotations", {}).values():
        yield from _said(f"annotation {value}", isinstance(value, str))
    if more := _KINDS.get(one["kind"]):
        yield from more(one)


def _said(what: str, good: object) -> Iterator[str]:
    if not good:
        yield what


def _fits(name: str, pattern: re.Pattern[str], most: int) -> bool:
    return bool(pattern.fullmatch(name)) and len(name) <= most


def _differ(values: Sequence[Any]) -> bool:
    return len(set(values)) == len(values)


def _route(one: Manifest) -> Iterator[str]:
    rules = one["spec"]["rules"]
    counts = [len(rule["matches"]) for rule in rules]
    yield from _said(f"{len(rules)} rules", 1 <= len(rules) <= 16)
    yield from _said(f"{counts} matches", max(counts) <= 64 and sum(counts) <= 128)
    yield from _said("a rule's name twice", _differ([rule["name"] for rule in rules]))
    for rule in rules:
        yield from _said(f"rule {rule['name']}", _fits(rule["name"], SUBDOMAIN, 253))
        yield from _said("more than 16 backends", len(rule.get("backendRefs", ())) <= 16)
        yield from _said("a filter twice", _differ([found["type"] for found in rule.get("filters", ())]))
        for match in rule["matches"]:
            yield from _match(match)


def _match(match: Mapping[str, Any]) -> Iterator[str]:
    headers, params = match.get("headers", ()), match.get("queryParams", ())
    yield from _said("more than 16 headers", len(headers) <= 16)
    yield from _said("more than 16 query parameters", len(params) <= 16)
    yield from _said("a header twice", _differ([header["name"].lower() for header in headers]))
    yield from _said("a query parameter twice", _differ([param["name"] for param in params]))
    yield from _said("a header's value", all(1 <= len(header["value"]) <= 4096 for header in headers))
    yield from _said("a path's length", len(match["path"]["value"]) <= 1024)


def _gateway(one: Manifest) -> Iterator[str]:
    listeners = one["spec"]["listeners"]
    yield from _said(f"{len(listeners)} listeners", 1 <= len(listeners) <= 64)
    yield from _said("a listener's name twice", _differ([listener["name"] for listener in listeners]))
    yield from _said("a listener's port twice", _differ([listener["port"] for listener in listeners]))
    yield from _said("a listener's name", all(_fits(listener["name"], SUBDOMAIN, 253) for listener in listeners))
    yield from _said("a port's number", all(1 <= listener["port"] <= 65535 for listener in listeners))


def _envoy_proxy(one: Manifest) -> Iterator[str]:
    service = one["spec"]["provider"]["kubernetes"]["envoyService"]["name"]
    yield from _said(f"Envoy's Service {service}", _fits(service, SERVICE, 63))


def _endpoint_slice(one: Manifest) -> Iterator[str]:
    endpoints = one["endpoints"]
    yield from _said(f"{len(endpoints)} endpoints", 1 <= len(endpoints) <= 1000)
    yield from _said("addresses of one endpoint", all(1 <= len(found["addresses"]) <= 100 for found in endpoints))
    yield from _said("an address with a zone", not any("%" in a for found in endpoints for a in found["addresses"]))


def _service(one: Manifest) -> Iterator[str]:
    names = [port["name"] for port in one["spec"]["ports"]]
    yield from _said(f"ports {names}", _differ(names) and all(_fits(name, LABEL, 63) for name in names))
    host = one["spec"].get("externalName", "x")
    yield from _said(f"external name {host}", _fits(host, SUBDOMAIN, 253))
    yield from _said(f"a label of {host}", all(len(part) <= 63 for part in host.split(".")))


_KINDS: Mapping[str, Callable[[Manifest], Iterator[str]]] = {
    "HTTPRoute": _route,
    "Gateway": _gateway,
    "EnvoyProxy": _envoy_proxy,
    "EndpointSlice": _endpoint_slice,
    "Service": _service,
    "ServiceImport": _service,
}
