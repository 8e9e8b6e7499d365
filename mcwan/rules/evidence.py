"""What rules judge: every object of every cluster, and what mcwan's components say of themselves, looked up quickly."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mcwan.plan.names import EGRESS, GROUP, INGRESS, NAMESPACE, POLICY_ANNOTATION, RULES_ANNOTATION
from mcwan.rules.objects import Object, items, number, text
from mcwan.rules.unknown import UnjudgedError

SOURCE_CLUSTER = "multicluster.kubernetes.io/source-cluster"
_MANAGER = "app.kubernetes.io/managed-by"
_Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Component:
    """A Pulumi component of mcwan: its type (`WANPolicy`), its name and its outputs."""

    type: str
    name: str
    outputs: Mapping[str, Any] = field(hash=False)
    urn: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"component {self.type} {self.name}"


@dataclass(frozen=True)
class Parent:
    """Where a route attaches: a Gateway by its name, if it is there, and a section of it; empty means all sections."""

    namespace: str
    name: str
    section: str
    gateway: Object | None


@dataclass(frozen=True)
class Claim:
    """A host name on one listener of one gateway."""

    cluster: str
    gateway: str
    section: str
    hostname: str


@dataclass(frozen=True, eq=False)
class Evidence:
    """All there is to judge. `before` has the imports of an earlier state (cluster, name.namespace), if one is known."""

    objects: tuple[Object, ...]
    components: tuple[Component, ...] = ()
    before: frozenset[tuple[str, str]] | None = None

    def of_kind(self, kind: str) -> list[Object]:
        """Give the objects of a kind, ordered by cluster, namespace and name as far as those are known."""
        return self._by_kind.get(kind, [])

    def find(self, cluster: str, kind: str, namespace: str, name: str) -> Object | None:
        """Look an object up. Raises UnjudgedError if it may be one whose name is not known yet."""
        found = self._by_key.get((cluster, kind, namespace, name))
        if found is None and (doubt := self._nameless.get((cluster, kind))):
            raise UnjudgedError(str(doubt[0]), "has a name that is not known before the update")
        return found

    def component(self, kind: str) -> list[Component]:
        """Give the components of a type, by name."""
        return sorted((one for one in self.components if one.type == kind), key=lambda one: one.name)

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """The clusters of the fabric: those that have a WAN policy or an ingress gateway."""
        found = {one.cluster for one in (*self.of_kind("WANPolicy"), *self.ingress_gateways)}
        for one in self.component("EastWestGateway"):
            found.update(one.outputs.get("clusters") or ())
        return tuple(sorted(found))

    @cached_property
    def ingress_gateways(self) -> tuple[Object, ...]:
        """The gateways that requests of other clusters arrive at, the shared ones and exports' own."""
        return tuple(one for one in self.of_kind("Gateway") if role(one) == "ingress")

    def ingress_gateway(self, cluster: str, export: tuple[str, str] | None = None) -> Object | None:
        """Give a cluster's shared ingress gateway, or the own one of an export (name, namespace)."""
        return self._gateways.get((cluster, export))

    @cached_property
    def exports(self) -> Mapping[tuple[str, str], tuple[Object, ...]]:
        """The ServiceExports by name and namespace, one per exporting cluster."""
        found: dict[tuple[str, str], list[Object]] = {}
        for one in named(self.of_kind("ServiceExport")):
            found.setdefault((one.name, one.namespace), []).append(one)
        return {key: tuple(ones) for key, ones in sorted(found.items())}

    @cached_property
    def routes(self) -> tuple[Object, ...]:
        """The HTTPRoutes of the fabric: its own, and whatever else attaches to its gateways."""
        return tuple(one for one in self.of_kind("HTTPRoute") if self._concerns(one))

    def parents(self, route: Object) -> Iterator[Parent]:
        """Give the Gateways that a route names. Raises UnjudgedError."""
        for one in items(route.content, "spec", "parentRefs"):
            if text(one, "kind") in ("", "Gateway"):
                namespace, name = text(one, "namespace") or route.namespace, text(one, "name")
                found = self.find(route.cluster, "Gateway", namespace, name)
                yield Parent(namespace, name, text(one, "sectionName"), found)

    @cached_property
    def claims(self) -> Mapping[Claim, tuple[Object, ...]]:
        """Which routes claim a host name on a listener; of routes that can be read."""
        found: dict[Claim, list[Object]] = {}
        for route in self.routes:
            with suppress(UnjudgedError):
                for claim in self.claimed(route):
                    found.setdefault(claim, []).append(route)
        return {claim: tuple(routes) for claim, routes in found.items()}

    def claimed(self, route: Object) -> Iterator[Claim]:
        """Give what a route claims on the fabric's gateways. Raises UnjudgedError."""
        hostnames = list(items(route.content, "spec", "hostnames"))
        for parent in self.parents(route):
            if parent.gateway is not None and role(parent.gateway):
                sections = [parent.section] if parent.section else list(listeners(parent.gateway))
                for section in sections:
                    for hostname in hostnames:
                        yield Claim(route.cluster, f"{parent.namespace}/{parent.name}", section, hostname)

    @cached_property
    def unread(self) -> Mapping[str, Object]:
        """By cluster, a route whose host names or parents are not known yet."""
        found: dict[str, Object] = {}
        for route in self.routes:
            try:
                for _ in self.claimed(route):
                    pass
            except UnjudgedError:
                found.setdefault(route.cluster, route)
        return found

    def _concerns(self, route: Object) -> bool:
        if component_of(route) in ("ingress-route", "egress-route") or namespace_of(route) == NAMESPACE:
            return True
        try:
            return any(one.gateway is not None and role(one.gateway) for one in self.parents(route))
        except UnjudgedError:
            return True

    @cached_property
    def _gateways(self) -> Mapping[tuple[str, tuple[str, str] | None], Object]:
        return {(one.cluster, export_of(one)): one for one in self.ingress_gateways}

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Object]]:
        found: dict[str, list[Object]] = {}
        for one in sorted(self.objects, key=lambda one: (one.kind, one.cluster, str(one))):
            found.setdefault(one.kind, []).append(one)
        return found

    @cached_property
    def _by_key(self) -> Mapping[_Key, Object]:
        every = named(self.objects)
        return {(one.cluster, one.kind, one.namespace, one.name): one for one in every}

    @cached_property
    def _nameless(self) -> Mapping[tuple[str, str], list[Object]]:
        found: dict[tuple[str, str], list[Object]] = {}
        for one in self.objects:
            if not is_named(one):
                found.setdefault((one.cluster, one.kind), []).append(one)
        return found


