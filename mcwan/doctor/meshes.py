"""Meshes: each is as the description says, and the roots that they trust agree with the gateways' own."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from textwrap import wrap
from typing import Any

import yaml

from mcwan import yamls
from mcwan.doctor.certificates import is_own, when
from mcwan.doctor.evidence import Evidence
from mcwan.doctor.finding import Finding, Found, each
from mcwan.facts.der import certificates
from mcwan.facts.rights import MESH_CONFIG, ROOTS
from mcwan.facts.surveyed import Certificate, Survey
from mcwan.model.mesh import Mesh
from mcwan.plan.names import cluster_host

_DEFAULT = "cluster.local"
"""The trust domain of a mesh whose config says none (MeshConfig.trustDomain)."""
_TRUST = "docs/how-to/federate-meshes.md#trust"
_ONE_ROOT = f"give meshes and gateways intermediates of one root, see {_TRUST}"
_ELSEWHERE = "read it by hand, or write mcwan:clusters.{}.mesh.rootNamespace"
_MOST = 3
"""Roots, or namespaces, that are named at most."""
_MODE = "istio.io/dataplane-mode"
"""The label of a namespace that says how Istio takes its workloads' connections."""
Trusted = Mapping[str, Collection[Certificate]]
"""The roots that meshes trust and that are valid now, by cluster."""


def trust_domains(evidence: Evidence) -> Iterator[Finding]:
    """Each mesh's own config has the trust domain of the description."""

    def judge(name: str, survey: Survey, mesh: Mesh) -> Iterator[Found]:
        place = f"ConfigMap {MESH_CONFIG} in {mesh.root_namespace}"
        try:
            config: Any = yamls.objects(survey.mesh or "")
        except yaml.YAMLError:
            config = None
        if not isinstance(config, Mapping):
            yield "not known", f"{place} holds no mesh config", _ELSEWHERE.format(name)
        elif (told := config.get("trustDomain") or _DEFAULT) != mesh.trust_domain:
            said = f"the mesh has trust domain {told}, and {mesh.trust_domain} in the stack file"
            wanted = f"write mcwan:clusters.{name}.mesh.trustDomain: {told}"
            yield "failed", said, f"{wanted}, or give the mesh what mcwan mesh prints"
        else:
            yield "ok", "its trust domain is the one that is described", ""

    return _each("trust-domains-equal", evidence, "mesh", judge)


def names_free(evidence: Evidence) -> Iterator[Finding]:
    """No Service of a cluster has the name that its mesh is told for an import: its requests would go by the WAN."""
    told = _told(evidence)

    def judge(name: str, survey: Survey, _: Mesh) -> Iterator[Found]:
        if evidence.plan is None:
            yield "not known", "which names it is told is not known", "see the check description"
            return
        wrong = False
        for one in survey.services or ():
            namespace, service = str(one["metadata"].get("namespace", "")), str(one["metadata"]["name"])
            if cluster_host(f"{service}.{namespace}") in told[name]:
                wrong = True
                said = (
                    f"Service {namespace}/{service} has the name by which {service}.{namespace} is imported federated"
                )
                yield "failed", said, f"rename it, or offer it: add {name} to from of {service}.{namespace}"
        if not wrong:
            yield "ok", "no Service has the name of a federated import", ""

    return _each("mesh-names-free", evidence, "services", judge)


def _told(evidence: Evidence) -> dict[str, set[str]]:
    """Give the host names that each cluster's mesh is told, by the plan or, where there is none, none."""
    found: dict[str, set[str]] = {name: set() for name in evidence.names}
    for one in evidence.plan.objects if evidence.plan is not None else ():
        if one.cluster in found and one.manifest["kind"] == "ServiceEntry":
            found[one.cluster] |= set(one.manifest["spec"]["hosts"])
    return found


