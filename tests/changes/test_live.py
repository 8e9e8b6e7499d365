"""Objects as clusters have them: just what was applied of each."""

from typing import Any

from mcwan.changes.live import applied, of_live, only
from tests.fabrics import on, planned


def owned(value: Any) -> Any:
    """Give the FieldsV1 of a value, its lists whole."""
    if isinstance(value, dict):
        return {f"f:{key}": owned(part) for key, part in value.items()}
    return {}


def test_what_was_applied_is_what_was_planned() -> None:
    plan = planned()
    clusters = {}
    for cluster in ("cluster-1", "cluster-2"):
        clusters[cluster] = [
            {
                **one,
                "metadata": {
                    **one["metadata"],
                    "uid": "1",
                    "managedFields": [
                        {"operation": "Apply", "manager": "mcwan", "fieldsV1": owned(one)},
                        {"operation": "Update", "manager": "kube", "fieldsV1": {"f:spec": {"f:clusterIP": {}}}},
                    ],
                },
                "spec": {**one.get("spec", {}), "clusterIP": "10.0.0.1"},
                "status": {"ready": True},
            }
            for one in on(plan, cluster)
        ]
    clusters["cluster-1"].append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "theirs"}})
    found = of_live(clusters)
    assert [one.cluster for one in found.objects] == [one.cluster for one in plan.objects]
    assert [one.content for one in found.objects] == [one.manifest for one in plan.objects]


def test_items_of_lists_and_several_appliers() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP"}, {"name": "theirs", "port": 81}]
    fields = [
        {"f:spec": {"f:ports": {'k:{"name":"http"}': {".": {}, "f:name": {}, "f:port": {}}}, "f:all": {'v:"a"': {}}}},
        {"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:type": {}}},
    ]
    one = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "x",
            "namespace": "y",
            "labels": {"a": "1", "b": "2"},
            "managedFields": [{"operation": "Apply", "fieldsV1": it} for it in fields],
        },
        "spec": {"ports": ports, "all": ["a", "b"], "type": "ClusterIP", "other": 1},
    }
    assert applied(one) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x", "namespace": "y", "labels": {"a": "1"}},
        "spec": {"ports": [{"name": "http", "port": 80}], "all": ["a"], "type": "ClusterIP"},
    }
    assert applied({"metadata": {}}) == {"metadata": {}}


def test_of_what_others_applied_nothing_is_known_but_what_is_planned() -> None:
    plan = planned()
    there = {"cluster-1": [{**one, "status": {}} for one in on(plan, "cluster-1")]}
    for one in there["cluster-1"]:
        if one["kind"] == "Service":
            one["spec"] = {**one["spec"], "clusterIP": "10.0.0.1"}
    wanted = [(one.cluster, one.manifest) for one in plan.objects]
    found = of_live(there, wanted)
    assert [one.content for one in found.objects] == on(plan, "cluster-1")


def test_what_is_planned_of_lists() -> None:
    assert only([{"name": "a", "x": 1}], [{"name": "a", "x": 2, "y": 3}, {"name": "b"}]) == [
        {"name": "a", "x": 2},
        {"name": "b"},
    ]
    assert only([{"x": 1}], [{"x": 2, "y": 3}]) == [{"x": 2}]
    assert only([{"x": 1}], []) == []
    assert only({"a": {}, "b": 1}, {"b": 2, "c": 3}) == {"a": {}, "b": 2}


def test_what_somebody_else_took_over_is_compared() -> None:
    plan = planned()
    [route, *_] = [one for one in on(plan, "cluster-1") if one["kind"] == "HTTPRoute"]
    entries = [
        {"operation": "Apply", "manager": "mcwan", "fieldsV1": {"f:spec": {"f:hostnames": {}}}},
        {"operation": "Update", "manager": "kubectl-patch", "fieldsV1": {"f:spec": {"f:rules": {}}}},
    ]
    there = {**route, "metadata": {**route["metadata"], "managedFields": entries}}
    [found] = of_live({"cluster-1": [there]}, [(one.cluster, one.manifest) for one in plan.objects]).objects
    assert found.content == route


def test_defaults_within_a_part_that_is_owned_as_a_whole_are_left_out() -> None:
    guard: dict[str, Any] = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "guard"},
        "spec": {"matchConstraints": {"resourceRules": [{"resources": ["wanpolicies"]}]}},
    }
    there = {
        **guard,
        "metadata": {
            "name": "guard",
            "managedFields": [{"operation": "Apply", "fieldsV1": {"f:spec": {"f:matchConstraints": {}, "f:gone": {}}}}],
        },
        "spec": {
            "gone": 1,
            "matchConstraints": {
                "matchPolicy": "Equivalent",
                "resourceRules": [{"resources": ["wanpolicies"], "scope": "*"}],
            },
        },
    }
    assert applied(there, guard) == {**guard, "spec": {**guard["spec"], "gone": 1}}
