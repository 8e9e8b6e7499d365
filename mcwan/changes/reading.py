"""What objects say, read from any source into the words of the fabric.

What cannot be read (a secret, what an interrupted update left open) is told as a doubt, and hides nothing else.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from mcwan.changes.view import BOTH, Cluster, Flow, Offer, PolicyOn, View, Way
from mcwan.changes.words import ALL, matched
from mcwan.plan.names import NAMESPACE, SOURCE_CLUSTER, cluster_host, clusterset
from mcwan.rules.backends import HOSTNAME
from mcwan.rules.evidence import (
    Claim,
    Evidence,
    callers_of,
    component_of,
    egress_hosts,
    export_of,
    exports_of,
    listeners,
    meshes_of,
    profile_of,
    rules_of,
    service_of_export,
)
from mcwan.rules.mesh_matches import route_matches
from mcwan.rules.objects import Object, items, mapping, number, text, texts, value
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.upstreams import places

T = TypeVar("T")
_CALLER = re.compile(r"(?:spiffe://)?[^/]+/cluster/([^/]+)/egress")

_WORKLOAD = re.compile(r"spiffe://([^/]+)/(?:\*|ns/([^/]+)/sa/([^/]+))")


class _Sent(NamedTuple):
    """A part of a rule's requests; `policy` None: to the cluster itself."""

    cluster: str
    policy: str | None
    weight: Fraction
    spare: bool
    service: str = ""


class _Reader:
    """Reads one environment; keeps why something could not be read, by the object."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.doubts: dict[str, None] = {}
        self.ports: dict[str, dict[int | None, str]] = {}
        """The WAN policy of each WAN port, by cluster."""

    def each(self, ones: Sequence[Object | UnjudgedError], read: Callable[[Object], Iterator[T]]) -> list[T]:
        """Give what can be read of each object."""
        found: list[T] = []
        for one in ones:
            try:
                if isinstance(one, UnjudgedError):
                    raise one
                found += list(read(one))
            except UnjudgedError as doubt:
                self.doubts[str(doubt)] = None
        return found

    def known(self, read: Callable[[], T], otherwise: T) -> T:
        """Give what can be read, or a stand-in."""
        try:
            return read()
        except UnjudgedError as doubt:
            self.doubts[str(doubt)] = None
            return otherwise


def view(evidence: Evidence) -> View:
    """Give what an environment's objects say, in a fixed order."""
    reader = _Reader(evidence)
    policies = reader.each(evidence.of_kind("WANPolicy"), lambda one: _policy(reader, one))
    for one in policies:
        reader.ports.setdefault(one.cluster, {})[one.port] = one.name
    for cluster, section, port in reader.each(evidence.ingress_gateways, _sections):
        reader.ports.setdefault(cluster, {}).setdefault(port, section)
    imports = sorted(set(reader.each(evidence.of_kind("ServiceImport"), lambda one: iter([(one.cluster, _key(one))]))))
    flows, unread = _flows(reader)
    trusted = dict(reader.each(evidence.of_kind("ServiceImport"), _trusted))
    return View(
        clusters=tuple(_cluster(reader, name, trusted.get(name, "")) for name in evidence.clusters),
        policies=tuple(sorted(policies, key=lambda one: (one.name, one.cluster))),
        offers=tuple(_offers(reader)),
        imports=tuple(imports),
        flows=tuple(sorted(flows.values(), key=lambda one: (one.export, one.cluster, one.port or 0))),
        unread=tuple(sorted(unread)),
        doubts=tuple(sorted(reader.doubts)),
    )


def _key(one: Object) -> str:
    return f"{one.name}.{one.namespace}"


def _sections(gateway: Object) -> Iterator[tuple[str, str, int | None]]:
    yield from ((gateway.cluster, section, port) for section, port in listeners(gateway).items())


def _policy(reader: _Reader, one: Object) -> Iterator[PolicyOn]:
    spec, unread = mapping(one.content, "spec"), []

    def known(field: str, read: Callable[..., T], otherwise: T) -> T:
        try:
            return read(spec, field)
        except UnjudgedError as doubt:
            reader.doubts[str(doubt)] = None
            unread.append(field)
            return otherwise

    found = PolicyOn(
        cluster=one.cluster,
        name=one.name,
        tunnel=known("tunnel", text, ""),
        port=known("port", number, None),
        sla=known("sla", _levels, dict[str, float]()),
        tls=known("tls", text, ""),
        failover=known("failover", text, ""),
    )
    yield found.model_copy(update={"unread": tuple(unread)})


def _levels(spec: Any, field: str) -> dict[str, float]:
    levels = {key: value(spec, field, key) for key in sorted(mapping(spec, field))}
    return {key: float(level) for key, level in levels.items() if isinstance(level, int | float)}


