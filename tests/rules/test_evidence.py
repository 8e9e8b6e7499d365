"""Look-ups over all clusters."""

from typing import Any

import pytest

from mcwan.rules import Component, Evidence, Object
from mcwan.rules.evidence import Claim, listeners, named, policies_of, role
from mcwan.rules.sources import of_plan
from mcwan.rules.unknown import UNKNOWN, UnjudgedError, Withheld
from tests.components.examples import plan
from tests.rules.mutations import put, swapped

LATER = Withheld("x", UNKNOWN)
DEV, TRIO = (of_plan(plan(name)) for name in ("dev", "trio"))


def service(name: Any, namespace: Any = "shop", cluster: str = "east", api_version: str = "v1") -> Object:
    metadata = {"name": name, "namespace": namespace}
    return Object(cluster, {"apiVersion": api_version, "kind": "Service", "metadata": metadata})


def test_objects_are_found_by_their_name() -> None:
    a, b = service("a"), service("b")
    evidence = Evidence((b, a))
    assert evidence.of_kind("Service") == [a, b]
    assert evidence.find("east", "Service", "shop", "a") is a
    assert evidence.find("west", "Service", "shop", "a") is None
    assert evidence.of_kind("Deployment") == ()


def test_a_kind_of_another_group_is_another_kind() -> None:
    evidence = Evidence((service("a", api_version="serving.knative.dev/v1"),))
    assert evidence.of_kind("Service") == ()
    assert evidence.find("east", "Service", "shop", "a") is None


def test_an_object_without_a_known_name_may_be_the_one_that_is_not_found() -> None:
    evidence = Evidence((service(LATER), service("b", LATER, "west")))
    with pytest.raises(
        UnjudgedError, match=r"^Service shop/\? on east has a name that is not known before the update$"
    ):
        evidence.find("east", "Service", "shop", "a")
    assert evidence.find("east", "Service", "other", "a") is None, "its namespace is another one"
    with pytest.raises(UnjudgedError, match=r"^Service \?/b on west has a name"):
        evidence.find("west", "Service", "any", "b")
    assert [type(one) for one in named([*evidence.objects, service("c")])] == [UnjudgedError, UnjudgedError, Object]


def test_clusters_are_those_with_a_policy_a_gateway_or_told_by_a_component() -> None:
    assert TRIO.clusters == ("east", "edge", "west")
    told = Component("EastWestGateway", "g", {"clusters": {"far": {}}})
    odd = Component("EastWestGateway", "h", {"clusters": LATER})
    assert Evidence((service("a"),), (told, odd)).clusters == ("far",)


def test_gateways_are_known_by_name_or_label() -> None:
    found = {str(one): role(one) for one in TRIO.gateways if isinstance(one, Object) and one.cluster == "west"}
    assert found == {
        "Gateway mc-wan/mc-wan-egress on west": "egress",
        "Gateway mc-wan/mc-wan-ingress on west": "ingress",
        "Gateway secure/vault-clusterset on west": "egress",
        "Gateway secure/vault-ingress on west": "ingress",
    }
    assert str(TRIO.ingress_gateway("west")) == "Gateway mc-wan/mc-wan-ingress on west"
    assert str(TRIO.ingress_gateway("west", ("vault", "secure"))) == "Gateway secure/vault-ingress on west"
    assert TRIO.ingress_gateway("west", ("payment", "secure")) is None
    with pytest.raises(UnjudgedError, match=r"^cluster nowhere is led to, and is not among what is judged"):
        TRIO.ingress_gateway("nowhere")
    shared = TRIO.ingress_gateway("west")
    assert shared is not None
    assert listeners(shared) == {"high": 31111, "low": 31112}


def test_the_own_gateway_of_an_unknown_export_never_stands_for_the_shared_one() -> None:
    own = TRIO.ingress_gateway("west", ("vault", "secure"))
    assert own is not None
    label = ("metadata", "labels", "mc-wan.l7mp.io/export")
    evidence = swapped(TRIO, own, put(own.content, label, LATER))
    assert str(evidence.ingress_gateway("west")) == "Gateway mc-wan/mc-wan-ingress on west"
    with pytest.raises(UnjudgedError):
        evidence.ingress_gateway("west", ("vault", "secure"))


def test_claims_are_by_listener_and_host_name() -> None:
    claim = Claim("cluster-1", "mc-wan/mc-wan-ingress", "high", "payment.secure.svc.cluster.local")
    assert [str(one) for one in DEV.claims[claim]] == ["HTTPRoute mc-wan/payment.secure.ingress.high on cluster-1"]
    assert claim._replace(cluster="cluster-2") not in DEV.claims
    assert DEV.unread == {}


def test_what_leads_to_remote_gateways() -> None:
    target = TRIO.find("edge", "Service", "mc-wan", "target-east")
    own = TRIO.find("east", "Service", "secure", "vault-clusterset-to-west")
    assert target is not None
    assert own is not None
    assert [str(one) for one in TRIO.behind(target)] == ["Gateway mc-wan/mc-wan-ingress on east"]
    assert [str(one) for one in TRIO.behind(own)] == ["Gateway secure/vault-ingress on west"]


def test_policies_are_read_from_annotations() -> None:
    found = {str(one): policies_of(one) for one in TRIO.of_kind("ServiceExport") if one.cluster == "west"}
    assert found == {
        "ServiceExport catalog/pricing-v1 on west": ("high",),
        "ServiceExport insecure/logging on west": ("low",),
        "ServiceExport secure/payment on west": ("high", "low"),
        "ServiceExport secure/vault on west": ("high",),
    }


def test_grants_are_by_both_namespaces() -> None:
    assert DEV.grants == {
        ("cluster-1", "insecure", "mc-wan"): frozenset({""}),
        ("cluster-1", "secure", "mc-wan"): frozenset({""}),
    }
    grant = DEV.of_kind("ReferenceGrant")[0]
    evidence = swapped(DEV, grant, put(grant.content, ("spec", "to"), LATER))
    assert ("cluster-1", "insecure", "mc-wan") not in evidence.grants
    assert str(evidence.ungranted("cluster-1")) == "x is not known before the update"
    assert evidence.ungranted("cluster-2") is None
