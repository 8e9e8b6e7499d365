"""Kinds of mistakes: each changes one thing of a consistent environment, and says which rules have to notice.

What a change entails (does anybody send to that listener?) is worked out from the objects as they are written, and not
with the rules' own lookups.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from mcwan.rules import Component, Evidence, Object, Options
from mcwan.rules.exposure import Plaintext
from mcwan.rules.organisation import Exporters, Importers, Labels, Tunnels, Withdrawals
from mcwan.rules.sources import imports
from mcwan.rules.unknown import UNKNOWN, Withheld
from mcwan.rules.wan_policies import PortRange

Path = tuple[Any, ...]
WRONG_PORT, LOW_PORT, LOWEST = 20000, 70, 80
PRIVILEGED = 1024
FOREIGN, PUBLIC = "foreign", "8.8.8.8"
GATEWAY_API = "gateway.networking.k8s.io/v1"
LABEL = "app.kubernetes.io/instance"
SOURCE = "multicluster.kubernetes.io/source-cluster"
SERVICE = "mc-wan.l7mp.io/service"
SPARES = "mc-wan.l7mp.io/spares"
PORTS, PORT_HEADER = "mc-wan.l7mp.io/ports", "x-mc-wan-port"
EXPORT, EXPORT_NAMESPACE = "mc-wan.l7mp.io/export", "mc-wan.l7mp.io/export-namespace"
CALLERS, MESHES = "mc-wan.l7mp.io/callers", "mc-wan.l7mp.io/meshes"
MESH_NAMESPACE = "mc-wan.l7mp.io/mesh-namespace"
OWN_RULES, BACKENDS = "mc-wan.l7mp.io/own-rules", "mc-wan.l7mp.io/backends"
ADDRESSES, POLICY, RULES = "mc-wan.l7mp.io/addresses", "mc-wan.l7mp.io/wan-policy", "mc-wan.l7mp.io/rules"


@dataclass(frozen=True)
class Mutation:
    """One change. `leaf` is the place of the one value that it replaces, if that is what it does."""

    evidence: Evidence
    rules: frozenset[str]
    subject: Object | Component
    leaf: Path | None = None


Changes = Iterator[Mutation]
KINDS: dict[str, Callable[[Evidence], Changes]] = {}


def configured(evidence: Evidence) -> dict[str, Options]:
    """Configure every rule that does nothing otherwise, so that a consistent environment still passes."""
    namespaces = {one.namespace for one in evidence.of_kind("ServiceExport")}
    return {
        "wan-port-range": PortRange(lowest=LOWEST),
        "plaintext-chosen": Plaintext(wan_policies=tuple(policies(evidence))),
        "export-namespace-allowed": Exporters(namespaces=tuple(sorted(namespaces))),
        "namespace-keeps-off-tunnel": Tunnels(never=kept_off(evidence)),
        "import-allowed": Importers(clusters=importers(evidence)),
        "withdrawals-limited": Withdrawals(at_most=0),
        "labels-present": Labels(labels=(LABEL,)),
    }


def kept_off(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """Give, by tunnel, the namespaces whose exports do not use it."""
    tunnels = {one.name: one.content["spec"]["tunnel"] for one in evidence.of_kind("WANPolicy")}
    exports = evidence.of_kind("ServiceExport")
    namespaces = {one.namespace for one in exports}
    used = {(tunnels[policy], one.namespace) for one in exports for policy in its_ways(one)}
    return {
        tunnel: tuple(sorted(one for one in namespaces if (tunnel, one) not in used))
        for tunnel in sorted(set(tunnels.values()))
    }


def importers(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """Give, by service, the clusters that import it."""
    found: dict[str, set[str]] = {f"{one.name}.{one.namespace}": set() for one in evidence.of_kind("ServiceExport")}
    for one in evidence.of_kind("ServiceImport"):
        found[f"{one.name}.{one.namespace}"].add(one.cluster)
    return {service: tuple(sorted(clusters)) for service, clusters in found.items()}


def deployed(evidence: Evidence) -> Evidence:
    """Give an environment that is deployed as it is planned."""
    return replace(evidence, before=imports(evidence))


# How an environment is changed.


def put(content: Any, path: Path, value: Any) -> Any:
    """Give a copy with the value at a path replaced."""
    found = deepcopy(content)
    inner: Any = found
    for part in path[:-1]:
        inner = inner[part] if isinstance(inner, list) else inner.setdefault(part, {})
    inner[path[-1]] = value
    return found


def dropped(content: Any, path: Path) -> Any:
    """Give a copy without what is at a path."""
    found = deepcopy(content)
    del at(found, path[:-1])[path[-1]]
    return found


def at(content: Any, path: Path, default: Any = None) -> Any:
    """Give what is at a path."""
    for part in path:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return default
    return content


def swapped(evidence: Evidence, one: Object | Component, content: Any) -> Evidence:
    """Give the evidence with another content of one object, or other outputs of one component."""
    if isinstance(one, Component):
        components = tuple(replace(one, outputs=content) if it is one else it for it in evidence.components)
        return replace(evidence, components=components)
    return replace(
        evidence, objects=tuple(Object(one.cluster, content) if it is one else it for it in evidence.objects)
    )


def content_of(one: Object | Component) -> Any:
    return one.outputs if isinstance(one, Component) else one.content


def withheld(evidence: Evidence, one: Object | Component, path: Path) -> Evidence:
    """Give the evidence with one leaf not known."""
    return swapped(evidence, one, put(content_of(one), path, Withheld(f"{one}: {'.'.join(map(str, path))}", UNKNOWN)))


def without(evidence: Evidence, one: Object) -> Evidence:
    return replace(evidence, objects=tuple(it for it in evidence.objects if it is not one))


def made(evidence: Evidence, cluster: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Object:
    """Make an object of somebody else's program, of the API version that such objects have."""
    version = next((one.content["apiVersion"] for one in evidence.of_kind(kind)), GATEWAY_API)
    labels = rest.pop("labels", {})
    metadata = {"name": name, "labels": labels, **({"namespace": namespace} if namespace else {})}
    return Object(cluster, {"apiVersion": version, "kind": kind, "metadata": metadata, **rest})


def _set(evidence: Evidence, one: Object | Component, path: Path, value: Any, *rules: str) -> Mutation:
    leaf = path if at(content_of(one), path) is not None else None
    return Mutation(swapped(evidence, one, put(content_of(one), path, value)), frozenset(rules), one, leaf)


def _drop(evidence: Evidence, one: Object | Component, path: Path, *rules: str) -> Mutation:
    leaf = path if not isinstance(at(content_of(one), path), dict | list) else None
    return Mutation(swapped(evidence, one, dropped(content_of(one), path)), frozenset(rules), one, leaf)


def _remove(evidence: Evidence, one: Object, *rules: str) -> Mutation:
    return Mutation(without(evidence, one), frozenset(rules), one)


def _add(evidence: Evidence, one: Object, *rules: str) -> Mutation:
    return Mutation(replace(evidence, objects=(*evidence.objects, one)), frozenset(rules), one)


def kind(name: str) -> Callable[[Callable[[Evidence], Changes]], Callable[[Evidence], Changes]]:
    def keep(changes: Callable[[Evidence], Changes]) -> Callable[[Evidence], Changes]:
        KINDS[name] = changes
        return changes

    return keep


# What there is, as it is written.


def policies(evidence: Evidence) -> dict[str, int]:
    """Give the port of each WAN policy."""
    return {one.content["metadata"]["name"]: one.content["spec"]["port"] for one in evidence.of_kind("WANPolicy")}


def labels(one: Object) -> Mapping[str, str]:
    found: Mapping[str, str] = one.content["metadata"]["labels"]
    return found


def part(one: Object) -> str:
    return labels(one).get("app.kubernetes.io/component", "")


def own(one: Object) -> tuple[str, str] | None:
    name = labels(one).get(EXPORT)
    return (name, labels(one)[EXPORT_NAMESPACE]) if name else None


def clusters(evidence: Evidence) -> list[str]:
    return sorted({one.cluster for one in evidence.objects})


def ingress(evidence: Evidence) -> list[Object]:
    return [one for one in evidence.of_kind("Gateway") if part(one) == "ingress-gateway"]


def egress(evidence: Evidence) -> list[Object]:
    return [one for one in evidence.of_kind("Gateway") if part(one) == "egress-gateway"]


def routes(evidence: Evidence, component: str) -> list[Object]:
    return [one for one in evidence.of_kind("HTTPRoute") if part(one) == component]


def parent(route: Object) -> tuple[str, str, str, str]:
    (ref,) = route.content["spec"]["parentRefs"]
    return (route.cluster, ref["namespace"], ref["name"], ref["sectionName"])


def here(gateway: Object) -> tuple[str, str, str]:
    metadata = gateway.content["metadata"]
    return (gateway.cluster, metadata["namespace"], metadata["name"])


def exporters(evidence: Evidence, key: tuple[str, str]) -> list[str]:
    return sorted(one.cluster for one in evidence.of_kind("ServiceExport") if (one.name, one.namespace) == key)


def remote_gateways(evidence: Evidence, one: Object) -> list[Object]:
    """Give the ingress gateways that a target, a shadow Service or its slice leads to."""
    key, remote = own(one), labels(one).get(SOURCE)
    wanted = [remote] if remote else [name for name in exporters(evidence, key or ("", "")) if name != one.cluster]
    found = []
    for cluster in wanted:
        of_cluster = [gateway for gateway in ingress(evidence) if gateway.cluster == cluster]
        mine = [gateway for gateway in of_cluster if key is not None and own(gateway) == key]
        found += mine or [gateway for gateway in of_cluster if own(gateway) is None]
    return found


def leading(evidence: Evidence, gateway: Object) -> list[tuple[Object, str, int]]:
    """Give what leads to an ingress gateway: the object, its port's name, and the port."""
    found = []
    for one in evidence.of_kind("EndpointSlice"):
        if gateway in remote_gateways(evidence, one):
            found += [(one, port["name"], port["port"]) for port in one.content["ports"]]
    for one in evidence.of_kind("Service"):
        if SOURCE in labels(one) and gateway in remote_gateways(evidence, one):
            found += [(one, port["name"], port["targetPort"]) for port in one.content["spec"]["ports"]]
    return found


def sendings(evidence: Evidence) -> list[tuple[str, Object, int, str]]:
    """Give who sends what where: the rule that would notice, the remote ingress gateway, its port, the host name."""
    found = []
    services = {
        (one.cluster, one.content["metadata"].get("namespace"), one.content["metadata"]["name"]): one
        for one in evidence.of_kind("Service")
    }
    for route in routes(evidence, "egress-route"):
        for rule in route.content["spec"]["rules"]:
            (host,) = [f["urlRewrite"]["hostname"] for f in rule["filters"] if f["type"] == "URLRewrite"]
            for ref in rule["backendRefs"]:
                service = services.get((route.cluster, ref.get("namespace"), ref["name"]))
                if service is not None and SOURCE in labels(service):
                    to = remote_gateways(evidence, service)
                    found += [("route-arrives", gateway, ref["port"], host) for gateway in to]
                for one in spares_called(evidence, route, ref):
                    (gateway,) = remote_gateways(evidence, one)
                    found.append(("route-arrives", gateway, at(one.content, SPARE_PORT), host))
                for one in upstreams(evidence) if ref["kind"] == "Hostname" else ():
                    if (one.cluster, one.content["spec"]["hosts"]) == (route.cluster, [ref["name"]]):
                        found += [("route-arrives", to, port, host) for _, to, port, _ in places(evidence, one)]
    for route, path, port, gateway in _kept_together(evidence):
        if route.kind == "VirtualService":
            host = at(route.content, (*path[:3], "rewrite", "authority"))
            found.append(("route-arrives", gateway, port, host))
    for one in shadows(evidence):
        name, namespace = own(one) or ("", "")
        host = f"{name}-clusterset.{namespace}.svc.cluster.local"
        for gateway in remote_gateways(evidence, one):
            found += [("shadow-arrives", gateway, port["port"], host) for port in one.content["ports"]]
    return found


SPARE_PORT: Path = ("spec", "endpoints", 0, "ip", "port")


def spares_called(evidence: Evidence, route: Object, ref: Mapping[str, Any]) -> list[Object]:
    """Give the spare of Envoy Gateway's that a reference of a route names."""
    if ref["kind"] != "Backend":
        return []
    return [one for one in evidence.of_kind("Backend") if here(one) == (route.cluster, ref["namespace"], ref["name"])]


def _spare_refs(evidence: Evidence) -> Iterator[tuple[Object, Path, Object]]:
    """Give the spares that egress routes send to: the route, the place of the backend, the spare."""
    for route in routes(evidence, "egress-route"):
        for number, rule in enumerate(route.content["spec"]["rules"]):
            for index, ref in enumerate(rule["backendRefs"]):
                for one in spares_called(evidence, route, ref):
                    yield route, ("spec", "rules", number, "backendRefs", index), one


def spare_policy(spare: Object) -> str:
    """Give the WAN policy that a spare is of."""
    (policy,) = [key.rpartition("/")[2] for key in labels(spare) if key.startswith("wan-policy.")]
    return policy


def host_sent(route: Object, path: Path) -> str:
    """Give the host name that a rule of an egress route writes into its requests."""
    (host,) = [it["urlRewrite"]["hostname"] for it in at(route.content, path[:3])["filters"] if "urlRewrite" in it]
    return str(host)


def admitting(evidence: Evidence, gateway: Object, policy: str, host: str) -> list[Object]:
    """Give the routes that admit a host name on a listener of an ingress gateway."""
    places = [one for one in routes(evidence, "ingress-route") if parent(one) == (*here(gateway), policy)]
    return [one for one in places if host in one.content["spec"]["hostnames"]]


def failing_over(evidence: Evidence, route: Object, path: Path) -> set[tuple[str, str]]:
    """Give where the rule of a backend goes on to, by other WAN policies: the cluster, and that WAN policy."""
    remote = [
        (gateway, ref["port"])
        for it, place, ref, gateway in _remote_refs(evidence)
        if it is route and place[:3] == path[:3] and gateway.cluster != route.cluster
    ]
    spares = [one for it, place, one in _spare_refs(evidence) if it is route and place[:3] == path[:3]]
    used = {at(one.content, SPARE_PORT) for one in spares}
    return {
        (gateway.cluster, name)
        for gateway, own_port in remote
        for name, port in policies(evidence).items()
        if port != own_port and port in used and admitting(evidence, gateway, name, host_sent(route, path))
    }


def upstreams(evidence: Evidence) -> list[Object]:
    return [one for one in evidence.of_kind("ServiceEntry") if part(one) in ("target", "mesh-target")]


def seen_otherwise(upstream: Object) -> list[str]:
    """Give who would see an upstream if it were one of the other kind."""
    return ["."] if of_mesh(upstream) else ["*"]


def of_mesh(upstream: Object) -> bool:
    """Tell whether the workloads of a mesh send to an upstream, and not a gateway."""
    return part(upstream) == "mesh-target"


def places(evidence: Evidence, upstream: Object) -> Iterator[tuple[Path, Object, int, str]]:
    """Give an upstream's places: where each is written, its gateway, its port, the choice that it is."""
    (port,) = upstream.content["spec"]["ports"]
    for index, one in enumerate(upstream.content["spec"]["endpoints"]):
        remote = [gateway for gateway in ingress(evidence) if gateway.cluster == one["labels"][SOURCE]]
        mine = [gateway for gateway in remote if own(gateway) == own(upstream)]
        (gateway,) = mine or [gateway for gateway in remote if own(gateway) is None]
        choice = one["labels"]["mc-wan.l7mp.io/choice"]
        yield ("spec", "endpoints", index), gateway, one["ports"][port["name"]], choice


def checking(evidence: Evidence, upstream: Object) -> list[Object]:
    """Give the DestinationRule that checks who an upstream's places are, if one does."""
    return [
        one
        for one in evidence.of_kind("DestinationRule")
        if (one.cluster, [one.content["spec"]["host"]]) == (upstream.cluster, upstream.content["spec"]["hosts"])
        and "tls" in one.content["spec"]["trafficPolicy"]
    ]


def shadows(evidence: Evidence) -> list[Object]:
    return [one for one in evidence.of_kind("EndpointSlice") if part(one) == "import"]


def sent_to(evidence: Evidence, gateway: Object, port: int, hosts: Iterable[str] | None = None) -> set[str]:
    """Say which rules notice if what is sent to a listener (for some hosts) is not admitted any more."""
    return {
        rule
        for rule, to, its, host in sendings(evidence)
        if to is gateway and its == port and (hosts is None or host in hosts)
    }


def relying(evidence: Evidence, route: Object) -> set[str]:
    """Say which rules notice if an ingress route does not admit its host names any more."""
    hosts = set(route.content["spec"]["hostnames"])
    for other in routes(evidence, "ingress-route"):
        if other is not route and parent(other) == parent(route) and set(other.content["spec"]["hostnames"]) == hosts:
            return set()
    gateway = next(one for one in ingress(evidence) if here(one) == parent(route)[:3])
    port = {one["name"]: one["port"] for one in gateway.content["spec"]["listeners"]}[parent(route)[3]]
    return sent_to(evidence, gateway, port, hosts)


def attached(evidence: Evidence, gateway: Object, section: str | None = None) -> set[str]:
    """Say which rule notices if a listener, or the gateway, is not there any more."""
    every = [parent(one) for one in evidence.of_kind("HTTPRoute")]
    used = any(it[:3] == here(gateway) and section in (None, it[3]) for it in every)
    return {"route-has-listener"} if used else set()


def aimed(evidence: Evidence, gateway: Object, port: int) -> set[str]:
    """Say which rule notices if an ingress gateway does not listen on a port any more."""
    found = {"target-port"} if any(its == port for _, _, its in leading(evidence, gateway)) else set()
    return found | ({"spare-leads-there"} if port in spare_ports(evidence, gateway) else set())


def spare_ports(evidence: Evidence, gateway: Object) -> set[int]:
    """Give the ports by which spares lead to an ingress gateway."""
    every = [one for one in evidence.of_kind("Backend") if gateway in remote_gateways(evidence, one)]
    kept = [port for one in upstreams(evidence) for _, to, port, _ in places(evidence, one) if to is gateway]
    return {endpoint["ip"]["port"] for one in every for endpoint in one.content["spec"]["endpoints"]} | set(kept)


def marks(export: Object) -> Path:
    """Give the place of the annotation by which a ServiceExport names its WAN policies."""
    key = POLICY if POLICY in export.content["metadata"]["annotations"] else RULES
    return ("metadata", "annotations", key)


def its_policies(export: Object) -> set[str]:
    return {one.rpartition("=")[2] for one in at(export.content, marks(export)).split(",")}


def its_ways(export: Object) -> set[str]:
    """Give the WAN policies by which an export's requests may travel: its own, and those they fail over to."""
    spares = at(export.content, ("metadata", "annotations", "mc-wan.l7mp.io/spares"), "")
    return its_policies(export) | {one for one in spares.split(",") if one}


def exports_by(evidence: Evidence, cluster: str, policy: str) -> set[str]:
    every = [one for one in evidence.of_kind("ServiceExport") if one.cluster == cluster]
    return {"export-has-policy"} if any(policy in its_policies(one) for one in every) else set()


def has_own_rules(evidence: Evidence, route: Object) -> bool:
    """Tell whether the import that an egress route is for has rules of its own."""
    mine = [it for it in evidence.of_kind("ServiceImport") if (it.cluster, own(it)) == (route.cluster, own(route))]
    return any(OWN_RULES in it.content["metadata"]["annotations"] for it in mine)


def imported(evidence: Evidence, export: Object) -> set[str]:
    """Say which rule notices if a ServiceExport says another WAN policy than its imports."""
    return {"import-as-exported"} if any(own(it) == own(export) for it in evidence.of_kind("ServiceImport")) else set()