def _trusted(one: Object) -> Iterator[tuple[str, str]]:
    yield from ((one.cluster, trust) for trust in meshes_of(one))


def _cluster(reader: _Reader, name: str, mesh: str) -> Cluster:
    gateway = reader.known(lambda: reader.evidence.ingress_gateway(name), None)
    if gateway is None:
        return Cluster(name=name, profile="standard", gateway_class="", trust_domain=mesh)
    return Cluster(
        name=name,
        profile=reader.known(lambda: profile_of(gateway), "") or "standard",
        gateway_class=reader.known(lambda: text(gateway.content, "spec", "gatewayClassName"), ""),
        addresses=tuple(reader.known(lambda: sorted(reader.evidence.addresses(gateway)), [])),
        trust_domain=mesh,
    )


# What is offered.


def _offers(reader: _Reader) -> list[Offer]:
    offers = reader.each(reader.evidence.of_kind("ServiceExport"), _offer)
    admitted = reader.each(reader.evidence.routes, lambda one: _admitted(reader.evidence, one))
    own = {(one.cluster, _export(reader, one)) for one in reader.evidence.ingress_gateways}
    words: dict[tuple[str, str], dict[str, str]] = {}
    admits: dict[tuple[str, str], dict[str, list[str]]] = {}
    answers: dict[tuple[str, str], dict[str, set[str]]] = {}
    for cluster, export, policy, rule, said, services in admitted:
        place = (cluster, export)
        words.setdefault(place, {})[rule] = said
        admits.setdefault(place, {}).setdefault(policy, []).append(rule)
        answers.setdefault(place, {}).setdefault(rule, set()).update(services)
    found = []
    for one in sorted(offers, key=lambda it: (it.export, it.cluster)):
        place = (one.cluster, one.export)
        more = {
            "words": _others(words.get(place, {})),
            "admits": {key: tuple(dict.fromkeys(rules)) for key, rules in sorted(admits.get(place, {}).items())},
            "answers": {rule: tuple(sorted(names)) for rule, names in sorted(answers.get(place, {}).items())},
            "own_gateway": (one.cluster, one.export) in own,
        }
        found.append(one.model_copy(update=more))
    return found


def _export(reader: _Reader, one: Object) -> str:
    """Give the export that an object is for; empty if it is for none, or that is not known."""
    return reader.known(lambda: ".".join(export_of(one) or ()), "")


def _offer(one: Object) -> Iterator[Offer]:
    known = callers_of(one)
    yield Offer(
        export=_key(one),
        cluster=one.cluster,
        service=service_of_export(one),
        rules=dict(rules_of(one)),
        callers=None if known is None else tuple(sorted(_caller(it) for it in known)),
    )


def _caller(identity: str) -> str:
    """Name a caller: a cluster, all workloads of a mesh by its trust domain, or those of a service account."""
    if found := _CALLER.fullmatch(identity):
        return found[1]
    if found := _WORKLOAD.fullmatch(identity):
        return f"{found[3]}.{found[2]} of {found[1]}" if found[2] else f"workloads of {found[1]}"
    return identity


def _admitted(evidence: Evidence, route: Object) -> Iterator[tuple[str, str, str, str, str, tuple[str, ...]]]:
    """Give, of an ingress route, cluster, export, WAN policy, rule, what it matches, and who answers it."""
    export = export_of(route)
    if component_of(route) != "ingress-route" or export is None:
        return
    for parent in evidence.parents(route):
        for rule in items(route.content, "spec", "rules"):
            services = tuple(
                f"{text(ref, 'name')}.{text(ref, 'namespace') or route.namespace}" for ref in items(rule, "backendRefs")
            )
            if services:
                for section in parent.sections:
                    yield route.cluster, ".".join(export), section, text(rule, "name"), matched(rule), services


def _others(words: Mapping[str, str]) -> dict[str, str]:
    """Say of a rule that matches everything, beside others, that it is for all others."""
    return {rule: "all other requests" if said == ALL and len(words) > 1 else said for rule, said in words.items()}


# What is sent.


