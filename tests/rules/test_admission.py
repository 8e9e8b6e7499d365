"""Policies that let nobody in are told where they reach the fabric's gateways; what admits or refuses some is not."""

from dataclasses import replace
from typing import Any

from mcwan.rules import RULES, Evidence, Object, Violation, run
from mcwan.rules.sources import of_plan
from mcwan.rules.unknown import UNKNOWN, Withheld
from tests.components.examples import plan

(RULE,) = [one for one in RULES if one.name == "clients-admitted"]
ENVOY, ISTIO = of_plan(plan("dev")), of_plan(plan("federated"))
REMEDY = (
    "remove it, or let it admit the fabric's gateways; who may call an export, say in mcwan:exports[].callers of it"
)
GATEWAY: dict[str, Any] = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "mc-wan-ingress"}


def found(evidence: Evidence, *added: Object) -> tuple[list[Violation], list[str]]:
    verdict = run(RULE, replace(evidence, objects=(*evidence.objects, *added)))
    assert verdict.failure == ""
    return list(verdict.violations), list(verdict.unjudged)


def said(evidence: Evidence, *added: Object) -> list[str]:
    violations, unjudged = found(evidence, *added)
    assert unjudged == []
    return [one.what for one in violations]


def security(authorization: Any, **aim: Any) -> Object:
    metadata = {"name": "theirs", "namespace": "mc-wan"}
    spec = {"targetRefs": [GATEWAY], "authorization": authorization, **aim}
    content = {"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "SecurityPolicy", "metadata": metadata}
    return Object("cluster-1", {**content, "spec": spec})


def authorization(namespace: str, spec: Any, name: str = "theirs", on: str = "east", **annotations: str) -> Object:
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    content = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata}
    return Object(on, {**content, "spec": spec})


def test_a_security_policy_that_lets_nobody_in() -> None:
    start = (
        "SecurityPolicy mc-wan/theirs on cluster-1 refuses everybody at Gateway mc-wan/mc-wan-ingress on cluster-1: "
    )
    end = "; mcwan's admit the fabric's gateways"
    for its, how in (
        ({}, "its default action is Deny, as it says none, and no rule allows anybody"),
        ({"defaultAction": "Deny"}, "its default action is Deny, and no rule allows anybody"),
        ({"defaultAction": "Allow", "rules": [{"action": "Deny"}]}, "a rule denies every request"),
    ):
        assert said(ENVOY, security(its)) == [f"{start}{how}{end}"]


def test_a_security_policy_that_admits_some_or_is_for_others() -> None:
    cidr = {"clientCIDRs": ["10.0.0.0/8"]}
    for one in (
        security({"rules": [{"action": "Allow", "principal": cidr}]}),
        security({"defaultAction": "Allow", "rules": [{"action": "Deny", "principal": cidr}]}),
        security({"defaultAction": "Allow", "rules": [{"action": "Deny", "operation": {"methods": ["PUT"]}}]}),
        security({"defaultAction": "Allow", "rules": [{"action": "Deny", "cel": "false"}]}),
        security(None),
        security({}, targetRefs=[GATEWAY | {"name": "theirs"}]),
        security({}, targetRefs=[GATEWAY | {"group": "example.com"}]),
        security({}, targetRefs=[], targetSelectors=[{"kind": "Gateway", "matchLabels": {"team": "shop"}}]),
    ):
        assert said(ENVOY, one) == []


def test_an_authorization_policy_that_allows_nothing() -> None:
    one = authorization("istio-system", {})
    violations, unjudged = found(ISTIO, one)
    gateways = sorted({it.what.partition(" at ")[2].partition(":")[0] for it in violations})
    assert (unjudged, gateways) == ([], [f"Gateway mc-wan/mc-wan-{role} on east" for role in ("egress", "ingress")])
    assert violations[0] == Violation(
        "AuthorizationPolicy istio-system/theirs on east lets nobody in at Gateway mc-wan/mc-wan-egress on east: it "
        "allows, has no rules, and nothing else allows anybody; mcwan's admit the fabric's gateways",
        REMEDY,
        ("east",),
        "AuthorizationPolicy istio-system/theirs on east",
    )
    everybody = authorization("mc-wan", {"rules": [{}]}, "all")
    assert said(ISTIO, one, everybody) == []
    for other in (
        authorization("shop", {}),
        authorization("istio-system", {"selector": {"matchLabels": {"app": "web"}}}),
        authorization("istio-system", {"targetRefs": [GATEWAY]}),
        authorization("mc-wan", {"targetRefs": [GATEWAY | {"name": "theirs"}]}),
        authorization("mc-wan", {"action": "AUDIT"}),
        authorization("mc-wan", {"action": "DENY"}),
        authorization("mc-wan", {}, **{"istio.io/dry-run": "true"}),
    ):
        assert said(ISTIO, other) == []


def denying(rule: Any) -> Object:
    return authorization("mc-wan", {"targetRefs": [GATEWAY], "action": "DENY", "rules": [rule]}, on="west")


def test_an_authorization_policy_that_denies_everybody() -> None:
    start = "AuthorizationPolicy mc-wan/theirs on west refuses everybody"
    end = " at Gateway mc-wan/mc-wan-ingress on west; mcwan's admit the fabric's gateways"
    operation: dict[str, Any]
    for operation, which in (
        ({"methods": ["*"], "paths": ["/*"]}, "altogether"),
        ({"hosts": ["*.httpbin.svc.cluster.local"]}, "who asks for httpbin-clusterset.httpbin.svc.cluster.local"),
        ({"hosts": ["HTTPBIN.*"]}, "who asks for httpbin.httpbin.svc.cluster.local"),
        ({"ports": ["31111", "80"]}, "on port 31111"),
    ):
        assert said(ISTIO, denying({"to": [{"operation": operation}]})) == [f"{start} {which}{end}"]
    shown = {"from": [{"source": {"principals": ["*"]}}]}  # whoever has a certificate, which TLS asks everybody for
    assert said(ISTIO, denying(shown)) == [f"{start} altogether{end}"]


def test_an_authorization_policy_that_denies_some() -> None:
    for rule in (
        {"from": [{"source": {"principals": ["else.where/*"]}}]},
        {"from": [{"source": {"notPrincipals": ["else.where/*"]}}]},
        {"from": [{"source": {"ipBlocks": ["10.0.0.0/8"]}}]},
        {"from": [{"source": {"ipBlocks": ["0.0.0.0/0"], "notIpBlocks": ["10.0.0.0/8"]}}]},
        {"to": [{"operation": {"methods": ["PUT"]}}]},
        {"to": [{"operation": {"hosts": ["web.shop.svc.cluster.local"]}}]},
        {"to": [{"operation": {"hosts": ["*"], "notPorts": ["31111"]}}]},
        {"to": [{"operation": {"ports": ["80"]}}]},
        {"when": [{"key": "request.headers[x-odd]", "values": ["*"]}]},
    ):
        assert said(ISTIO, denying(rule)) == []


def test_what_is_not_known_is_not_judged() -> None:
    withheld, why = Withheld("theirs", UNKNOWN), ["theirs is not known before the update"]
    assert found(ENVOY, security(withheld)) == ([], why)
    assert found(ENVOY, security({}, targetRefs=withheld)) == ([], why)
    assert found(ISTIO, authorization("mc-wan", {"rules": withheld})) == ([], why)
    assert found(ISTIO, denying({"from": withheld})) == ([], why)
