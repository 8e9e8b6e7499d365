"""What meshes say of themselves: trust domains and roots, against the stack file, each other, and the gateways."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mcwan.doctor import Evidence, Finding
from mcwan.doctor.finding import merged
from mcwan.facts.der import certificate
from mcwan.facts.report import Failure
from mcwan.facts.surveyed import Certificate, Shown
from tests.certificates import der, pem
from tests.doctor.played import BOTH, CERTIFICATE, LATE, MESHES, NOW, ROOT, YEARS, evidence, judged, survey

ONE, TWO = BOTH
DOMAINS, ROOTS = "trust-domains-equal", "meshes-of-one-root"
NEW = der(NOW - YEARS, NOW + YEARS, own="0a0b", key="0a0b", number=2)
ENDED = der(NOW - YEARS, NOW, own="0c", number=3)
ENDING = der(NOW - YEARS, NOW + timedelta(days=3), own="0102", number=4)
COMING = der(NOW + timedelta(days=1), NOW + YEARS, own="0d", number=5)
DENIED = Failure(problem="roots cannot be read: 403 forbidden", remedy="give it the rights")
RENEW = "renew or remove it, see docs/how-to/federate-meshes.md#trust"
MEND = "mend the mesh's roots, see docs/how-to/federate-meshes.md#trust"
ONE_ROOT = "give meshes and gateways intermediates of one root, see docs/how-to/federate-meshes.md#trust"
MODE = "istio.io/dataplane-mode"
BY_HAND = "it may be an intermediate: compare by hand, see docs/how-to/federate-meshes.md#trust"
WRITE = "write mcwan:clusters.cluster-2.mesh.trustDomain: {}, or give the mesh what mcwan mesh prints"
ELSEWHERE = "read it by hand, or write mcwan:clusters.cluster-2.mesh.rootNamespace"


def short(one: bytes) -> str:
    """Name a root as findings do."""
    found = certificate(one).fingerprint[:8].upper()
    return ":".join(found[at : at + 2] for at in range(0, 8, 2))


def meshed(**changes: Any) -> Evidence:
    """Give evidence of two clusters with meshes of one root; of the second with changes."""
    return survey(evidence(MESHES), TWO, **changes)


def shows(found: Evidence, last: Certificate) -> Evidence:
    """Have the second cluster's gateway show another certificate."""
    ours = [one for one in found.shown if one.cluster == ONE]
    return replace(found, shown=(*ours, Shown(TWO, "198.51.100.12", 31111, (last,))))


def of(check: str, verdict: Any, said: str, remedy: str = "", clusters: tuple[str, ...] = (TWO,)) -> Finding:
    return Finding(check, verdict, clusters, said, remedy)


SAME = of(ROOTS, "ok", f"their meshes trust the same: {short(ROOT)}", clusters=BOTH)
BY_ROOT = "its mesh trusts who signed the certificate of the gateway of"
SIGNED = of(ROOTS, "ok", f"{BY_ROOT} cluster-1, cluster-2", clusters=BOTH)
FIRST = of(ROOTS, "ok", f"{BY_ROOT} cluster-1, cluster-2", clusters=(ONE,))
ALONE = of(ROOTS, "not known", "there is no other mesh whose roots are known", f"see what is said of {TWO}", (ONE,))


def test_meshes_that_are_well() -> None:
    assert judged(ROOTS, meshed()) == (SAME, SIGNED)
    described = "its trust domain is the one that is described"
    assert judged(DOMAINS, meshed()) == (of(DOMAINS, "ok", described, clusters=BOTH),)


def test_one_mesh_alone() -> None:
    found = evidence({"clusters/cluster-2/mesh": {"trustDomain": "east.example"}})
    signed = of(ROOTS, "ok", f"{BY_ROOT} cluster-1, cluster-2")
    assert judged(ROOTS, found) == (of(ROOTS, "ok", "there is no other mesh"), signed)


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        (
            "trustDomain: north.example",
            of(
                DOMAINS,
                "failed",
                "the mesh has trust domain north.example, and east.example in the stack file",
                WRITE.format("north.example"),
            ),
        ),
        (
            "rootNamespace: istio-system",
            of(
                DOMAINS,
                "failed",
                "the mesh has trust domain cluster.local, and east.example in the stack file",
                WRITE.format("cluster.local"),
            ),
        ),
        *(
            (text, of(DOMAINS, "not known", "ConfigMap istio in istio-system holds no mesh config", ELSEWHERE))
            for text in ("", "[]", "{", "at: 2026-99-99")
        ),
        (None, of(DOMAINS, "not known", "mesh could not be read", "see the check rights")),
    ],
)
def test_trust_domains(told: str | None, finding: Finding) -> None:
    assert judged(DOMAINS, meshed(mesh=told))[1:] == (finding,)