def _flows(reader: _Reader) -> tuple[dict[tuple[Any, ...], Flow], set[tuple[str, str]]]:
    """Give the flows by their keys, and the importing cluster and export of those that cannot be read."""
    evidence = reader.evidence
    found: dict[tuple[Any, ...], Flow] = {}
    unread: set[tuple[str, str]] = set()
    subjects = [
        *((one, _routed) for one in evidence.of_kind("HTTPRoute")),
        *((one, _direct) for one in evidence.of_kind("Service")),
        *((one, _federated) for one in evidence.of_kind("VirtualService")),
    ]
    for one, read in subjects:
        try:
            flows = list(read(reader, one))
        except UnjudgedError as doubt:
            reader.doubts[str(doubt)] = None
            if export := _export(reader, one):
                unread.add((one.cluster, export))
            continue
        found.update({flow.key: flow for flow in flows})
    by_import: dict[tuple[str, str, int | None], dict[str, str]] = {}
    for flow in found.values():
        by_import.setdefault((flow.cluster, flow.export, flow.port), {})[flow.rule] = flow.words
    said = {key: _others(words) for key, words in by_import.items()}
    for key, flow in found.items():
        words = said[flow.cluster, flow.export, flow.port][flow.rule]
        if words != flow.words:
            found[key] = flow.model_copy(update={"words": words})
    return found, unread


def _routed(reader: _Reader, route: Object) -> Iterator[Flow]:
    """Give the flows of an egress route."""
    export = export_of(route)
    if component_of(route) != "egress-route" or export is None:
        return
    parents = reader.evidence.parents(route)
    sections = {
        listeners(one.gateway).get(section) for one in parents if one.gateway is not None for section in one.sections
    }
    port = min((one for one in sections if one is not None), default=None)
    for rule in items(route.content, "spec", "rules"):
        asked = [key for to in _rewritten(rule) for key in exports_of((to,)) if key[0]]
        yield Flow(
            cluster=route.cluster,
            export=".".join(export),
            port=port,
            rule=text(rule, "name"),
            words=matched(rule),
            path="gateway",
            asks=".".join(asked[0] if asked else export),
            to=_ways([one for ref in items(rule, "backendRefs") for one in _sent(reader, route, rule, ref)]),
        )


def _rewritten(rule: Any) -> Iterator[str]:
    for one in items(rule, "filters"):
        if host := text(one, "urlRewrite", "hostname"):
            yield host


def _sent(reader: _Reader, route: Object, rule: Any, ref: Any) -> Iterator[_Sent]:
    """Give where a backend of a rule leads. By a target of its own a cluster asks its own pods: nothing leaves it."""
    evidence, cluster = reader.evidence, route.cluster
    written = number(ref, "weight")
    weight = Fraction(1 if written is None else written)
    namespace, name, kind = text(ref, "namespace") or route.namespace, text(ref, "name"), text(ref, "kind") or "Service"
    if (text(ref, "group"), kind) == HOSTNAME:
        yield from _placed(reader, evidence.upstream(cluster, route.namespace, name), weight)
    elif kind == "Service":
        service = evidence.find(cluster, "Service", namespace, name)
        if remote := service.label(SOURCE_CLUSTER) if service is not None else "":
            policy = _policy_of(reader, cluster, number(ref, "port"))
            if remote == cluster and service is not None:
                yield _Sent(cluster, None, weight, False, _answering(evidence, service, policy, rule))
            else:
                yield _Sent(remote, policy, weight, spare=False)
        else:
            yield _Sent(cluster, None, weight, spare=False, service=f"{name}.{namespace}")
    elif (spare := evidence.find(cluster, kind, namespace, name)) is not None:
        ends = list(items(spare.content, "spec", "endpoints"))
        port = number(ends[0], "ip", "port") if ends else None
        fallback = bool(value(spare.content, "spec", "fallback"))
        yield _Sent(spare.label(SOURCE_CLUSTER), _policy_of(reader, cluster, port), weight, fallback)


def _answering(evidence: Evidence, target: Object, policy: str, rule: Any) -> str:
    """Give the Service that answers a rule behind a target, as name.namespace; empty if no route there says it."""
    for gateway in evidence.behind(target):
        for host in _rewritten(rule):
            claim = Claim(gateway.cluster, f"{gateway.namespace}/{gateway.name}", policy, host)
            there = [(it, one) for it in evidence.claims.get(claim, ()) for one in items(it.content, "spec", "rules")]
            named = [(it, one) for it, one in there if text(one, "name") == text(rule, "name")]
            for it, one in named or there:
                for ref in items(one, "backendRefs"):
                    return f"{text(ref, 'name')}.{text(ref, 'namespace') or it.namespace}"
    return ""


def _placed(reader: _Reader, upstream: Object | None, weight: Fraction) -> Iterator[_Sent]:
    """Give an upstream's places; the first choices share its weight."""
    if upstream is None:
        return
    every = list(places(reader.evidence, upstream))
    whole = {first: sum(one.weight or 0 for one in every if one.first is first) for first in (True, False)}
    for one in every:
        share = Fraction(one.weight or 0, whole[one.first] or 1)
        policy = _policy_of(reader, upstream.cluster, one.port)
        yield _Sent(one.remote, policy, share * (weight if one.first else 1), not one.first)


