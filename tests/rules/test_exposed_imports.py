"""Imports are not to be had from the Internet: by an Ingress, or by a route on a Gateway that it reaches."""

from dataclasses import replace
from typing import Any

import pytest

from mcwan.rules import RULES, Object, run
from mcwan.rules.sources import of_plan
from mcwan.rules.unknown import UNKNOWN, Withheld
from tests.components.examples import plan

(RULE,) = [one for one in RULES if one.name == "gateway-is-private"]
EVIDENCE = of_plan(plan("dev"))
IMPORT = "payment-clusterset.secure, the import of payment.secure"


def made(version: str, kind: str, name: str, spec: Any, **annotations: str) -> Object:
    metadata = {"name": name, "namespace": "secure", "annotations": annotations}
    return Object("cluster-1", {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})


def said(*added: Object) -> tuple[list[str], list[str]]:
    found = run(RULE, replace(EVIDENCE, objects=(*EVIDENCE.objects, *added)))
    assert found.failure == ""
    return [one.what for one in found.violations], list(found.unjudged)


def ingress(service: Any, class_name: str = "nginx", **annotations: str) -> Object:
    paths = [{"path": "/", "backend": {"service": {"name": service, "port": {"number": 8080}}}}]
    spec = {"ingressClassName": class_name, "rules": [{"http": {"paths": paths}}]}
    return made("networking.k8s.io/v1", "Ingress", "web", spec, **annotations)


def route(ref: dict[str, Any]) -> Object:
    spec = {"parentRefs": [{"name": "web"}], "rules": [{"backendRefs": [ref]}]}
    return made("gateway.networking.k8s.io/v1", "HTTPRoute", "web", spec)


def gateway(spec: dict[str, Any], **annotations: str) -> Object:
    return made("gateway.networking.k8s.io/v1", "Gateway", "web", {"listeners": [], **spec}, **annotations)


def test_an_ingress_to_an_import() -> None:
    assert said(ingress("payment-clusterset")) == (
        [f"Ingress secure/web on cluster-1 sends to {IMPORT}, from wherever its controller is reached"],
        [],
    )


def test_an_ingress_to_something_else_or_of_an_internal_controller() -> None:
    for one in (
        ingress("payment"),
        ingress("theirs-clusterset"),
        ingress("payment-clusterset", "nginx-internal"),
        ingress("payment-clusterset", "alb", **{"alb.ingress.kubernetes.io/scheme": "internal"}),
    ):
        assert said(one) == ([], [])


@pytest.mark.parametrize(
    ("spec", "how"),
    [
        ({"gatewayClassName": "gke-l7-gxlb"}, "is of class gke-l7-gxlb, a load balancer on the Internet"),
        ({"gatewayClassName": "istio"}, "orders a LoadBalancer without an annotation that keeps it internal"),
        (
            {"gatewayClassName": "odd", "addresses": [{"value": "8.8.8.8"}]},
            "is at 8.8.8.8, an address of the Internet",
        ),
    ],
)
def test_a_route_to_an_import_on_a_public_gateway(spec: dict[str, Any], how: str) -> None:
    group = "multicluster.x-k8s.io"
    for ref in (
        {"name": "payment-clusterset", "port": 80},
        {"group": group, "kind": "ServiceImport", "name": "payment"},
    ):
        assert said(route(ref), gateway(spec)) == (
            [f"HTTPRoute secure/web on cluster-1 sends to {IMPORT}, and Gateway secure/web on cluster-1 {how}"],
            [],
        )


def test_a_route_on_a_gateway_of_which_nobody_says_that_it_is_public_or_to_something_else() -> None:
    public, to = gateway({"gatewayClassName": "gke-l7-gxlb"}), {"name": "payment-clusterset", "port": 80}
    assert said(route({"name": "payment", "port": 80}), public) == ([], [])
    assert said(route({"name": "theirs-clusterset", "port": 80}), public) == ([], [])
    assert said(route(to)) == ([], [])
    assert said(route(to), gateway({"gatewayClassName": "nginx"})) == ([], [])
    internal = {"networking.istio.io/service-type": "ClusterIP"}
    assert said(route(to), gateway({"gatewayClassName": "istio"}, **internal)) == ([], [])


def test_what_is_not_known_is_not_judged() -> None:
    withheld, why = Withheld("theirs", UNKNOWN), ["theirs is not known before the update"]
    assert said(ingress(withheld)) == ([], why)
    assert said(route({"name": withheld}), gateway({"gatewayClassName": "gke-l7-gxlb"})) == ([], why)
    assert said(route({"name": "payment-clusterset"}), gateway({"gatewayClassName": withheld})) == ([], why)