def ambient(evidence: Evidence) -> Iterator[Finding]:
    """A mesh with ambient workloads is described as one, where they may ask for federated imports; no other one is.

    Who is ambient is told by the label of namespaces; labels of single pods are not read. ztunnel's DaemonSet selects
    its pods by `app` (Istio's chart ztunnel, templates/daemonset.yaml).
    """

    def others(name: str, survey: Survey, _: Mesh) -> Iterator[Found]:
        labelled = sorted(str(one["metadata"]["name"]) for one in survey.namespaces or () if _is_ambient(one))
        if not labelled:
            yield "ok", "no namespace is ambient", ""
        elif not _imports_federated(evidence, name):
            yield "ok", "it imports nothing federated", ""
        else:
            said = (
                f"it has ambient namespaces ({_few(labelled)}), of which the stack file says nothing: whoever has no "
                "sidecar there gets nowhere by the names of federated imports"
            )
            yield "warning", said, f"write mcwan:clusters.{name}.mesh.ambient: true"

    def described(name: str, survey: Survey, _: Mesh) -> Iterator[Found]:
        if any(_is_ztunnel(one) for one in survey.daemonsets or ()):
            yield "ok", "it has ztunnel, and its mesh is ambient in the stack file", ""
        else:
            said = "its mesh is ambient in the stack file, and it has no ztunnel, without which no workload is"
            remedy = f"install Istio's charts cni and ztunnel, or take mcwan:clusters.{name}.mesh.ambient away"
            yield "warning", said, remedy

    check = "ambient-as-described"
    yield from _each(check, evidence, "namespaces", others, lambda mesh: not mesh.ambient)
    yield from _each(check, evidence, "daemonsets", described, lambda mesh: mesh.ambient)


def _is_ambient(namespace: Mapping[str, Any]) -> bool:
    return bool((namespace["metadata"].get("labels") or {}).get(_MODE) == "ambient")


def _is_ztunnel(daemons: Mapping[str, Any]) -> bool:
    return bool((daemons["spec"]["selector"].get("matchLabels") or {}).get("app") == "ztunnel")


def _imports_federated(evidence: Evidence, name: str) -> bool:
    """Tell whether a cluster imports anything federated; it may do so where there is no plan."""
    every = evidence.plan.context.imports.values() if evidence.plan is not None else ()
    return evidence.plan is None or any(
        one.path == "federated" for found in every for one in found if one.cluster == name
    )


def one_root(evidence: Evidence) -> Iterator[Finding]:
    """Meshes trust the same roots, which have signed the gateways' certificates, as far as those tell."""
    check = "meshes-of-one-root"
    trusted: dict[str, Collection[Certificate]] = {}

    def judge(name: str, survey: Survey, mesh: Mesh) -> Iterator[Found]:
        place = f"ConfigMap {ROOTS} in {mesh.root_namespace}"
        if not survey.roots:
            yield "not known", f"{place} holds no root; istiod writes one", _ELSEWHERE.format(name)
            return
        try:
            roots = certificates(survey.roots)
        except ValueError as error:
            yield "failed", f"{place}: {error}", f"mend the mesh's roots, see {_TRUST}"
            return
        valid = [one for one in roots if one.begins <= evidence.now < one.ends]
        for one in roots:
            if found := when(one, evidence.now):
                said = f"its mesh trusts the root {_named([one])}, which {found[1]}"
                yield "warning" if valid else "failed", said, f"renew or remove it, see {_TRUST}"
        if valid:
            trusted[name] = valid

    yield from _each(check, evidence, "roots", judge)
    yield from _between(check, evidence, trusted)
    if trusted and evidence.description.secure:
        yield from _with_gateways(check, evidence, trusted)


