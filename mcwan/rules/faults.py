"""Faults that somebody injects on purpose: by a policy of Envoy Gateway's, or a VirtualService for names of imports."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mcwan.plan.names import cluster_host, hostnames
from mcwan.rules.backends import hosts_sent_to, rule_name, rules
from mcwan.rules.bearing import borne_on, some
from mcwan.rules.evidence import Evidence, component_of, egress_hosts, is_named
from mcwan.rules.evidence import hostnames as hosts_of
from mcwan.rules.objects import Object, mapping, number, value
from mcwan.rules.rule import Violation, violation
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.words import listed, said

_REMEDY = "remove it, or inject faults where the service itself is: what is lost on the way, mcwan goes on from"


def injecting(evidence: Evidence) -> list[Object | UnjudgedError]:
    """Give what says faults, whoever wrote it; of the fabric's own VirtualServices, federated-import-is-whole tells."""
    return [
        *chosen(evidence.of_kind("BackendTrafficPolicy"), _of_policy),
        *chosen(
            evidence.of_kind("VirtualService"),
            lambda one: any(mapping(rule, "fault") for rule in rules(one)) and component_of(one) != "import",
        ),
    ]


def injected(evidence: Evidence, one: Object) -> Iterator[Violation]:
    """Tell of the fabric's gateways, routes and imports whose requests get faults."""
    if one.kind == "BackendTrafficPolicy":
        if to := borne_on(evidence, one):
            faults = _written(_of_policy(one))
            what = f"{one} injects faults into requests of {some(to)}: {faults}; mcwan's policies inject none"
            yield violation(what, _REMEDY, one, to[0])
    elif whose := _led(evidence, one):
        for rule in rules(one):
            if found := mapping(rule, "fault"):
                what = f"{one}, rule {said(rule_name(rule) or None)} injects faults into requests for {whose}"
                yield violation(f"{what}: {_written(found)}; mcwan's rules inject none", _REMEDY, one)


def _of_policy(policy: Object) -> dict[str, Any]:
    """Give the faults of a BackendTrafficPolicy that any request gets. Raises UnjudgedError."""
    found = mapping(policy.content, "spec", "faultInjection")
    return {key: found[key] for key in found if number(found, key, "percentage") != 0}


def _written(faults: Any) -> str:
    return listed(f"{key} ({', '.join(_fields(faults, key))})" for key in faults)


def _fields(fault: Any, *path: str) -> Iterator[str]:
    """Write the fields of a fault, flat. Raises UnjudgedError."""
    found = value(fault, *path)
    if isinstance(found, Mapping):
        for key in found:
            yield from _fields(found, key)
    else:
        yield f"{path[-1]} {said(found)}"


def _led(evidence: Evidence, routes: Object) -> str:
    """Give a host name of the fabric's that a VirtualService is for, or else sends to; empty if there is none.

    Raises UnjudgedError.
    """
    hosts = [host if "." in host else cluster_host(f"{host}.{routes.namespace}") for host in hosts_of(routes)]
    known = _names(evidence, routes.cluster)
    if its := sorted(one for host in hosts for one in known if _covers(host, one)):
        return its[0]
    leads = any(it is routes for it in evidence.mesh_routes)
    return next((to.name for to in hosts_sent_to(routes) if leads and to.service is None), "")


def _covers(host: str, name: str) -> bool:
    return host == name or (host.startswith("*.") and name.endswith(host[1:]))


@lru_cache(maxsize=16)
def _names(evidence: Evidence, cluster: str) -> frozenset[str]:
    """Give the host names of a cluster's imports and its egress gateways, but for those of local Services."""
    found = set(egress_hosts(evidence, cluster))
    for one in evidence.of_kind("ServiceImport"):
        if one.cluster == cluster and component_of(one) == "import" and is_named(one):
            local = cluster_host(f"{one.name}.{one.namespace}")
            found.update(host for host in hostnames(one.name, one.namespace) if host != local)
    return frozenset(found)