def sent_by_rule(evidence: Evidence, export: Object, name: str) -> set[str]:
    """Say which rule notices if a ServiceExport gives one of its rules another WAN policy."""
    for route, path, _, gateway in [*_remote_refs(evidence), *_kept_together(evidence)]:
        its = (own(route), gateway.cluster, called(at(route.content, path[:3])))
        if its == (own(export), export.cluster, name) and not has_own_rules(evidence, route):
            return {"rule-of-own-policy"}
    spares = (at(export.content, ("metadata", "annotations", SPARES)) or "").split(",")
    for route, path, spare in _spare_refs(evidence):
        (gateway,) = remote_gateways(evidence, spare)
        rule, policy = at(route.content, path[:3]), spare_policy(spare)
        if gateway.cluster != export.cluster or policy in spares:
            continue
        if has_own_rules(evidence, route):
            sent = host_sent(route, path) == f"{export.name}.{export.namespace}.svc.cluster.local"
            mine = any(f"{rule['name']}={policy}" in its for its in said_by_imports(evidence, route))
            if sent and not mine:
                return {"rule-of-own-policy"}
        elif (own(route), rule["name"]) == (own(export), name):
            return {"rule-of-own-policy"}
    return set()


def said_by_imports(evidence: Evidence, route: Object) -> list[list[str]]:
    """Give the rules that the import of an egress route says are its own."""
    mine = [it for it in evidence.of_kind("ServiceImport") if (it.cluster, own(it)) == (route.cluster, own(route))]
    return [it.content["metadata"]["annotations"].get(OWN_RULES, "").split(",") for it in mine]


def compared(evidence: Evidence, route: Object, name: str) -> bool:
    """Tell whether an egress route sends by a rule of that name to the listener of an ingress route."""
    sent = [(it, path, ref["port"], gateway) for it, path, ref, gateway in _remote_refs(evidence)]
    return any(
        own(it) == own(route)
        and here(gateway) == parent(route)[:3]
        and {listener["port"]: listener["name"] for listener in gateway.content["spec"]["listeners"]}[port]
        == parent(route)[3]
        and called(at(it.content, path[:3])) == name
        and not has_own_rules(evidence, it)
        for it, path, port, gateway in [*sent, *_kept_together(evidence)]
    )


def called(rule: Mapping[str, Any]) -> str:
    """Give a rule's name, without the export and the port that are in it where sidecars follow it."""
    name: str = rule["name"]
    return name.split(".")[2] if "." in name else name


def elsewhere(evidence: Evidence, route: Object) -> set[str]:
    """Say which rule notices if a route says other than the one of that name on another cluster."""
    every = [one for one in routes(evidence, part(route)) if here(one)[1:] == here(route)[1:]]
    told = [one for one in every if part(one) == "ingress-route" or not has_own_rules(evidence, one)]
    return {"rules-everywhere"} if route in told and len(told) > 1 else set()


def classless(evidence: Evidence, route: Object) -> bool:
    """Tell whether Envoy Gateway's policies name a route, and do not select it by its label."""
    gateway = next((one for one in egress(evidence) if here(one) == parent(route)[:3]), None)
    by_envoy_gateway = at(gateway and gateway.content, ("spec", "infrastructure", "parametersRef", "kind"))
    return by_envoy_gateway == "EnvoyProxy" and not any(key.startswith("traffic.") for key in labels(route))


def by_section(evidence: Evidence, route: Object, name: str) -> set[str]:
    """Say which rule notices if a rule of a route is called otherwise: its own policy is for it no more."""
    for one in evidence.of_kind("BackendTrafficPolicy"):
        for target in one.content["spec"].get("targetRefs", ()):
            named = (one.cluster, one.namespace, target["name"], target.get("sectionName"))
            if named == (*here(route), name) and classless(evidence, route):
                return {"requests-go-on"}
    return set()


def by_istio(gateway: Object) -> bool:
    """Tell whether Istio asks a gateway's clients for certificates."""
    return any("options" in one.get("tls", {}) for one in gateway.content["spec"]["listeners"])


def settled(evidence: Evidence) -> bool:
    """Tell whether so many say the domain of the fabric that one more or less does not matter."""
    kinds = ("BackendTLSPolicy", "ClientTrafficPolicy", "Certificate")
    return sum(len(evidence.of_kind(one)) for one in kinds) + len(guarding(evidence)) > 3


def guarding(evidence: Evidence) -> list[Object]:
    """Give Istio's policies by which ingress gateways refuse clients of other fabrics."""
    return [one for one in evidence.of_kind("AuthorizationPolicy") if part(one) == "ingress-gateway"]


def authorizing(evidence: Evidence, cluster: str) -> list[Object]:
    """Give Istio's policies in the fabric's namespace."""
    every = evidence.of_kind("AuthorizationPolicy")
    return [one for one in every if (one.cluster, one.namespace) == (cluster, "mc-wan")]


# WAN policies.


@kind("WANPolicy: wrong port")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        yield _set(evidence, one, ("spec", "port"), WRONG_PORT, "wan-port-consistency", "listener-is-wan-policy")


@kind("WANPolicy: port out of the range")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        rules = ("wan-port-consistency", "listener-is-wan-policy", "wan-port-range")
        yield _set(evidence, one, ("spec", "port"), LOW_PORT, *rules)


@kind("WANPolicy: port of another policy")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        for other in sorted(set(policies(evidence).values()) - {one.content["spec"]["port"]})[:1]:
            rules = ("wan-port-consistency", "listener-is-wan-policy", "wan-port-unique")
            yield _set(evidence, one, ("spec", "port"), other, *rules)


@kind("WANPolicy: another tunnel")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        yield _set(evidence, one, ("spec", "tunnel"), "other", "wan-policy-consistency", *told_by_routes(evidence, one))


def told_by_routes(evidence: Evidence, policy: Object) -> set[str]:
    """Say which rule notices if a WAN policy's tunnel is not what ingress routes say of it."""
    place = (policy.cluster, policy.name)
    told = [one for one in routes(evidence, "ingress-route") if (one.cluster, parent(one)[3]) == place]
    return {"route-does-no-more"} if any(map(answers, told)) else set()


def answers(route: Object) -> bool:
    return any(rule.get("backendRefs") for rule in route.content["spec"]["rules"])


@kind("WANPolicy: a tunnel that its exports must never use")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        for tunnel, namespaces in kept_off(evidence).items():
            here_ = [it for it in evidence.of_kind("ServiceExport") if it.cluster == one.cluster]
            if any(one.name in its_ways(it) and it.namespace in namespaces for it in here_):
                rules = {"wan-policy-consistency", "namespace-keeps-off-tunnel", *told_by_routes(evidence, one)}
                yield _set(evidence, one, ("spec", "tunnel"), tunnel, *rules)


for _what in ("jitterMs", "latencyMs", "lossPercent"):

    @kind(f"WANPolicy: another {_what}")
    def _(evidence: Evidence, what: str = _what) -> Changes:
        for one in evidence.of_kind("WANPolicy"):
            yield _set(evidence, one, ("spec", "sla", what), 77, "wan-policy-consistency")


@kind("WANPolicy: missing on a cluster")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        used = exports_by(evidence, one.cluster, one.name)
        yield _remove(evidence, one, "wan-policy-everywhere", "listener-is-wan-policy", *used)


@kind("WANPolicy: somebody else's, on one cluster")
def _(evidence: Evidence) -> Changes:
    for cluster in clusters(evidence):
        spec = {"tunnel": "other", "port": WRONG_PORT, "sla": {"jitterMs": 1, "latencyMs": 1, "lossPercent": 1}}
        everywhere = {"wan-policy-everywhere"} if len(clusters(evidence)) > 1 else set()
        one = made(evidence, cluster, "WANPolicy", FOREIGN, spec=spec)
        yield _add(evidence, one, "wan-policy-has-listener", *everywhere)
        one = made(evidence, cluster, "WANPolicy", FOREIGN, spec=spec | {"port": min(policies(evidence).values())})
        yield _add(evidence, one, "wan-policy-has-listener", "wan-port-unique", *everywhere)


@kind("WANPolicy: another TLS on one cluster")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        other = "plaintext" if one.content["spec"]["tls"] == "mutual" else "mutual"
        its = [it for it in evidence.of_kind("Backend") if (it.cluster, spare_policy(it)) == (one.cluster, one.name)]
        spoken = ("spare-leads-there",) if its else ()  # by which protocol, HTTP/2 or not
        yield _set(evidence, one, ("spec", "tls"), other, "wan-policy-consistency", "tls-as-chosen", *spoken)


@kind("WANPolicy: another failover on one cluster")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("WANPolicy"):
        yield _set(evidence, one, ("spec", "failover"), "other", "wan-policy-consistency")


# Components.


@kind("component WANPolicy: wrong port for a cluster")
def _(evidence: Evidence) -> Changes:
    for one in evidence.component("WANPolicy"):
        for cluster in one.outputs["wanPorts"]:
            yield _set(evidence, one, ("wanPorts", cluster), WRONG_PORT, "wan-port-consistency")


@kind("component WANPolicy: no port for a cluster")
def _(evidence: Evidence) -> Changes:
    for one in evidence.component("WANPolicy"):
        for cluster in one.outputs["wanPorts"]:
            content = dropped(one.outputs, ("wanPorts", cluster))
            yield Mutation(swapped(evidence, one, content), frozenset({"wan-policy-everywhere"}), one)


@kind("component WANPolicy: another tunnel")
def _(evidence: Evidence) -> Changes:
    for one in evidence.component("WANPolicy"):
        yield _set(evidence, one, ("tunnel",), "other", "wan-policy-consistency")


@kind("component EastWestGateway: a listener's port wrong, missing, or too many")
def _(evidence: Evidence) -> Changes:
    for one in evidence.component("EastWestGateway"):
        for cluster, told in one.outputs["clusters"].items():
            path: Path = ("clusters", cluster, "ingress", "listeners")
            for name in told["ingress"]["listeners"]:
                yield _set(evidence, one, (*path, name), WRONG_PORT, "listener-is-wan-policy")
                content = dropped(one.outputs, (*path, name))
                yield Mutation(swapped(evidence, one, content), frozenset({"wan-policy-has-listener"}), one)
            yield _set(evidence, one, (*path, FOREIGN), WRONG_PORT, "listener-is-wan-policy")


@kind("component EastWestGateway: a target's address wrong")
def _(evidence: Evidence) -> Changes:
    for one in evidence.component("EastWestGateway"):
        for cluster, told in one.outputs["clusters"].items():
            for remote in told["targets"]:
                path: Path = ("clusters", cluster, "targets", remote, 0)
                yield _set(evidence, one, path, "10.99.99.99", "target-address")


@kind("component ServiceExport: no policy, or one that is not there")
def _(evidence: Evidence) -> Changes:
    for one in evidence.component("ServiceExport"):
        if "wanPolicy" in one.outputs:
            yield _set(evidence, one, ("wanPolicy",), "ghost", "export-has-policy")
            yield _drop(evidence, one, ("wanPolicy",), "export-has-policy")
        else:
            for name in one.outputs["rules"]:
                yield _set(evidence, one, ("rules", name), "ghost", "export-has-policy")


# Gateways.


@kind("ingress gateway: a listener's port wrong")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        for index, listener in enumerate(one.content["spec"]["listeners"]):
            path: Path = ("spec", "listeners", index, "port")
            admits = {"clients-of-this-fabric"} if by_istio(one) and "tls" in listener else set()
            rules = ("listener-is-wan-policy", *aimed(evidence, one, listener["port"]), *admits)
            yield _set(evidence, one, path, WRONG_PORT, *rules)


@kind("ingress gateway: a listener dropped")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        shared = {"wan-policy-has-listener"} if own(one) is None else set()
        for index, listener in enumerate(one.content["spec"]["listeners"]):
            its = attached(evidence, one, listener["name"]) | aimed(evidence, one, listener["port"])
            if shared | its:
                yield _drop(evidence, one, ("spec", "listeners", index), *shared, *its)


@kind("ingress gateway: a listener renamed")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        shared = {"wan-policy-has-listener"} if own(one) is None else set()
        for index, listener in enumerate(one.content["spec"]["listeners"]):
            its = attached(evidence, one, listener["name"]) | sent_to(evidence, one, listener["port"])
            plain = {"plaintext-chosen"} if listener["protocol"] == "HTTP" else set()
            rules = ("listener-is-wan-policy", *plain, *shared, *its)
            yield _set(evidence, one, ("spec", "listeners", index, "name"), "renamed", *rules)


@kind("ingress gateway: somebody else's listener")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        for protocol, plain in (("HTTPS", ()), ("HTTP", ("plaintext-chosen",))):
            added = {"name": FOREIGN, "protocol": protocol, "port": WRONG_PORT}
            content = put(one.content, ("spec", "listeners"), [*one.content["spec"]["listeners"], added])
            asked = {"clients-verified"} if protocol == "HTTPS" and not asks(evidence, one) else set()
            rules = frozenset({"listener-is-wan-policy", "listener-is-closed", *plain, *asked})
            yield Mutation(swapped(evidence, one, content), rules, one)


@kind("ingress gateway: another address written on it")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        told = own(one) is None and len(clusters(evidence)) > 1
        if any(it.kind == "EndpointSlice" for it, _, _ in leading(evidence, one)) or told:
            spares = {"spare-leads-there"} if spare_ports(evidence, one) else set()
            yield _set(evidence, one, ("metadata", "annotations", ADDRESSES), "10.99.99.99", "target-address", *spares)


def asks(evidence: Evidence, gateway: Object) -> bool:
    """Tell whether whatever a gateway listens on by TLS asks for a certificate."""
    policies = [one for one in evidence.of_kind("ClientTrafficPolicy") if here(one) == here(gateway)]
    validations = [at(one.content, ("spec", "tls", "clientValidation")) for one in policies]
    return any(validations) or at(gateway.content, ("spec", "tls", "frontend")) is not None


def secure(gateway: Object) -> set[str]:
    """Give the listeners with TLS."""
    return {one["name"] for one in gateway.content["spec"]["listeners"] if one["protocol"] == "HTTPS"}


@kind("ingress gateway: a listener in plaintext")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        for index, listener in enumerate(one.content["spec"]["listeners"]):
            if listener["protocol"] == "HTTPS":
                refused = {"clients-of-this-fabric"} if by_istio(one) else set()
                rules = ("tls-as-chosen", *refused)
                yield _set(evidence, one, ("spec", "listeners", index, "protocol"), "HTTP", *rules)


@kind("ingress gateway: its clients need no certificate")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        if not secure(one):
            continue
        options: Path = ("spec", "listeners", 0, "tls", "options", "gateway.istio.io/tls-terminate-mode")
        frontend: Path = ("spec", "tls", "frontend", "default", "validation", "caCertificateRefs")
        if at(one.content, frontend):
            yield _set(evidence, one, frontend, [], "clients-verified")
        for index, listener in enumerate(one.content["spec"]["listeners"]):
            if at(listener, options[3:]):
                yield _set(evidence, one, (*options[:2], index, *options[3:]), "SIMPLE", "clients-verified")
        for policy in evidence.of_kind("ClientTrafficPolicy"):
            if here(policy) == here(one):
                path: Path = ("spec", "tls", "clientValidation")
                yield _remove(evidence, policy, "clients-verified")
                yield _set(evidence, policy, (*path, "mode"), "Request", "clients-verified")
                target: Path = ("spec", "targetRefs", 0)
                yield _set(evidence, policy, (*target, "sectionName"), "elsewhere", "clients-verified")
                spec = {"targetRefs": [at(policy.content, target) | {"sectionName": sorted(secure(one))[0]}]}
                added = made(evidence, one.cluster, "ClientTrafficPolicy", FOREIGN, one.namespace, spec=spec)
                yield _add(evidence, added, "clients-verified")
                yield _set(evidence, policy, (*path, "allowExpiredCertificate"), True, "clients-verified")
                yield _drop(evidence, policy, (*path, "caCertificateRefs"), "clients-verified")


@kind("ingress gateway: missing")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        if own(one) is None:
            guarded_ = [at(it.content, ("spec", "targetRefs", 0, "name")) for it in authorizing(evidence, one.cluster)]
            nothing = {"authorization-takes-effect"} if one.name in guarded_ else set()
            yield _remove(evidence, one, "wan-policy-has-listener", *attached(evidence, one), *nothing)


@kind("ingress gateway: a listener for some host names, or of another protocol")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        path: Path = ("spec", "listeners", 0)
        yield _set(evidence, one, (*path, "hostname"), "example.com", "listener-is-wan-policy")
        chosen = {"tls-as-chosen"} if at(one.content, (*path, "protocol")) == "HTTPS" else set()
        chosen |= {"clients-of-this-fabric"} if chosen and by_istio(one) else set()
        yield _set(evidence, one, (*path, "protocol"), "TCP", "listener-is-wan-policy", *chosen)


def admitted_at_home(evidence: Evidence, gateway: Object) -> bool:
    """Tell whether a NetworkPolicy of its cluster admits an egress gateway's pods."""
    return any(
        gateway.name in peer.get("podSelector", {}).get("matchLabels", {}).values()
        for one in evidence.of_kind("NetworkPolicy")
        if one.cluster == gateway.cluster
        for peer in one.content["spec"]["ingress"][0]["from"]
    )


ISTIO_TYPE: Path = ("metadata", "annotations", "networking.istio.io/service-type")


def _by_a_profile(evidence: Evidence, gateway: Object) -> bool:
    """Tell whether a gateway has others of its cluster beside it, of a profile that says where their Services lie."""
    others = [it for it in (*ingress(evidence), *egress(evidence)) if it.cluster == gateway.cluster]
    return len(others) > 1 and (bool(at(gateway.content, ISTIO_TYPE)) or by_envoy_gateway(evidence, gateway))


@kind("ingress gateway: its Service said to be in another namespace")
def _(evidence: Evidence) -> Changes:
    path: Path = ("metadata", "annotations", SERVICE)
    protected = {"wan-ports-protected"} if evidence.of_kind("NetworkPolicy") else set()
    for one in ingress(evidence):
        if _by_a_profile(evidence, one):
            elsewhere = f"{at(one.content, path).partition('.')[0]}.elsewhere"
            yield _set(evidence, one, path, elsewhere, "service-has-wan-ports", *protected)


@kind("ingress gateway: a low WAN port is another one in the pod")
def _(evidence: Evidence) -> Changes:
    path: Path = ("spec", "provider", "kubernetes", "useListenerPortAsContainerPort")
    for one in ingress(evidence):
        low = [it["port"] for it in one.content["spec"]["listeners"] if it["port"] < PRIVILEGED]
        for proxy in evidence.of_kind("EnvoyProxy"):
            if low and here(proxy) == here(one):
                yield _set(evidence, proxy, path, False, "service-has-wan-ports")
                yield _drop(evidence, proxy, path, "service-has-wan-ports")


@kind("ingress gateway: clients with TLS are spoken to otherwise")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        for policy in evidence.of_kind("ClientTrafficPolicy"):
            if secure(one) and here(policy) == here(one):
                only = "clients-verified"
                shown = {"mode": "AlwaysForwardOnly"}
                yield _set(evidence, policy, ("spec", "tls", "minVersion"), "1.0", only)
                yield _drop(evidence, policy, ("spec", "tls", "minVersion"), only)
                yield _set(evidence, policy, ("spec", "tls", "ciphers"), ["NULL-MD5"], only)
                yield _set(evidence, policy, ("spec", "headers", "xForwardedClientCert"), shown, only)
                aim = {
                    "targetRefs": [at(policy.content, ("spec", "targetRefs", 0)) | {"sectionName": min(secure(one))}]
                }
                spec = {**put(policy.content, ("spec", "tls", "minVersion"), "1.2")["spec"], **aim}
                theirs = made(evidence, one.cluster, "ClientTrafficPolicy", FOREIGN, one.namespace, spec=spec)
                yield _add(evidence, theirs, only)


