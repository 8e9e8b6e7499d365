"""Meshes: who imports federated has one, with a trust domain by which its workloads are known, and speaks TLS."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.importing import admitted_policies, asking, clusters_by_namespace, entries_by_export, importings
from mcwan.model.mistakes import Mistake
from mcwan.model.tls import OWN

_GATEWAY = "choose path gateway"


def federated_can_be(description: Description) -> Iterator[Mistake]:
    """Who imports federated is a mesh, and the WAN policies that its requests travel by have mutual TLS."""
    exports = {export.key: export for export in description.exports}
    having, entries = clusters_by_namespace(description.clusters), entries_by_export(description.imports)
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        if export is None or entry.path != "federated":
            continue
        ours = importings(export, having.get(export.namespace, ()), entries[export.key])
        for cluster in [one.cluster for one in ours if one.entry is entry]:
            if description.clusters[cluster].mesh is None:
                yield Mistake(
                    ("imports", number, "path"),
                    repr(entry.path),
                    f"{cluster} has no mesh, whose sidecars would send the requests; allowed: clusters with a mesh",
                    f"write mcwan:clusters.{cluster}.mesh.trustDomain, or {_GATEWAY} there",
                )
        led = (exports.get(rule.backend) for rule in entry.rules if rule.backend)
        used = {name for one in (export, *led) if one for name in admitted_policies(one, description.wan_policies)}
        if plain := sorted(used - description.secure):
            yield Mistake(
                ("imports", number, "path"),
                repr(entry.path),
                f"callers of a mesh are known by their certificates, and WAN policy {plain[0]} is plaintext; allowed: "
                "WAN policies with TLS",
                f"{_GATEWAY}, or mutual TLS for {plain[0]}",
            )


def trust_domains_differ(description: Description) -> Iterator[Mistake]:
    """The trust domains of meshes that import federated are told apart, from each other and from the fabric's own."""
    ours = {description.tls.domain} if description.tls.domain else set()
    first: dict[str, str] = {}
    for name in sorted(_federated(description)):
        mesh = description.clusters[name].mesh
        if mesh is None:
            continue
        place = ("clusters", name, "mesh", "trustDomain")
        if mesh.trust_domain in ours or f".{mesh.trust_domain}".endswith(f".{OWN}"):
            yield Mistake(
                place,
                repr(mesh.trust_domain),
                "the fabric's own domain, by whose identities gateways are known; allowed: another one",
                "give the mesh a trust domain of its own (meshConfig.trustDomain)",
            )
        other = first.setdefault(mesh.trust_domain, name)
        if other != name:
            yield Mistake(
                place,
                repr(mesh.trust_domain),
                f"already that of {other}, so that nobody could tell whose workload a caller is; allowed: one of its "
                "own",
                "give each mesh a trust domain of its own (meshConfig.trustDomain)",
            )


def accounts_are_known(description: Description) -> Iterator[Mistake]:
    """Callers by service account are workloads of a mesh, which calls for itself."""
    asked = _federating(description)
    for number, export in enumerate(description.exports):
        for index, caller in enumerate(export.callers or ()):
            known = caller.cluster in description.clusters
            if caller.accounts and known and caller.cluster not in asked.get(export.key, ()):
                yield Mistake(
                    ("exports", number, "callers", index, "accounts"),
                    ", ".join(caller.accounts),
                    f"{caller.cluster} does not import {export.key} federated, so that its gateway calls for all of "
                    "its workloads; allowed: none",
                    "remove accounts, or import it there with path federated (mcwan:imports)",
                )


def _federating(description: Description) -> dict[str, set[str]]:
    having, entries = clusters_by_namespace(description.clusters), entries_by_export(description.imports)
    every = (
        one
        for export in description.exports
        for one in importings(export, having.get(export.namespace, ()), entries.get(export.key, ()))
    )
    return asking(every, "federated")


def _federated(description: Description) -> set[str]:
    return {cluster for clusters in _federating(description).values() for cluster in clusters}


CHECKS = (federated_can_be, trust_domains_differ, accounts_are_known)