def named(objects: Iterable[Object]) -> list[Object]:
    """Give the objects whose name and namespace are known."""
    return [one for one in objects if is_named(one)]


def is_named(one: Object) -> bool:
    """Tell whether an object's name and namespace are known."""
    try:
        return bool(one.name) and one.namespace is not None
    except UnjudgedError:
        return False


def role(gateway: Object) -> str:
    """Say whether a Gateway is an ingress or egress gateway of the fabric; empty if it is neither."""
    component = component_of(gateway)
    if component in ("ingress-gateway", "egress-gateway"):
        return component.partition("-")[0]
    ours = is_named(gateway) and gateway.namespace == NAMESPACE
    return {INGRESS: "ingress", EGRESS: "egress"}.get(gateway.name, "") if ours else ""


def listeners(gateway: Object) -> Mapping[str, int | None]:
    """Give a Gateway's listeners, their port by name. Raises UnjudgedError."""
    return {text(one, "name"): number(one, "port") for one in items(gateway.content, "spec", "listeners")}


def component_of(one: Object) -> str:
    """Give what an object is in the fabric, by its label; empty if that is not known."""
    try:
        return one.label("app.kubernetes.io/component") if one.label(_MANAGER) == "mcwan" else ""
    except UnjudgedError:
        return ""


def namespace_of(one: Object) -> str:
    """Give an object's namespace; empty if there is none or it is not known."""
    try:
        return one.namespace
    except UnjudgedError:
        return ""


def export_of(one: Object) -> tuple[str, str] | None:
    """Give the export (name, namespace) that an object's labels name."""
    try:
        name = one.label(f"{GROUP}/export")
        return (name, one.label(f"{GROUP}/export-namespace")) if name else None
    except UnjudgedError:
        return None


def policies_of(export: Object) -> tuple[str, ...]:
    """Give the WAN policies that a ServiceExport or ServiceImport says it has. Raises UnjudgedError."""
    if policy := text(export.annotations, POLICY_ANNOTATION):
        return (policy,)
    rules = text(export.annotations, RULES_ANNOTATION)
    return tuple(sorted({part.rpartition("=")[2] for part in rules.split(",") if part}))