@kind("egress gateway: another Service said")
def _(evidence: Evidence) -> Changes:
    path: Path = ("metadata", "annotations", SERVICE)
    for one in egress(evidence):
        said = f"{one.content['metadata']['annotations'][SERVICE]}.svc.cluster.local"
        every = [it for it in evidence.of_kind("Service") if it.cluster == one.cluster]
        if any(it.content["spec"].get("externalName") == said for it in every):
            known = {"wan-ports-protected"} if admitted_at_home(evidence, one) else set()  # its pods are elsewhere then
            called_ = at(one.content, path).partition(".")[0]
            apart = {"service-has-wan-ports"} if _by_a_profile(evidence, one) else set()
            beside = set() if at(one.content, ISTIO_TYPE) else apart
            yield _set(evidence, one, path, f"{called_}.elsewhere", "import-by-egress", *known, *apart)
            yield _drop(evidence, one, path, "import-by-egress", *known, *beside)


@kind("egress gateway: a listener dropped or renamed")
def _(evidence: Evidence) -> Changes:
    for one in egress(evidence):
        for index, listener in enumerate(one.content["spec"]["listeners"]):
            if attached(evidence, one, listener["name"]):
                yield _drop(evidence, one, ("spec", "listeners", index), "route-has-listener")
                yield _set(evidence, one, ("spec", "listeners", index, "name"), "renamed", "route-has-listener")


@kind("gateway: a public address asked for")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        yield _set(evidence, one, ("spec", "addresses"), [{"value": PUBLIC}], "gateway-is-private")


@kind("gateway: its EnvoyProxy not named")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        if at(one.content, ("spec", "infrastructure", "parametersRef", "kind")) == "EnvoyProxy":
            yield _drop(evidence, one, ("spec", "infrastructure"), "gateway-is-private")


@kind("gateway: its EnvoyProxy missing, or another one named")
def _(evidence: Evidence) -> Changes:
    path: Path = ("spec", "infrastructure", "parametersRef", "name")
    for one in (*ingress(evidence), *egress(evidence)):
        named = at(one.content, path)
        if at(one.content, (*path[:-1], "kind")) == "EnvoyProxy":
            yield _set(evidence, one, path, "ghost", "gateway-is-private")
            for proxy in evidence.of_kind("EnvoyProxy"):
                if here(proxy) == (*here(one)[:2], named):
                    yield _remove(evidence, proxy, "gateway-is-private")


@kind("gateway: routes of every namespace admitted")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        for wider in ("All", "Selector"):
            path: Path = ("spec", "listeners", 0, "allowedRoutes", "namespaces", "from")
            yield _set(evidence, one, path, wider, "listener-is-closed")


@kind("gateway: routes of another kind admitted")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        path: Path = ("spec", "listeners", 0, "allowedRoutes", "kinds")
        yield _set(evidence, one, (*path, 0, "kind"), "GRPCRoute", "listener-is-closed")
        yield _drop(evidence, one, path, "listener-is-closed")


@kind("gateway: listeners of others admitted")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        for wider in ("All", "Same", "Selector"):
            path: Path = ("spec", "allowedListeners", "namespaces", "from")
            yield replace(_set(evidence, one, path, wider, "listener-is-closed"), leaf=None)


@kind("gateway: Istio's LoadBalancer, ordered or by default")
def _(evidence: Evidence) -> Changes:
    path: Path = ("metadata", "annotations", "networking.istio.io/service-type")
    for one in (*ingress(evidence), *egress(evidence)):
        if one.content["spec"]["gatewayClassName"] == "istio":
            yield _set(evidence, one, path, "LoadBalancer", "gateway-is-private")
            yield _drop(evidence, one, path, "gateway-is-private")


@kind("EnvoyProxy: a LoadBalancer")
def _(evidence: Evidence) -> Changes:
    path: Path = ("spec", "provider", "kubernetes", "envoyService")
    for one in evidence.of_kind("EnvoyProxy"):
        if at(one.content, (*path, "annotations")):
            yield _drop(evidence, one, (*path, "annotations"), "gateway-is-private")
        else:
            yield _set(evidence, one, (*path, "type"), "LoadBalancer", "gateway-is-private")
            yield _drop(evidence, one, (*path, "type"), "gateway-is-private")


# Targets.


@kind("target: a wrong address")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EndpointSlice"):
        yield _set(evidence, one, ("endpoints", 0, "addresses", 0), "10.99.99.99", "target-address")


@kind("target: a cluster's own address, swapped for the remote one")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EndpointSlice"):
        for gateway in ingress(evidence):
            if gateway.cluster == one.cluster != labels(one).get(SOURCE) and own(gateway) is None:
                address = gateway.content["metadata"]["annotations"][ADDRESSES].split(",")[0]
                yield _set(evidence, one, ("endpoints", 0, "addresses", 0), address, "target-address")


@kind("target: an address of the Internet")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EndpointSlice"):
        path: Path = ("endpoints", 0, "addresses", 0)
        yield _set(evidence, one, path, PUBLIC, "target-address", "target-is-private")


@kind("target: somebody else's slice of it")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EndpointSlice"):
        name, namespace = labels(one)["kubernetes.io/service-name"], one.content["metadata"]["namespace"]
        added = made(
            evidence,
            one.cluster,
            "EndpointSlice",
            FOREIGN,
            namespace,
            labels={"kubernetes.io/service-name": name},
            addressType="IPv4",
            endpoints=[{"addresses": ["10.99.99.99"]}],
            ports=[],
        )
        yield _add(evidence, added, "target-address")


@kind("target: somebody else's Endpoints of it")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Service"):
        if SOURCE in labels(one):
            (gateway,) = remote_gateways(evidence, one)
            known = at(gateway.content, ("metadata", "annotations", ADDRESSES), "")
            metadata = {"name": one.name, "namespace": one.namespace}
            port = one.content["spec"]["ports"][0]
            right = {"name": port["name"], "port": port["targetPort"]}
            for address, to, rules in (
                (PUBLIC, right, ("target-address", "target-is-private")),
                ("10.99.99.99", right, ("target-address",)),
                (known.split(",")[0], right | {"port": WRONG_PORT}, ("target-port",)),
            ):
                subsets = [{"addresses": [{"ip": address}], "ports": [to]}]
                added: Any = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": subsets}
                if known:
                    yield _add(evidence, Object(one.cluster, added), *rules)


@kind("target: a port that nobody listens on")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EndpointSlice"):
        for index in range(len(one.content["ports"])):
            whole = set() if part(one) == "import" else {"target-is-whole"}
            yield _set(evidence, one, ("ports", index, "port"), WRONG_PORT, "target-port", *whole)
    for one in evidence.of_kind("Service"):
        if SOURCE in labels(one):
            for index in range(len(one.content["spec"]["ports"])):
                path: Path = ("spec", "ports", index, "targetPort")
                yield _set(evidence, one, path, WRONG_PORT, "target-port", "target-is-whole")


@kind("target: the port of another policy")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EndpointSlice"):
        for index, port in enumerate(one.content["ports"]):
            for other in sorted(set(policies(evidence).values()) - {port["port"]})[:1]:
                rules = ("shadow-arrives",) if part(one) == "import" else ("target-port", "target-is-whole")
                yield _set(evidence, one, ("ports", index, "port"), other, *rules)


@kind("target: no endpoint, or not ready")
def _(evidence: Evidence) -> Changes:
    every = evidence.of_kind("EndpointSlice")
    for one in every:
        its = labels(one)["kubernetes.io/service-name"]
        if part(one) == "target" and [labels(it)["kubernetes.io/service-name"] for it in every].count(its) == 1:
            yield _remove(evidence, one, "target-is-whole")
            yield _set(evidence, one, ("endpoints",), [], "target-is-whole")
            if len(one.content["endpoints"]) == 1:
                yield _set(evidence, one, ("endpoints", 0, "conditions", "ready"), False, "target-is-whole")


@kind("target: the slice of another one")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EndpointSlice"):
        if part(one) == "target" and own(one) is None and labels(one)[SOURCE] != one.cluster:
            content = put(one.content, ("metadata", "name"), FOREIGN)
            content = put(content, ("metadata", "labels", SOURCE), one.cluster)
            added = Object(one.cluster, put(put(content, ("ports",), []), ("endpoints",), []))
            yield _add(evidence, added, "target-is-whole")


@kind("target: a selector, or an alias")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Service"):
        if SOURCE in labels(one):
            yield _set(evidence, one, ("spec", "selector"), {"app": "vault"}, "target-is-whole")
            yield _set(evidence, one, ("spec", "externalName"), "example.com", "target-is-whole")


@kind("target: its Service missing, or without a port")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Service"):
        if SOURCE in labels(one):
            sent = [
                ref["port"]
                for route in routes(evidence, "egress-route")
                for rule in route.content["spec"]["rules"]
                for ref in rule["backendRefs"]
                if (route.cluster, ref.get("namespace"), ref["name"]) == here(one)
            ]
            if sent:
                yield _remove(evidence, one, "route-has-target")
            for index, port in enumerate(one.content["spec"]["ports"]):
                if port["port"] in sent:
                    yield _set(evidence, one, ("spec", "ports", index, "port"), WRONG_PORT, "route-has-target")


@kind("target: nothing checks who it is")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("BackendTLSPolicy"):
        yield _remove(evidence, one, "target-verified")
        yield _set(evidence, one, ("spec", "validation", "hostname"), "ingress.else.where", "target-verified")
        yield _drop(evidence, one, ("spec", "validation", "caCertificateRefs"), "target-verified")


@kind("target: others are taken for it, too")
def _(evidence: Evidence) -> Changes:
    theirs = "spiffe://else.where/cluster/theirs/ingress"
    for one in evidence.of_kind("BackendTLSPolicy"):
        path: Path = ("spec", "validation", "subjectAltNames")
        (known,) = at(one.content, path)
        for every in ([known, {"type": "URI", "uri": theirs}], [known, {"type": "Hostname", "hostname": "else.where"}]):
            yield replace(_set(evidence, one, path, every, "target-verified"), leaf=None)
        yield _drop(evidence, one, path, "target-verified")
        if settled(evidence):
            yield _set(evidence, one, (*path, 0, "uri"), theirs, "target-verified")
            host, name = ("spec", "validation", "hostname"), at(one.content, ("spec", "validation", "hostname"))
            uri = known["uri"].replace("/cluster/", ".else/cluster/")
            content = put(put(one.content, host, f"{name}.else"), (*path, 0, "uri"), uri)
            yield Mutation(swapped(evidence, one, content), frozenset({"target-verified"}), one)


@kind("target or upstream: checked by another root")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("BackendTLSPolicy"):
        system: Path = ("spec", "validation", "wellKnownCACertificates")
        yield replace(_set(evidence, one, system, "System", "target-verified"), leaf=None)
        beside = [it for it in evidence.of_kind("BackendTLSPolicy") if here(it)[:2] == here(one)[:2]]
        if one.namespace == "mc-wan" and len(beside) > 2:
            refs: Path = ("spec", "validation", "caCertificateRefs", 0, "name")
            yield _set(evidence, one, refs, FOREIGN, "target-verified")
    for one in evidence.of_kind("DestinationRule"):
        beside = [it for it in evidence.of_kind("DestinationRule") if here(it)[:2] == here(one)[:2]]
        credential: Path = ("spec", "trafficPolicy", "tls", "credentialName")
        if (
            one.namespace == "mc-wan"
            and [at(it.content, credential) for it in beside].count(at(one.content, credential)) > 2
            and at(one.content, credential)
        ):
            yield _set(evidence, one, credential, FOREIGN, "target-verified")


@kind("target: somebody else's policy for it")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("BackendTLSPolicy"):
        wrong = one.content["spec"]["validation"] | {"hostname": "else.where"}
        for name in ("targetRefs", "targetRef"):
            refs = one.content["spec"]["targetRefs"]
            spec = {name: refs if name == "targetRefs" else refs[0], "validation": wrong}
            added = made(evidence, one.cluster, "BackendTLSPolicy", FOREIGN, one.namespace, spec=spec)
            yield _add(evidence, added, "target-verified")


@kind("spare: TLS of its own")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Backend"):
        for tls in ({"insecureSkipVerify": True}, {"wellKnownCACertificates": "System"}):
            yield replace(_set(evidence, one, ("spec", "tls"), tls, "target-verified"), leaf=None)


# Who is admitted.


@kind("ingress gateway: clients of other fabrics admitted")
def _(evidence: Evidence) -> Changes:
    only = "clients-of-this-fabric"
    for one in guarding(evidence):
        rule: Path = ("spec", "rules", 0)
        source: Path = (*rule, "from", 0, "source")
        yield _remove(evidence, one, only)
        for action in ("ALLOW", "AUDIT"):
            yield _set(evidence, one, ("spec", "action"), action, only)
        yield _drop(evidence, one, ("spec", "rules"), only)
        yield _set(evidence, one, (*rule, "to", 0, "operation", "ports", 0), "1", only)
        yield _set(evidence, one, ("spec", "targetRefs", 0, "name"), "ghost", only, "authorization-takes-effect")
        more = [*at(one.content, (*source, "notPrincipals")), "else.where/*"]
        yield replace(_set(evidence, one, (*source, "notPrincipals"), more, only), leaf=None)
        when = [{"key": "source.ip", "values": ["10.0.0.0/8"]}]
        yield replace(_set(evidence, one, (*rule, "when"), when, only), leaf=None)
        yield replace(_set(evidence, one, (*rule, "to", 0, "operation", "methods"), ["GET"], only), leaf=None)
        if settled(evidence):
            yield _set(evidence, one, (*source, "notPrincipals", 0), "else.where/cluster/*", only)
    for one in evidence.of_kind("ClientTrafficPolicy"):
        names: Path = ("spec", "tls", "clientValidation", "subjectAltNames")
        if at(one.content, names) is None:
            continue
        yield _drop(evidence, one, names, only)
        yield _set(evidence, one, (*names, "uris", 0, "type"), "Suffix", only)
        yield replace(_set(evidence, one, (*names, "dnsNames"), [{"type": "Prefix", "value": "e"}], only), leaf=None)
        uris = [*at(one.content, (*names, "uris")), {"type": "Prefix", "value": "spiffe://"}]
        yield replace(_set(evidence, one, (*names, "uris"), uris, only), leaf=None)
        if settled(evidence):
            for theirs in ("spiffe://else.where/cluster/", "spiffe://"):
                yield _set(evidence, one, (*names, "uris", 0, "value"), theirs, only)
        asked = put(one.content["spec"]["tls"], ("clientValidation", "subjectAltNames"), {})
        (target,) = one.content["spec"]["targetRefs"]
        (gateway,) = [it for it in ingress(evidence) if here(it) == here(one)]
        for ours in ({"targetRefs": [target | {"sectionName": sorted(secure(gateway))[0]}]}, {"targetRef": target}):
            spec = {**ours, "headers": one.content["spec"]["headers"], "tls": asked}
            added = made(evidence, one.cluster, "ClientTrafficPolicy", FOREIGN, one.namespace, spec=spec)
            yield _add(evidence, added, only)


@kind("NetworkPolicy: missing, or it admits others")
def _(evidence: Evidence) -> Changes:
    protected = "wan-ports-protected"
    every = evidence.of_kind("NetworkPolicy")
    for one in every if len(every) > 1 else ():  # one alone has nothing to differ from
        rule: Path = ("spec", "ingress", 0)
        yield _remove(evidence, one, protected)
        yield _drop(evidence, one, (*rule, "from"), protected)
        yield _drop(evidence, one, (*rule, "ports"), protected)
        yield _drop(evidence, one, rule, protected)
        yield _set(evidence, one, (*rule, "from", 0, "ipBlock", "cidr"), "0.0.0.0/0", protected)
        yield _set(evidence, one, (*rule, "ports", 0, "port"), WRONG_PORT, protected)
        yield replace(_set(evidence, one, (*rule, "ports", 0, "endPort"), 65535, protected), leaf=None)
        everybody = [*at(one.content, ("spec", "ingress")), {}]
        yield replace(_set(evidence, one, ("spec", "ingress"), everybody, protected), leaf=None)
        yield replace(_set(evidence, one, ("spec", "podSelector", "matchLabels"), {"app": "x"}, protected), leaf=None)
        yield replace(_set(evidence, one, ("spec", "policyTypes"), ["Egress"], protected), leaf=None)


@kind("NetworkPolicy: another one admits others to the WAN ports")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("NetworkPolicy"):
        pods = at(one.content, ("spec", "podSelector", "matchLabels"))
        key, called_ = next(iter(pods.items()))
        first = at(one.content, ("spec", "ingress", 0, "ports", 0, "port"))
        meets = {"matchExpressions": [{"key": key, "operator": "In", "values": [FOREIGN, called_]}]}
        misses: Any = {"matchExpressions": [{"key": FOREIGN, "operator": "DoesNotExist"}]}
        for selector in ({"matchLabels": pods}, {}, meets, misses):
            for rule in (
                {},
                {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]},
                {"from": [{"podSelector": {}}], "ports": [{"port": first}]},
                {
                    "from": [{"namespaceSelector": {}}],
                    "ports": [{"port": first - 1, "endPort": first, "protocol": "TCP"}],
                },
                {"ports": [{"protocol": "TCP"}]},
                {"ports": [{"port": f"http-{first}"}]},
            ):
                spec = {"podSelector": selector, "ingress": [rule]}
                added = made(evidence, one.cluster, "NetworkPolicy", FOREIGN, one.namespace, spec=spec)
                yield _add(evidence, added, "wan-ports-protected")


@kind("NetworkPolicy: the cluster's own egress gateway not admitted, though it asks, or all pods")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("NetworkPolicy"):
        path: Path = ("spec", "ingress", 0, "from")
        peers = at(one.content, path)
        everybody: Any = {"namespaceSelector": {}, "podSelector": {}}
        yield replace(_set(evidence, one, path, [*peers, everybody], "wan-ports-protected"), leaf=None)
        for index, peer in enumerate(peers):
            if "podSelector" in peer:
                yield _drop(evidence, one, (*path, index), "wan-ports-protected")
                labels_ = (*path, index, "podSelector", "matchLabels")
                yield replace(_set(evidence, one, labels_, {}, "wan-ports-protected"), leaf=None)


@kind("spare: a wrong address, or a port that nobody listens on")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Backend"):
        path: Path = ("spec", "endpoints", 0, "ip")
        yield _set(evidence, one, (*path, "address"), "10.99.99.99", "spare-leads-there")
        yield _set(evidence, one, (*path, "port"), WRONG_PORT, "spare-leads-there")
        yield _set(evidence, one, ("spec", "fallback"), False, "spare-leads-there")
        yield _drop(evidence, one, ("spec", "fallback"), "spare-leads-there")


@kind("spare: the port of another policy, or not said of which it is")
def _(evidence: Evidence) -> Changes:
    used = [(here(one), route, path, one) for route, path, one in _spare_refs(evidence)]
    for spare in evidence.of_kind("Backend"):
        (gateway,) = remote_gateways(evidence, spare)
        its = [(route, path) for place, route, path, _ in used if place == here(spare)]
        there = {one["name"]: one["port"] for one in gateway.content["spec"]["listeners"]}
        policy = spare_policy(spare)
        for other in sorted(set(there) - {policy}):
            rules = {"spare-leads-there"}
            for route, path in its:
                admitted = admitting(evidence, gateway, other, host_sent(route, path))
                exported = [
                    it
                    for it in evidence.of_kind("ServiceExport")
                    if (it.cluster, f"{it.name}.{it.namespace}.svc.cluster.local")
                    == (gateway.cluster, host_sent(route, path))
                ]
                if not admitted:
                    rules |= {"route-arrives"}
                elif not has_own_rules(evidence, route) and not _has_rule(admitted, at(route.content, path[:3])):
                    rules |= {"rules-match-alike"}
                if any(other not in its_ways(it) for it in exported):
                    rules |= {"rule-of-own-policy"}
            secured = other in secure(gateway) and policy not in secure(gateway)
            rules |= {"target-verified"} if secured and its else set()
            yield _set(evidence, spare, SPARE_PORT, there[other], *rules)
        bare = {key: value for key, value in labels(spare).items() if not key.startswith("wan-policy.")}
        over = [(gateway.cluster, policy) in failing_over(evidence, route, path) for route, path in its]
        lost = {"requests-go-on"} if any(over) else set()
        yield replace(_set(evidence, spare, ("metadata", "labels"), bare, "spare-leads-there", *lost), leaf=None)


