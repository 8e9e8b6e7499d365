"""What rules judge: every object of every cluster, and what mcwan's components say of themselves, looked up quickly.

An object of which it is not known yet whether it is one of those asked for is never passed over: what looks up says so
by an UnjudgedError, and lists of a rule's subjects have one in its place.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from mcwan.model.labels import COMPONENT, EXPORT, EXPORT_NAMESPACE, MANAGED_BY, MANAGER, SLICE_OF
from mcwan.plan import names
from mcwan.plan.names import (
    ADDRESSES_ANNOTATION,
    BACKENDS_ANNOTATION,
    CALLERS_ANNOTATION,
    EGRESS,
    GROUP,
    INGRESS,
    MESH_NAMESPACE_ANNOTATION,
    MESH_TARGET,
    MESHES_ANNOTATION,
    NAMESPACE,
    OWN_RULES_ANNOTATION,
    POLICY_ANNOTATION,
    PORTS_ANNOTATION,
    RULES_ANNOTATION,
    SERVICE_ANNOTATION,
    SOURCE_CLUSTER,
    SPARES_ANNOTATION,
)
from mcwan.rules.backends import Backend, backends, hosts_sent_to, spares_sent_to
from mcwan.rules.objects import Object, items, kept, mapping, number, shown, text, texts
from mcwan.rules.unknown import UnjudgedError, chosen, each, first, grouped

GATEWAY_GROUP = "gateway.networking.k8s.io"
ISTIO_SERVICE_TYPE = "networking.istio.io/service-type"
"""The annotation of a Gateway by which Istio orders its Service."""
_GROUPS = {
    "AuthorizationPolicy": "security.istio.io",
    "EndpointSlice": "discovery.k8s.io",
    "Endpoints": "",
    "Backend": "gateway.envoyproxy.io",
    "BackendTLSPolicy": GATEWAY_GROUP,
    "BackendTrafficPolicy": "gateway.envoyproxy.io",
    "Certificate": "cert-manager.io",
    "ClientTrafficPolicy": "gateway.envoyproxy.io",
    "ConfigMap": "",
    "DestinationRule": "networking.istio.io",
    "EnvoyFilter": "networking.istio.io",
    "EnvoyExtensionPolicy": "gateway.envoyproxy.io",
    "EnvoyPatchPolicy": "gateway.envoyproxy.io",
    "EnvoyProxy": "gateway.envoyproxy.io",
    "Gateway": GATEWAY_GROUP,
    "HTTPRoute": GATEWAY_GROUP,
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
    "ReferenceGrant": GATEWAY_GROUP,
    "SecurityPolicy": "gateway.envoyproxy.io",
    "Service": "",
    "ServiceEntry": "networking.istio.io",
    "PeerAuthentication": "security.istio.io",
    "VirtualService": "networking.istio.io",
    "ServiceExport": "multicluster.x-k8s.io",
    "ServiceImport": "multicluster.x-k8s.io",
    "WANPolicy": GROUP,
}
"""The API group of each kind that rules look at: others have kinds of the same names, Istio a Gateway."""
Export = tuple[str, str]
"""An export's name and namespace."""


@lru_cache(maxsize=65536)
def exports_of(hostnames: tuple[str, ...]) -> tuple[Export, ...]:
    """Give the exports that host names are of; for a host name that is no export's, itself with an empty name."""
    return tuple(sorted({names.exported(one) or ("", one) for one in hostnames}))


@dataclass(frozen=True)
class Component:
    """A Pulumi component of mcwan: its type (`WANPolicy`), its name and its outputs."""

    type: str
    name: str
    outputs: Mapping[str, Any] = field(hash=False)
    urn: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"component {self.type} {self.name}"


class Parent(NamedTuple):
    """Where a route attaches: a Gateway by its name, if it is there, and a section of it; empty means all sections.

    `port` narrows that to sections on it. `role` is what the Gateway is in the fabric; empty if it is none of its own.
    """

    namespace: str
    name: str
    section: str
    gateway: Object | None
    role: str
    port: int | None

    @property
    def sections(self) -> Sequence[str]:
        """The sections of the Gateway that are meant. Raises UnjudgedError."""
        if self.section or self.gateway is None:
            return [self.section]
        return sorted(name for name, port in listeners(self.gateway).items() if self.port in (None, port))


