"""Meshes: who imports federated has one, with a trust domain by which its workloads are known, and speaks TLS."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.importing import (
    admitted_policies,
    all_importings,
    asking,
    clusters_by_namespace,
    entries_by_export,
    importings,
)
from mcwan.model.imports import Path
from mcwan.model.mistakes import Mistake, Place
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
    """Once somebody imports federated, trust domains say whose workload a caller is: each mesh has its own.

    A mesh that only offers, too: its gateway would admit the mesh's own workloads as the caller's, all having one root.
    It may have Istio's default, as policies of other clusters name the workloads of those that call, not its own.
    """
    federated = _federated(description)
    meshes = {name: one.mesh for name, one in sorted(description.clusters.items()) if one.mesh is not None}
    first: dict[str, str] = {}
    for name, mesh in meshes.items() if federated else ():
        place: Place = ("clusters", name, "mesh")
        yield from _trusted((*place, "trustDomain"), mesh.trust_domain, name, first, description)
        if name in federated and mesh.trust_domain == _LOCAL:
            yield Mistake(
                (*place, "trustDomain"),
                repr(_LOCAL),
                "in Istio's policies on another cluster that means its own mesh; allowed: another one",
                _OWN_DOMAIN,
            )
    for name, mesh in meshes.items() if federated else ():
        for index, alias in enumerate(mesh.aliases):
            yield from _trusted(("clusters", name, "mesh", "aliases", index), alias, name, first, description)


def _trusted(
    place: Place, domain: str, name: str, first: dict[str, str], description: Description
) -> Iterator[Mistake]:
    """Say whose a trust domain is already: the fabric's own, or that of a mesh, as its trust domain or an alias."""
    if domain == description.tls.domain or f".{domain}".endswith(f".{OWN}"):
        yield Mistake(
            place,
            repr(domain),
            "the fabric's own domain, by whose identities gateways are known; allowed: another one",
            _OWN_DOMAIN,
        )
    other = first.get(domain)
    first.setdefault(domain, name)
    if other is not None:
        yield Mistake(
            place,
            repr(domain),
            f"already that of {other}, so that nobody could tell whose workload a caller is; allowed: one of its own",
            _OWN_DOMAIN,
        )


def callers_once(description: Description) -> Iterator[Mistake]:
    """A cluster is a caller once, with all that it sends or with some service accounts."""
    for number, export in enumerate(description.exports):
        for index, caller in enumerate(export.callers or ()):
            place: Place = ("exports", number, "callers", index)
            if caller.cluster in [other.cluster for other in (export.callers or ())[:index]]:
                yield Mistake(
                    place,
                    repr(caller.cluster),
                    "written twice; allowed: each cluster once, with all of its accounts",
                    "remove one of them",
                )
            if "accounts" in caller.model_fields_set and not caller.accounts:
                yield Mistake(
                    (*place, "accounts"),
                    "[]",
                    "no account is left to call; allowed: one at least",
                    f"take {caller.cluster} out of callers, or write accounts",
                )


def accounts_are_known(description: Description) -> Iterator[Mistake]:
    """Callers by service account are workloads of a mesh, and nobody else of their cluster asks for the export."""
    asked = _asking(description, "federated")
    ways: tuple[Path, ...] = ("gateway", "direct")
    others = {path: _asking(description, path) for path in ways}
    for number, export in enumerate(description.exports):
        for index, caller in enumerate(export.callers or ()):
            place: Place = ("exports", number, "callers", index, "accounts")
            if not caller.accounts or caller.cluster not in description.clusters:
                continue
            value, mesh = ", ".join(caller.accounts), description.clusters[caller.cluster].mesh
            if caller.cluster not in asked.get(export.key, ()):
                yield Mistake(
                    place,
                    value,
                    f"{caller.cluster} does not import {export.key} federated, so that its gateway calls for all of "
                    "its workloads; allowed: none",
                    "import it there with path federated (mcwan:imports), or let all of the cluster call",
                )
            elif mesh is not None and mesh.ambient:
                yield Mistake(
                    place,
                    value,
                    f"the mesh of {caller.cluster} is ambient, so that its egress gateway calls for all workloads that "
                    "have no sidecar; allowed: none",
                    f"let all of {caller.cluster} call, or give every client there a sidecar and take "
                    f"mcwan:clusters.{caller.cluster}.mesh.ambient away",
                )
                continue
            for path, found in others.items():
                if caller.cluster in found.get(export.key, ()):
                    yield Mistake(
                        place,
                        value,
                        f"{caller.cluster} asks for {export.key} by path {path}, too, which every workload there may "
                        "use; allowed: path federated alone",
                        f"import it there with path federated (mcwan:imports), also where rules lead to {export.key}",
                    )


def strict_can_be(description: Description) -> Iterator[Mistake]:
    """Who refuses plaintext has sidecars that could: Istio's; and its alone is what ambient workloads have instead."""
    for name, cluster in description.clusters.items():
        if cluster.mesh is not None and cluster.mesh.ambient and cluster.gateway.profile != "istio":
            yield Mistake(
                ("clusters", name, "mesh", "ambient"),
                "true",
                f"profile {cluster.gateway.profile} has no mesh that could be; allowed: with profile istio",
                "remove it, or choose profile istio",
            )
        if cluster.mesh is not None and cluster.mesh.strict and cluster.gateway.profile != "istio":
            yield Mistake(
                ("clusters", name, "mesh", "strict"),
                "true",
                f"profile {cluster.gateway.profile} has no sidecars, and its gateways speak plaintext to services; "
                "allowed: with profile istio",
                "remove it, or choose profile istio",
            )


_LOCAL = "cluster.local"
"""Istio: in a policy, the trust domain of whoever reads it (pilot/pkg/security/trustdomain/bundle.go)."""
_OWN_DOMAIN = "give the mesh a trust domain of its own (meshConfig.trustDomain)"


def _asking(description: Description, path: Path) -> dict[str, set[str]]:
    return asking(all_importings(description.exports, description.clusters, description.imports), path)


def _federated(description: Description) -> set[str]:
    return {cluster for clusters in _asking(description, "federated").values() for cluster in clusters}


CHECKS = (federated_can_be, trust_domains_differ, callers_once, accounts_are_known, strict_can_be)