def _has_rule(admitting_: Iterable[Object], rule: Mapping[str, Any]) -> bool:
    """Tell whether a route answers a rule of that name."""
    return any(
        it["name"] == rule["name"] and it.get("backendRefs")
        for one in admitting_
        for it in one.content["spec"]["rules"]
    )


@kind("spare: another protocol than its policy's")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Backend"):
        path: Path = ("spec", "appProtocols")
        if at(one.content, path):
            yield _drop(evidence, one, path, "spare-leads-there")
            yield _set(evidence, one, (*path, 0), "gateway.envoyproxy.io/ws", "spare-leads-there")
        else:
            beside = [
                ref for route, place, it in _spare_refs(evidence) if it is one for ref in at(route.content, place[:4])
            ]
            pods = any(ref["kind"] == "Service" and ref["namespace"] != "mc-wan" for ref in beside)
            mixed = {"one-protocol-per-rule"} if pods else set()
            changed = _set(evidence, one, path, ["gateway.envoyproxy.io/h2c"], "spare-leads-there", *mixed)
            yield replace(changed, leaf=None)


@kind("egress route: the spares of a rule dropped")
def _(evidence: Evidence) -> Changes:
    for route, path, _ in _spare_refs(evidence):
        if failing_over(evidence, route, path):
            refs = [ref for ref in at(route.content, path[:4]) if ref["kind"] != "Backend"]
            changed = _set(evidence, route, path[:4], refs, "requests-go-on")
            yield replace(changed, leaf=None)


@kind("egress route: a spare at a cluster that does not export the service, or by a policy that does not")
def _(evidence: Evidence) -> Changes:
    for route, path, spare in _spare_refs(evidence):
        host, (its,) = host_sent(route, path), remote_gateways(evidence, spare)
        for other in evidence.of_kind("Backend"):
            (gateway,) = remote_gateways(evidence, other)
            if other is spare or here(other)[:2] != here(spare)[:2]:
                continue
            policy = spare_policy(other)
            if admitting(evidence, gateway, policy, host):
                continue
            exported = [
                it
                for it in evidence.of_kind("ServiceExport")
                if (it.cluster, f"{it.name}.{it.namespace}.svc.cluster.local") == (gateway.cluster, host)
            ]
            rules = {"rule-of-own-policy"} if any(policy not in its_ways(it) for it in exported) else set()
            if (its.cluster, spare_policy(spare)) in failing_over(evidence, route, path):
                rules |= {"requests-go-on"}
            if its.cluster != gateway.cluster:
                rules |= left(evidence, route, path)
            yield _set(evidence, route, (*path, "name"), other.name, "route-arrives", *rules)


def left(evidence: Evidence, route: Object, path: Path) -> set[str]:
    """Say which rule notices that the rule of a backend sends nothing to that one's cluster any more.

    That is, if another one's route for the same import does.
    """
    refs = [(it, place, gateway.cluster) for it, place, _, gateway in _remote_refs(evidence)]
    refs += [(it, place, remote_gateways(evidence, one)[0].cluster) for it, place, one in _spare_refs(evidence)]
    (lost,) = [cluster for it, place, cluster in refs if it is route and place == path]
    rule = at(route.content, path[:3])["name"]
    for it, place, cluster in refs:
        if it is route and place != path and place[:3] == path[:3] and cluster == lost:
            return set()
    its = own(route), rule
    elsewhere_ = [
        it
        for it, place, cluster in refs
        if it is not route and (own(it), at(it.content, place[:3])["name"]) == its and cluster == lost
    ]
    return {"requests-go-on"} if elsewhere_ and lost != route.cluster else set()


@kind("egress route: nothing sent to a cluster, though others do, be it as a spare")
def _(evidence: Evidence) -> Changes:
    for route in routes(evidence, "egress-route"):
        if has_own_rules(evidence, route):
            continue
        every = [(path, gateway.cluster) for it, path, _, gateway in _remote_refs(evidence) if it is route]
        every += [
            (path, remote_gateways(evidence, one)[0].cluster) for it, path, one in _spare_refs(evidence) if it is route
        ]
        for path, _cluster in every:
            refs = at(route.content, path[:4])
            alone = not [ref for ref in refs if ref is not at(route.content, path) and ref.get("weight", 1)]
            rules = left(evidence, route, path)
            first = [ref for ref in refs if ref["kind"] == "Service" and ref["namespace"] == "mc-wan"]
            if rules and not alone and (len(first) > 1 or at(route.content, path) not in first):
                fewer = [ref for ref in refs if ref is not at(route.content, path)]
                yield replace(_set(evidence, route, path[:4], fewer, *rules), leaf=None)
                yield _set(evidence, route, (*path, "weight"), 0, *rules)


# Callers.


def refusing(evidence: Evidence) -> list[Object]:
    """Give Envoy Gateway's policies of exports."""
    return [one for one in evidence.of_kind("SecurityPolicy") if part(one) == "ingress-route"]


def guards(evidence: Evidence) -> Iterator[tuple[Object, Path]]:
    """Give what refuses callers, and where it says whom it is for."""
    for one in refusing(evidence):
        yield one, ("spec", "targetRefs", 0)
    for one in of_callers(evidence):
        yield one, ("spec", "targetRefs", 0)


def guarded(evidence: Evidence, route: Object) -> set[str]:
    """Say which rule notices if there is another route like one that a policy is for."""
    places = {(*here(one)[:2], at(one.content, (*path, "name"))) for one, path in guards(evidence)}
    return {"callers-enforced"} if here(route) in places else set()


def of_callers(evidence: Evidence) -> list[Object]:
    """Give Istio's policies of exports, but for those beside which another refuses the same on the same Gateway."""
    every = [one for one in evidence.of_kind("AuthorizationPolicy") if part(one) == "ingress-route"]
    refused = [(here(one)[:2], one.content["spec"]) for one in every]
    return [one for one, its in zip(every, refused, strict=True) if refused.count(its) == 1]


@kind("callers: nothing refuses the others")
def _(evidence: Evidence) -> Changes:
    for one, path in guards(evidence):
        yield _remove(evidence, one, "callers-enforced")
        nothing = {"authorization-takes-effect"} if one.kind == "AuthorizationPolicy" else set()
        yield _set(evidence, one, (*path, "name"), "ghost", "callers-enforced", *nothing)
        yield _set(evidence, one, (*path, "kind"), "GRPCRoute", "callers-enforced", *nothing)
        yield _drop(evidence, one, ("spec", "targetRefs"), "callers-enforced")
        moved = _set(evidence, one, ("metadata", "namespace"), FOREIGN, "callers-enforced", *nothing)
        yield replace(moved, leaf=None)


@kind("callers: one more, or one fewer")
def _(evidence: Evidence) -> Changes:
    theirs = "spiffe://else.where/cluster/theirs/egress"
    for one in refusing(evidence):
        path: Path = ("spec", "authorization", "rules")
        added = {"action": "Allow", "cel": f'connection.uri_san_peer_certificate in ["{theirs}"]'}
        every = at(one.content, path, [])
        yield replace(_set(evidence, one, path, [*every, added], "callers-enforced"), leaf=None)
        yield replace(_set(evidence, one, path, [{"action": "Allow", "cel": "true"}], "callers-enforced"), leaf=None)
        if every:
            yield _set(evidence, one, (*path, 0, "cel"), added["cel"], "callers-enforced")
            yield _drop(evidence, one, path, "callers-enforced")
            operation = {"methods": ["GET"]}
            yield replace(_set(evidence, one, (*path, 0, "operation"), operation, "callers-enforced"), leaf=None)
    for one in of_callers(evidence):
        source: Path = ("spec", "rules", 0, "from", 0, "source")
        if known := at(one.content, (*source, "notPrincipals")):
            yield _set(evidence, one, (*source, "notPrincipals", 0), "else.where/cluster/theirs", "callers-enforced")
            more = [*known, theirs.removeprefix("spiffe://")]
            yield replace(_set(evidence, one, (*source, "notPrincipals"), more, "callers-enforced"), leaf=None)
        else:
            some = ["else.where/cluster/theirs/egress"]
            yield replace(_set(evidence, one, (*source, "principals"), some, "callers-enforced"), leaf=None)


@kind("callers: the cluster itself refused, though its own pods are to answer it")
def _(evidence: Evidence) -> Changes:
    for one in refusing(evidence):
        path: Path = ("spec", "authorization", "rules", 0, "cel")
        cel = at(one.content, path, "")
        itself = next((part for part in cel.split('"') if part.endswith(f"/cluster/{one.cluster}/egress")), "")
        export = [it for it in evidence.of_kind("ServiceExport") if (it.cluster, own(it)) == (one.cluster, own(one))]
        if itself and itself not in at(export[0].content, ("metadata", "annotations", CALLERS)).split(","):
            for ours in (f'"{itself}", ', f', "{itself}"', f'"{itself}"'):
                if ours in cel:
                    yield _set(evidence, one, path, cel.replace(ours, "", 1), "callers-enforced")
                    break


@kind("callers: everybody, by the action or by default")
def _(evidence: Evidence) -> Changes:
    for one in refusing(evidence):
        path: Path = ("spec", "authorization")
        yield _set(evidence, one, (*path, "defaultAction"), "Allow", "callers-enforced")
        yield _drop(evidence, one, path, "callers-enforced")
    for one in of_callers(evidence):
        for action in ("ALLOW", "AUDIT"):
            yield _set(evidence, one, ("spec", "action"), action, "callers-enforced")
        yield _drop(evidence, one, ("spec", "action"), "callers-enforced")
        yield _drop(evidence, one, ("spec", "rules"), "callers-enforced")


@kind("callers: others are refused for some requests only")
def _(evidence: Evidence) -> Changes:
    for one in refusing(evidence):
        yield _set(evidence, one, ("spec", "targetRefs", 0, "sectionName"), "all", "callers-enforced")
    for one in of_callers(evidence):
        path: Path = ("spec", "rules", 0)
        operation: Path = (*path, "to", 0, "operation")
        for index in range(len(at(one.content, (*operation, "hosts")))):
            yield _drop(evidence, one, (*operation, "hosts", index), "callers-enforced")
            yield _set(evidence, one, (*operation, "hosts", index), "example.com", "callers-enforced")
        for field, value in (("methods", ["GET"]), ("notPaths", ["/"])):
            yield replace(_set(evidence, one, (*operation, field), value, "callers-enforced"), leaf=None)
        when = [{"key": "source.ip", "values": ["10.0.0.0/8"]}]
        yield replace(_set(evidence, one, (*path, "when"), when, "callers-enforced"), leaf=None)


@kind("callers: somebody else's SecurityPolicy for the same route")
def _(evidence: Evidence) -> Changes:
    for one in refusing(evidence):
        for target in (
            {"targetRefs": one.content["spec"]["targetRefs"]},
            {"targetRefs": [one.content["spec"]["targetRefs"][0] | {"sectionName": "all"}]},
            {"targetRef": one.content["spec"]["targetRefs"][0]},
            {"targetSelectors": [{"kind": "HTTPRoute", "matchLabels": {EXPORT: labels(one)[EXPORT]}}]},
        ):
            spec = {**target, "cors": {"allowOrigins": ["*"]}}
            added = made(evidence, one.cluster, "SecurityPolicy", FOREIGN, one.namespace, spec=spec)
            yield _add(evidence, added, "callers-enforced", "clients-of-this-fabric")


@kind("clients: somebody else's SecurityPolicy for a route, in place of the Gateway's")
def _(evidence: Evidence) -> Changes:
    called = {(*here(one)[:2], at(one.content, ("spec", "targetRefs", 0, "name"))) for one in refusing(evidence)}
    for one in routes(evidence, "ingress-route"):
        if by_envoy_gateway(evidence, one) and here(one) not in called:
            for aim in aims(one)[:2]:
                spec = {**aim, "authorization": {"defaultAction": "Allow"}}
                theirs = made(evidence, one.cluster, "SecurityPolicy", FOREIGN, one.namespace, spec=spec)
                version = "gateway.envoyproxy.io/v1alpha1"
                theirs = Object(one.cluster, {**theirs.content, "apiVersion": version})
                yield _add(evidence, theirs, "clients-of-this-fabric")


@kind("ServiceExport: other callers, or not said that there are some")
def _(evidence: Evidence) -> Changes:
    path: Path = ("metadata", "annotations", CALLERS)
    for one in evidence.of_kind("ServiceExport"):
        if CALLERS in one.content["metadata"]["annotations"]:
            yield _drop(evidence, one, path, "callers-enforced")
        yield replace(_set(evidence, one, path, "spiffe://else.where/theirs", "callers-enforced"), leaf=None)


@kind("component ServiceExport: other callers")
def _(evidence: Evidence) -> Changes:
    for one in evidence.component("ServiceExport"):
        yield replace(_set(evidence, one, ("callers",), ["spiffe://else.where/theirs"], "callers-enforced"), leaf=None)
        if "callers" in one.outputs:
            yield _drop(evidence, one, ("callers",), "callers-enforced")


@kind("upstream: a wrong address, or a port that nobody listens on")
def _(evidence: Evidence) -> Changes:
    for one in upstreams(evidence):
        (port,) = one.content["spec"]["ports"]
        choice: Path = ("labels", "mc-wan.l7mp.io/choice")
        for path, *_ in places(evidence, one):
            yield _set(evidence, one, (*path, "address"), "10.99.99.99", "spare-leads-there")
            yield _set(evidence, one, (*path, "ports", port["name"]), WRONG_PORT, "spare-leads-there")
            remote = [at(it, ("labels", SOURCE)) for it in one.content["spec"]["endpoints"]]
            alone = remote.count(at(one.content, (*path, "labels", SOURCE))) == 1 and len(remote) > 1
            more = {"target-verified"} if alone and checking(evidence, one) else set()
            choices = [at(it, choice) for it in one.content["spec"]["endpoints"]]
            last = at(one.content, (*path, *choice)) == "spare" and choices.count("spare") == 1
            more |= {"upstream-is-whole"} if last else set()  # there is no spare left that can be told from the others
            yield _drop(evidence, one, (*path, "labels", SOURCE), "spare-leads-there", *more)


@kind("upstream: missing, or under another name or port")
def _(evidence: Evidence) -> Changes:
    for one in upstreams(evidence):
        yield _remove(evidence, one, "route-has-target", "treated-host-is-there")
        yield _set(evidence, one, ("spec", "ports", 0, "number"), WRONG_PORT, "route-has-target")
        unchecked = {"target-verified"} if checking(evidence, one) else set()
        rules = ("route-has-target", "upstream-is-whole", "treated-host-is-there", *unchecked)
        yield _set(evidence, one, ("spec", "hosts", 0), "ghost.internal", *rules)


@kind("upstream: nothing checks who its places are")
def _(evidence: Evidence) -> Changes:
    for upstream in upstreams(evidence):
        for one in checking(evidence, upstream):
            path: Path = ("spec", "trafficPolicy", "tls")
            both = ("target-verified", "upstream-is-whole")
            lost = (*both, "treated-host-is-there")
            yield _remove(evidence, one, *both)
            yield _set(evidence, one, (*path, "mode"), "SIMPLE", "target-verified")
            yield _set(evidence, one, (*path, "mode"), "DISABLE", "target-verified")
            yield _set(evidence, one, (*path, "subjectAltNames", 0), "spiffe://else/where", "target-verified")
            more = [*at(one.content, (*path, "subjectAltNames")), "spiffe://else/where"]
            yield replace(_set(evidence, one, (*path, "subjectAltNames"), more, "target-verified"), leaf=None)
            yield _drop(evidence, one, (*path, "subjectAltNames"), "target-verified")
            yield _set(evidence, one, (*path, "insecureSkipVerify"), True, "target-verified")
            yield _set(evidence, one, ("spec", "host"), "else.where.internal", *lost)
            port = {"port": {"number": upstream.content["spec"]["ports"][0]["number"]}, "tls": {"mode": "DISABLE"}}
            yield _set(evidence, one, ("spec", "trafficPolicy", "portLevelSettings"), [port], *both)
            yield replace(_set(evidence, one, ("spec", "exportTo"), seen_otherwise(upstream), *both), leaf=None)
            yield replace(_set(evidence, one, ("metadata", "namespace"), FOREIGN, *lost), leaf=None)
            spec = {"host": upstream.content["spec"]["hosts"][0], "trafficPolicy": {"tls": {"mode": "DISABLE"}}}
            for namespace in (one.namespace, *((FOREIGN,) if of_mesh(upstream) else ())):
                added = made(evidence, one.cluster, "DestinationRule", FOREIGN, namespace, spec=spec)
                yield _add(evidence, added, *both)


@kind("upstream: no first choice, or a place that is neither first nor spare, or without a weight")
def _(evidence: Evidence) -> Changes:
    for one in upstreams(evidence):
        ends = one.content["spec"]["endpoints"]
        choice: Path = ("labels", "mc-wan.l7mp.io/choice")
        unused = {"target-verified"} if checking(evidence, one) else set()
        yield replace(_set(evidence, one, ("spec", "endpoints"), [], "upstream-is-whole"), leaf=None)
        later = [put(it, choice, "spare") for it in ends]
        yield replace(_set(evidence, one, ("spec", "endpoints"), later, "upstream-is-whole"), leaf=None)
        if len({at(it, choice) for it in ends}) > 1:
            left = [it for it in ends if at(it, choice) == "spare"]
            gone = {it["labels"][SOURCE] for it in ends} - {it["labels"][SOURCE] for it in left}
            rules = ("upstream-is-whole", *(unused if gone else ()))
            yield replace(_set(evidence, one, ("spec", "endpoints"), left, *rules), leaf=None)
        for index in range(len(ends)):
            path: Path = ("spec", "endpoints", index)
            if at(ends[index], choice) == "first":  # a spare may be by a WAN policy that is none of a first choice
                yield _drop(evidence, one, (*path, *choice), "upstream-is-whole")
            yield _set(evidence, one, (*path, "weight"), 0, "upstream-is-whole")
            yield _drop(evidence, one, (*path, "weight"), "upstream-is-whole")


@kind("upstream: found otherwise, or by others")
def _(evidence: Evidence) -> Changes:
    for one in upstreams(evidence):
        for field, value in (("resolution", "DNS"), ("resolution", "NONE"), ("location", "MESH_INTERNAL")):
            yield _set(evidence, one, ("spec", field), value, "upstream-is-whole")
        yield _drop(evidence, one, ("spec", "resolution"), "upstream-is-whole")
        yield _set(evidence, one, ("spec", "ports", 0, "protocol"), "TCP", "upstream-is-whole")
        for seen in (seen_otherwise(one), ["elsewhere"]):
            yield replace(_set(evidence, one, ("spec", "exportTo"), seen, "upstream-is-whole"), leaf=None)
        pods = {"labels": {"app": "vault"}}
        yield replace(_set(evidence, one, ("spec", "workloadSelector"), pods, "upstream-is-whole"), leaf=None)


