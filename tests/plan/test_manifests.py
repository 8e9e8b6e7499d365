"""Labels, metadata, and the order in which a cluster accepts objects."""

import pytest

from mcwan.plan.manifests import apply_order, identity, labels, manifest
from tests.fabrics import ISSUED, Raw, changed, exported, fabric, labelled, on, planned


def test_labels() -> None:
    dev = fabric(name="dev")
    assert labels(dev, "target") == {
        "app.kubernetes.io/name": "mc-wan",
        "app.kubernetes.io/instance": "dev",
        "app.kubernetes.io/component": "target",
        "app.kubernetes.io/part-of": "mc-wan",
        "app.kubernetes.io/managed-by": "mcwan",
    }
    assert labels(dev, "export", export="payment.secure", policies=["high", "low"]) == labels(dev, "export") | {
        "mc-wan.l7mp.io/export": "payment",
        "mc-wan.l7mp.io/export-namespace": "secure",
        "wan-policy.mc-wan.l7mp.io/high": "true",
        "wan-policy.mc-wan.l7mp.io/low": "true",
    }
    assert labelled("target", fabric="dev") == labels(dev, "target")


def test_labels_of_the_fabrics_own() -> None:
    ours = fabric(labels={"team": "payments", "example.org/cost-centre": "4711"})
    assert list(labels(ours, "target").items()) == [
        ("example.org/cost-centre", "4711"),
        ("team", "payments"),
        *labels(fabric(), "target").items(),
    ]


def test_every_object_has_the_labels_of_the_fabrics_own() -> None:
    raw = changed(
        {
            "tls": ISSUED,
            "clusters/cluster-1/gateway": {"profile": "istio", "class": "istio"},
            "clusters/cluster-1/ingress/exposure": "NodePort",
            "clusters/cluster-1/sources": ["10.1.0.0/16"],
            "clusters/cluster-2/sources": ["10.2.0.0/16"],
            "clusters/cluster-2/namespaces": ["secure", "insecure", "own"],
            "exports/0/callers": ["cluster-2"],
            "exports/1/from": ["cluster-1", "cluster-2"],
            "exports/1/failover": "high",
            "exports/-": exported(service="cart.own", from_=["cluster-2"], callers=["cluster-1"], failover="high"),
            "clusters/edge": {"renderTo": "edge", "sources": ["10.3.0.0/16"], "namespaces": ["own"]},
        }
    )
    plain, ours = planned(raw), planned({**raw, "labels": {"team": "payments"}})
    for one, other in zip(plain.objects, ours.objects, strict=True):
        assert other.manifest["metadata"]["labels"] == {"team": "payments"} | one.manifest["metadata"]["labels"]
    assert {one.manifest["kind"] for one in ours.objects} == set(KINDS)


def test_manifest() -> None:
    assert manifest("v1", "Service", "a", "b", {"c": "d"}, annotations={"e": "f"}, spec={}) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "b", "labels": {"c": "d"}, "annotations": {"e": "f"}},
        "spec": {},
    }
    assert manifest("v1", "Namespace", "a", None, {}, annotations=None) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "a", "labels": {}},
    }


def test_identity() -> None:
    assert identity(manifest("v1", "Service", "a", "b", {})) == ("v1", "Service", "b", "a")
    assert identity(manifest("v1", "Namespace", "a", None, {})) == ("v1", "Namespace", "", "a")


KINDS = (
    "CustomResourceDefinition",
    "Namespace",
    "WANPolicy",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ConfigMap",
    "Role",
    "RoleBinding",
    "Certificate",
    "NetworkPolicy",
    "EnvoyProxy",
    "ClientTrafficPolicy",
    "Gateway",
    "EnvoyFilter",
    "ReferenceGrant",
    "Service",
    "EndpointSlice",
    "ServiceEntry",
    "DestinationRule",
    "Backend",
    "BackendTLSPolicy",
    "BackendTrafficPolicy",
    "SecurityPolicy",
    "AuthorizationPolicy",
    "ServiceExport",
    "ServiceImport",
    "HTTPRoute",
)


def test_apply_order() -> None:
    """Definitions, then the namespace, what refers to nothing, routes last; inside a kind by namespace and name."""
    made = [manifest("v1", kind, "a", "b", {}) for kind in KINDS]
    backwards = made[::-1]
    assert sorted(backwards, key=apply_order) == made
    some = [manifest("v1", "Service", name, namespace, {}) for namespace, name in (("a", "z"), ("b", "a"), ("b", "c"))]
    backwards = some[::-1]
    assert sorted(backwards, key=apply_order) == some
    unknown = manifest("v1", "Zebra", "a", "a", {})
    assert sorted([unknown, *made], key=apply_order)[-1] == unknown


@pytest.mark.parametrize(
    "changes",
    [{}, {"clusters/cluster-1/gateway": {"profile": "istio", "class": "istio"}, "exports/-": exported()}],
)
def test_a_plans_objects_come_in_that_order(changes: Raw) -> None:
    plan = planned(changed(changes))
    assert [one.cluster for one in plan.objects] == sorted(one.cluster for one in plan.objects)
    for cluster in ("cluster-1", "cluster-2"):
        ranks = [KINDS.index(one["kind"]) for one in on(plan, cluster)]
        assert ranks == sorted(ranks)
        assert ranks[0] == 0
        assert ranks[-1] == len(KINDS) - 1
    for clusters in plan.by_owner.values():
        for manifests in clusters.values():
            assert manifests == sorted(manifests, key=apply_order)