class Claim(NamedTuple):
    """A host name on one listener of one gateway."""

    cluster: str
    gateway: str
    section: str
    hostname: str


@dataclass(frozen=True, eq=False)
class Evidence:
    """All there is to judge; `before` has the imports of an earlier state (cluster, name.namespace), if known."""

    objects: tuple[Object, ...]
    components: tuple[Component, ...] = ()
    before: frozenset[tuple[str, str]] | None = None

    def of_kind(self, kind: str) -> Sequence[Object]:
        """Give the objects of a kind, ordered by cluster, namespace and name as far as those are known."""
        return self._by_kind.get(kind, ())

    def find(self, cluster: str, kind: str, namespace: str, name: str) -> Object | None:
        """Look an object up. Raises UnjudgedError if it may be one whose name is not known yet."""
        found = self._by_key.get((cluster, kind, namespace, name))
        if found is None:
            for doubt in self._nameless.get((cluster, kind), ()):
                if shown(doubt.content, "metadata", "namespace") in ("?", namespace):
                    raise UnjudgedError(str(doubt), "has a name that is not known before the update")
        return found

    def component(self, kind: str) -> Sequence[Component]:
        """Give the components of a type, by name."""
        return self._components.get(kind, ())

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """The clusters of the fabric: those that have a WAN policy or an ingress gateway."""
        found = {one.cluster for one in (*self.of_kind("WANPolicy"), *self.ingress_gateways)}
        told, _ = each(self.component("EastWestGateway"), lambda one: list(mapping(one.outputs, "clusters")))
        return tuple(sorted(found.union(*told)))

    @cached_property
    def policies(self) -> Mapping[str, tuple[Object, ...]]:
        """The WANPolicy objects by name, one per cluster; those whose name is known."""
        found: dict[str, list[Object]] = {}
        for one in self.of_kind("WANPolicy"):
            if is_named(one):
                found.setdefault(one.name, []).append(one)
        return {name: tuple(ones) for name, ones in sorted(found.items())}

    @cached_property
    def gateways(self) -> tuple[Object | UnjudgedError, ...]:
        """The gateways of the fabric, the shared ones and exports' own."""
        found = chosen(self.of_kind("Gateway"), role)
        return tuple(found)

    @cached_property
    def ingress_gateways(self) -> tuple[Object, ...]:
        """The gateways that requests of other clusters arrive at, as far as that is known."""
        return tuple(one for one in self.gateways if isinstance(one, Object) and role(one) == "ingress")

    def ingress_gateway(self, cluster: str, export: Export | None = None) -> Object | None:
        """Give a cluster's shared ingress gateway, or the own one of an export.

        Raises UnjudgedError if it may be one of which that is not known yet, or nothing of the cluster is there.
        """
        self.require(cluster)
        found = self._ingress.get((cluster, export))
        if found is None and (doubt := self._ingress_doubts.get(cluster)):
            raise doubt
        return found

    def require(self, cluster: str) -> None:
        """Ask for a cluster that something leads to. Raises UnjudgedError if nothing of it is among what is judged."""
        if cluster not in self._present:
            raise UnjudgedError(
                f"cluster {cluster}", "is led to, and is not among what is judged: judge the whole fabric at once"
            )

    def exporting(self, key: Export, cluster: str | None = None) -> Sequence[Object]:
        """Give the ServiceExports of an export, one per exporting cluster; with a cluster, those there only.

        Raises UnjudgedError if there is none, but one whose name is not known yet.
        """
        known = self._exports.get(key, ())
        found = known if cluster is None else [one for one in known if one.cluster == cluster]
        if not found:
            for (where, kind), doubts in self._nameless.items():
                if kind == "ServiceExport" and cluster in (None, where):
                    raise UnjudgedError(str(doubts[0]), "has a name that is not known before the update")
        return found

    @cached_property
    def imports(self) -> Mapping[Export, Sequence[Object]]:
        """The ServiceImports of each export, one per importing cluster; those whose name is known."""
        found: dict[Export, list[Object]] = {}
        for one in self.of_kind("ServiceImport"):
            if is_named(one):
                found.setdefault((one.name, one.namespace), []).append(one)
        return found

    def mesh_namespaces(self, cluster: str) -> Sequence[str]:
        """Give the root namespace of a cluster's mesh, as its federated imports say it; several if they disagree.

        Raises UnjudgedError if none says one that is known.
        """
        known, doubts = self._mesh_namespaces.get(cluster, ([], []))
        if doubts and not known:
            raise doubts[0]
        return known

    @cached_property
    def _mesh_namespaces(self) -> Mapping[str, tuple[list[str], list[UnjudgedError]]]:
        imports: dict[str, list[Object]] = {}
        for one in self.of_kind("ServiceImport"):
            imports.setdefault(one.cluster, []).append(one)
        found = {cluster: each(its, mesh_namespace_of) for cluster, its in imports.items()}
        return {cluster: (sorted({one for one in known if one}), doubts) for cluster, (known, doubts) in found.items()}

    @cached_property
    def routes(self) -> tuple[Object | UnjudgedError, ...]:
        """The HTTPRoutes of the fabric: its own, and whatever else attaches to its gateways."""
        found = chosen(self.of_kind("HTTPRoute"), self._concerns)
        return tuple(found)

    def parents(self, route: Object) -> Sequence[Parent]:
        """Give the Gateways that a route names. Raises UnjudgedError."""
        found = self._parents.get(id(route))
        if found is None:
            found = self._parents[id(route)] = tuple(self._attached(route))
        return found

    def arrives_at_ingress(self, route: Object) -> bool:
        """Tell whether a route takes requests of other clusters. Raises UnjudgedError."""
        return any(parent.role == "ingress" for parent in self.parents(route))

    @cached_property
    def claims(self) -> Mapping[Claim, tuple[Object, ...]]:
        """Which routes claim a host name on a listener; of routes that can be read."""
        claims, _ = self._claims
        return claims

    @cached_property
    def unread(self) -> Mapping[str, UnjudgedError]:
        """By cluster, why a route's host names or parents are not known, if one's are not."""
        _, doubts = self._claims
        return doubts

    @cached_property
    def grants(self) -> Mapping[tuple[str, str, str], frozenset[str]]:
        """By cluster, namespace sent to and namespace sent from, the Services that HTTPRoutes may name; "" is all."""
        return {key: frozenset(services) for key, services in self._grants[0].items()}

    def ungranted(self, cluster: str) -> UnjudgedError | None:
        """Say which ReferenceGrant of a cluster cannot be read yet, if one cannot be."""
        return self._grants[1].get(cluster)

    def behind(self, one: Object) -> Sequence[Object]:
        """Give the remote ingress gateways that a target or a shadow Service, or a slice of it, stands for.

        A target names its cluster; a shadow Service stands for all clusters that export the service, but its own. A
        slice that says neither is what its Service is. Raises UnjudgedError.
        """
        return [gateway for gateway in self.stood_for(one) if gateway is not None]

    def stood_for(self, one: Object) -> Sequence[Object | None]:
        """Give the same, with None for each cluster whose gateway is not there. Raises UnjudgedError."""
        found = self._behind.get(id(one))
        if found is None:
            found = self._behind[id(one)] = tuple(self._stands_for(one))
        return found

    def service_of(self, one: Object) -> Object | None:
        """Give the Service that an EndpointSlice or Endpoints belong to. Raises UnjudgedError."""
        name = one.label(SLICE_OF) if one.kind in ("EndpointSlice", "Endpoints") else ""
        return self.find(one.cluster, "Service", one.namespace, name) if name else None

    def remote_of(self, route: Object, namespace: str, name: str) -> str:
        """Give the cluster that a backend of a route stands for; empty if it is no target. Raises UnjudgedError."""
        service = self.find(route.cluster, "Service", namespace, name)
        return service.label(SOURCE_CLUSTER) if service is not None else ""

    def upstream(self, cluster: str, namespace: str, host: str) -> Object | None:
        """Give the ServiceEntry of a host name. Raises UnjudgedError if one of which that is not known may be it."""
        found, doubts = self._upstreams
        if (cluster, namespace, host) not in found and (doubt := doubts.get(cluster)):
            raise doubt
        return found.get((cluster, namespace, host))

    def rules_elsewhere(self, cluster: str, namespace: str, host: str) -> Sequence[Object]:
        """Give the DestinationRules of other namespaces for just this host name: for proxies there, they go before all.

        Raises UnjudgedError if one of which that is not known may be.
        """
        self.destination_rules(cluster, namespace, host)
        return [one for one in self._by_host.get((cluster, host), ()) if one.namespace != namespace]

    def destination_rules(self, cluster: str, namespace: str, host: str) -> Sequence[Object]:
        """Give the DestinationRules of a namespace for a host name: for its proxies, they go before all others.

        One for just this host goes before one for a pattern (Istio 1.30, pilot/pkg/model/push_context.go, and
        sidecar.go). Raises UnjudgedError if one of which that is not known may be.
        """
        found, doubts = self._destination_rules
        if doubt := doubts.get(cluster):
            raise doubt
        return found.get((cluster, namespace, host), ())

    def slices_of(self, service: Object) -> Sequence[Object]:
        """Give the EndpointSlices of a Service. Raises UnjudgedError if one of which that is not known may be."""
        found, doubts = self._slices
        if doubt := doubts.get(service.cluster):
            raise doubt
        return found.get((service.cluster, service.namespace, service.name), ())

    def serves_gateway(self, cluster: str, service: str) -> bool:
        """Tell whether a gateway of the fabric says that it is reached by a Service, name.namespace.

        Raises UnjudgedError.
        """
        found, doubts = self._serving
        if (cluster, service) in found:
            return True
        if doubt := doubts.get(cluster):
            raise doubt
        return False

    def addresses(self, gateway: Object) -> frozenset[str]:
        """Give the addresses of an ingress gateway: as it says itself, else as its component does.

        Raises UnjudgedError.
        """
        said = text(gateway.annotations, ADDRESSES_ANNOTATION).split(",")
        if not any(said) and gateway is self._ingress.get((gateway.cluster, None)):
            for one in self.component("EastWestGateway"):
                said += texts(one.outputs, "clusters", gateway.cluster, "ingress", "addresses")
        return frozenset(address.strip() for address in said if address.strip())

    def _stands_for(self, one: Object) -> Iterator[Object | None]:
        subject = one
        if not one.label(SOURCE_CLUSTER) and export_of(one) is None:
            subject = self.service_of(one) or one
        export, remote = export_of(subject), subject.label(SOURCE_CLUSTER)
        if remote:
            clusters = [remote]
        elif export:
            if doubts := [found for (_, kind), found in self._nameless.items() if kind == "ServiceExport"]:
                raise UnjudgedError(str(doubts[0][0]), "has a name that is not known before the update")
            clusters = [found.cluster for found in self.exporting(export) if found.cluster != one.cluster]
        else:
            return
        for cluster in clusters:
            own = self.ingress_gateway(cluster, export) if export else None
            yield own or self.ingress_gateway(cluster)

    def _attached(self, route: Object) -> Iterator[Parent]:
        for one in items(route.content, "spec", "parentRefs"):
            if text(one, "kind") in ("", "Gateway") and (text(one, "group") or GATEWAY_GROUP) == GATEWAY_GROUP:
                namespace, name = text(one, "namespace") or route.namespace, text(one, "name")
                found = self.find(route.cluster, "Gateway", namespace, name)
                its = role(found) if found else ""
                yield Parent(namespace, name, text(one, "sectionName"), found, its, number(one, "port"))

    def _concerns(self, route: Object) -> bool:
        return first(
            lambda: component_of(route) in ("ingress-route", "egress-route"),
            lambda: any(parent.role for parent in self.parents(route)),
            lambda: any(self._is_own_target(route, to) for to in backends(route)),
            lambda: any(self._is_own(route, to) for to in hosts_sent_to(route)),
            lambda: route.namespace == NAMESPACE and any(parent.gateway is None for parent in self.parents(route)),
        )

    def _is_own_target(self, route: Object, to: Backend) -> bool:
        service = self.find(route.cluster, "Service", to.namespace, to.name)
        return service is not None and is_own(service) and bool(service.label(SOURCE_CLUSTER))

    def is_standing(self, one: Object) -> bool:
        """Tell whether a Service or a Backend stands for a remote cluster of the fabric.

        Others label theirs the same way, as KEP-1645 has it for slices: the fabric's are those in its namespace, those
        of mcwan, and whatever its own routes send to. Raises UnjudgedError.
        """
        if not one.label(SOURCE_CLUSTER):
            return False
        return first(lambda: is_own(one), lambda: self._is_sent_to(one))

    def _is_sent_to(self, one: Object) -> bool:
        found, doubts = self._sent_to
        if (one.cluster, one.kind, one.namespace, one.name) in found:
            return True
        if doubt := doubts.get(one.cluster):
            raise doubt
        return False

    @cached_property
    def _sent_to(self) -> tuple[frozenset[tuple[str, str, str, str]], Mapping[str, UnjudgedError]]:
        """What routes of the fabric send to; by cluster, why one cannot be read."""
        found: set[tuple[str, str, str, str]] = set()
        doubts: dict[str, UnjudgedError] = {}
        for route in self.of_kind("HTTPRoute"):
            try:
                if self._concerns(route):
                    found.update((route.cluster, "Service", to.namespace, to.name) for to in backends(route))
                    found.update((route.cluster, "Backend", to.namespace, to.name) for to in spares_sent_to(route))
            except UnjudgedError as doubt:
                doubts.setdefault(route.cluster, doubt)
        return frozenset(found), doubts

    @cached_property
    def mesh_routes(self) -> tuple[Object | UnjudgedError, ...]:
        """The VirtualServices by which sidecars send imports' requests, and others that lead to where those do."""
        found = chosen(
            self.of_kind("VirtualService"),
            lambda route: first(
                lambda: component_of(route) == "import",
                lambda: any(self._is_own(route, to) for to in hosts_sent_to(route)),
            ),
        )
        return tuple(found)

    def _is_own(self, route: Object, to: Backend) -> bool:
        upstream = self.upstream(route.cluster, to.namespace, to.name)
        return upstream is not None and component_of(upstream) in ("target", MESH_TARGET)

    def _claimed(self, route: Object) -> Iterator[Claim]:
        """Give what a route claims on the fabric's gateways. Raises UnjudgedError."""
        its = hostnames(route)
        for parent in self.parents(route):
            if parent.role:
                gateway = f"{parent.namespace}/{parent.name}"
                for section in parent.sections:
                    for hostname in its:
                        yield Claim(route.cluster, gateway, section, hostname)

    @cached_property
    def _claims(self) -> tuple[Mapping[Claim, tuple[Object, ...]], Mapping[str, UnjudgedError]]:
        found: dict[Claim, list[Object]] = {}
        doubts: dict[str, UnjudgedError] = {}
        for route in self.of_kind("HTTPRoute"):
            try:
                if self._concerns(route):
                    for claim in self._claimed(route):
                        found.setdefault(claim, []).append(route)
            except UnjudgedError as doubt:
                doubts.setdefault(route.cluster, doubt)
        return {claim: tuple(routes) for claim, routes in found.items()}, doubts

    @cached_property
    def _grants(self) -> tuple[Mapping[tuple[str, str, str], set[str]], Mapping[str, UnjudgedError]]:
        found: dict[tuple[str, str, str], set[str]] = {}
        doubts: dict[str, UnjudgedError] = {}
        for grant in self.of_kind("ReferenceGrant"):
            try:
                services = {
                    text(one, "name")
                    for one in items(grant.content, "spec", "to")
                    if text(one, "kind") == "Service" and text(one, "group") == ""
                }
                for one in items(grant.content, "spec", "from"):
                    if (text(one, "group"), text(one, "kind")) == (GATEWAY_GROUP, "HTTPRoute"):
                        key = (grant.cluster, grant.namespace, text(one, "namespace"))
                        found.setdefault(key, set()).update(services)
            except UnjudgedError as doubt:
                doubts.setdefault(grant.cluster, doubt)
        return found, doubts

    @cached_property
    def _exports(self) -> Mapping[Export, list[Object]]:
        found: dict[Export, list[Object]] = {}
        for one in self.of_kind("ServiceExport"):
            if is_named(one):
                found.setdefault((one.name, one.namespace), []).append(one)
        return found

    @cached_property
    def _ingress(self) -> Mapping[tuple[str, Export | None], Object]:
        found: dict[tuple[str, Export | None], Object] = {}
        readable, _ = each(self.ingress_gateways, lambda one: (_whose(one), one))
        for whose, one in readable:
            if whose is not None or _is_shared(one):
                found[one.cluster, whose] = one
            else:
                found.setdefault((one.cluster, None), one)
        return found

    @cached_property
    def _ingress_doubts(self) -> Mapping[str, UnjudgedError]:
        found: dict[str, UnjudgedError] = {}
        for one in self.of_kind("Gateway"):
            try:
                if role(one) == "ingress":
                    _whose(one)
            except UnjudgedError as doubt:
                found.setdefault(one.cluster, doubt)
        return found

    @cached_property
    def _slices(self) -> tuple[Mapping[tuple[str, str, str], list[Object]], Mapping[str, UnjudgedError]]:
        return grouped(
            self.of_kind("EndpointSlice"), lambda one: [((one.cluster, one.namespace, one.label(SLICE_OF)), one)]
        )

    @cached_property
    def _upstreams(self) -> tuple[Mapping[tuple[str, str, str], Object], Mapping[str, UnjudgedError]]:
        found: dict[tuple[str, str, str], Object] = {}
        doubts: dict[str, UnjudgedError] = {}
        for one in self.of_kind("ServiceEntry"):
            try:
                for host in texts(one.content, "spec", "hosts"):
                    found.setdefault((one.cluster, one.namespace, host), one)
            except UnjudgedError as doubt:
                doubts.setdefault(one.cluster, doubt)
        return found, doubts

    @cached_property
    def _destination_rules(self) -> tuple[Mapping[tuple[str, str, str], list[Object]], Mapping[str, UnjudgedError]]:
        def read(one: Object) -> Iterator[tuple[tuple[str, str, str], Object]]:
            host = text(one.content, "spec", "host")
            full = host if "." in host or host == "*" else names.cluster_host(f"{host}.{one.namespace}")
            yield (one.cluster, one.namespace, full), one

        return grouped(self.of_kind("DestinationRule"), read)

    @cached_property
    def _by_host(self) -> Mapping[tuple[str, str], list[Object]]:
        found: dict[tuple[str, str], list[Object]] = {}
        for (cluster, _, host), rules in self._destination_rules[0].items():
            found.setdefault((cluster, host), []).extend(rules)
        return found

    @cached_property
    def _serving(self) -> tuple[frozenset[tuple[str, str]], Mapping[str, UnjudgedError]]:
        found: set[tuple[str, str]] = set()
        doubts: dict[str, UnjudgedError] = {}
        for one in self.of_kind("Gateway"):
            try:
                if role(one):
                    found.add((one.cluster, text(one.annotations, SERVICE_ANNOTATION)))
            except UnjudgedError as doubt:
                doubts.setdefault(one.cluster, doubt)
        return frozenset(found), doubts

    @cached_property
    def _present(self) -> frozenset[str]:
        return frozenset(one.cluster for one in self.objects)

    @cached_property
    def _parents(self) -> dict[int, tuple[Parent, ...]]:
        return {}

    @cached_property
    def _behind(self) -> dict[int, tuple[Object | None, ...]]:
        return {}

    @cached_property
    def _components(self) -> Mapping[str, list[Component]]:
        found: dict[str, list[Component]] = {}
        for one in sorted(self.components, key=lambda one: (one.type, one.name, one.urn)):
            found.setdefault(one.type, []).append(one)
        return found

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Object]]:
        found: dict[str, list[Object]] = {}
        for one in self.objects:
            kind = one.kind
            if kind in _GROUPS and one.group in (_GROUPS[kind], "?"):
                found.setdefault(kind, []).append(one)
        return {kind: sorted(ones, key=_place) for kind, ones in sorted(found.items())}

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str, str, str], Object]:
        return {
            (one.cluster, kind, one.namespace, one.name): one
            for kind, ones in self._by_kind.items()
            for one in ones
            if is_named(one)
        }

    @cached_property
    def _nameless(self) -> Mapping[tuple[str, str], list[Object]]:
        found: dict[tuple[str, str], list[Object]] = {}
        for kind, ones in self._by_kind.items():
            for one in ones:
                if not is_named(one):
                    found.setdefault((one.cluster, kind), []).append(one)
        return found