@kind("upstream: nothing keeps the health of its places, or spares share its requests")
def _(evidence: Evidence) -> Changes:
    for upstream in upstreams(evidence):
        for one in evidence.of_kind("DestinationRule"):
            if (one.cluster, [one.content["spec"]["host"]]) != (upstream.cluster, upstream.content["spec"]["hosts"]):
                continue
            path: Path = ("spec", "trafficPolicy")
            if not checking(evidence, upstream):
                yield _remove(evidence, one, "upstream-is-whole")
            yield _drop(evidence, one, (*path, "outlierDetection"), "upstream-is-whole")
            yield _drop(evidence, one, (*path, "outlierDetection", "consecutiveGatewayErrors"), "upstream-is-whole")
            yield _set(evidence, one, (*path, "outlierDetection", "maxEjectionPercent"), 10, "upstream-is-whole")
            balancer: Path = (*path, "loadBalancer")
            yield _drop(evidence, one, balancer, "upstream-is-whole")
            yield _set(evidence, one, (*balancer, "simple"), "RANDOM", "upstream-is-whole")
            if order := at(one.content, (*balancer, "localityLbSetting")):
                yield _drop(evidence, one, (*balancer, "localityLbSetting"), "upstream-is-whole")
                yield _set(evidence, one, (*balancer, "localityLbSetting", "enabled"), False, "upstream-is-whole")
                assert order["failoverPriority"]
                priority: Path = (*balancer, "localityLbSetting", "failoverPriority")
                yield _set(evidence, one, (*priority, 0), "topology.kubernetes.io/region", "upstream-is-whole")


@kind("upstream: a first choice by a WAN policy that the export does not have")
def _(evidence: Evidence) -> Changes:
    for one in upstreams(evidence):
        (port,) = one.content["spec"]["ports"]
        every = [it for it in evidence.of_kind("ServiceExport") if (it.name, it.namespace) == own(one)]
        ways = set[str]().union(*map(its_ways, every))
        for path, gateway, _, choice in places(evidence, one):
            for name, other in policies(evidence).items():
                if choice == "first" and name not in ways and own(gateway) is None:
                    plain = bool(checking(evidence, one)) != (name in secure(gateway))
                    asked = {"target-verified"} if plain and name in secure(gateway) else set()
                    rules = ("rule-of-own-policy", "route-arrives", *asked)
                    yield _set(evidence, one, (*path, "ports", port["name"]), other, *rules)


# Routes.


@kind("ingress route: a section that is not there")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        rules = ("route-has-listener", "route-of-own-policy", *relying(evidence, one))
        yield _set(evidence, one, ("spec", "parentRefs", 0, "sectionName"), "renamed", *rules)


@kind("ingress route: the section of somebody else's policy")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        (export,) = [it for it in evidence.of_kind("ServiceExport") if (it.cluster, own(it)) == (one.cluster, own(one))]
        spares = at(export.content, ("metadata", "annotations", SPARES)) or ""
        for other in sorted(set(policies(evidence)) - its_policies(export) - set(spares.split(",")))[:1]:
            rules = {"route-of-own-policy", *relying(evidence, one)}
            rules |= {"route-does-no-more"} if answers(one) else set()
            yield _set(evidence, one, ("spec", "parentRefs", 0, "sectionName"), other, *rules)


@kind("ingress route: a host name that is not exported")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        hostnames = [*one.content["spec"]["hostnames"], "ghost.secure.svc.cluster.local"]
        yield replace(_set(evidence, one, ("spec", "hostnames"), hostnames, "route-is-exported"), leaf=None)


@kind("route: no host names, so that it takes every request")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        yield _drop(evidence, one, ("spec", "hostnames"), "route-is-exported", *relying(evidence, one))
    for one in routes(evidence, "egress-route"):
        yield _drop(evidence, one, ("spec", "hostnames"), "route-is-exported")


@kind("ingress route: missing, and somebody sends to it")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        if rules := relying(evidence, one):
            yield _remove(evidence, one, *rules)


def _foreign_route(
    evidence: Evidence, at_: tuple[str, str, str, str], namespace: str, host: str, **rule: Any
) -> Object:
    cluster, gateway_namespace, name, section = at_
    ref = {"kind": "Gateway", "namespace": gateway_namespace, "name": name, "sectionName": section}
    spec = {"parentRefs": [ref], "hostnames": [host], "rules": [rule]}
    return made(evidence, cluster, "HTTPRoute", FOREIGN, namespace, spec=spec)


@kind("HTTPRoute: somebody else's, for a host name that is taken")
def _(evidence: Evidence) -> Changes:
    for one in (*routes(evidence, "ingress-route"), *routes(evidence, "egress-route")):
        for namespace in ("mc-wan", FOREIGN):
            host = one.content["spec"]["hostnames"][0]
            rules = {"weights-not-zero"} if part(one) == "egress-route" else guarded(evidence, one)
            yield _add(evidence, _foreign_route(evidence, parent(one), namespace, host), "hostname-once", *rules)


@kind("HTTPRoute: somebody else's, for a service that is not exported")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        place = (*here(one), one.content["spec"]["listeners"][0]["name"])
        for host in ("ghost.secure.svc.cluster.local", "*.example.com"):
            rules = {"weights-not-zero"} if part(one) == "egress-gateway" else set()
            yield _add(evidence, _foreign_route(evidence, place, FOREIGN, host), "route-is-exported", *rules)


@kind("HTTPRoute: somebody else's, to a namespace that grants nothing")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        place = (*here(one), one.content["spec"]["listeners"][0]["name"])
        rule = {"backendRefs": [{"name": "vault", "namespace": "elsewhere", "port": 8080}]}
        added = _foreign_route(evidence, place, FOREIGN, "ghost.secure.svc.cluster.local", **rule)
        yield _add(evidence, added, "route-is-exported", "reference-granted")


def _remote_refs(evidence: Evidence) -> Iterator[tuple[Object, Path, Mapping[str, Any], Object]]:
    """Give the backends of egress routes that are targets: the route, the place, the reference, the remote gateway."""
    services = {here(one): one for one in evidence.of_kind("Service") if SOURCE in labels(one)}
    for route in routes(evidence, "egress-route"):
        for number, rule in enumerate(route.content["spec"]["rules"]):
            for index, ref in enumerate(rule["backendRefs"]):
                service = services.get((route.cluster, ref.get("namespace"), ref["name"]))
                if service is not None:
                    (gateway,) = remote_gateways(evidence, service)
                    yield route, ("spec", "rules", number, "backendRefs", index), ref, gateway


def _kept_together(evidence: Evidence) -> Iterator[tuple[Object, Path, int, Object]]:
    """Give where egress routes send by upstreams: the route, the place of the backend, the port, the remote gateway."""
    by_host = {(one.cluster, one.content["spec"]["hosts"][0]): one for one in upstreams(evidence)}
    for route, path, host in _hosts_sent_to(evidence):
        upstream = by_host.get((route.cluster, host))
        for _, gateway, port, _ in places(evidence, upstream) if upstream else ():
            yield route, path, port, gateway


def _hosts_sent_to(evidence: Evidence) -> Iterator[tuple[Object, Path, str]]:
    """Give where egress routes and VirtualServices send to host names."""
    for route in routes(evidence, "egress-route"):
        for number, rule in enumerate(route.content["spec"]["rules"]):
            for index, ref in enumerate(rule["backendRefs"]):
                if ref["kind"] == "Hostname":
                    yield route, ("spec", "rules", number, "backendRefs", index), ref["name"]
    for route in evidence.of_kind("VirtualService"):
        for number, rule in enumerate(route.content["spec"]["http"]):
            for index, to in enumerate(rule["route"]):
                yield route, ("spec", "http", number, "route", index), to["destination"]["host"]


@kind("egress route: a backend's port or name that is no target's")
def _(evidence: Evidence) -> Changes:
    for route, path, _, _ in _remote_refs(evidence):
        yield _set(evidence, route, (*path, "port"), WRONG_PORT, "route-has-target")
        if at(route.content, (*path, "namespace")) == "mc-wan":
            yield _set(evidence, route, (*path, "name"), "ghost", "route-has-target")


@kind("egress route: own pods asked straight, beside what speaks HTTP/2")
def _(evidence: Evidence) -> Changes:
    for route, path, ref, gateway in _remote_refs(evidence):
        if gateway.cluster != route.cluster:
            continue
        rule = at(route.content, path[:3])
        (host,) = [it["urlRewrite"]["hostname"] for it in rule["filters"] if it["type"] == "URLRewrite"]
        name, namespace = host.split(".")[:2]
        (export,) = [
            it
            for it in evidence.of_kind("ServiceExport")
            if (it.cluster, it.name, it.namespace) == (route.cluster, name, namespace)
        ]
        service = at(export.content, ("metadata", "annotations", SERVICE)) or f"{name}.{namespace}"
        name, namespace = service.split(".")
        where = route.content["metadata"]["namespace"]
        refused = set() if namespace == where or granted(evidence, route, namespace) else {"reference-granted"}
        port = int(at(export.content, ("metadata", "annotations", PORTS)).split(",")[0])
        straight = {**ref, "name": name, "namespace": namespace, "port": port}
        yield replace(_set(evidence, route, path, straight, "one-protocol-per-rule", *refused), leaf=None)


def beside_pods(evidence: Evidence, route: Object, path: Path, port: int) -> set[str]:
    """Say which rule notices if HTTP/2 is spoken to a port of a target, which has the cluster's own pods beside it."""
    services = {here(one): one for one in evidence.of_kind("Service")}
    every = [(it, services.get((route.cluster, it.get("namespace"), it["name"]))) for it in at(route.content, path[:4])]
    pods = any(it["kind"] == "Service" and (found is None or SOURCE not in labels(found)) for it, found in every)
    _, target = every[path[4]]
    ports = {it["port"]: it["appProtocol"] for it in target.content["spec"]["ports"]} if target else {}
    return {"one-protocol-per-rule"} if pods and ports.get(port) == "kubernetes.io/h2c" else set()


def granted(evidence: Evidence, route: Object, namespace: str) -> bool:
    """Tell whether a route may send to the Services of a namespace."""
    return any(
        (it.cluster, it.namespace) == (route.cluster, namespace)
        and route.content["metadata"]["namespace"] in [source["namespace"] for source in it.content["spec"]["from"]]
        and "Service" in [to["kind"] for to in it.content["spec"]["to"]]
        for it in evidence.of_kind("ReferenceGrant")
    )


@kind("egress route: the port of a policy by which the service is not exported")
def _(evidence: Evidence) -> Changes:
    by_port = {port: name for name, port in policies(evidence).items()}
    for route, path, ref, gateway in _remote_refs(evidence):
        if ref.get("namespace", "mc-wan") != "mc-wan":
            continue  # a target of an export's own gateway has the export's policies only
        (host,) = [
            it["urlRewrite"]["hostname"] for it in at(route.content, path[:3])["filters"] if it["type"] == "URLRewrite"
        ]
        for port in sorted(set(by_port) - {ref["port"]}):
            admitted = any(
                parent(it) == (*here(gateway), by_port[port]) and host in it.content["spec"]["hostnames"]
                for it in routes(evidence, "ingress-route")
            )
            if not admitted:
                mixed = beside_pods(evidence, route, path, port)
                yield _set(evidence, route, (*path, "port"), port, "route-arrives", "rule-of-own-policy", *mixed)


@kind("egress route: the port of another rule's policy")
def _(evidence: Evidence) -> Changes:
    by_port = {port: name for name, port in policies(evidence).items()}
    for route, path, ref, gateway in _remote_refs(evidence):
        exports = [it for it in evidence.of_kind("ServiceExport") if own(it) == own(route)]
        if has_own_rules(evidence, route):
            continue
        for port in sorted(set(by_port) - {ref["port"]}):
            (export,) = [it for it in exports if it.cluster == gateway.cluster]
            if by_port[port] in its_policies(export):
                name = at(route.content, path[:3])["name"]
                there = [it for it in routes(evidence, "ingress-route") if own(it) == own(route)]
                admitted = any(  # the rule fails over to that policy
                    parent(it) == (*here(gateway), by_port[port]) and rule["name"] == name and rule.get("backendRefs")
                    for it in there
                    for rule in it.content["spec"]["rules"]
                )
                rules = ("rule-of-own-policy", *(() if admitted else ("rules-match-alike",)))
                yield _set(evidence, route, (*path, "port"), port, *rules, *beside_pods(evidence, route, path, port))


@kind("egress route: a rule called otherwise, or with other matches")
def _(evidence: Evidence) -> Changes:
    for route, path, _, _ in _remote_refs(evidence):
        free, name = has_own_rules(evidence, route), at(route.content, (*path[:3], "name"))
        rules = ("rule-of-own-policy" if free else "rules-match-alike", *by_section(evidence, route, name))
        yield _set(evidence, route, (*path[:3], "name"), "renamed", "rules-everywhere", *rules)
        if not free:
            rules = ("rules-match-alike", *elsewhere(evidence, route))
            yield _set(evidence, route, (*path[:3], "matches", 0, "path", "value"), "/other", *rules)


@kind("egress route: a redirect")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            path: Path = ("spec", "rules", index, "filters")
            redirect = {"type": "RequestRedirect", "requestRedirect": {"hostname": "example.com"}}
            changed = _set(evidence, one, path, [*rule["filters"], redirect], "route-does-no-more")
            yield replace(changed, leaf=None)
            path = ("spec", "rules", index)
            if rule["backendRefs"]:
                bare = {"name": rule["name"], "matches": rule["matches"], "filters": [redirect]}
                yield replace(_set(evidence, one, path, bare, "route-does-no-more", "weights-not-zero"), leaf=None)


@kind("route: a port that is not exported")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            for number, _ref in enumerate(rule.get("backendRefs", ())):
                path: Path = ("spec", "rules", index, "backendRefs", number, "port")
                alike = {"rules-match-alike"} if _says_port(rule) and compared(evidence, one, rule["name"]) else set()
                yield _set(evidence, one, path, WRONG_PORT, "route-is-exported", *alike)
    for one in evidence.of_kind("ServiceExport"):
        yield _drop(evidence, one, ("metadata", "annotations", PORTS), "route-is-exported")
        several = at(one.content, ("metadata", "annotations", PORTS)).count(",")
        if not several:
            yield _set(evidence, one, ("metadata", "annotations", PORTS), "1", "route-is-exported")


def _says_port(rule: Mapping[str, Any]) -> bool:
    return any(it["name"] == PORT_HEADER for one in rule["matches"] for it in one.get("headers", ()))


@kind("egress route: another port asked for than its listener's, or none")
def _(evidence: Evidence) -> Changes:
    sending = [(route, path[:3]) for route, path, *_ in [*_remote_refs(evidence), *_kept_together(evidence)]]
    for route, path in sending:
        for index, _ in enumerate(at(route.content, path).get("filters", ())):
            place: Path = (*path, "filters", index, "requestHeaderModifier", "set")
            for number, header in enumerate(at(route.content, place) or ()):
                if header["name"] == PORT_HEADER:
                    yield _set(evidence, route, (*place, number, "value"), str(WRONG_PORT), "rules-match-alike")
                    yield _drop(evidence, route, (*place, number), "rules-match-alike")


