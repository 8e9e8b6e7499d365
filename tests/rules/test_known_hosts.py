"""Who sees a host name decides whether it is told twice."""

from dataclasses import replace

import pytest

from mcwan.rules import Object, run
from mcwan.rules.known_hosts import RULES
from mcwan.rules.sources import of_plan
from tests.components.examples import plan

EVIDENCE = of_plan(plan("federated"))
(ONCE,) = [rule for rule in RULES if rule.name == "host-told-once"]


def told(kind: str, namespace: str, *seen: str, host: str, **rest: object) -> tuple[str, ...]:
    """Say which clusters are told a host name twice, if somebody else's object tells east's mesh of it."""
    spec = {"hosts": [host], "exportTo": list(seen), **rest}
    metadata = {"name": "theirs", "namespace": namespace}
    content = {"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
    found = run(ONCE, replace(EVIDENCE, objects=(*EVIDENCE.objects, Object("east", content))))
    assert (found.unjudged, found.failure) == ((), "")
    return tuple(sorted({cluster for one in found.violations for cluster in one.clusters}))


@pytest.mark.parametrize(
    ("namespace", "seen", "twice"),
    [
        ("mc-wan", (), True),
        ("mc-wan", (".",), True),
        ("shop", ("*",), True),
        ("shop", ("shop", "mc-wan"), True),
        ("shop", (".",), False),
        ("shop", ("shop",), False),
        ("mc-wan", ("~",), False),
    ],
)
def test_an_upstream_of_the_egress_gateway_is_seen_in_its_namespace_only(
    namespace: str, seen: tuple[str, ...], twice: bool
) -> None:
    found = told("ServiceEntry", namespace, *seen, host="low.vault.secure.mc-wan.internal")
    assert found == (("east",) if twice else ())


@pytest.mark.parametrize(
    ("namespace", "seen", "twice"), [("shop", (), True), ("shop", (".",), True), ("shop", ("~",), False)]
)
def test_an_import_is_seen_everywhere(namespace: str, seen: tuple[str, ...], twice: bool) -> None:
    for kind in ("ServiceEntry", "VirtualService"):
        found = told(kind, namespace, *seen, host="httpbin.httpbin.svc.cluster.local")
        assert found == (("east",) if twice else ())


def test_what_gateways_of_others_answer_to_is_not_told_to_sidecars() -> None:
    host = "httpbin.httpbin.svc.cluster.local"
    assert told("VirtualService", "shop", host=host, gateways=["shop/web"]) == ()
    assert told("VirtualService", "shop", host=host, gateways=["shop/web", "mesh"]) == ("east",)