def named(objects: Iterable[Object]) -> list[Object | UnjudgedError]:
    """Give the objects, those whose name or namespace is not known as the reason for that."""
    return chosen(objects, lambda one: (one.name, one.namespace))


def _place(one: Object) -> tuple[str, ...]:
    known = (one.namespace, one.name) if is_named(one) else ("?", str(one))
    return (one.cluster, *known, one.urn)


def is_named(one: Object) -> bool:
    """Tell whether an object's name and namespace are known."""
    try:
        return one.name is not None and one.namespace is not None
    except UnjudgedError:
        return False


@kept
def role(gateway: Object) -> str:
    """Say whether a Gateway is an ingress or egress gateway of the fabric; empty if it is neither.

    Raises UnjudgedError.
    """
    return first(
        lambda: {INGRESS: "ingress", EGRESS: "egress"}.get(gateway.name, "") if gateway.namespace == NAMESPACE else "",
        lambda: _ROLES.get(component_of(gateway), ""),
    )


_ROLES = {"ingress-gateway": "ingress", "egress-gateway": "egress"}


@kept
def listeners(gateway: Object) -> Mapping[str, int | None]:
    """Give a Gateway's listeners, their port by name. Raises UnjudgedError."""
    return {text(one, "name"): number(one, "port") for one in items(gateway.content, "spec", "listeners")}