@kind("route: it does more to requests than mcwan writes")
def _(evidence: Evidence) -> Changes:
    only = "route-does-no-more"
    extension = {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": FOREIGN}
    more: list[dict[str, Any]] = [
        {"type": "RequestRedirect", "requestRedirect": {"hostname": "example.com"}},
        {"type": "ExtensionRef", "extensionRef": extension},
        {"type": "CORS", "cors": {"allowOrigins": ["*"]}},
    ]
    for one in (*routes(evidence, "ingress-route"), *routes(evidence, "egress-route")):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            path: Path = ("spec", "rules", index)
            for added in more if rule.get("backendRefs") else ():
                changed = _set(evidence, one, (*path, "filters"), [*rule["filters"], added], only)
                yield replace(changed, leaf=None)
            for number, it in enumerate(rule.get("filters", ())):
                place: Path = (*path, "filters", number)
                if it["type"] == "URLRewrite":
                    admin = {"type": "ReplaceFullPath", "replaceFullPath": "/admin"}
                    yield replace(_set(evidence, one, (*place, "urlRewrite", "path"), admin, only), leaf=None)
                elif it["type"] == "RequestHeaderModifier":
                    header = {"name": "Host", "value": "ghost.secure"}
                    yield replace(
                        _set(evidence, one, (*place, "requestHeaderModifier", "add"), [header], only), leaf=None
                    )
                    names = [*it["requestHeaderModifier"]["set"], header]
                    yield replace(_set(evidence, one, (*place, "requestHeaderModifier", "set"), names, only), leaf=None)
                    yield _set(evidence, one, (*place, "requestHeaderModifier", "set", 0, "name"), "X-Admin", only)
            for number, _ref in enumerate(rule.get("backendRefs", ())):
                yield _set(evidence, one, (*path, "backendRefs", number, "filters"), more[1:2], only)
            yield replace(_set(evidence, one, (*path, "retry"), {"attempts": 9}, only), leaf=None)


@kind("route: a header says something else than mcwan has it say, or nothing")
def _(evidence: Evidence) -> Changes:
    fields = {"RequestHeaderModifier": "requestHeaderModifier", "ResponseHeaderModifier": "responseHeaderModifier"}
    for one in (*routes(evidence, "ingress-route"), *routes(evidence, "egress-route")):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            for number, it in enumerate(rule.get("filters", ())):
                path: Path = ("spec", "rules", index, "filters", number, fields.get(it["type"], ""), "set")
                for place, header in enumerate(at(one.content, path) or ()):
                    if header["name"] in (PORT_HEADER, "x-envoy-max-retries"):
                        continue  # of the port, another rule tells; the number is the operator's
                    yield _set(evidence, one, (*path, place, "value"), FOREIGN, "route-does-no-more")
                    if header["name"] != "x-envoy-retry-on":
                        yield replace(_drop(evidence, one, (*path, place), "route-does-no-more"), leaf=None)


@kind("egress route: another host name on the way, written by a backend")
def _(evidence: Evidence) -> Changes:
    for route, path, _, _ in _remote_refs(evidence):
        rewrite = {"type": "URLRewrite", "urlRewrite": {"hostname": "ghost.secure.svc.cluster.local"}}
        rules = ("route-arrives", "route-is-exported", "route-does-no-more")
        yield _set(evidence, route, (*path, "filters"), [rewrite], *rules)


@kind("egress route: the host name of another export")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        others = [it for it in evidence.of_kind("ServiceExport") if own(it) != own(one)]
        for index, rule in enumerate(one.content["spec"]["rules"]):
            remote = [path for route, path, _, _ in _remote_refs(evidence) if route is one and path[2] == index]
            for other in others[:1]:
                kept = any(ref["kind"] == "Hostname" for ref in rule["backendRefs"])
                if remote or kept or has_own_rules(evidence, one):
                    continue  # whether it arrives there is another question
                filters = [it for it in rule["filters"] if it["type"] != "URLRewrite"]
                host = f"{other.name}.{other.namespace}.svc.cluster.local"
                filters.append({"type": "URLRewrite", "urlRewrite": {"hostname": host}})
                rules = ("route-is-exported", "route-does-no-more")  # the header says the export that was meant
                yield replace(_set(evidence, one, ("spec", "rules", index, "filters"), filters, *rules), leaf=None)


@kind("ingress route: other matches in a rule")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            if rule.get("backendRefs") and compared(evidence, one, rule["name"]):
                path: Path = ("spec", "rules", index, "matches", 0, "path", "value")
                yield _set(evidence, one, path, "/other", "rules-match-alike", *elsewhere(evidence, one))


@kind("ingress route: a Service that is not exported, or a copy for it")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            for number, ref in enumerate(rule.get("backendRefs", ())):
                path: Path = ("spec", "rules", index, "backendRefs", number, "name")
                yield _set(evidence, one, path, "ghost", "route-is-exported")
                mirror = {"backendRef": {"name": "ghost", "namespace": ref["namespace"], "port": 80}}
                filters = [*rule["filters"], {"type": "RequestMirror", "requestMirror": mirror}]
                path = ("spec", "rules", index, "filters")
                rules = ("route-is-exported", "route-does-no-more")
                yield replace(_set(evidence, one, path, filters, *rules), leaf=None)


@kind("HTTPRoute: a copy of mcwan's under another name")
def _(evidence: Evidence) -> Changes:
    for one in (*routes(evidence, "ingress-route"), *routes(evidence, "egress-route")):
        for name in (FOREIGN, f"{one.name}.{FOREIGN}"):
            copy = Object(one.cluster, put(one.content, ("metadata", "name"), name))
            treated = {"requests-go-on"} if part(one) == "egress-route" and classless(evidence, one) else set()
            yield _add(evidence, copy, "hostname-once", *guarded(evidence, one), *treated)


@kind("egress route: a rule dropped, or the route")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        yield _remove(evidence, one, "rules-everywhere")
        for index in range(len(one.content["spec"]["rules"])):
            yield _drop(evidence, one, ("spec", "rules", index), "rules-everywhere")


@kind("route: its rules in another order than on other clusters")
def _(evidence: Evidence) -> Changes:
    for one in (*routes(evidence, "egress-route"), *routes(evidence, "ingress-route")):
        rules = one.content["spec"]["rules"]
        if len(rules) > 1 and elsewhere(evidence, one):
            yield replace(_set(evidence, one, ("spec", "rules"), rules[::-1], "rules-everywhere"), leaf=None)


@kind("ingress route: a rule that refuses dropped, or that answers though it refuses on other clusters")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "ingress-route"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            if not rule.get("backendRefs") and elsewhere(evidence, one):
                yield _drop(evidence, one, ("spec", "rules", index), "rules-everywhere")
                answered = [it for it in one.content["spec"]["rules"] if it.get("backendRefs")]
                for other in answered[:1]:
                    answering = {**rule, "filters": other["filters"], "backendRefs": other["backendRefs"]}
                    changed = _set(evidence, one, ("spec", "rules", index), answering, "rules-everywhere")
                    if not compared(evidence, one, rule["name"]):
                        yield replace(changed, leaf=None)


# What makes requests go on.


@kind("requests: nothing says how those of a rule go on")
def _(evidence: Evidence) -> Changes:
    for one in treating(evidence):
        yield _remove(evidence, one, "requests-go-on")
        key: Path = ("spec", "targetRefs" if "targetRefs" in one.content["spec"] else "targetSelectors")
        yield _drop(evidence, one, key, "requests-go-on")
        yield _set(evidence, one, (*key, 0, "kind"), "GRPCRoute", "requests-go-on")
        yield replace(_set(evidence, one, ("metadata", "namespace"), FOREIGN, "requests-go-on"), leaf=None)


def treating(evidence: Evidence) -> list[Object]:
    """Give Envoy Gateway's policies without which a rule of an egress route has none."""
    classes = [one for one in evidence.of_kind("BackendTrafficPolicy") if "targetSelectors" in one.content["spec"]]
    named = [
        one
        for one in evidence.of_kind("BackendTrafficPolicy")
        for target in one.content["spec"].get("targetRefs", ())[:1]
        for route in routes(evidence, "egress-route")
        if here(route) == (*here(one)[:2], target["name"]) and classless(evidence, route)
    ]
    return [*classes, *named]


@kind("requests: they do not go on, or to places that are known to be lost")
def _(evidence: Evidence) -> Changes:
    for one in treating(evidence):
        for path in (("spec", "retry"), ("spec", "healthCheck"), ("spec", "healthCheck", "passive")):
            yield _drop(evidence, one, path, "requests-go-on")
        yield _set(evidence, one, ("spec", "retry", "numAttemptsPerPriority"), 5, "requests-go-on")
        yield _set(evidence, one, ("spec", "retry", "retryOn", "triggers", 0), "5xx", "requests-go-on")
        yield _set(evidence, one, ("spec", "healthCheck", "passive", "maxEjectionPercent"), 10, "requests-go-on")
        yield _drop(evidence, one, ("spec", "http2"), "requests-go-on")
        many = [it for it in evidence.of_kind("BackendTrafficPolicy") if here(it)[1:] == here(one)[1:]]
        if "targetSelectors" in one.content["spec"] and len(many) > 1:
            yield _set(evidence, one, ("spec", "retry", "numRetries"), 0, "requests-go-on")
            yield _set(evidence, one, ("spec", "timeout", "tcp", "connectTimeout"), "77s", "requests-go-on")


@kind("requests: Istio's egress gateway does not go on")
def _(evidence: Evidence) -> Changes:
    gateways = {here(one) for one in egress(evidence)}
    for one in evidence.of_kind("EnvoyFilter"):
        if here(one) in gateways and part(one) == "egress-gateway":
            yield _remove(evidence, one, "requests-go-on")
            yield _set(evidence, one, ("spec", "targetRefs", 0, "name"), "ghost", "requests-go-on")
            yield _drop(evidence, one, ("spec", "configPatches", 0), "requests-go-on")
            place: Path = ("spec", "configPatches", 0, "patch", "value", "route", "retry_policy", "num_retries")
            yield _set(evidence, one, place, 0, "requests-go-on")
            others = [it for it in evidence.of_kind("EnvoyFilter") if here(it)[1:] == here(one)[1:]]
            if len(others) > 1:
                yield _drop(evidence, one, ("spec", "configPatches", 1), "requests-go-on")


@kind("requests: nothing notices that an upstream's connections are lost")
def _(evidence: Evidence) -> Changes:
    for upstream in upstreams(evidence):
        for one in evidence.of_kind("EnvoyFilter"):
            its = (one.cluster, one.name, part(one)) == (upstream.cluster, upstream.name, part(upstream))
            if its and checking(evidence, upstream):
                yield _remove(evidence, one, "requests-go-on")
                yield _drop(evidence, one, ("spec", "configPatches", 0), "requests-go-on")
                yield _set(evidence, one, ("spec", "configPatches", 0, "applyTo"), "LISTENER", "requests-go-on")
                if of_mesh(upstream):
                    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "mc-wan-egress"}
                    refs: Path = ("spec", "targetRefs")
                    yield replace(_set(evidence, one, refs, [target], "requests-go-on"), leaf=None)
                else:
                    yield _drop(evidence, one, ("spec", "targetRefs"), "requests-go-on")


@kind("requests: an EnvoyFilter of an upstream or a route is for another gateway")
def _(evidence: Evidence) -> Changes:
    meant = {here(one) for one in upstreams(evidence) if not of_mesh(one)}
    timed = {(*here(one)[:2], f"{one.name}.tries") for one in routes(evidence, "egress-route")}
    for one in evidence.of_kind("EnvoyFilter"):
        if here(one) in meant | timed:
            target: Path = ("spec", "targetRefs", 0)
            yield _set(evidence, one, (*target, "name"), "ghost", "requests-go-on")
            yield _set(evidence, one, (*target, "name"), "mc-wan-ingress", "requests-go-on")
            yield _set(evidence, one, (*target, "kind"), "Service", "requests-go-on")


@kind("requests: how long a try may take is said otherwise, or not on all clusters")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EnvoyFilter"):
        for route in routes(evidence, "egress-route"):
            if here(one) == (*here(route)[:2], f"{route.name}.tries"):
                patch: Path = ("spec", "configPatches", 0)
                long = (*patch, "patch", "value", "route", "retry_policy", "per_try_timeout")
                yield _drop(evidence, one, long, "requests-go-on")
                yield _drop(evidence, one, patch, "requests-go-on")
                yield _set(evidence, one, (*patch, "applyTo"), "LISTENER", "requests-go-on")
                if len([it for it in evidence.of_kind("EnvoyFilter") if here(it)[1:] == here(one)[1:]]) > 1:
                    yield _remove(evidence, one, "requests-go-on")
                    patches = one.content["spec"]["configPatches"]
                    changed = [put(it, long[3:], "77s") for it in patches]
                    yield replace(_set(evidence, one, patch[:2], changed, "requests-go-on"), leaf=None)


@kind("target: HTTP/1.1 is spoken to it, which has no PINGs")
def _(evidence: Evidence) -> Changes:
    sent = [(route, ref) for route, _, ref, _ in _remote_refs(evidence) if by_envoy_gateway(evidence, route)]
    asked = {(route.cluster, ref.get("namespace"), ref["name"], ref["port"]) for route, ref in sent}
    for one in evidence.of_kind("Service"):
        for index, port in enumerate(one.content["spec"].get("ports", ())):
            if (*here(one), port["port"]) in asked and port["appProtocol"] == "kubernetes.io/h2c":
                path: Path = ("spec", "ports", index, "appProtocol")
                yield _set(evidence, one, path, "http", "requests-go-on")
                yield _drop(evidence, one, path, "requests-go-on")


def by_envoy_gateway(evidence: Evidence, one: Object) -> bool:
    """Tell whether a Gateway, or that of a route, is made by Envoy Gateway."""
    named = here(one) if one.kind == "Gateway" else parent(one)[:3]
    every = [it for it in (*ingress(evidence), *egress(evidence)) if here(it) == named]
    return any(at(it.content, ("spec", "infrastructure", "parametersRef", "kind")) == "EnvoyProxy" for it in every)


def envoys(evidence: Evidence) -> list[Object]:
    """Give the gateways and routes that policies of Envoy Gateway's can be for."""
    every = [
        *ingress(evidence),
        *egress(evidence),
        *routes(evidence, "ingress-route"),
        *routes(evidence, "egress-route"),
    ]
    return [one for one in every if by_envoy_gateway(evidence, one)]


def aims(one: Object) -> list[dict[str, Any]]:
    """Give the ways in which a policy of somebody else's says that it is for a gateway or a route."""
    ref = {"group": GATEWAY_API.partition("/")[0], "kind": one.kind, "name": one.name}
    ours = {"key": "app.kubernetes.io/managed-by", "operator": "In", "values": ["mcwan"]}
    return [
        {"targetRefs": [ref]},
        {"targetRef": ref},
        {"targetSelectors": [{"kind": one.kind, "matchLabels": {"app.kubernetes.io/component": part(one)}}]},
        {"targetSelectors": [{"kind": one.kind, "matchExpressions": [ours]}]},
    ]


@kind("gateway: somebody else patches it")
def _(evidence: Evidence) -> Changes:
    only = "gateway-not-patched"
    for one in envoys(evidence):
        for aim in aims(one):
            theirs = made(evidence, one.cluster, "EnvoyExtensionPolicy", FOREIGN, one.namespace, spec=aim)
            version = "gateway.envoyproxy.io/v1alpha1"
            yield _add(evidence, Object(one.cluster, {**theirs.content, "apiVersion": version}), only)
            if one.kind == "Gateway" and "targetRef" in aim:
                content = {**theirs.content, "apiVersion": version, "kind": "EnvoyPatchPolicy"}
                yield _add(evidence, Object(one.cluster, content), only)
    for one in (*ingress(evidence), *egress(evidence)):
        if at(one.content, ISTIO_TYPE):
            patch: dict[str, Any] = {"configPatches": [{"applyTo": "HTTP_FILTER", "patch": {"operation": "REMOVE"}}]}
            selected = {"workloadSelector": {"labels": {"gateway.networking.k8s.io/gateway-name": one.name}}}
            for spec in (patch | aims(one)[0], patch | aims(one)[1], patch | selected, patch):
                metadata = {"name": FOREIGN, "namespace": one.namespace}
                content = {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": metadata}
                yield _add(evidence, Object(one.cluster, content | {"spec": spec}), only)


@kind("requests: somebody else injects faults")
def _(evidence: Evidence) -> Changes:
    only = "route-does-no-more"
    abort = {"abort": {"httpStatus": 503, "percentage": 10.0}}
    for one in evidence.of_kind("BackendTrafficPolicy"):
        alike = [it for it in evidence.of_kind("BackendTrafficPolicy") if here(it)[1:] == here(one)[1:]]
        told = {"requests-go-on"} if "targetSelectors" in one.content["spec"] and len(alike) > 1 else set()
        changed = _set(evidence, one, ("spec", "faultInjection"), {"delay": {"fixedDelay": "1s"}}, only, *told)
        yield replace(changed, leaf=None)
    for one in envoys(evidence):
        usual: Any = next((it.content["spec"] for it in treating(evidence) if it.cluster == one.cluster), {})
        said = {key: value for key, value in usual.items() if not key.startswith("target")}
        for aim in aims(one):
            spec = {**said, **aim, "faultInjection": abort}
            yield _add(
                evidence, made(evidence, one.cluster, "BackendTrafficPolicy", FOREIGN, one.namespace, spec=spec), only
            )
    version = "networking.istio.io/v1"
    for one in evidence.of_kind("ServiceImport"):
        for host in (f"{one.name}-clusterset", f"{one.name}.{one.namespace}.svc.clusterset.local"):
            rule = {
                "fault": {"abort": {"httpStatus": 503}},
                "route": [{"destination": {"host": "a.b.svc.cluster.local"}}],
            }
            metadata = {"name": FOREIGN, "namespace": one.namespace}
            content = {"apiVersion": version, "kind": "VirtualService", "metadata": metadata}
            spec = {"hosts": [host], "http": [rule]}
            told = {"host-told-once"} if host in told_to_mesh(evidence, one.cluster) else set()
            yield _add(evidence, Object(one.cluster, content | {"spec": spec}), only, *told)


def told_to_mesh(evidence: Evidence, cluster: str) -> set[str]:
    every = [one for one in evidence.of_kind("VirtualService") if one.cluster == cluster]
    return {host for one in every for host in one.content["spec"]["hosts"]}


@kind("egress route: another host name on the way")
def _(evidence: Evidence) -> Changes:
    for route, path, _, _ in _remote_refs(evidence):
        for index, it in enumerate(at(route.content, path[:3])["filters"]):
            if it["type"] == "URLRewrite":
                place = (*path[:3], "filters", index, "urlRewrite", "hostname")
                rules = ("route-arrives", "route-is-exported")
                yield _set(evidence, route, place, "ghost.secure.svc.cluster.local", *rules)


@kind("egress route: a section that is not there")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        yield _set(evidence, one, ("spec", "parentRefs", 0, "sectionName"), "renamed", "route-has-listener")


@kind("route: a port that its section is not on, or no Gateway at all")
def _(evidence: Evidence) -> Changes:
    for one in (*routes(evidence, "ingress-route"), *routes(evidence, "egress-route")):
        path: Path = ("spec", "parentRefs", 0)
        yield replace(_set(evidence, one, (*path, "port"), WRONG_PORT, "route-has-listener"), leaf=None)
        reliant = relying(evidence, one) if part(one) == "ingress-route" else set()
        for field, value in (("group", "gateway.example.com"), ("kind", "Service")):
            yield _set(evidence, one, (*path, field), value, "route-has-listener", *reliant)


@kind("egress route: a Gateway that is not there")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        yield _set(evidence, one, ("spec", "parentRefs", 0, "name"), "ghost", "route-has-listener")


@kind("route: all weights of a rule zero")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("HTTPRoute"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            if refs := rule.get("backendRefs"):
                path: Path = ("spec", "rules", index, "backendRefs")
                zero = [ref | {"weight": 0} for ref in refs]
                spared = [place for it, place, _ in _spare_refs(evidence) if it is one and place[2] == index]
                lost = {"requests-go-on"} if any(failing_over(evidence, one, place) for place in spared) else set()
                yield replace(_set(evidence, one, path, zero, "weights-not-zero", *lost), leaf=None)


@kind("egress route: a rule without backends")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            if rule.get("backendRefs"):
                yield _drop(evidence, one, ("spec", "rules", index, "backendRefs"), "weights-not-zero")


@kind("egress route: requests copied to a Service that is not there, or not granted")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        for index, rule in enumerate(one.content["spec"]["rules"]):
            path: Path = ("spec", "rules", index, "filters")
            where = one.content["metadata"]["namespace"]
            for namespace in ("mc-wan", FOREIGN):
                missing = {"route-has-target" if namespace == "mc-wan" else "route-is-exported"}
                refused = set() if namespace == where or granted(evidence, one, namespace) else {"reference-granted"}
                mirror = {"backendRef": {"name": "ghost", "namespace": namespace, "port": 80}}
                filters = [*rule["filters"], {"type": "RequestMirror", "requestMirror": mirror}]
                rules = ("route-does-no-more", *missing, *refused)
                yield replace(_set(evidence, one, path, filters, *rules), leaf=None)


@kind("ReferenceGrant: missing, or for somebody else")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ReferenceGrant"):
        yield _remove(evidence, one, "reference-granted")
        yield _set(evidence, one, ("spec", "from", 0, "namespace"), FOREIGN, "reference-granted")
        yield _set(evidence, one, ("spec", "from", 0, "kind"), "TCPRoute", "reference-granted")
        yield _set(evidence, one, ("spec", "to", 0, "kind"), "Secret", "reference-granted")
        yield _set(evidence, one, ("spec", "to", 0, "name"), "ghost", "reference-granted")


# Exports and imports.


@kind("ServiceExport: missing")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ServiceExport"):
        stale = {"clients-of-this-fabric"} if MESHES in one.content["metadata"]["annotations"] else set()
        for it in shadows(evidence):
            left = [gateway for gateway in remote_gateways(evidence, it) if gateway.cluster != one.cluster]
            gone = [gateway for gateway in remote_gateways(evidence, it) if gateway.cluster == one.cluster]
            if own(it) == own(one) and left and gone:
                known = ",".join(gateway.content["metadata"]["annotations"][ADDRESSES] for gateway in left).split(",")
                if any(address not in known for end in it.content["endpoints"] for address in end["addresses"]):
                    stale.add("target-address")
        local = at(one.content, ("metadata", "annotations", SERVICE)) or f"{one.name}.{one.namespace}"
        for it in evidence.of_kind("Service"):
            mine = (it.cluster, own(it)) == (one.cluster, own(one))
            if mine and it.content["spec"].get("externalName") == f"{local}.svc.cluster.local":
                stale.add("import-by-egress")
        routed = any((it.cluster, own(it)) == (one.cluster, own(one)) for it in evidence.of_kind("VirtualService"))
        if routed and local == f"{one.name}.{one.namespace}":
            stale.add("federated-import-is-whole")  # it has other names where a Service of that name is the export
        yield _remove(evidence, one, "route-is-exported", *stale)


@kind("ServiceExport: no policy, or one that is not there")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ServiceExport"):
        rules = ("export-has-policy", "route-of-own-policy", *imported(evidence, one))
        yield _drop(evidence, one, marks(one), *rules)
        wrong = "ghost" if marks(one)[-1] == POLICY else "all=ghost"
        yield _set(evidence, one, marks(one), wrong, *rules, *sent_by_rule(evidence, one, "all"))


@kind("ServiceExport: another policy than its routes are of")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ServiceExport"):
        for other in sorted(set(policies(evidence)) - its_policies(one))[:1]:
            wrong = other if marks(one)[-1] == POLICY else f"all={other}"
            rules = {"route-of-own-policy", *imported(evidence, one), *sent_by_rule(evidence, one, "all")}
            (tunnel,) = {it.content["spec"]["tunnel"] for it in evidence.of_kind("WANPolicy") if it.name == other}
            if one.namespace in kept_off(evidence)[tunnel]:
                rules.add("namespace-keeps-off-tunnel")
            yield _set(evidence, one, marks(one), wrong, *rules)


@kind("ServiceExport: the Services that answer it not said")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ServiceExport"):
        if BACKENDS in one.content["metadata"]["annotations"]:
            yield _drop(evidence, one, ("metadata", "annotations", BACKENDS), "route-is-exported")


@kind("ServiceImport: another policy than its exports have")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ServiceImport"):
        ruled = marks(one)[-1] == RULES and OWN_RULES not in one.content["metadata"]["annotations"]
        sending = (*routes(evidence, "egress-route"), *evidence.of_kind("VirtualService"))
        sent = [it for it in sending if (it.cluster, own(it)) == (one.cluster, own(one))]
        lacking = {"rules-everywhere"} if ruled and sent else set()
        wrong = "all=ghost" if marks(one)[-1] == RULES else "ghost"
        yield _set(evidence, one, marks(one), wrong, "import-as-exported", *lacking)
        yield _drop(evidence, one, marks(one), "import-as-exported")


@kind("ServiceExport: somebody else's, without a policy")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ServiceExport"):
        added = made(evidence, one.cluster, "ServiceExport", FOREIGN, one.namespace)
        yield _add(evidence, added, "export-has-policy")
        added = made(evidence, one.cluster, "ServiceExport", FOREIGN, FOREIGN)
        yield _add(evidence, added, "export-has-policy", "export-namespace-allowed")


@kind("import: its name an alias of somebody else's")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Service"):
        if "externalName" in one.content["spec"]:
            for other in (
                "mc-wan-egress.example.com",
                "strongbox.secure.svc.cluster.local",
                "mc-wan-egress.x.svc.cluster.local",
            ):
                yield _set(evidence, one, ("spec", "externalName"), other, "import-by-egress")


@kind("import: its name a Service of pods")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Service"):
        if part(one) == "import":
            spec = {"type": "ClusterIP", "ports": one.content["spec"]["ports"], "selector": {"app": "vault"}}
            yield replace(_set(evidence, one, ("spec",), spec, "import-by-egress"), leaf=None)


def not_federated(evidence: Evidence) -> Iterator[tuple[Object, Object]]:
    """Give the imports that sidecars do not send, and the Service of each."""
    for one in evidence.of_kind("ServiceImport"):
        if MESHES not in one.content["metadata"]["annotations"]:
            where = (one.cluster, one.namespace, f"{one.name}-clusterset")
            yield one, next(it for it in evidence.of_kind("Service") if here(it) == where)


@kind("import: its Service missing, or no ports")
def _(evidence: Evidence) -> Changes:
    for one, service in not_federated(evidence):
        if not [it for it in shadows(evidence) if labels(it)["kubernetes.io/service-name"] == service.name]:
            yield _remove(evidence, service, "import-is-whole")
        yield _set(evidence, service, ("spec", "ports", 0, "port"), WRONG_PORT, "import-is-whole")
        yield replace(_set(evidence, one, ("spec", "ports"), [], "import-is-whole"), leaf=None)


@kind("import: its slices missing, not ready, or of another port")
def _(evidence: Evidence) -> Changes:
    for _, service in not_federated(evidence):
        its = [it for it in shadows(evidence) if labels(it)["kubernetes.io/service-name"] == service.name]
        own_ = [it for it in its if (it.cluster, it.namespace) == (service.cluster, service.namespace)]
        if len(own_) == 1:
            yield _remove(evidence, own_[0], "import-is-whole")
            yield _set(evidence, own_[0], ("ports", 0, "name"), "renamed", "import-is-whole")
            if len(own_[0].content["endpoints"]) == 1:
                yield _set(evidence, own_[0], ("endpoints", 0, "conditions", "ready"), False, "import-is-whole")


def another_service(evidence: Evidence, gateway: Object, rule: str) -> Changes:
    """Have a gateway's EnvoyProxy order a Service that is called otherwise."""
    for proxy in evidence.of_kind("EnvoyProxy"):
        if here(proxy) == here(gateway):
            yield _set(evidence, proxy, ("spec", "provider", "kubernetes", "envoyService", "name"), "other", rule)


@kind("egress gateway: a listener for other requests, or another Service ordered")
def _(evidence: Evidence) -> Changes:
    for one in egress(evidence):
        path: Path = ("spec", "listeners", 0)
        yield _set(evidence, one, (*path, "port"), WRONG_PORT, "import-is-whole")
        yield _set(evidence, one, (*path, "hostname"), "example.com", "import-is-whole")
        yield _set(evidence, one, (*path, "protocol"), "TCP", "import-is-whole")
        yield from another_service(evidence, one, "import-is-whole")


@kind("ingress gateway: another Service ordered")
def _(evidence: Evidence) -> Changes:
    for one in ingress(evidence):
        yield from another_service(evidence, one, "service-has-wan-ports")


@kind("egress route: a host name of its import lost")
def _(evidence: Evidence) -> Changes:
    for one in routes(evidence, "egress-route"):
        for index in range(len(one.content["spec"]["hostnames"])):
            yield _drop(evidence, one, ("spec", "hostnames", index), "import-is-whole")


@kind("ServiceImport: withdrawn")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ServiceImport"):
        asked = {"meshes-agree"} if MESHES in one.content["metadata"]["annotations"] else set()
        yield _remove(evidence, one, "withdrawals-limited", *asked)


@kind("ServiceImport: somebody else's, where it is not allowed")
def _(evidence: Evidence) -> Changes:
    allowed = importers(evidence)
    for one in evidence.of_kind("ServiceImport"):
        for cluster in clusters(evidence):
            if cluster not in allowed[f"{one.name}.{one.namespace}"]:
                asked = MESHES in one.content["metadata"]["annotations"]
                rules = {"meshes-agree", "federated-import-is-whole"} if asked else {"import-is-whole"}
                yield _add(evidence, Object(cluster, one.content), "import-allowed", *rules)


# Exposure and labels.


@kind("Service: public, somebody else's in mc-wan")
def _(evidence: Evidence) -> Changes:
    for cluster in clusters(evidence):
        for spec in ({"type": "LoadBalancer"}, {"externalIPs": ["10.9.9.9"]}, {"loadBalancerIP": PUBLIC}):
            one = Object(
                cluster,
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": FOREIGN, "namespace": "mc-wan"},
                    "spec": spec,
                },
            )
            yield _add(evidence, one, "gateway-is-private")


@kind("Service: public, of a gateway in another namespace")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        _, namespace, name = here(one)
        owner = "gateway.envoyproxy.io/owning-gateway"
        for where, marked in (
            ("envoy-gateway-system", {f"{owner}-name": name, f"{owner}-namespace": namespace}),
            (namespace, {"gateway.networking.k8s.io/gateway-name": name}),
        ):
            metadata = {"name": FOREIGN, "namespace": where, "labels": marked}
            content = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"type": "LoadBalancer"}}
            yield _add(evidence, Object(one.cluster, content), "gateway-is-private")
            selecting = {
                "metadata": {"name": FOREIGN, "namespace": where},
                "spec": {"type": "LoadBalancer", "selector": marked},
            }
            yield _add(evidence, Object(one.cluster, content | selecting), "gateway-is-private")
        called, _, where = one.content["metadata"]["annotations"][SERVICE].partition(".")
        content = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": called, "namespace": where}}
        yield _add(evidence, Object(one.cluster, content | {"spec": {"type": "LoadBalancer"}}), "gateway-is-private")


