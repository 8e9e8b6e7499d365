"""What egress gateways send to their own cluster's ingress gateways: what own pods answer beside other clusters."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from mcwan.rules.evidence import Evidence, Export, component_of, exports_of, hostnames
from mcwan.rules.objects import Object
from mcwan.rules.unknown import UnjudgedError, grouped
from mcwan.rules.upstreams import sent


class Led(NamedTuple):
    """An egress gateway that sends requests for an export to an ingress gateway of its own cluster."""

    egress: Object
    ingress: Object
    export: Export


def led_home(evidence: Evidence, cluster: str) -> list[Led]:
    """Give what a cluster's egress routes send to its own ingress gateways. Raises UnjudgedError if one is not read."""
    found, doubts = _every(evidence)
    if doubt := doubts.get(cluster):
        raise doubt
    return found.get(cluster, [])


@lru_cache(maxsize=1)
def _every(evidence: Evidence) -> tuple[Mapping[str, list[Led]], Mapping[str, UnjudgedError]]:
    return grouped(evidence.of_kind("HTTPRoute"), lambda one: ((one.cluster, led) for led in _of_route(evidence, one)))


def _of_route(evidence: Evidence, route: Object) -> Iterator[Led]:
    if component_of(route) != "egress-route":
        return
    egress = [one.gateway for one in evidence.parents(route) if one.gateway is not None]
    for one in sent(evidence, route):
        if one.gateway.cluster == route.cluster:
            keys = exports_of(one.to.rewritten) or exports_of(hostnames(route))
            yield from (Led(gateway, one.gateway, key) for gateway in egress for key in keys)
