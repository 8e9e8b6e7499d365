"""Load balancers are internal by what mcwan writes for each provider, and public without that."""

from typing import Any, get_args

import pytest

from mcwan.model.cluster import Balancer
from mcwan.rules import RULES, Evidence, run
from mcwan.rules.sources import of_plan
from tests.fabrics import changed, planned
from tests.rules.mutations import at, dropped, put, swapped

(RULE,) = [one for one in RULES if one.name == "gateway-is-private"]
ANNOTATIONS = ("spec", "provider", "kubernetes", "envoyService", "annotations")
PUBLIC = (
    "EnvoyProxy mc-wan/mc-wan-ingress on cluster-1 orders a LoadBalancer without an annotation that keeps it internal"
)


def balanced(name: str) -> Evidence:
    ingress: dict[str, Any] = {"addresses": ["198.51.100.11"], "exposure": "LoadBalancer", "balancer": name}
    pool = {"balancerPool": "sdwan"} if name == "metallb" else {}
    return of_plan(planned(changed({"clusters/cluster-1/ingress": ingress | pool})))


def said(evidence: Evidence) -> list[str]:
    return [one.what for one in run(RULE, evidence).violations]


@pytest.mark.parametrize("name", get_args(Balancer))
def test_the_balancers_that_mcwan_orders_are_private(name: str) -> None:
    evidence = balanced(name)
    assert said(evidence) == []
    proxy = evidence.find("cluster-1", "EnvoyProxy", "mc-wan", "mc-wan-ingress")
    assert proxy is not None
    assert said(swapped(evidence, proxy, dropped(proxy.content, ANNOTATIONS))) == [PUBLIC]
    for wrong in ("", "Internet"):
        others = dict.fromkeys(at(proxy.content, ANNOTATIONS), wrong)
        found = said(swapped(evidence, proxy, put(proxy.content, ANNOTATIONS, others)))
        assert found == ([] if name == "metallb" and wrong else [PUBLIC])  # any pool is the operator's word
