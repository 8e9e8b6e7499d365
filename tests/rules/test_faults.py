"""Faults that somebody injects on purpose are told where they reach what is the fabric's, and nowhere else."""

from dataclasses import replace
from typing import Any

from mcwan.rules import RULES, Object, run
from mcwan.rules.sources import of_plan
from mcwan.rules.unknown import UNKNOWN, Withheld
from tests.components.examples import plan

(RULE,) = [one for one in RULES if one.name == "route-does-no-more"]
EVIDENCE = of_plan(plan("dev"))


def said(kind: str, namespace: str, spec: Any) -> tuple[list[str], list[str]]:
    """Give what is told, and not judged, where such an object is added."""
    version = "gateway.envoyproxy.io/v1alpha1" if kind == "BackendTrafficPolicy" else "networking.istio.io/v1"
    metadata = {"name": "theirs", "namespace": namespace}
    one = Object("cluster-1", {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})
    found = run(RULE, replace(EVIDENCE, objects=(*EVIDENCE.objects, one)))
    return [it.what for it in found.violations], list(found.unjudged)


def faulty(*hosts: str) -> dict[str, Any]:
    fault = {"delay": {"percentage": {"value": 10.0}, "fixedDelay": "1s"}}
    return {"hosts": list(hosts), "http": [{"name": "odd", "fault": fault}, {"name": "even"}]}


def test_a_virtual_service_for_a_name_of_an_import() -> None:
    what = (
        "VirtualService shop/theirs on cluster-1, rule odd injects faults into requests for {}: delay (value 10, "
        "fixedDelay 1s); mcwan's rules inject none"
    )
    host = "payment-clusterset.secure.svc.cluster.local"
    egress = "mc-wan-egress.envoy-gateway-system.svc.cluster.local"
    for its, told in (
        ([host], host),
        (["*.secure.svc.cluster.local"], host),
        (["web", "payment.secure.svc.clusterset.local"], "payment.secure.svc.clusterset.local"),
        ([egress], egress),
    ):
        assert said("VirtualService", "shop", faulty(*its)) == ([what.format(told)], [])


def test_what_is_for_others_is_not_told() -> None:
    local = "payment.secure.svc.cluster.local"  # of pods of this cluster, too
    assert said("VirtualService", "shop", faulty("web", local, "*.shop.svc.cluster.local")) == ([], [])
    ref = {"kind": "Gateway", "name": "mc-wan-ingress"}
    never = {"faultInjection": {"abort": {"httpStatus": 503, "percentage": 0.0}}}
    assert said("BackendTrafficPolicy", "mc-wan", {"targetRefs": [ref], **never}) == ([], [])
    always = {"faultInjection": {"abort": {"httpStatus": 503}}}
    assert said("BackendTrafficPolicy", "shop", {"targetRefs": [ref], **always}) == ([], [])


def test_what_is_not_known_is_not_judged() -> None:
    withheld = Withheld("theirs", UNKNOWN)
    spec = {"targetRefs": [{"kind": "Gateway", "name": "mc-wan-ingress"}], "faultInjection": withheld}
    assert said("BackendTrafficPolicy", "mc-wan", spec) == ([], ["theirs is not known before the update"])
    assert said("VirtualService", "shop", faulty("a") | {"hosts": withheld}) == (
        [],
        ["theirs is not known before the update"],
    )
