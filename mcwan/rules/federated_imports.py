"""A federated import is whole: the mesh knows its names and ports, and its sidecars do what mcwan has them do.

Where the import's own name is an alias of an egress gateway, the mesh is ambient: those names lead there, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcwan.gateways import istio, istio_mesh
from mcwan.model.traffic import DEFAULT, Timeouts, Traffic, merged
from mcwan.plan.federated import hosts_of
from mcwan.plan.names import cluster_host, clusterset
from mcwan.plan.profile import Destination, FederatedRequest, FederatedRule
from mcwan.plan.routes import asked_for
from mcwan.rules.backends import rule_name, rule_port, rules
from mcwan.rules.evidence import Evidence, egress_hosts, exports_of, meshes_of, service_of_export
from mcwan.rules.likeness import Difference, difference
from mcwan.rules.objects import Object, items, mapping, number, text, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import chosen
from mcwan.rules.words import said

_REMEDY = "let mcwan write the import"
_KINDS = ("Service", "ServiceEntry", "VirtualService")
_FREE = frozenset({"timeout"})
_ELSEWHERE = ("match", "retries")
"""What rules-match-alike and requests-go-on look at."""


def _judge(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    name = clusterset(one.name)
    found = {kind: evidence.find(one.cluster, kind, one.namespace, name) for kind in _KINDS}
    for kind, its in found.items():
        if its is None:
            yield violation(f"{one} is federated, and has no {kind} {one.namespace}/{name}", _REMEDY, one)
    egress = _egress(evidence, one, found["Service"], found["ServiceEntry"])
    entry, *_filters, routes = istio_mesh.federated(_request(evidence, one, found["VirtualService"], egress))
    ports = {text(it, "name"): number(it, "port") for it in items(one.content, "spec", "ports")}
    wanted = {"Service": ports, "ServiceEntry": entry["spec"], "VirtualService": _without_rules(routes["spec"])}
    for kind, its in found.items():
        if its is not None and (wrong := _wrong(kind, wanted[kind], its)):
            yield violation(f"{its} is not as {one} has it: {wrong}", _REMEDY, its, one)
    if (its := found["VirtualService"]) is not None:
        for made, written in zip(routes["spec"]["http"], rules(its), strict=True):
            if wrong := difference(_judged(made), _judged(written), "", _FREE):
                called = said(rule_name(written) or None)
                yield violation(f"{its}, rule {called}, is not as rules of imports are: {wrong}", _REMEDY, its)


def _wrong(kind: str, wanted: Any, its: Object) -> Difference | None:
    if kind == "Service":
        found: Any = {text(it, "name"): number(it, "port") for it in items(its.content, "spec", "ports")}
        return difference(wanted, found, "spec.ports")
    spec = mapping(its.content, "spec")
    return difference(wanted, spec if kind == "ServiceEntry" else _without_rules(spec), "spec")


def _without_rules(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in spec.items() if key != "http"}


def _judged(rule: Any) -> dict[str, Any]:
    return {key: one for key, one in mapping(rule).items() if key not in _ELSEWHERE}


def _egress(evidence: Evidence, one: Object, service: Object | None, entry: Object | None) -> str:
    """Give the host name of the egress gateway to which those without a sidecar go; empty if there is none.

    An import whose name leads elsewhere is told of by import-by-egress.
    """
    spec = mapping(service.content, "spec") if service is not None else {}
    alias, known = text(spec, "externalName"), egress_hosts(evidence, one.cluster)
    if alias in known or not (alias or mapping(spec, "selector")):
        return alias
    ends = items(entry.content, "spec", "endpoints") if entry is not None else ()
    written = next((text(it, "address") for it in ends), "")
    return written if written in known else alias


def _request(evidence: Evidence, one: Object, routes: Object | None, egress: str) -> FederatedRequest:
    """Give what the import asks for, by what its ServiceImport says and, of its rules, what others judge."""
    known = evidence.exporting((one.name, one.namespace), one.cluster)
    offered = any(service_of_export(export) == f"{one.name}.{one.namespace}" for export in known)
    told, hosts = hosts_of(one.name, one.namespace, offered=offered)
    ports = {text(it, "name"): number(it, "port") or 0 for it in items(one.content, "spec", "ports")}
    its = tuple(_rule(evidence, one, rule, list(ports.values())) for rule in (rules(routes) if routes else ()))
    key = f"{one.name}.{one.namespace}"
    return FederatedRequest(clusterset(one.name), one.namespace, {}, key, "", "", told, hosts, ports, its, egress)


def _rule(evidence: Evidence, one: Object, rule: Any, ports: Sequence[int]) -> FederatedRule:
    (key,) = exports_of((text(rule, "rewrite", "authority"),))
    there = _ports(evidence, one, key)
    asked = rule_port(rule) or next(iter(ports), 0)
    headers = mapping(rule, "headers", "request", "set")
    if there:
        headers = asked_for(one.cluster, istio.SPAN, ".".join(key), there, asked)
    long = Timeouts(connect="1s", keepalive="1s", request="1s" if value(rule, "timeout") is not None else None)
    return FederatedRule(
        rule_name(rule),
        (),
        rule_port(rule),
        cluster_host(".".join(key)) if key[0] else "",
        headers,
        tuple(
            Destination(
                text(to, "destination", "host"),
                number(to, "destination", "port", "number") or 0,
                number(to, "weight") or 0,
            )
            for to in items(rule, "route")
        ),
        merged(Traffic(timeouts=long), DEFAULT),
    )


def _ports(evidence: Evidence, one: Object, key: tuple[str, str]) -> list[int]:
    """Give the ports of an export that a rule sends to, as its ServiceImports have them; none if it has none."""
    known = (one,) if key == (one.name, one.namespace) else evidence.imports.get(key, ())[:1]
    return [number(it, "port") or 0 for its in known for it in items(its.content, "spec", "ports")]


RULES = (
    Rule(
        "federated-import-is-whole",
        "A federated import has its names and ports in the mesh, which lead to an egress gateway if it is ambient, and "
        "a VirtualService with just what mcwan writes.",
        "A name that the mesh does not know leads nowhere, and of what sidecars do otherwise nobody knows the tunnel.",
        "Let mcwan write the import.",
        lambda evidence: chosen(evidence.of_kind("ServiceImport"), meshes_of),
        _judge,
        severity=Severity.CRITICAL,
    ),
)
