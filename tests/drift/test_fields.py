"""Which fields differ, and who wrote them."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcwan.drift import Difference, differences
from tests.fabrics import described, planned

OBJECTS = [one.manifest for one in planned(described()).objects]
ROUTE: dict[str, Any] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "a", "namespace": "b", "labels": {"app.kubernetes.io/instance": "dev"}},
    "spec": {"rules": [{"name": "all", "backendRefs": [{"name": "west", "port": 31111, "weight": 1}]}]},
}


def found(**spec: Any) -> dict[str, Any]:
    one = deepcopy(ROUTE)
    one["spec"] |= spec
    one["status"] = {"parents": []}
    return one


def managed(one: dict[str, Any], *entries: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    one["metadata"]["managedFields"] = [
        {"manager": manager, "operation": "Update", "time": f"2026-11-26T10:0{index}:00Z", "fieldsV1": fields, **more}
        for index, (manager, fields) in enumerate(entries)
    ]
    return one


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_an_object_does_not_differ_from_itself(one: dict[str, Any]) -> None:
    assert differences(one, deepcopy(one)) == ()


def test_what_an_api_server_adds_is_no_difference() -> None:
    there = found()
    there["metadata"] |= {"uid": "1", "resourceVersion": "7", "generation": 2}
    there["spec"]["rules"][0]["backendRefs"][0] |= {"group": "", "kind": "Service"}
    there["spec"]["rules"][0]["matches"] = [{"path": {"type": "PathPrefix", "value": "/"}}]
    assert differences(ROUTE, there) == ()


def test_a_value_that_was_edited() -> None:
    there = found()
    there["spec"]["rules"][0]["backendRefs"][0]["weight"] = 3
    there["metadata"]["labels"] = {}
    assert [str(one) for one in differences(ROUTE, there)] == [
        'metadata.labels[app.kubernetes.io/instance] is missing, planned "dev"',
        "spec.rules[all].backendRefs[west].weight is 3, planned 1",
    ]


def test_elements_that_came_and_went() -> None:
    there = found(rules=[{"name": "more"}])
    assert differences(ROUTE, there) == (
        Difference("spec.rules[all]", ROUTE["spec"]["rules"][0], None),
        Difference("spec.rules[more]", None, {"name": "more"}),
    )


def test_lists_without_a_key() -> None:
    one, other = {**ROUTE, "spec": {"hostnames": ["a", "b"]}}, {**ROUTE, "spec": {"hostnames": ["a", "c"]}}
    assert differences(one, other) == (Difference("spec.hostnames[1]", "b", "c"),)
    longer = {**ROUTE, "spec": {"hostnames": ["a", "b", "c"]}}
    assert differences(one, longer) == (Difference("spec.hostnames", ["a", "b"], ["a", "b", "c"]),)


OWN: dict[str, Any] = {"f:spec": {"f:rules": {}}, "f:metadata": {"f:labels": {"f:app.kubernetes.io/instance": {}}}}


def test_who_edited_it() -> None:
    there = found()
    there["spec"]["rules"][0]["backendRefs"][0]["weight"] = 3
    managed(there, ("pulumi-kubernetes-1a2b", {"f:spec": {"f:hostnames": {}}}), ("kubectl-edit", OWN))
    assert differences(ROUTE, there) == (Difference("spec.rules[all].backendRefs[west].weight", 1, 3, "kubectl-edit"),)


def test_what_somebody_added_shows_by_its_owner() -> None:
    there = found(hostnames=["evil.example"])
    there["spec"]["rules"][0]["filters"] = [{"type": "RequestMirror"}]
    managed(
        there,
        ("mcwan", {"f:spec": {"f:parentRefs": {}}}),
        ("kubectl-edit", {"f:spec": {"f:hostnames": {}, **OWN["f:spec"]}}),
    )
    assert differences(ROUTE, there) == (
        Difference("spec.hostnames", None, ["evil.example"], "kubectl-edit"),
        Difference("spec.rules[0].filters", None, [{"type": "RequestMirror"}], "kubectl-edit"),
    )


def test_what_controllers_write_into_status_or_metadata_is_theirs() -> None:
    there = managed(found(), ("mcwan", OWN), ("envoy-gateway", {"f:metadata": {"f:finalizers": {}}}))
    assert differences(ROUTE, there) == ()
    there = managed(found(), ("mcwan", OWN))
    there["metadata"]["managedFields"].append(
        {"manager": "envoy-gateway", "subresource": "status", "fieldsV1": {"f:spec": {"f:hostnames": {}}}}
    )
    assert differences(ROUTE, there) == ()


def test_deployed_by_other_means() -> None:
    there = managed(found(hostnames=["a"]), ("kubectl-client-side-apply", {"f:spec": {"f:hostnames": {}}}))
    assert differences(ROUTE, there) == ()


def test_by_key_and_by_value() -> None:
    service: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {"ports": [{"name": "high", "port": 31111}]},
    }
    there = deepcopy(service)
    there["spec"]["ports"].append({"name": "more", "port": 80})
    there["spec"]["externalIPs"] = ["192.0.2.1"]
    managed(
        there,
        ("mcwan", {"f:spec": {"f:ports": {'k:{"port":31111,"protocol":"TCP"}': {".": {}, "f:port": {}}}}}),
        (
            "kubectl-edit",
            {
                "f:spec": {
                    "f:externalIPs": {'v:"192.0.2.1"': {}},
                    "f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:name": {}, "f:port": {}}},
                }
            },
        ),
    )
    assert [str(one) for one in differences(service, there)] == [
        'spec.externalIPs["192.0.2.1"] is "192.0.2.1", not planned (kubectl-edit)',
        'spec.ports[more] is {"name": "more", "port": 80}, not planned (kubectl-edit)',
    ]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        return [one for key, part in value.items() for one in leaves(part, (*path, key))]
    if isinstance(value, list) and value:
        return [one for index, part in enumerate(value) for one in leaves(part, (*path, index))]
    return [path]


@given(st.data())
def test_every_leaf_that_is_changed_is_told(data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(OBJECTS))
    every = [path for path in leaves(one) if path[0] not in ("apiVersion", "kind", "metadata")]
    path = data.draw(st.sampled_from(every or [("spec",)]))
    there = deepcopy(one)
    at: Any = there
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = {"changed": True}
    assert differences(one, there)
