"""Meshes: both sides of federated imports agree on whose workloads call; strict meshes refuse plaintext."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from mcwan.gateways import istio_mesh
from mcwan.model.mesh import trust_domain
from mcwan.plan.names import clusterset
from mcwan.rules.backends import rules
from mcwan.rules.evidence import (
    Evidence,
    Export,
    callers_of,
    component_of,
    exports_of,
    mesh_namespace_of,
    meshes_of,
    own_rules_of,
)
from mcwan.rules.likeness import difference
from mcwan.rules.objects import Object, mapping, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, chosen
from mcwan.rules.words import listed, said

_REMEDY = "let mcwan write both sides in one update: mcwan:clusters.CLUSTER.mesh, mcwan:imports"


class _Asking(NamedTuple):
    """Who asks by federated imports: trust domains by export, and the clusters of each trust domain."""

    exports: Mapping[Export, set[str]]
    clusters: Mapping[str, set[str]]
    free: frozenset[str]
    """Trust domains of imports with rules of their own that are not there: what these ask for is not known."""
    doubts: tuple[UnjudgedError, ...]


@lru_cache(maxsize=1)
def _asking(evidence: Evidence) -> _Asking:
    exports: dict[Export, set[str]] = {}
    clusters: dict[str, set[str]] = {}
    free: set[str] = set()
    doubts: list[UnjudgedError] = []
    for one in evidence.of_kind("ServiceImport"):
        try:
            for trust in meshes_of(one):
                clusters.setdefault(trust, set()).add(one.cluster)
                for key in _asked(evidence, one):
                    exports.setdefault(key, set()).add(trust)
                if own_rules_of(one) and _routes(evidence, one) is None:
                    free.add(trust)
        except UnjudgedError as doubt:
            doubts.append(doubt)
    return _Asking(exports, clusters, frozenset(free), tuple(doubts))


def _asked(evidence: Evidence, one: Object) -> list[Export]:
    """Give the exports that a federated import asks for: its own and, by rules of its own, others."""
    routes = _routes(evidence, one)
    own = rules(routes) if routes is not None and own_rules_of(one) else ()
    led = exports_of(tuple(text(rule, "rewrite", "authority") for rule in own))
    return sorted({(one.name, one.namespace), *(key for key in led if key[0])})


def _routes(evidence: Evidence, one: Object) -> Object | None:
    return evidence.find(one.cluster, "VirtualService", one.namespace, clusterset(one.name))


def _agree(evidence: Evidence, one: Object, _: Options) -> Iterator[Violation]:
    if one.kind == "ServiceImport":
        yield from _is_expected(evidence, one)
    else:
        yield from _is_asked(evidence, one)


def _is_expected(evidence: Evidence, one: Object) -> Iterator[Violation]:
    """Who exports what an import asks for says that workloads of its mesh may call, which is that of one cluster."""
    for trust in meshes_of(one):
        for key in _asked(evidence, one):
            for export in evidence.exporting(key):
                if trust not in meshes_of(export):
                    known = listed(meshes_of(export)) or "none"
                    yield violation(
                        f"{one} is asked for by workloads of {trust}, and {export} admits those of {known}",
                        _REMEDY,
                        one,
                        export,
                    )
        roots = evidence.mesh_namespaces(one.cluster)
        if mesh_namespace_of(one) not in roots or len(roots) > 1:
            yield violation(
                f"{one} says that the root namespace of its mesh is {said(mesh_namespace_of(one) or None)}, and "
                f"imports of {one.cluster} say {listed(roots) or 'none'}",
                "let mcwan write the imports: mcwan:clusters.CLUSTER.mesh.rootNamespace",
                one,
            )
        others = sorted(_asking(evidence).clusters.get(trust, set()) - {one.cluster})
        if others:
            yield violation(
                f"{one} says that its mesh is {trust}, which is that of {listed(others)}, too",
                "give each mesh a trust domain of its own: mcwan:clusters.CLUSTER.mesh.trustDomain",
                one,
                clusters=others,
            )


def _is_asked(evidence: Evidence, export: Object) -> Iterator[Violation]:
    """Whose workloads an export admits imports it federated; callers that are workloads are of such a mesh."""
    asking = _asking(evidence)
    known = asking.exports.get((export.name, export.namespace), set()) | asking.free
    for trust in meshes_of(export):
        if trust not in known:
            for doubt in asking.doubts:
                raise doubt
            yield violation(
                f"{export} admits workloads of {trust}, whose mesh does not import it",
                "let mcwan write the export, or import it there: mcwan:imports[].path federated",
                export,
            )
    for caller in sorted(callers_of(export) or ()):
        trust = trust_domain(caller)
        if trust and trust not in meshes_of(export):
            yield violation(
                f"{export} says that {caller} may call, and admits workloads of "
                f"{listed(meshes_of(export)) or 'no mesh'}",
                "let mcwan write the export: callers of a mesh are those of a cluster that imports it federated",
                export,
            )


def _is_strict(_: Evidence, one: Object, __: Options) -> Iterator[Violation]:
    made = istio_mesh.strict("", {})["spec"]
    if wrong := difference(made, mapping(one.content, "spec"), "spec"):
        yield violation(
            f"{one} is not what has all workloads of the mesh refuse plaintext: {wrong}",
            "let mcwan write it: mcwan:clusters.CLUSTER.mesh.strict",
            one,
        )


def _sides(evidence: Evidence) -> Iterable[Object | UnjudgedError]:
    return [*chosen(evidence.of_kind("ServiceImport"), meshes_of), *evidence.of_kind("ServiceExport")]


RULES = (
    Rule(
        "meshes-agree",
        "An export admits workloads of just those meshes that import it federated, each of one cluster, with one root.",
        "Workloads of a mesh that an exporting cluster does not know are refused, and those of one that does not "
        "import it could call all the same.",
        "Let mcwan write both sides in one update.",
        _sides,
        _agree,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "mesh-is-strict",
        "A PeerAuthentication of mcwan's has all workloads of its mesh refuse plaintext.",
        "Where plaintext is taken, nobody knows who calls: what refuses callers refuses none of those.",
        "Let mcwan write it.",
        lambda evidence: chosen(evidence.of_kind("PeerAuthentication"), component_of),
        _is_strict,
    ),
)