@kept
def hostnames(route: Object) -> tuple[str, ...]:
    """Give the host names of a route, or of a VirtualService. Raises UnjudgedError."""
    return tuple(texts(route.content, "spec", "hosts" if route.kind == "VirtualService" else "hostnames"))


def admits(evidence: Evidence, route: Object) -> bool:
    """Tell whether a route is meant for requests of other clusters, be its Gateway there or not."""
    return first(lambda: component_of(route) == "ingress-route", lambda: evidence.arrives_at_ingress(route))


def is_own(one: Object) -> bool:
    """Tell whether an object is in the fabric's namespace, or mcwan's. Raises UnjudgedError."""
    return first(lambda: one.namespace == NAMESPACE, lambda: one.label(MANAGED_BY) == MANAGER)


@kept
def component_of(one: Object) -> str:
    """Give what an object is in the fabric, by its label; empty if it is not mcwan's. Raises UnjudgedError."""
    return one.label(COMPONENT) if one.label(MANAGED_BY) == MANAGER else ""


@kept
def export_of(one: Object) -> Export | None:
    """Give the export that an object's labels name. Raises UnjudgedError."""
    name = one.label(EXPORT)
    return (name, one.label(EXPORT_NAMESPACE)) if name else None


def profile_of(gateway: Object) -> str:
    """Say by which of the profiles that have policies of their own a Gateway is made; empty for all others.

    Raises UnjudgedError.
    """
    if text(gateway.content, "spec", "infrastructure", "parametersRef", "kind") == "EnvoyProxy":
        return "envoy-gateway"
    return "istio" if text(gateway.annotations, ISTIO_SERVICE_TYPE) else ""


