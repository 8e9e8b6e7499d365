"""What every part of the plan looks up, worked out once per fabric."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mcwan.facts.agreed import Agreed
from mcwan.facts.resolve import NOTHING, Known
from mcwan.model.export import Export
from mcwan.model.fabric import Fabric
from mcwan.model.importing import (
    EgressRule,
    Importing,
    clusters_by_namespace,
    egress_rules,
    entries_by_export,
    importings,
)
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
        exports = {export.key: export for export in sorted(fabric.exports, key=lambda export: export.key)}
        imports = {
            key: importings(export, having.get(export.namespace, ()), entries.get(key, ()))
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
        """Give every rule of every import by an egress gateway, with the import."""
        for importings_ in self.imports.values():
            for importing in importings_:
                for rule in egress_rules(importing, self.exports) if importing.path == "gateway" else ():
                    yield importing, rule


def importable(export: Export, known: Known) -> bool:
    """Tell whether any cluster's Service is of a type that can be imported (KEP-1645); if nothing is known, it is."""
    invalid = dict(known.agreed.get(export.key, Agreed()).invalid)
    return any(invalid.get(cluster) != "InvalidServiceType" for cluster in export.offers)