CASES: dict[str, tuple[Evidence, tuple[Finding, ...]]] = {
    "no root in common, and a gateway that the other mesh would trust": (
        meshed(roots=pem(NEW)),
        (
            of(
                ROOTS,
                "failed",
                f"their meshes have no root in common: cluster-1 {short(ROOT)}; cluster-2 {short(NEW)}",
                ONE_ROOT,
                BOTH,
            ),
            FIRST,
            *(
                of(
                    ROOTS,
                    "failed",
                    f"its mesh does not trust 0102, who signed the certificate of the gateway of {one}",
                    ONE_ROOT,
                )
                for one in BOTH
            ),
        ),
    ),
    "rotation": (
        meshed(roots=pem(ROOT, NEW)),
        (
            of(
                ROOTS,
                "warning",
                f"their meshes have {short(ROOT)} in common, and alone: cluster-2 {short(NEW)}",
                "that is well while a root is replaced; trust the same after it",
                BOTH,
            ),
            SIGNED,
        ),
    ),
    "no root at all": (
        meshed(roots="no PEM"),
        (
            of(
                ROOTS,
                "failed",
                "ConfigMap istio-ca-root-cert in istio-system: it is no file of certificates in PEM",
                MEND,
            ),
            ALONE,
            FIRST,
        ),
    ),
    "not there": (
        meshed(roots=""),
        (
            of(
                ROOTS,
                "not known",
                "ConfigMap istio-ca-root-cert in istio-system holds no root; istiod writes one",
                ELSEWHERE,
            ),
            ALONE,
            FIRST,
        ),
    ),
    "may not be read": (
        meshed(roots=None, failures={"roots": DENIED}),
        (of(ROOTS, "not known", "roots could not be read", "see the check rights"), ALONE, FIRST),
    ),
    "not reached": (
        replace(meshed(), surveys={**meshed().surveys, TWO: LATE}),
        (of(ROOTS, "not known", "it could not be read", "see the check reachable"), ALONE, FIRST),
    ),
    "one that has ended beside the root": (
        meshed(roots=pem(ENDED, ROOT)),
        (
            of(
                ROOTS,
                "warning",
                f"its mesh trusts the root {short(ENDED)}, which ended 2026-11-25T12:00:00Z",
                RENEW,
            ),
            SAME,
            SIGNED,
        ),
    ),
    "none that is valid": (
        meshed(roots=pem(ENDED, COMING)),
        (
            of(ROOTS, "failed", f"its mesh trusts the root {short(ENDED)}, which ended 2026-11-25T12:00:00Z", RENEW),
            of(ROOTS, "failed", f"its mesh trusts the root {short(COMING)}, which begins 2026-11-26T12:00:00Z", RENEW),
            ALONE,
            FIRST,
        ),
    ),
    "one that ends soon": (
        meshed(roots=pem(ROOT, ENDING)),
        (
            of(ROOTS, "warning", f"its mesh trusts the root {short(ENDING)}, which ends 2026-11-28T12:00:00Z", RENEW),
            of(
                ROOTS,
                "warning",
                f"their meshes have {short(ROOT)} in common, and alone: cluster-2 {short(ENDING)}",
                "that is well while a root is replaced; trust the same after it",
                BOTH,
            ),
            SIGNED,
        ),
    ),
    "an intermediate hides it": (
        shows(meshed(), replace(CERTIFICATE, key="09")),
        (
            SAME,
            of(
                ROOTS,
                "not known",
                "whether its mesh trusts who signed the certificate of the gateway of cluster-2 is not seen",
                BY_HAND,
                BOTH,
            ),
            of(ROOTS, "ok", f"{BY_ROOT} cluster-1", clusters=BOTH),
        ),
    ),
    "a gateway that shows another root": (
        shows(meshed(), replace(CERTIFICATE, key="09", own="09")),
        (
            SAME,
            of(
                ROOTS,
                "failed",
                "its mesh does not trust 09, who signed the certificate of the gateway of cluster-2",
                ONE_ROOT,
                BOTH,
            ),
            of(ROOTS, "ok", f"{BY_ROOT} cluster-1", clusters=BOTH),
        ),
    ),
    "no gateway is reached": (
        replace(meshed(), shown=()),
        (
            SAME,
            of(
                ROOTS,
                "not known",
                "no gateway's certificate was seen to compare with their roots",
                "see the check certificates-valid",
                BOTH,
            ),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_roots(case: str) -> None:
    found, findings = CASES[case]
    assert judged(ROOTS, found) == findings


def test_many_roots_are_not_all_named() -> None:
    every = [der(NOW - YEARS, NOW + YEARS, own="0102", number=number) for number in range(10, 15)]
    found = survey(meshed(roots=pem(*every)), ONE, roots=pem(*reversed(every)))
    named = ", ".join(sorted(map(short, every))[:3])
    assert judged(ROOTS, found)[0] == of(ROOTS, "ok", f"their meshes trust the same: {named} and 2 more", clusters=BOTH)


def test_without_tls_no_gateway_is_compared() -> None:
    found = evidence({**MESHES, "tls": {"mode": "plaintext"}})
    assert judged(ROOTS, replace(found, shown=())) == (SAME,)


def test_a_service_with_the_name_of_a_federated_import() -> None:
    """A Service of another name, and one beside an import by gateway, are nobody's business."""
    there = tuple({"metadata": {"name": name, "namespace": "secure"}} for name in ("payment", "other"))
    found = survey(survey(evidence(FEDERATED), ONE, services=there), TWO, services=there)
    assert judged("mesh-names-free", found) == (
        of("mesh-names-free", "ok", "no Service has the name of a federated import", clusters=(ONE,)),
        of(
            "mesh-names-free",
            "failed",
            "Service secure/payment has the name by which payment.secure is imported federated",
            "rename it, or offer it: add cluster-2 to from of payment.secure",
        ),
    )


def test_without_a_plan_nobody_knows_which_names_are_taken() -> None:
    found = replace(survey(survey(evidence(FEDERATED), ONE, services=()), TWO, services=()), plan=None)
    said = "which names it is told is not known"
    assert judged("mesh-names-free", found) == (
        of("mesh-names-free", "not known", said, "see the check description", clusters=BOTH),
    )


AMBIENT = "ambient-as-described"
FEDERATED = {
    **MESHES,
    "clusters/cluster-2/gateway": {"profile": "istio"},
    "imports": [{"service": "payment.secure", "clusters": ["cluster-2"], "path": "federated"}],
}
DESCRIBED = {**FEDERATED, "clusters/cluster-2/mesh": {"trustDomain": "east.example", "ambient": True}}


def labelled(*names: str) -> tuple[Any, ...]:
    """Give namespaces, of which those with some names are ambient."""
    plain = ({"metadata": {"name": "default"}}, {"metadata": {"name": "kept", "labels": {MODE: "none"}}})
    return (*plain, *({"metadata": {"name": name, "labels": {MODE: "ambient"}}} for name in names))


def daemons(app: str) -> dict[str, Any]:
    return {"metadata": {"name": "ours"}, "spec": {"selector": {"matchLabels": {"app": app}}}}


def told(verdict: Any, said: str, remedy: str = "") -> Finding:
    return of(AMBIENT, verdict, said, remedy)


UNSAID = (
    "it has ambient namespaces ({}), of which the stack file says nothing: whoever has no sidecar there gets nowhere "
    "by the names of federated imports"
)
SAY = "write mcwan:clusters.cluster-2.mesh.ambient: true"
LACKING = "its mesh is ambient in the stack file, and it has no ztunnel, without which no workload is"
INSTALL = "install Istio's charts cni and ztunnel, or take mcwan:clusters.cluster-2.mesh.ambient away"
NO_PLAN = replace(survey(evidence(FEDERATED), TWO, namespaces=labelled("secure")), plan=None)
AMBIENTS: dict[str, tuple[Evidence, Finding]] = {
    "nobody": (survey(evidence(FEDERATED), TWO, namespaces=labelled()), told("ok", "no namespace is ambient")),
    "somebody": (
        survey(evidence(FEDERATED), TWO, namespaces=labelled("secure", "insecure")),
        told("warning", UNSAID.format("insecure, secure"), SAY),
    ),
    "many": (
        survey(evidence(FEDERATED), TWO, namespaces=labelled("a", "b", "c", "d")),
        told("warning", UNSAID.format("a, b, c and 1 more"), SAY),
    ),
    "somebody, as far as is known": (NO_PLAN, told("warning", UNSAID.format("secure"), SAY)),
    "nothing to ask for": (
        survey(evidence(MESHES), TWO, namespaces=labelled("secure")),
        told("ok", "it imports nothing federated"),
    ),
    "may not be read": (
        survey(evidence(FEDERATED), TWO, namespaces=None),
        told("not known", "namespaces could not be read", "see the check rights"),
    ),
    "described, and there": (
        survey(evidence(DESCRIBED), TWO, daemonsets=(daemons("other"), daemons("ztunnel"))),
        told("ok", "it has ztunnel, and its mesh is ambient in the stack file"),
    ),
    "described, and not there": (
        survey(evidence(DESCRIBED), TWO, daemonsets=({"spec": {"selector": {}}}, daemons("other"))),
        told("warning", LACKING, INSTALL),
    ),
    "described, and may not be read": (
        survey(evidence(DESCRIBED), TWO, daemonsets=None),
        told("not known", "daemonsets could not be read", "see the check rights"),
    ),
}


@pytest.mark.parametrize("case", AMBIENTS)
def test_ambient_workloads(case: str) -> None:
    found, finding = AMBIENTS[case]
    first = of(AMBIENT, "ok", "no namespace is ambient", clusters=(ONE,))
    assert judged(AMBIENT, survey(found, ONE, namespaces=labelled())) == merged((first, finding))