def egress_hosts(evidence: "Evidence", cluster: str) -> frozenset[str]:
    """Give the host names of a cluster's egress gateways, as these say. Raises UnjudgedError."""
    every = [one for one in evidence.of_kind("Gateway") if one.cluster == cluster and role(one) == "egress"]
    return frozenset(
        names.cluster_host(service) for one in every if (service := text(one.annotations, SERVICE_ANNOTATION))
    )


@kept
def rules_of(one: Object) -> Mapping[str, str]:
    """Give the WAN policy of each rule that a ServiceExport or ServiceImport says it has. Raises UnjudgedError."""
    if policy := text(one.annotations, POLICY_ANNOTATION):
        return {"all": policy}
    return _by_rule(text(one.annotations, RULES_ANNOTATION))


@kept
def own_rules_of(one: Object) -> Mapping[str, str]:
    """Give the same of the consuming side's own rules, which a ServiceImport may have. Raises UnjudgedError."""
    return _by_rule(text(one.annotations, OWN_RULES_ANNOTATION))


def policies_of(export: Object) -> tuple[str, ...]:
    """Give the WAN policies that a ServiceExport or ServiceImport says it has. Raises UnjudgedError."""
    return tuple(sorted({*rules_of(export).values()} - {""}))


def spares_of(export: Object) -> frozenset[str]:
    """Give the WAN policies by which an export's requests may travel where its own fail. Raises UnjudgedError."""
    return frozenset(_listed(text(export.annotations, SPARES_ANNOTATION)))


