"""Objects that differ, and in which fields."""

from typing import Any

from mcwan.changes.objects import NOT_KNOWN, Field, compare
from mcwan.rules.objects import Object
from mcwan.rules.unknown import HIDDEN, UNKNOWN, Withheld

OURS = {"app.kubernetes.io/managed-by": "mcwan", "app.kubernetes.io/component": "target"}


def one(spec: Any, name: Any = "a", **metadata: Any) -> Object:
    return Object(
        "east",
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": OURS, **metadata}, "spec": spec},
    )


def fields(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    found, _ = compare([one(before)], [one(after)])
    return [(field.path, field.before, field.after) for it in found for field in it.change.fields]


def test_fields() -> None:
    assert fields({"a": 1, "b": [1, 2]}, {"a": 1.0, "b": [1, 3, 4]}) == [("spec.b[1]", 2, 3), ("spec.b[2]", None, 4)]
    assert fields({"a": True}, {"a": 1}) == [("spec.a", True, 1)]
    assert fields({"a": {"x.y/z": "1"}}, {"a": {}}) == [("spec.a[x.y/z]", "1", None)]


def test_items_with_names_go_by_those() -> None:
    a, b, c = ({"name": name, "port": port} for name, port in (("a", 1), ("b", 2), ("c", 3)))
    assert fields([a, b], [b | {"port": 4}, c]) == [
        ("spec[b].port", 2, 4),
        ("spec[c]", None, c),
        ("spec[a]", a, None),
    ]
    assert fields([a, b], [b, a]) == [("spec (order)", ["a", "b"], ["b", "a"])]
    assert fields([a, a], [a, b]) == [("spec[1].name", "a", "b"), ("spec[1].port", 1, 2)]


def test_what_servers_and_providers_write_is_no_change() -> None:
    servers = {"uid": "1", "resourceVersion": "2", "generation": 3, "managedFields": [], "creationTimestamp": "x"}
    servers["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}
    deployed = one({"a": 1}, **servers)
    content = {**deployed.content, "status": {"x": 1}, "__fieldManager": "y"}
    assert compare([Object("east", content)], [one({"a": 1}, annotations={"a": "b"})]) == ([], [])


def test_what_is_not_known() -> None:
    secret, later = Withheld("x", HIDDEN), Withheld("y", UNKNOWN)
    (found,), nameless = compare([one({"a": secret, "b": later})], [one({"a": "1", "b": "2"})])
    assert (found.change.change, nameless) == (NOT_KNOWN, [])
    assert found.change.fields == tuple(
        Field(path=f"spec.{name}", before=NOT_KNOWN, after=value) for name, value in (("a", "1"), ("b", "2"))
    )
    (found,), _ = compare([one({"a": secret, "b": 1})], [one({"a": "1", "b": 2})])
    assert found.change.change == "changed"
    (found,), nameless = compare([one({}, name=later)], [one({})])
    assert (found.change.change, nameless) == (NOT_KNOWN, ["Service ? on east"])


def test_objects_of_others_are_left_alone() -> None:
    theirs = Object("east", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "theirs"}})
    assert compare([theirs], []) == ([], [])
    (found,), _ = compare([one({})], [])
    assert (found.change.change, found.change.called) == ("removed", "Service a")


def test_another_version_is_the_same_object() -> None:
    kind = {"kind": "Gateway", "metadata": {"name": "a", "namespace": "b", "labels": OURS}}
    old, new = (Object("east", {"apiVersion": f"gateway.networking.k8s.io/{it}", **kind}) for it in ("v1beta1", "v1"))
    (found,), _ = compare([old], [new])
    assert (found.change.called, [field.path for field in found.change.fields]) == ("Gateway b/a", ["apiVersion"])