@kind("Gateway: public, somebody else's in mc-wan")
def _(evidence: Evidence) -> Changes:
    for cluster in clusters(evidence):
        spec = {"gatewayClassName": "theirs", "addresses": [{"value": PUBLIC}], "listeners": []}
        yield _add(evidence, made(evidence, cluster, "Gateway", FOREIGN, "mc-wan", spec=spec), "gateway-is-private")


@kind("Gateway: of another class")
def _(evidence: Evidence) -> Changes:
    every = [*ingress(evidence), *egress(evidence)]
    path: Path = ("spec", "gatewayClassName")
    for one in every:
        yield _set(evidence, one, path, "gke-l7-global-external-managed", "gateway-is-private")
        alone = len([it for it in every if it.cluster == one.cluster]) == 1
        if one.content["metadata"]["annotations"].get("networking.istio.io/service-type") or not alone:
            yield _set(evidence, one, path, "zz-theirs", "gateway-is-private")
    for cluster in clusters(evidence):
        spec = {"gatewayClassName": "gke-l7-gxlb", "listeners": []}
        yield _add(evidence, made(evidence, cluster, "Gateway", FOREIGN, "mc-wan", spec=spec), "gateway-is-private")


@kind("Gateway: Istio's overlay makes it public")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        named = at(one.content, ("spec", "infrastructure", "parametersRef", "name"))
        if not one.content["metadata"]["annotations"].get("networking.istio.io/service-type") or named:
            continue
        content = put(one.content, ("spec", "infrastructure", "parametersRef"), {"kind": "ConfigMap", "name": FOREIGN})
        for laid in ("spec: {type: LoadBalancer}", "spec:\n  externalIPs:\n  - 10.9.9.9\n"):
            metadata = {"name": FOREIGN, "namespace": one.namespace}
            added: Any = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"service": laid}}
            changed = swapped(evidence, one, content)
            yield replace(_add(changed, Object(one.cluster, added), "gateway-is-private"), subject=one)


@kind("Service: public, selects the pods of gateways")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        where = one.content["metadata"]["annotations"][SERVICE].partition(".")[2]
        selector = {"gateway.istio.io/managed": "istio.io-gateway-controller"}
        if at(one.content, ("spec", "infrastructure", "parametersRef", "kind")) == "EnvoyProxy":
            selector = {"app.kubernetes.io/name": "envoy"}
        elif not one.content["metadata"]["annotations"].get("networking.istio.io/service-type"):
            continue
        spec = {"type": "LoadBalancer", "selector": selector, "ports": [{"port": 80, "targetPort": 8080}]}
        metadata = {"name": FOREIGN, "namespace": where}
        added: Any = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
        yield _add(evidence, Object(one.cluster, added), "gateway-is-private")


@kind("Ingress: sends to a gateway")
def _(evidence: Evidence) -> Changes:
    for one in (*ingress(evidence), *egress(evidence)):
        name, _, namespace = one.content["metadata"]["annotations"][SERVICE].partition(".")
        for service, where in ((name, namespace), (one.name, one.namespace)):
            backend = {"service": {"name": service, "port": {"number": 80}}}
            for spec in ({"defaultBackend": backend}, {"rules": [{"http": {"paths": [{"backend": backend}]}}]}):
                metadata = {"name": FOREIGN, "namespace": where}
                kind_ = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress"}
                added = Object(one.cluster, {**kind_, "metadata": metadata, "spec": spec})
                yield _add(evidence, added, "gateway-is-private")


@kind("Ingress, or a public HTTPRoute: sends to an import")
def _(evidence: Evidence) -> Changes:
    only = "gateway-is-private"
    group = "multicluster.x-k8s.io"
    for one in evidence.of_kind("ServiceImport"):
        name = f"{one.name}-clusterset"
        spec: dict[str, Any] = {"defaultBackend": {"service": {"name": name, "port": {"number": 80}}}}
        metadata = {"name": FOREIGN, "namespace": one.namespace}
        added = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
        yield _add(evidence, Object(one.cluster, added), only)
        gateway = made(
            evidence, one.cluster, "Gateway", FOREIGN, one.namespace, spec={"gatewayClassName": "gke-l7-gxlb"}
        )
        for ref in (
            {"name": name, "port": 80},
            {"group": group, "kind": "ServiceImport", "name": one.name, "port": 80},
        ):
            rules = [{"backendRefs": [ref]}]
            parents = [{"name": FOREIGN}]
            route = made(
                evidence, one.cluster, "HTTPRoute", FOREIGN, one.namespace, spec={"parentRefs": parents, "rules": rules}
            )
            yield _add(replace(evidence, objects=(*evidence.objects, gateway)), route, only)


@kind("HTTPRoute: sends to a gateway, on a public Gateway of somebody else's")
def _(evidence: Evidence) -> Changes:
    for one in egress(evidence):
        name, _, namespace = one.content["metadata"]["annotations"][SERVICE].partition(".")
        spec = {"gatewayClassName": "eg", "listeners": []}
        gateway = made(evidence, one.cluster, "Gateway", FOREIGN, "shop", spec=spec)
        rules = [{"backendRefs": [{"name": name, "namespace": namespace, "port": 8080}]}]
        route = made(
            evidence,
            one.cluster,
            "HTTPRoute",
            FOREIGN,
            "shop",
            spec={"parentRefs": [{"name": FOREIGN}], "rules": rules},
        )
        yield _add(replace(evidence, objects=(*evidence.objects, gateway)), route, "gateway-is-private")


@kind("ingress gateway: its Service leads a WAN port elsewhere")
def _(evidence: Evidence) -> Changes:
    wrong = "service-has-wan-ports"
    for one in ingress(evidence):
        ports = [it["port"] for it in one.content["spec"]["listeners"]]
        name, _, namespace = one.content["metadata"]["annotations"][SERVICE].partition(".")
        moved = {"port": ports[0], "nodePort": ports[0], "targetPort": WRONG_PORT}
        for kind_, port in (
            *([("NodePort", moved)] if ports[0] >= PRIVILEGED else []),  # a lower one may be another in the pod
            ("ClusterIP", {"port": 40000, "targetPort": ports[-1]}),
            ("NodePort", {"port": ports[0], "nodePort": 32001, "targetPort": ports[0]}),
            ("NodePort", {"port": 15021, "nodePort": ports[0]}),
        ):
            metadata = {"name": name, "namespace": namespace}
            spec = {"type": kind_, "ports": [port]}
            added: Any = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
            yield _add(evidence, Object(one.cluster, added), wrong)


@kind("ingress gateway: what orders its Service swaps or loses WAN ports")
def _(evidence: Evidence) -> Changes:
    wrong = "service-has-wan-ports"
    path: Path = ("spec", "provider", "kubernetes", "envoyService", "patch", "value", "spec", "ports")
    for one in ingress(evidence):
        for proxy in evidence.of_kind("EnvoyProxy"):
            if here(proxy) == here(one) and (ports := at(proxy.content, path)):
                yield _set(evidence, proxy, (*path, 0, "nodePort"), 32001, wrong)
                yield _drop(evidence, proxy, (*path, 0, "nodePort"), wrong)
                yield replace(_set(evidence, proxy, path, [*ports, {"port": 40000}], wrong), leaf=None)
                yield replace(_set(evidence, proxy, (*path, 0, "targetPort"), WRONG_PORT, wrong), leaf=None)
                yield _drop(evidence, proxy, (*path, 0), wrong)
        for laid in evidence.of_kind("ConfigMap"):
            if here(laid) == here(one):
                known = json.loads(laid.content["data"]["service"])
                for index, other in (("nodePort", 32001), ("targetPort", WRONG_PORT), ("$patch", "delete")):
                    changed = json.dumps(put(known, ("spec", "ports", 0, index), other))
                    yield _set(evidence, laid, ("data", "service"), changed, wrong)


@kind("EnvoyProxy: annotations that contradict each other, or are patched")
def _(evidence: Evidence) -> Changes:
    aws = "service.beta.kubernetes.io/aws-load-balancer"
    for one in evidence.of_kind("EnvoyProxy"):
        path: Path = ("spec", "provider", "kubernetes", "envoyService")
        called_ = at(one.content, (*path, "name"))
        service = {"name": called_, "type": "LoadBalancer", "annotations": {f"{aws}-internal": "true"}}
        public = {f"{aws}-scheme": "internet-facing"}
        for its in (
            service | {"annotations": {**service["annotations"], **public}},
            service | {"patch": {"value": {"metadata": {"annotations": public}}}},
            service | {"patch": {"value": {"metadata": {"annotations": {f"{aws}-internal": "false"}}}}},
        ):
            yield replace(_set(evidence, one, path, its, "gateway-is-private"), leaf=None)


@kind("HTTPRoute: somebody else's, to a target by a gateway of its own")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Service"):
        if SOURCE in labels(one):
            cluster, namespace, name = here(one)
            ref = {"name": name, "namespace": namespace, "port": one.content["spec"]["ports"][0]["port"]}
            place = (cluster, FOREIGN, "theirs", "web")
            host = "ghost.secure.svc.cluster.local"
            added = _foreign_route(evidence, place, FOREIGN, host, backendRefs=[ref])
            yield _add(evidence, added, "route-is-exported", "route-arrives", "reference-granted")


@kind("Service: a target or an import made public")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("Service"):
        past = {"import-by-egress"} if part(one) == "import" else set()
        yield _set(evidence, one, ("spec", "type"), "LoadBalancer", "gateway-is-private", *past)
        yield _set(evidence, one, ("spec", "externalIPs"), ["10.9.9.9"], "gateway-is-private")


@kind("any object: a label lost")
def _(evidence: Evidence) -> Changes:
    for one in evidence.objects:
        content = dropped(one.content, ("metadata", "labels", LABEL))
        yield Mutation(swapped(evidence, one, content), frozenset({"labels-present"}), one)


# Federation.


def federating(evidence: Evidence) -> Iterator[tuple[Object, Object, Object, Object]]:
    """Give what federated imports are: the ServiceImport, its Service, its ServiceEntry, its VirtualService."""
    for one in evidence.of_kind("ServiceImport"):
        if MESHES in one.content["metadata"]["annotations"]:
            name = f"{one.name}-clusterset"
            kinds = ("Service", "ServiceEntry", "VirtualService")
            service, entry, routes_ = (
                next(it for it in evidence.of_kind(kind) if here(it) == (one.cluster, one.namespace, name))
                for kind in kinds
            )
            yield one, service, entry, routes_


def sidecars(evidence: Evidence) -> Iterator[tuple[Object, Path, Mapping[str, Any], bool]]:
    """Give the rules that sidecars follow, where each is written, and whether its import has rules of its own."""
    for _, _, _, one in federating(evidence):
        for index, rule in enumerate(one.content["spec"]["http"]):
            yield one, ("spec", "http", index), rule, has_own_rules(evidence, one)


def only_asking(one: Object, rule: Mapping[str, Any]) -> set[str]:
    """Say which rule notices if a rule of an import's own does not lead to another export any more."""
    host = rule["rewrite"]["authority"]
    every = [it["rewrite"]["authority"] for it in one.content["spec"]["http"]]
    mine = "{}.{}.svc.cluster.local".format(*(own(one) or ("", "")))
    return {"meshes-agree"} if host != mine and every.count(host) == 1 else set()


def leaves_cluster(rule: Mapping[str, Any]) -> bool:
    return any(to["destination"]["host"].endswith(".mc-wan.internal") for to in rule["route"])


@kind("federated import: its Service, ServiceEntry or VirtualService missing")
def _(evidence: Evidence) -> Changes:
    for _, *its in federating(evidence):
        for one in its:
            yield _remove(evidence, one, "federated-import-is-whole")


@kind("federated import: another name or port, or seen by others")
def _(evidence: Evidence) -> Changes:
    whole = "federated-import-is-whole"
    for _, service, entry, one in federating(evidence):
        yield _set(evidence, service, ("spec", "ports", 0, "port"), WRONG_PORT, whole)
        yield _set(evidence, entry, ("spec", "ports", 0, "number"), WRONG_PORT, whole)
        yield _set(evidence, entry, ("spec", "ports", 0, "protocol"), "TCP", whole)
        yield _set(evidence, entry, ("spec", "hosts", 0), "ghost.internal", whole)
        yield replace(_set(evidence, entry, ("spec", "endpoints"), [{"address": PUBLIC}], whole), leaf=None)
        if "endpoints" in entry.content["spec"]:  # of an ambient mesh
            yield _set(evidence, entry, ("spec", "resolution"), "STATIC", whole)
            yield _drop(evidence, entry, ("spec", "endpoints"), whole)
            yield _set(evidence, entry, ("spec", "endpoints", 0, "ports"), {"http": WRONG_PORT}, whole)
        for it in (entry, one):
            yield replace(_set(evidence, it, ("spec", "exportTo"), ["."], whole), leaf=None)
            yield _drop(evidence, it, ("spec", "hosts", 0), whole)
        yield _set(evidence, one, ("spec", "gateways", 0), "theirs", whole)
        more = [*one.content["spec"]["hosts"], "ghost.secure.svc.cluster.local"]
        yield replace(_set(evidence, one, ("spec", "hosts"), more, whole, "route-is-exported"), leaf=None)
        yield replace(_set(evidence, one, ("spec", "tcp"), [{"route": []}], whole), leaf=None)