def _policy_of(reader: _Reader, cluster: str, port: int | None) -> str:
    """Give the WAN policy of a port: as the cluster's WANPolicies say, else as its own listeners are called."""
    return reader.ports.get(cluster, {}).get(port) or f"port {port}"


def _direct(reader: _Reader, service: Object) -> Iterator[Flow]:
    """Give the flow of an import by path direct: of the name that its clients call."""
    evidence, export = reader.evidence, export_of(service)
    if component_of(service) != "import" or export is None or service.name != clusterset(export[0]):
        return
    alias = text(service.content, "spec", "externalName")
    if alias in egress_hosts(evidence, service.cluster) or _is_found(evidence, service):
        return
    if alias:
        local = alias.removesuffix(cluster_host(""))
        sent = [_Sent(service.cluster, None, Fraction(1), spare=False, service=local)]
    else:
        sent = list(_straight(reader, service))
    yield Flow(
        cluster=service.cluster,
        export=".".join(export),
        port=next((number(one, "port") for one in items(service.content, "spec", "ports")), None),
        rule="all",
        words=ALL,
        path="direct",
        asks=".".join(export),
        to=_ways(sent),
    )


def _federated(reader: _Reader, routes: Object) -> Iterator[Flow]:
    """Give the flows of an import by path federated: of the rules that the mesh's sidecars follow."""
    export = export_of(routes)
    if component_of(routes) != "import" or export is None:
        return
    entry = reader.evidence.find(routes.cluster, "ServiceEntry", routes.namespace, routes.name)
    ports = [number(one, "number") for one in items(entry.content, "spec", "ports")] if entry is not None else []
    for rule in items(routes.content, "spec", "http"):
        asked = next((number(one, "port") for one in items(rule, "match")), None)
        key = exports_of((text(rule, "rewrite", "authority"),))[0]
        name = text(rule, "name").removeprefix(f"{'.'.join(export)}.")
        yield Flow(
            cluster=routes.cluster,
            export=".".join(export),
            port=asked or next(iter(ports), None),
            rule=name if asked is None else name.removesuffix(f".{asked}"),
            words=matched({"matches": route_matches(rule)}),
            path=BOTH if entry is not None and any(items(entry.content, "spec", "endpoints")) else "federated",
            asks=".".join(key if key[0] else export),
            to=_ways([one for to in items(rule, "route") for one in _led(reader, routes, to)]),
        )


def _led(reader: _Reader, routes: Object, to: Any) -> Iterator[_Sent]:
    """Give where a destination of a mesh's rule leads: an upstream's places, or a Service of the cluster."""
    host, weight = text(to, "destination", "host"), number(to, "weight")
    share = Fraction(1 if weight is None else weight)
    if local := host.removesuffix(cluster_host("")) if host.endswith(cluster_host("")) else "":
        yield _Sent(routes.cluster, None, share, spare=False, service=local)
        return
    yield from _placed(reader, reader.evidence.upstream(routes.cluster, NAMESPACE, host), share)


def _is_found(evidence: Evidence, service: Object) -> bool:
    """Tell whether a shadow Service is that by which an import by path federated is found."""
    return evidence.find(service.cluster, "VirtualService", service.namespace, service.name) is not None


def _straight(reader: _Reader, service: Object) -> Iterator[_Sent]:
    """Give the remote gateways that a shadow Service leads to: each end counts alike."""
    evidence = reader.evidence
    of_address = {
        address: gateway.cluster for gateway in evidence.behind(service) for address in evidence.addresses(gateway)
    }
    for one in evidence.slices_of(service):
        port = next((number(it, "port") for it in items(one.content, "ports")), None)
        for end in items(one.content, "endpoints"):
            for address in texts(end, "addresses"):
                remote = of_address.get(address, address)
                yield _Sent(remote, _policy_of(reader, service.cluster, port), Fraction(1), spare=False)


def _ways(sent: Sequence[_Sent]) -> tuple[Way, ...]:
    """Add up what goes the same way, as shares of first choices and of spares; what gets nothing is left out."""
    weights: dict[tuple[bool, str, str, str], Fraction] = {}
    for one in sent:
        key = (one.spare, one.cluster, one.policy or "", one.service)
        weights[key] = weights.get(key, Fraction(0)) + one.weight
    whole = {spare: sum(weight for key, weight in weights.items() if key[0] is spare) for spare in (True, False)}
    return tuple(
        Way(
            cluster=cluster,
            policy=policy or None,
            share=round(float(100 * weight / whole[spare]), 1),
            spare=spare,
            service=service,
        )
        for (spare, cluster, policy, service), weight in sorted(weights.items())
        if weight
    )
