"""Objects that are missing, left over, or differ."""

from copy import deepcopy

from mcwan.drift import Difference, Drift, drifts
from tests.fabrics import described, planned

PLAN = planned(described())
OBJECTS = [one.manifest for one in PLAN.objects if one.cluster == "cluster-1"]


def test_all_as_planned() -> None:
    assert drifts("cluster-1", OBJECTS, deepcopy(OBJECTS)) == ()
    assert drifts("cluster-1", OBJECTS, reversed(deepcopy(OBJECTS))) == ()


def test_missing_left_over_and_different() -> None:
    there = deepcopy(OBJECTS)
    policy = next(one for one in there if one["kind"] == "WANPolicy")
    policy["spec"]["port"] = 31119
    routes = (one for one in there if one["kind"] == "HTTPRoute")
    route = next(one for one in routes if "mc-wan.l7mp.io/export" in one["metadata"]["labels"])
    there.remove(route)
    old = deepcopy(route)
    old["metadata"]["name"] = "old"
    there.append(old)
    labels, namespace = route["metadata"]["labels"], route["metadata"]["namespace"]
    export = f"{labels['mc-wan.l7mp.io/export']}.{labels['mc-wan.l7mp.io/export-namespace']}"
    found = drifts("cluster-1", OBJECTS, there)
    port = Difference("spec.port", 31111, 31119)
    assert set(found) == {
        Drift("cluster-1", "differs", "WANPolicy", "", policy["metadata"]["name"], "", (port,)),
        Drift("cluster-1", "missing", "HTTPRoute", namespace, route["metadata"]["name"], export),
        Drift("cluster-1", "left over", "HTTPRoute", namespace, "old", export),
    }
    assert [one.kind for one in found] == ["WANPolicy", "HTTPRoute", "HTTPRoute"]
    assert sorted(line for one in found for line in one.lines()) == [
        f"cluster-1: HTTPRoute {namespace}/{route['metadata']['name']}: is missing",
        f"cluster-1: HTTPRoute {namespace}/old: is left over: nothing plans it any more",
        f"cluster-1: WANPolicy {policy['metadata']['name']}: spec.port is 31119, planned 31111",
    ]


def test_another_version_of_the_api_is_the_same_object() -> None:
    there = [{**deepcopy(one), "apiVersion": one["apiVersion"].replace("v1beta1", "v1alpha1")} for one in OBJECTS]
    assert drifts("cluster-1", OBJECTS, there) == ()