@kept
def admitted_policies(export: Object) -> tuple[str, ...]:
    """Give the WAN policies by which an export may arrive, its own and their spares. Raises UnjudgedError."""
    return tuple(sorted({*policies_of(export), *spares_of(export)}))


@kept
def ports_of_export(export: Object) -> tuple[int, ...]:
    """Give the ports that a ServiceExport says are exported, in its order. Raises UnjudgedError."""
    found = _listed(text(export.annotations, PORTS_ANNOTATION))
    return tuple(int(one) for one in found if one.isdecimal())


def callers_of(export: Object) -> frozenset[str] | None:
    """Give the identities that may call an export, as its ServiceExport says; None if everybody may.

    Raises UnjudgedError.
    """
    if CALLERS_ANNOTATION not in export.annotations:
        return None
    return frozenset(_listed(text(export.annotations, CALLERS_ANNOTATION)))


def mesh_namespace_of(one: Object) -> str:
    """Give the root namespace of the mesh that a federated ServiceImport is of. Raises UnjudgedError."""
    return text(one.annotations, MESH_NAMESPACE_ANNOTATION)


def meshes_of(one: Object) -> tuple[str, ...]:
    """Give the trust domains that a ServiceExport or ServiceImport says are those of meshes whose workloads ask.

    Raises UnjudgedError.
    """
    return tuple(sorted(_listed(text(one.annotations, MESHES_ANNOTATION))))


