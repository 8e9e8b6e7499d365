"""Meshes: which of their workloads an ingress gateway admits, and what holds for all of them."""

from mcwan.model.export import Export
from mcwan.plan import names
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.manifests import labels


def admitted(context: Context, cluster: str, own: Export | None = None) -> dict[str, tuple[str, ...]]:
    """Give, by trust domain, the host names that a mesh's workloads may ask an ingress gateway of a cluster for.

    `own` is the export whose gateway it is; else it is the one that exports share. Of an export's host names it is the
    one that sidecars write into a request when they send it away.
    """
    found: dict[str, list[str]] = {}
    for key, export in context.exports.items():
        if cluster in export.offers and (export is own if own else export.scope == "shared"):
            for mesh in context.meshes(key).values():
                found.setdefault(mesh.trust_domain, []).append(names.cluster_host(key))
    return {trust: tuple(sorted(hosts)) for trust, hosts in sorted(found.items())}


def strict(context: Context) -> PerCluster:
    """Give what has the workloads of meshes refuse plaintext, where that is wanted."""
    made: PerCluster = {}
    for name in context.clusters:
        mesh, make = context.fabric.clusters[name].mesh, context.profiles[name].strict
        if mesh is not None and mesh.strict and make is not None:
            made[name] = [make(mesh.root_namespace, labels(context.fabric, "mesh"))]
    return made