def _between(check: str, evidence: Evidence, trusted: Trusted) -> Iterator[Finding]:
    """Compare the roots of meshes; those that trust the same are told together."""
    alike: dict[frozenset[Certificate], list[str]] = {}
    for name, roots in trusted.items():
        alike.setdefault(frozenset(roots), []).append(name)
    if len(alike) == 1:
        ((roots, names),) = alike.items()
        if len(names) > 1:
            yield Finding(check, "ok", tuple(names), f"their meshes trust the same: {_named(roots)}")
        elif rest := [one for one in _meshes(evidence) if one not in trusted]:
            said = "there is no other mesh whose roots are known"
            yield Finding(check, "not known", tuple(names), said, f"see what is said of {', '.join(rest)}")
        else:
            yield Finding(check, "ok", tuple(names), "there is no other mesh")
    for (ours, some), (theirs, others) in combinations(alike.items(), 2):
        first, second, both = ", ".join(some), ", ".join(others), tuple(sorted((*some, *others)))
        if not ours & theirs:
            said = f"their meshes have no root in common: {first} {_named(ours)}; {second} {_named(theirs)}"
            yield Finding(check, "failed", both, said, _ONE_ROOT)
        else:
            alone = "; ".join(
                f"{names} {_named(roots)}"
                for names, roots in ((first, ours - theirs), (second, theirs - ours))
                if roots
            )
            said = f"their meshes have {_named(ours & theirs)} in common, and alone: {alone}"
            yield Finding(
                check, "warning", both, said, "that is well while a root is replaced; trust the same after it"
            )


def _with_gateways(check: str, evidence: Evidence, trusted: Trusted) -> Iterator[Finding]:
    """Compare the roots of meshes with who signed the last certificate that a gateway shows: a root or one below it."""
    seen = dict.fromkeys((one.cluster, one.certificates[-1]) for one in evidence.shown if is_own(evidence, one))
    roots_of_any = {root.own for roots in trusted.values() for root in roots} - {""}
    if not seen:
        said = "no gateway's certificate was seen to compare with their roots"
        yield Finding(check, "not known", tuple(trusted), said, "see the check certificates-valid")
    for name, roots in trusted.items():
        own = {root.own for root in roots} - {""}
        good: dict[str, None] = {}
        for gateway, last in seen:
            if last.key in own or last in roots:
                good[gateway] = None
            elif last.key in roots_of_any or (last.key and last.key == last.own):
                said = f"its mesh does not trust {last.key}, who signed the certificate of the gateway of {gateway}"
                yield Finding(check, "failed", (name,), said, _ONE_ROOT)
            else:
                said = f"whether its mesh trusts who signed the certificate of the gateway of {gateway} is not seen"
                remedy = f"it may be an intermediate: compare by hand, see {_TRUST}"
                yield Finding(check, "not known", (name,), said, remedy)
        if good:
            said = f"its mesh trusts who signed the certificate of the gateway of {', '.join(good)}"
            yield Finding(check, "ok", (name,), said)


def _each(
    check: str,
    evidence: Evidence,
    part: str,
    judge: Callable[[str, Survey, Mesh], Iterator[Found]],
    which: Callable[[Mesh], bool] = lambda _: True,
) -> Iterator[Finding]:
    """Judge each cluster that has a mesh, or a mesh of some kind."""
    meshes = _meshes(evidence)
    if not meshes:
        yield Finding(check, "ok", evidence.names, "no cluster has a mesh")
    of_meshes = replace(evidence, names=tuple(name for name, mesh in meshes.items() if which(mesh)))
    yield from each(check, of_meshes, part, lambda name, survey: judge(name, survey, meshes[name]))


def _meshes(evidence: Evidence) -> dict[str, Mesh]:
    """Give the meshes of the clusters in view."""
    known = {name: evidence.description.clusters[name].mesh for name in evidence.names}
    return {name: mesh for name, mesh in known.items() if mesh is not None}


def _named(roots: Collection[Certificate]) -> str:
    """Name roots by the beginning of their fingerprints, written as OpenSSL does."""
    return _few(sorted(":".join(wrap(one.fingerprint[:8].upper(), 2)) for one in roots))


def _few(every: Sequence[str]) -> str:
    return ", ".join(every[:_MOST]) + (f" and {len(every) - _MOST} more" if len(every) > _MOST else "")
