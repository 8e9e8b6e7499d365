"""Each check is ok on clusters that are well, and says what is wrong with those that are not."""

import re
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from mcwan.doctor import CHECKS, Evidence, Finding, diagnose
from mcwan.facts.report import Class, Failure, Gateway, Reading
from mcwan.facts.surveyed import Shown, Survey
from mcwan.model.mistakes import Mistake
from tests.docs.pages import DOCS, anchors
from tests.doctor.played import BOTH, CERTIFICATE, LATE, NOW, evidence, judged, report, survey

ONE, TWO = BOTH
WELL = {
    "reachable": "it answers",
    "rights": "everything can be read",
    "clusters-distinct": "it is no other cluster of the stack",
    "description": "the stack file agrees with what is known of the clusters",
    "definitions-served": "Gateway API v1 and the MCS API v1beta1 are served",
    "gateway-class": "GatewayClass envoy-gateway is accepted",
    "gateway-features": "GatewayClass envoy-gateway supports what is needed",
    "namespaces-there": "its namespaces are there",
    "addresses-apart": "their addresses and sources are apart, as far as they are known",
    "addresses-private": "no gateway is at an address of the Internet",
    "ports-free": "no other Service has a WAN port",
    "ports-equal": "they are the same everywhere, and as described",
    "wan-policies-equal": "they are the same everywhere, and as described",
    "gateways-programmed": "its Gateways are programmed",
    "certificates-valid": "the certificates that it shows are valid",
    "certificates-of-one-root": "their certificates are signed by the same issuer",
    "trust-domains-equal": "no cluster has a mesh",
    "meshes-of-one-root": "no cluster has a mesh",
    "mesh-names-free": "no cluster has a mesh",
    "ambient-as-described": "no cluster has a mesh",
}
OF_CLUSTERS = [one for one in WELL if one not in ("reachable", "description", "addresses-apart")]
OF_CLUSTERS = [one for one in OF_CLUSTERS if not one.startswith(("ambient", "certificates", "mesh", "trust"))]


def wrong(check: str, said: str, remedy: str, *clusters: str, verdict: str = "failed") -> Finding:
    return Finding(check, verdict, clusters or (TWO,), said, remedy)  # type: ignore[arg-type]


def rest(check: str) -> Finding:
    return Finding(check, "ok", (ONE,), WELL[check])


def shown(found: Evidence, *changed: Shown) -> Evidence:
    return replace(found, shown=(*(one for one in found.shown if one.cluster == ONE), *changed))


def policies(**spec: Any) -> tuple[Any, ...]:
    said = evidence().surveys[TWO]
    assert isinstance(said, Survey)
    every: Any = deepcopy(said.policies)
    every[0]["spec"].update(spec)
    return tuple(every)


def gateways(kind: str, status: str, *, listener: bool, reason: str = "") -> tuple[Any, ...]:
    said = evidence().surveys[TWO]
    assert isinstance(said, Survey)
    every: Any = deepcopy(said.gateways)
    ingress = next(one for one in every if one["metadata"]["name"] == "mc-wan-ingress")["status"]
    place = ingress["listeners"][0] if listener else ingress
    place["conditions"] = [{"type": kind, "status": status, "reason": reason}]
    return tuple(every)


def service(name: str, **spec: Any) -> Any:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def test_clusters_that_are_well() -> None:
    (*found, first, second, last) = diagnose(evidence())
    assert found == [Finding(check, "ok", BOTH, said) for check, said in WELL.items()]
    ask = "run ask --rm -i --restart=Never --image=busybox -- nslookup logging.insecure.svc.clusterset.local"
    inside = "in a pod or on a node of the cluster: mcwan doctor --inside"
    said = "cluster DNS answers inside the cluster only"
    assert [first, second] == [
        wrong("dns-answers", said, f"{inside} {one}; or kubectl --context {one} {ask}", one, verdict="not known")
        for one in BOTH
    ]
    sends = "mcwan doctor --probe sends some"
    assert last == wrong("requests-leave", "no request was sent", sends, *BOTH, verdict="not known")