def service_of_export(export: Object) -> str:
    """Give the Service that a ServiceExport exports, as name.namespace. Raises UnjudgedError."""
    return text(export.annotations, SERVICE_ANNOTATION) or f"{export.name}.{export.namespace}"


@kept
def keys_of(route: Object) -> tuple[Export, ...]:
    """Give the exports that a route is for: by its host names, else as its labels say. Raises UnjudgedError."""
    labelled = export_of(route)
    return exports_of(hostnames(route)) or ((labelled,) if labelled else ())


def own_rules(evidence: "Evidence", route: Object) -> Mapping[str, str]:
    """Give the rules that the import of a route has of its own; none if it has the export's.

    Raises UnjudgedError.
    """
    found: dict[str, str] = {}
    for name, namespace in keys_of(route):
        one = evidence.find(route.cluster, "ServiceImport", namespace, name)
        found |= own_rules_of(one) if one is not None else {}
    return found


@kept
def answering(export: Object) -> frozenset[str]:
    """Give the Services that may answer an export, its own and those of its rules, as name.namespace.

    Raises UnjudgedError.
    """
    return frozenset({service_of_export(export), *_listed(text(export.annotations, BACKENDS_ANNOTATION))})


def _listed(written: str) -> list[str]:
    return [part.strip() for part in written.split(",") if part.strip()]


def _by_rule(written: str) -> Mapping[str, str]:
    return {name: policy for name, _, policy in (part.rpartition("=") for part in _listed(written))}


def _is_shared(gateway: Object) -> bool:
    return is_named(gateway) and (gateway.namespace, gateway.name) == (NAMESPACE, INGRESS)


def _whose(gateway: Object) -> Export | None:
    """Give the export whose own an ingress gateway is; None if it is the cluster's. Raises UnjudgedError."""
    return None if _is_shared(gateway) else export_of(gateway)