@kind("federated import: sidecars do more than its rules say")
def _(evidence: Evidence) -> Changes:
    whole = "federated-import-is-whole"
    for one, path, rule, _ in sidecars(evidence):
        for field, value in (("fault", {"abort": {"httpStatus": 500}}), ("directResponse", {"status": 200})):
            yield replace(_set(evidence, one, (*path, field), value, whole), leaf=None)
        redirect = _set(evidence, one, (*path, "redirect"), {"uri": "/"}, whole, "rule-of-own-policy")
        yield replace(redirect, leaf=None)
        copies = rule["route"][0]["destination"]
        yield replace(_set(evidence, one, (*path, "mirror"), copies, whole), leaf=None)
        elsewhere_ = {"host": "ghost.internal", "port": {"number": 80}}
        yield replace(_set(evidence, one, (*path, "mirror"), elsewhere_, whole, "route-has-target"), leaf=None)
        subset: Path = (*path, "route", 0, "destination", "subset")
        yield replace(_set(evidence, one, subset, "canary", whole), leaf=None)


@kind("federated import: requests say something else on the way")
def _(evidence: Evidence) -> Changes:
    whole = "federated-import-is-whole"
    for one, path, rule, _ in sidecars(evidence):
        headers: Path = (*path, "headers", "request", "set")
        for name in at(one.content, headers):
            yield _set(evidence, one, (*headers, name), "other", whole)
            yield _drop(evidence, one, (*headers, name), whole)
        host: Path = (*path, "rewrite", "authority")
        name, namespace = own(one) or ("", "")
        if rule["rewrite"]["authority"] == f"{name}.{namespace}.svc.cluster.local":
            yield _set(evidence, one, host, f"{name}.{namespace}.svc.clusterset.local", whole)
            yield _drop(evidence, one, host, whole)
        away = {"route-arrives"} if leaves_cluster(rule) else set()
        away |= only_asking(one, rule)
        yield _set(evidence, one, host, "ghost.secure.svc.cluster.local", "route-is-exported", *away)


@kind("federated import: sent to what is not there")
def _(evidence: Evidence) -> Changes:
    for one, path, rule, _ in sidecars(evidence):
        for index, to in enumerate(rule["route"]):
            place: Path = (*path, "route", index, "destination")
            if to["destination"]["host"].endswith(".mc-wan.internal"):
                yield _set(evidence, one, (*place, "port", "number"), WRONG_PORT, "route-has-target")
                yield _set(evidence, one, (*place, "host"), "ghost.internal", "route-has-target")
            ghost = "ghost.secure.svc.cluster.local"
            yield replace(_set(evidence, one, (*place, "host"), ghost, "route-is-exported"), leaf=None)


@kind("federated import: sent by the WAN policy of another rule")
def _(evidence: Evidence) -> Changes:
    for one, path, rule, free in sidecars(evidence):
        for index, to in enumerate(rule["route"]):
            for other in upstreams(evidence):
                (host,), (port,) = other.content["spec"]["hosts"], other.content["spec"]["ports"]
                mine = (other.cluster, own(other), of_mesh(other)) == (one.cluster, own(one), True)
                there = [it for it in routes(evidence, "ingress-route") if own(it) == own(one)]
                admitted = any(
                    at(it.content, ("spec", "parentRefs", 0, "sectionName")) == port["name"]
                    and answered["name"] == called(rule)
                    and answered.get("backendRefs")
                    for it in there
                    for answered in it.content["spec"]["rules"]
                )
                if mine and not free and host != to["destination"]["host"] and not admitted:
                    sent = {"destination": {"host": host, "port": {"number": port["number"]}}, "weight": to["weight"]}
                    kept = {choice for *_, choice in places(evidence, other)}
                    before = {p for it, place, p, _ in _kept_together(evidence) if it is one and place[:3] == path}
                    on = {"requests-go-on"} if len(kept) > 1 and len(before) == 1 else set()
                    rules = ("rule-of-own-policy", "rules-match-alike", *on)
                    yield replace(_set(evidence, one, (*path, "route", index), sent, *rules), leaf=None)


@kind("federated import: no weight, or no destination")
def _(evidence: Evidence) -> Changes:
    for one, path, rule, _ in sidecars(evidence):
        nothing = [to | {"weight": 0} for to in rule["route"]]
        yield replace(_set(evidence, one, (*path, "route"), nothing, "weights-not-zero"), leaf=None)
        yield replace(_set(evidence, one, (*path, "route"), [], "weights-not-zero"), leaf=None)


@kind("federated import: a rule called otherwise, with other matches, dropped, or in another order")
def _(evidence: Evidence) -> Changes:
    for one, path, rule, free in sidecars(evidence):
        away = leaves_cluster(rule)
        match: Path = (*path, "match", 0, "uri")
        if away:
            unlike = "rule-of-own-policy" if free else "rules-match-alike"
            name = rule["name"].replace(f".{called(rule)}", ".renamed")
            spared = {port for it, place, port, _ in _kept_together(evidence) if it is one and place[:3] == path}
            lost = {"requests-go-on"} if len(spared) > 1 else set()
            yield _set(evidence, one, (*path, "name"), name, "rules-everywhere", unlike, *lost)
        if away and not free:
            yield replace(_set(evidence, one, match, {"exact": "/other"}, "rules-match-alike"), leaf=None)
            yield _set(evidence, one, (*path, "match", 0, "method", "exact"), "PATCH", "rules-match-alike")
        yield _drop(evidence, one, path, "rules-everywhere", *only_asking(one, rule))
    for _, _, _, one in federating(evidence):
        if len({called(rule) for rule in one.content["spec"]["http"]}) > 1:
            turned = one.content["spec"]["http"][::-1]
            yield replace(_set(evidence, one, ("spec", "http"), turned, "rules-everywhere"), leaf=None)


@kind("federated import: requests do not go on")
def _(evidence: Evidence) -> Changes:
    for one, path, _, _ in sidecars(evidence):
        yield _drop(evidence, one, (*path, "retries"), "requests-go-on")
        if "retryOn" in at(one.content, (*path, "retries")):
            yield _set(evidence, one, (*path, "retries", "retryOn"), "5xx", "requests-go-on")
            yield _set(evidence, one, (*path, "retries", "retryRemoteLocalities"), False, "requests-go-on")
    for _, _, _, its in federating(evidence):
        for one in evidence.of_kind("EnvoyFilter"):
            if (one.cluster, own(one), part(one)) == (its.cluster, own(its), "import"):
                yield _remove(evidence, one, "requests-go-on")
                yield _drop(evidence, one, ("spec", "configPatches", 0), "requests-go-on")
                yield _set(evidence, one, ("spec", "configPatches", 0, "applyTo"), "CLUSTER", "requests-go-on")


@kind("federated import: an EnvoyFilter is for no sidecar")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("EnvoyFilter"):
        if part(one) in ("mesh-target", "import"):
            yield _set(evidence, one, ("metadata", "namespace"), "mc-wan", "requests-go-on")


@kind("federated import: another root namespace of its mesh")
def _(evidence: Evidence) -> Changes:
    path: Path = ("metadata", "annotations", MESH_NAMESPACE)
    for one, *_ in federating(evidence):
        alone = not [its for its, *_ in federating(evidence) if its.cluster == one.cluster and its != one]
        filters = [it for it in evidence.of_kind("EnvoyFilter") if it.cluster == one.cluster]
        if not alone:
            yield _set(evidence, one, path, "else-where", "meshes-agree")
        elif any(part(it) in ("mesh-target", "import") for it in filters):
            yield _set(evidence, one, path, "else-where", "requests-go-on")
        yield _drop(evidence, one, path, "meshes-agree")


@kind("VirtualService: somebody else's, to an upstream of a mesh")
def _(evidence: Evidence) -> Changes:
    for one, _, rule, _ in sidecars(evidence):
        if leaves_cluster(rule):
            to = [it for it in rule["route"] if it["destination"]["host"].endswith(".mc-wan.internal")]
            spec = {"hosts": ["shop.example.com"], "http": [{"name": "all", "route": to}]}
            added = made(evidence, one.cluster, "VirtualService", FOREIGN, FOREIGN, spec=spec)
            yield _add(evidence, added, "route-is-exported", "route-arrives")


def certificates(evidence: Evidence) -> list[Object]:
    """Give the Certificates of which something says which gateway they are for."""
    naming = [one for kind in ("Gateway", "EnvoyProxy") for one in evidence.of_kind(kind)]
    naming += [one for one in evidence.of_kind("DestinationRule") if one.namespace == "mc-wan"]
    named = {one.cluster: "" for one in naming}
    for one in naming:
        named[one.cluster] += json.dumps(one.content)
    every = evidence.of_kind("Certificate")
    return [one for one in every if json.dumps(one.content["spec"]["secretName"]) in named.get(one.cluster, "")]


@kind("certificate: ordered for somebody else")
def _(evidence: Evidence) -> Changes:
    for one in certificates(evidence):
        yield _set(evidence, one, ("spec", "uris", 0), "spiffe://else.where/cluster/x/egress", "certificate-is-own")
        yield _set(evidence, one, ("spec", "dnsNames", 0), "else.where", "certificate-is-own")
        yield _set(evidence, one, ("spec", "usages", 2), "code signing", "certificate-is-own")
        yield _drop(evidence, one, ("spec", "issuerRef"), "certificate-is-own")


@kind("certificate: ordered by nobody")
def _(evidence: Evidence) -> Changes:
    for one in certificates(evidence):
        others = [it for it in evidence.of_kind("Certificate") if it.cluster == one.cluster and it != one]
        yield _set(evidence, one, ("spec", "secretName"), "else-where", "certificate-is-own")
        if others:
            yield _remove(evidence, one, "certificate-is-own")


@kind("certificate: not shown to other clusters")
def _(evidence: Evidence) -> Changes:
    verified = {(it.cluster, own(it)) for it in evidence.of_kind("BackendTLSPolicy") if part(it) == "target"}
    shared = {cluster for cluster, key in verified if key is None}
    for one in evidence.of_kind("EnvoyProxy"):
        sends = (one.cluster, own(one)) in verified if own(one) else one.cluster in shared
        if "backendTLS" in one.content["spec"] and sends:
            yield _drop(evidence, one, ("spec", "backendTLS"), "certificate-is-own")
    for one in evidence.of_kind("Gateway"):
        if "backend" in one.content["spec"].get("tls", {}):
            yield _drop(evidence, one, ("spec", "tls", "backend"), "certificate-is-own")


@kind("clients: asked by another root")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("ClientTrafficPolicy"):
        path: Path = ("spec", "tls", "clientValidation", "caCertificateRefs", 0, "name")
        if (
            at(one.content, (*path[:-1], "kind")) == "Secret"
        ):  # ConfigMaps are compared with each other, if there are more
            yield _set(evidence, one, path, "public-web-ca", "clients-verified")


@kind("mesh: a host name told twice")
def _(evidence: Evidence) -> Changes:
    for one in (*evidence.of_kind("ServiceEntry"), *evidence.of_kind("VirtualService")):
        spec = {"hosts": one.content["spec"]["hosts"][-1:]}
        everybody = one.content["spec"]["exportTo"] == ["*"]
        for namespace, seen in ((one.namespace, ["."]), *(((FOREIGN, ["*"]),) if everybody else ())):
            more = spec | {"exportTo": seen}
            added = made(evidence, one.cluster, one.kind, f"zz-{FOREIGN}", namespace, spec=more)
            yield _add(evidence, added, "host-told-once")
        added = made(evidence, one.cluster, one.kind, f"zz-{FOREIGN}", FOREIGN, spec=spec)
        yield _add(evidence, added, "host-told-once")


@kind("mesh: a host name that is a Service's")
def _(evidence: Evidence) -> Changes:
    for _, service, entry, _ in federating(evidence):
        for host in entry.content["spec"]["hosts"]:
            name, _, rest = host.partition(".")
            namespace, _, rest = rest.partition(".")
            if rest == "svc.cluster.local":
                added = made(evidence, entry.cluster, "Service", name, namespace, spec={"ports": [{"port": 80}]})
                yield _add(evidence, added, "host-told-once")
        spec = {"hosts": [f"{service.name}.{service.namespace}.svc.cluster.local"]}
        yield _add(
            evidence, made(evidence, entry.cluster, "ServiceEntry", FOREIGN, FOREIGN, spec=spec), "host-told-once"
        )


@kind("DestinationRule: a port that its upstream does not have")
def _(evidence: Evidence) -> Changes:
    for upstream in upstreams(evidence):
        for one in evidence.of_kind("DestinationRule"):
            if (one.cluster, [one.content["spec"]["host"]]) == (upstream.cluster, upstream.content["spec"]["hosts"]):
                port = {"port": {"number": WRONG_PORT}, "connectionPool": {}}
                checked = {"target-verified"} if checking(evidence, upstream) else set()
                rules = ("treated-host-is-there", "upstream-is-whole", *checked)
                yield _set(evidence, one, ("spec", "trafficPolicy", "portLevelSettings"), [port], *rules)


@kind("AuthorizationPolicy: for what is not there, or identities with spiffe://")
def _(evidence: Evidence) -> Changes:
    effect = "authorization-takes-effect"
    for one in (*guarding(evidence), *of_callers(evidence)):
        claims = "clients-of-this-fabric" if one in guarding(evidence) else "callers-enforced"
        source: Path = ("spec", "rules", 0, "from", 0, "source", "notPrincipals")
        if known := at(one.content, source):
            yield _set(evidence, one, (*source, 0), f"spiffe://{known[0]}", claims, effect)
    for one in ingress(evidence):
        group = GATEWAY_API.partition("/")[0]
        ours = {"group": group, "kind": "Gateway", "name": one.name}
        origin = {"source": {"principals": ["spiffe://else.where/ns/a/sa/b"]}}
        when = {"key": "source.principal", "notValues": ["spiffe://else.where/ns/a/sa/b"]}
        for spec in (
            {"targetRefs": [ours], "rules": [{"from": [origin]}]},
            {"targetRef": ours, "action": "DENY", "rules": [{"when": [when]}]},
        ):
            yield _add(evidence, _authorization(one.cluster, one.namespace, spec), effect)
        for ref in (ours | {"name": "ghost"}, {"group": "", "kind": "Service", "name": "ghost"}):
            if one.namespace == "mc-wan":
                theirs = {"targetRefs": [ref], "action": "DENY"}
                yield _add(evidence, _authorization(one.cluster, one.namespace, theirs), effect)


def _authorization(cluster: str, namespace: str, spec: Any) -> Object:
    metadata = {"name": FOREIGN, "namespace": namespace}
    version = "security.istio.io/v1"
    return Object(cluster, {"apiVersion": version, "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec})


@kind("SecurityPolicy: somebody else's, which lets nobody in")
def _(evidence: Evidence) -> Changes:
    deny: list[dict[str, Any]] = [
        {"defaultAction": "Deny"},
        {"rules": [{"action": "Deny", "principal": {"clientCIDRs": ["10.0.0.0/8"]}}]},
        {"defaultAction": "Allow", "rules": [{"action": "Deny", "principal": {"clientCIDRs": ["0.0.0.0/0", "::/0"]}}]},
    ]
    called = {(*here(one)[:2], at(one.content, ("spec", "targetRefs", 0, "name"))) for one in refusing(evidence)}
    guarded = [one for one in envoys(evidence) if part(one) == "ingress-route"]
    for one in envoys(evidence):
        for aim in aims(one):
            claims = {"callers-enforced"} if one.kind == "HTTPRoute" and here(one) in called else set()
            of_all = "matchExpressions" in str(aim) and one.kind == "HTTPRoute"
            if any(
                it is one or (of_all and it.cluster == one.cluster and it.namespace == one.namespace) for it in guarded
            ):
                claims.add("clients-of-this-fabric")
            for authorization in deny:
                # of routes that are selected by labels, some may have callers
                if "targetRefs" in aim or "targetRef" in aim or not called:
                    spec = {**aim, "authorization": authorization}
                    theirs = made(evidence, one.cluster, "SecurityPolicy", FOREIGN, one.namespace, spec=spec)
                    version = "gateway.envoyproxy.io/v1alpha1"
                    yield _add(
                        evidence,
                        Object(one.cluster, {**theirs.content, "apiVersion": version}),
                        "clients-admitted",
                        *claims,
                    )


@kind("AuthorizationPolicy: somebody else's, which lets nobody in")
def _(evidence: Evidence) -> Changes:
    labels_ = {"gateway.istio.io/managed": "istio.io-gateway-controller"}
    for one in (*ingress(evidence), *egress(evidence)):
        if not one.content["metadata"]["annotations"].get("networking.istio.io/service-type"):
            continue
        told = [
            it.content["metadata"]["annotations"]
            for it in evidence.of_kind("ServiceImport")
            if it.cluster == one.cluster
        ]
        root = next((it[MESH_NAMESPACE] for it in told if MESH_NAMESPACE in it), "istio-system")
        ref = {"group": GATEWAY_API.partition("/")[0], "kind": "Gateway", "name": one.name}
        everybody = {"action": "DENY", "rules": [{}]}
        origin = {"source": {"ipBlocks": ["0.0.0.0/0"]}}
        own_ports = [str(it["port"]) for it in one.content["spec"]["listeners"]]
        for where, spec in (
            (one.namespace, {"targetRefs": [ref], **everybody}),
            (one.namespace, {"targetRef": ref, "action": "ALLOW", "rules": []}),
            (one.namespace, {}),
            (one.namespace, {"selector": {"matchLabels": labels_}, "action": "DENY", "rules": [{"from": [origin]}]}),
            (root, {}),
            (root, {"action": "DENY", "rules": [{"to": [{"operation": {"ports": own_ports}}]}]}),
            (root, {"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/*"]}}]}]}),
        ):
            yield _add(evidence, _authorization(one.cluster, where, spec), "clients-admitted")
        for route in (*routes(evidence, "ingress-route"), *routes(evidence, "egress-route")):
            if parent(route)[:3] == here(one):
                host = route.content["spec"]["hostnames"][1]
                spec = {"action": "DENY", "rules": [{"to": [{"operation": {"hosts": [host]}}]}]}
                yield _add(evidence, _authorization(one.cluster, one.namespace, spec), "clients-admitted")


@kind("meshes: one side says another trust domain")
def _(evidence: Evidence) -> Changes:
    path: Path = ("metadata", "annotations", MESHES)
    for one in evidence.of_kind("ServiceExport"):
        if known := at(one.content, path):
            rules = ("meshes-agree", "clients-of-this-fabric")
            yield _set(evidence, one, path, "else.where", *rules)
            yield replace(_set(evidence, one, path, f"{known},else.where", *rules), leaf=None)
            if CALLERS not in one.content["metadata"]["annotations"]:
                yield _drop(evidence, one, path, *rules)
    every = [one for one, *_ in federating(evidence)]
    for one in every:
        yield _set(evidence, one, path, "else.where", "meshes-agree")
        yield _drop(evidence, one, path, "meshes-agree")
        for other in every:
            if other.cluster != one.cluster:
                yield _set(evidence, one, path, at(other.content, path), "meshes-agree")


@kind("ServiceExport: callers of a mesh that does not import it")
def _(evidence: Evidence) -> Changes:
    path: Path = ("metadata", "annotations", CALLERS)
    for one in evidence.of_kind("ServiceExport"):
        for theirs in ("spiffe://else.where/ns/a/sa/b", "spiffe://else.where/*"):
            rules = ("callers-enforced", "meshes-agree")
            yield replace(_set(evidence, one, path, theirs, *rules), leaf=None)


@kind("PeerAuthentication: plaintext is taken")
def _(evidence: Evidence) -> Changes:
    for one in evidence.of_kind("PeerAuthentication"):
        for mode in ("PERMISSIVE", "DISABLE", "UNSET"):
            yield _set(evidence, one, ("spec", "mtls", "mode"), mode, "mesh-is-strict")
        yield _drop(evidence, one, ("spec", "mtls"), "mesh-is-strict")
        some = {"matchLabels": {"app": "x"}}
        yield replace(_set(evidence, one, ("spec", "selector"), some, "mesh-is-strict"), leaf=None)
        ports = {"8080": {"mode": "DISABLE"}}
        yield replace(_set(evidence, one, ("spec", "portLevelMtls"), ports, "mesh-is-strict"), leaf=None)