DENIED = Failure(problem="policies cannot be read: 403 forbidden", remedy="give it the rights of docs/how-to/facts.md")
GATEWAYS = "gateways.gateway.networking.k8s.io"
EXPORTS = "serviceexports.multicluster.x-k8s.io"
LIMIT = NOW + timedelta(days=3)
PLACE = "198.51.100.12:31111"
BY_HAND = f"ask from a place that the SD-WAN reaches: openssl s_client -connect {PLACE}"
MEND = "mend what it says, or see its controller's log"
PUBLIC = "use an internal load balancer or private nodes"


def _served(found: Evidence, **served: tuple[str, ...]) -> Evidence:
    said = found.surveys[TWO]
    assert isinstance(said, Survey)
    assert said.reading.report is not None
    return report(found, TWO, served={**(said.reading.report.served or {}), **served})


CASES: dict[str, tuple[str, Evidence, list[Finding]]] = {
    "not reached": (
        "reachable",
        replace(evidence(), surveys={**evidence().surveys, TWO: LATE}),
        [rest("reachable"), wrong("reachable", LATE.problem, LATE.remedy)],
    ),
    "refused": (
        "rights",
        survey(evidence(), TWO, policies=None, failures={"policies": DENIED}),
        [rest("rights"), wrong("rights", DENIED.problem, DENIED.remedy)],
    ),
    "what is refused is not known": (
        "ports-equal",
        survey(evidence(), TWO, policies=None, failures={"policies": DENIED}),
        [
            rest("ports-equal"),
            wrong("ports-equal", "policies could not be read", "see the check rights", verdict="not known"),
        ],
    ),
    "one cluster twice": (
        "clusters-distinct",
        survey(evidence(), TWO, uid="uid-cluster-1"),
        [
            wrong(
                "clusters-distinct",
                "cluster-1 and cluster-2 are the same cluster: their namespace kube-system has the uid uid-cluster-1",
                "write the context or kubeconfig of each",
                *BOTH,
            )
        ],
    ),
    "mistake": (
        "description",
        replace(evidence(), plan=None, mistakes=(Mistake(("clusters", TWO, "facts"), "'live'", "late", "wait"),)),
        [wrong("description", "'live': late", "wait")],
    ),
    "no Gateway API": (
        "definitions-served",
        _served(evidence(), **{GATEWAYS: ("v1beta1",)}),
        [
            rest("definitions-served"),
            wrong(
                "definitions-served",
                f"{GATEWAYS} is not served in v1, but in: v1beta1",
                "install the standard channel of Gateway API 1.0 or newer",
            ),
        ],
    ),
    "older MCS API": (
        "definitions-served",
        _served(evidence(), **{EXPORTS: ("v1alpha1",)}),
        [
            rest("definitions-served"),
            wrong(
                "definitions-served",
                f"{EXPORTS} is not served in v1beta1, but in: v1alpha1",
                "write mcsApi: v1alpha1 for it",
            ),
        ],
    ),
    "no class": (
        "gateway-class",
        report(evidence(), TWO, classes={}),
        [
            rest("gateway-class"),
            wrong(
                "gateway-class",
                "there is no GatewayClass envoy-gateway",
                "make it, or write mcwan:clusters.cluster-2.gateway.class",
            ),
        ],
    ),
    "class not accepted": (
        "gateway-class",
        report(evidence(), TWO, classes={"envoy-gateway": Class()}),
        [
            rest("gateway-class"),
            wrong(
                "gateway-class",
                "GatewayClass envoy-gateway is not accepted",
                "see that its controller runs, and what its status says",
            ),
        ],
    ),
    "no namespace": (
        "namespaces-there",
        report(evidence(), TWO, namespaces=("default", "insecure")),
        [
            rest("namespaces-there"),
            wrong(
                "namespaces-there",
                "there is no namespace secure",
                "make it, or take it out of mcwan:clusters.cluster-2.namespaces",
            ),
        ],
    ),
    "an address told twice": (
        "addresses-apart",
        report(evidence(), TWO, gateways={"mc-wan-ingress.mc-wan": Gateway(addresses=("198.51.100.11",))}),
        [
            wrong(
                "addresses-apart",
                "cluster-1 and cluster-2 are both reached at 198.51.100.11",
                "give each an address of its own",
                *BOTH,
            )
        ],
    ),
    "a public address told": (
        "addresses-private",
        report(evidence(), TWO, gateways={"mc-wan-ingress.mc-wan": Gateway(addresses=("8.8.8.8",))}),
        [
            rest("addresses-private"),
            wrong("addresses-private", "the ingress gateway is at 8.8.8.8, an address of the Internet", PUBLIC),
        ],
    ),
    "a port taken at the address": (
        "ports-free",
        survey(evidence(), TWO, services=(service("web", externalIPs=["198.51.100.12"], ports=[{"port": 31112}]),)),
        [
            rest("ports-free"),
            wrong(
                "ports-free",
                "Service web.shop has port 31112, the WAN port of low",
                "give the Service or the WAN policy another port",
            ),
        ],
    ),
    "a node port without NodePort is nobody's": (
        "ports-free",
        survey(evidence(), TWO, services=(service("web", ports=[{"port": 80, "nodePort": 31112}]),)),
        [Finding("ports-free", "ok", BOTH, WELL["ports-free"])],
    ),
    "another port": (
        "ports-equal",
        survey(evidence(), TWO, policies=policies(port=31119)),
        [
            wrong(
                "ports-equal",
                'WANPolicy high differs: cluster-1 has {"port": 31111}; cluster-2 has {"port": 31119}',
                "deploy the stack",
                *BOTH,
            )
        ],
    ),
    "the port alone is told once": (
        "wan-policies-equal",
        survey(evidence(), TWO, policies=policies(port=31119)),
        [Finding("wan-policies-equal", "ok", BOTH, WELL["wan-policies-equal"])],
    ),
    "a policy missing": (
        "wan-policies-equal",
        survey(evidence(), TWO, policies=policies()[1:]),
        [wrong("wan-policies-equal", "there is no WANPolicy high", "deploy the stack there")],
    ),
    "a listener": (
        "gateways-programmed",
        survey(
            evidence(), TWO, gateways=gateways("ResolvedRefs", "False", listener=True, reason="InvalidCertificateRef")
        ),
        [
            rest("gateways-programmed"),
            wrong(
                "gateways-programmed",
                "listener high of Gateway mc-wan/mc-wan-ingress is not ResolvedRefs (InvalidCertificateRef)",
                MEND,
            ),
        ],
    ),
    "no address of its own": (
        "gateways-programmed",
        survey(evidence(), TWO, gateways=gateways("Programmed", "False", listener=False, reason="AddressNotUsable")),
        [Finding("gateways-programmed", "ok", BOTH, WELL["gateways-programmed"])],
    ),
    "a gateway": (
        "gateways-programmed",
        survey(evidence(), TWO, gateways=gateways("Programmed", "False", listener=False, reason="NoResources")),
        [
            rest("gateways-programmed"),
            wrong("gateways-programmed", "Gateway mc-wan/mc-wan-ingress is not Programmed (NoResources)", MEND),
        ],
    ),
    "not deployed": (
        "gateways-programmed",
        survey(evidence(), TWO, gateways=()),
        [
            rest("gateways-programmed"),
            *(
                wrong(
                    "gateways-programmed",
                    f"Gateway mc-wan/mc-wan-{one} is not there",
                    "deploy the stack",
                    verdict="warning",
                )
                for one in ("egress", "ingress")
            ),
        ],
    ),
    "ended": (
        "certificates-valid",
        shown(evidence(), Shown(TWO, "198.51.100.12", 31111, (replace(CERTIFICATE, ends=NOW),))),
        [
            rest("certificates-valid"),
            wrong(
                "certificates-valid",
                f"{PLACE} shows a certificate that ended 2026-11-25T12:00:00Z",
                "renew it, or see why cert-manager does not",
            ),
        ],
    ),
    "ends soon": (
        "certificates-valid",
        shown(evidence(), Shown(TWO, "198.51.100.12", 31111, (replace(CERTIFICATE, ends=LIMIT),))),
        [
            rest("certificates-valid"),
            wrong(
                "certificates-valid",
                f"{PLACE} shows a certificate that ends 2026-11-28T12:00:00Z",
                "renew it, or see why cert-manager does not",
                verdict="warning",
            ),
        ],
    ),
    "not reached from here": (
        "certificates-valid",
        shown(evidence(), Shown(TWO, "198.51.100.12", 31111, answers=False, problem="no answer in time")),
        [
            rest("certificates-valid"),
            wrong(
                "certificates-valid",
                f"{PLACE} is not reached from here: no answer in time",
                BY_HAND,
                verdict="not known",
            ),
        ],
    ),
    "somebody else answers": (
        "certificates-valid",
        shown(evidence(), Shown(TWO, "198.51.100.12", 31111, (replace(CERTIFICATE, names=("proxy",)),))),
        [
            rest("certificates-valid"),
            wrong(
                "certificates-valid",
                f"{PLACE} shows a certificate for proxy, not for the gateway",
                BY_HAND,
                verdict="warning",
            ),
        ],
    ),
    "another issuer": (
        "certificates-of-one-root",
        shown(evidence(), Shown(TWO, "198.51.100.12", 31111, (replace(CERTIFICATE, key="09"),))),
        [
            wrong(
                "certificates-of-one-root",
                "they are signed by different issuers: cluster-1 by 0102; cluster-2 by 09",
                "use issuers of one root; ignore this if they are intermediates of one",
                *BOTH,
                verdict="warning",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_told(case: str) -> None:
    check, found, findings = CASES[case]
    assert list(judged(check, found)) == findings


def test_a_feature_that_is_not_listed() -> None:
    found = report(evidence(), TWO, classes={"envoy-gateway": Class(accepted=True, features=("HTTPRouteHostRewrite",))})
    good, *lacking = judged("gateway-features", found)
    assert good == rest("gateway-features")
    assert {one.verdict for one in lacking} == {"failed"}
    assert any("does not list HTTPRouteMethodMatching, which HTTPRoute" in one.sentence for one in lacking)


def test_sources_that_overlap_and_an_address_in_them() -> None:
    found = evidence()
    clusters = dict(found.description.clusters)
    for name, network in zip(BOTH, ("198.51.0.0/16", "198.51.100.0/30"), strict=True):
        clusters[name] = clusters[name].model_copy(update={"sources": (ip_network(network),)})
    played = replace(found, description=found.description.model_copy(update={"clusters": clusters}))
    assert list(judged("addresses-apart", played)) == [
        wrong(
            "addresses-apart",
            "the sources 198.51.0.0/16 of cluster-1 and 198.51.100.0/30 of cluster-2 overlap",
            "write the networks that each has for itself, or number one anew",
            *BOTH,
        ),
        wrong(
            "addresses-apart",
            "cluster-2 is reached at 198.51.100.12, which is in the sources 198.51.0.0/16 of cluster-1",
            "correct ingress.addresses or sources",
            *BOTH,
        ),
    ]


def test_a_node_port_that_is_taken() -> None:
    found = evidence({"clusters/cluster-2/ingress/exposure": "NodePort"})
    own = service("mc-wan-ingress", ports=[{"port": 31111, "nodePort": 31111}])
    own["metadata"]["namespace"] = "envoy-gateway-system"
    other = service("web", ports=[{"port": 80, "nodePort": 31111}])
    assert list(judged("ports-free", survey(found, TWO, services=(own, other)))) == [
        rest("ports-free"),
        wrong(
            "ports-free",
            "Service web.shop has port 31111, the WAN port of high",
            "give the Service or the WAN policy another port",
        ),
    ]


@pytest.mark.parametrize("check", OF_CLUSTERS)
def test_nothing_is_known_of_clusters_that_cannot_be_read(check: str) -> None:
    found = replace(evidence(), surveys=dict.fromkeys(BOTH, LATE))
    assert judged(check, found) == (
        wrong(check, "it could not be read", "see the check reachable", *BOTH, verdict="not known"),
    )


@pytest.mark.parametrize("check", CHECKS)
def test_no_check_needs_anything_that_may_be_missing(check: str) -> None:
    for said in (Survey(), Survey(Reading(failures={"namespaces": DENIED}))):
        found = Evidence(evidence().description, BOTH, NOW, surveys=dict.fromkeys(BOTH, said))
        assert {one.check for one in judged(check, found)} == {check}


def test_every_check_has_its_section() -> None:
    page = DOCS / "how-to" / "doctor.md"
    found = anchors(page.read_text(encoding="utf-8"))
    assert set(CHECKS) <= set(found)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one) for one in CHECKS)
    paths = {Path(one.docs.partition("#")[0]) for one in diagnose(evidence())}
    assert paths == {page.relative_to(DOCS.parent)}
