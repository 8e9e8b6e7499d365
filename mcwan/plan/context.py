"""What every part of the plan looks up, worked out once per fabric."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from mcwan.facts.agreed import Agreed
from mcwan.facts.resolve import NOTHING, Known
from mcwan.model.export import Export
from mcwan.model.fabric import Fabric
from mcwan.model.importing import (
    EgressRule,
    Importing,
    ambient_clusters,
    asking,
    clusters_by_namespace,
    egress_rules,
    entries_by_export,
    importings,
)
from mcwan.model.imports import Path
from mcwan.model.mesh import Mesh
from mcwan.plan.manifests import Manifest
from mcwan.plan.profile import Profile

PerCluster = dict[str, list[Manifest]]
"""Manifests by cluster; clusters that get none are left out."""


@dataclass(frozen=True)
class Context:
    """A fabric with its exports by key and its imports by export, each sorted; and what is known of its clusters."""

    fabric: Fabric
    profiles: Mapping[str, Profile]
    exports: Mapping[str, Export]
    imports: Mapping[str, tuple[Importing, ...]]
    known: Known
    awaits: bool = False

    @classmethod
    def of(
        cls, fabric: Fabric, profiles: Mapping[str, Profile], known: Known = NOTHING, *, awaits: bool = False
    ) -> "Context":
        """Work it out; `profiles` has the gateway profile of every cluster, `awaits` is as in `expand`."""
        having, entries = clusters_by_namespace(fabric.clusters), entries_by_export(fabric.imports)
        ambient = ambient_clusters(fabric.clusters)
        exports = {export.key: export for export in sorted(fabric.exports, key=lambda export: export.key)}
        imports = {
            key: importings(export, having.get(export.namespace, ()), entries.get(key, ()), ambient)
            if importable(export, known)
            else ()
            for key, export in exports.items()
        }
        return cls(fabric, profiles, exports, imports, known, awaits)

    @property
    def clusters(self) -> list[str]:
        """The clusters' names, sorted."""
        return sorted(self.fabric.clusters)

    def egress(self) -> Iterator[tuple[Importing, EgressRule]]:
        """Give every rule of every import that follows rules, by an egress gateway or federated, with the import.

        An import that has both gives its rules for each.
        """
        for importings_ in self.imports.values():
            for importing in (way for one in importings_ for way in one.ways):
                for rule in egress_rules(importing, self.exports) if importing.follows_rules else ():
                    yield importing, rule

    def offered_at_home(self, cluster: str, key: str) -> Sequence[tuple[Importing, EgressRule]]:
        """Give the rules of a cluster's imports by path gateway that lead to an export which it offers itself."""
        return self._at_home.get((cluster, key), ())

    @cached_property
    def _at_home(self) -> Mapping[tuple[str, str], Sequence[tuple[Importing, EgressRule]]]:
        found: dict[tuple[str, str], list[tuple[Importing, EgressRule]]] = {}
        for importing, rule in self.egress():
            if importing.path == "gateway" and importing.cluster in rule.target.offers:
                found.setdefault((importing.cluster, rule.target.key), []).append((importing, rule))
        return found

    def asking(self, path: Path, key: str) -> frozenset[str]:
        """Give the clusters that ask for an export by imports with a path."""
        return frozenset(self._asking[path].get(key, ()))

    def meshes(self, key: str) -> dict[str, Mesh]:
        """Give the meshes whose workloads ask for an export themselves, by cluster, sorted."""
        known = ((name, self.fabric.clusters[name].mesh) for name in sorted(self.asking("federated", key)))
        return {name: mesh for name, mesh in known if mesh is not None}

    @cached_property
    def _asking(self) -> Mapping[Path, Mapping[str, set[str]]]:
        every = [one for ones in self.imports.values() for one in ones]
        return {path: asking(every, path) for path in get_args(Path)}


def importable(export: Export, known: Known) -> bool:
    """Tell whether any cluster's Service is of a type that can be imported (KEP-1645); if nothing is known, it is."""
    invalid = dict(known.agreed.get(export.key, Agreed()).invalid)
    return any(invalid.get(cluster) != "InvalidServiceType" for cluster in export.offers)
