"""The namespace and the definition of WANPolicy."""

import jsonschema
import pytest

from tests.fabrics import Raw, called, changed, labelled, on, planned

CRD = "wanpolicies.mc-wan.l7mp.io"
GUARD = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


@pytest.mark.parametrize("cluster", ["cluster-1", "cluster-2"])
def test_every_cluster_has_the_namespace(cluster: str) -> None:
    assert called(planned(), cluster, "Namespace", "mc-wan") == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "mc-wan", "labels": labelled("fabric")},
    }


def test_the_definition_of_wan_policy() -> None:
    crd = called(planned(), "cluster-1", "CustomResourceDefinition", CRD)
    assert crd["apiVersion"] == "apiextensions.k8s.io/v1"
    assert crd["metadata"] == {"name": CRD, "labels": labelled("fabric")}
    spec = crd["spec"]
    (version,) = spec.pop("versions")
    assert spec == {
        "group": "mc-wan.l7mp.io",
        "scope": "Cluster",
        "names": {
            "kind": "WANPolicy",
            "listKind": "WANPolicyList",
            "plural": "wanpolicies",
            "singular": "wanpolicy",
            "shortNames": ["wanp"],
        },
    }
    assert (version["name"], version["served"], version["storage"]) == ("v1alpha1", True, True)
    assert [(one["name"], one["type"], one["jsonPath"]) for one in version["additionalPrinterColumns"]] == [
        ("Tunnel", "string", ".spec.tunnel"),
        ("Port", "integer", ".spec.port"),
        ("Jitter", "integer", ".spec.sla.jitterMs"),
        ("Latency", "integer", ".spec.sla.latencyMs"),
        ("Loss", "number", ".spec.sla.lossPercent"),
        ("TLS", "string", ".spec.tls"),
        ("Failover", "string", ".spec.failover"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ]


def test_the_definitions_schema_takes_the_objects_and_refuses_others() -> None:
    plan = planned()
    crd = called(plan, "cluster-1", "CustomResourceDefinition", CRD)
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for policy in on(plan, "cluster-1", "WANPolicy"):
        jsonschema.validate(policy, schema)
        changes: tuple[Raw, ...] = (
            {"port": 0},
            {"port": 65536},
            {"tunnel": ""},
            {"tls": "simple"},
            {"failover": ""},
            {"sla": {}},
            {"sla": policy["spec"]["sla"] | {"jitterMs": -1}},
            {"sla": policy["spec"]["sla"] | {"latencyMs": 0.5}},
            {"sla": policy["spec"]["sla"] | {"lossPercent": 100.1}},
        )
        for change in changes:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(policy | {"spec": policy["spec"] | change}, schema)
        for missing in ("tunnel", "port", "sla"):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(
                    policy | {"spec": {k: v for k, v in policy["spec"].items() if k != missing}}, schema
                )


FOUNDATION = {"Namespace", "CustomResourceDefinition", *GUARD}


@pytest.mark.parametrize(
    ("manage", "left"),
    [
        ({}, set()),
        ({"namespace": False}, {"Namespace"}),
        ({"wanPolicyCrd": False}, {"CustomResourceDefinition"}),
        ({"wanPolicyGuard": False}, GUARD),
        ({"namespace": False, "wanPolicyCrd": False, "wanPolicyGuard": False}, FOUNDATION),
    ],
)
def test_each_can_be_left_to_others(manage: dict[str, bool], left: set[str]) -> None:
    plan = planned(changed({"manage": manage}))
    for cluster in ("cluster-1", "cluster-2"):
        kinds = {one["kind"] for one in on(plan, cluster)}
        assert kinds & FOUNDATION == FOUNDATION - left
        assert kinds >= {"WANPolicy", "Gateway", "HTTPRoute"}
