"""Who imports what, by which rules."""

import pytest

from mcwan.model import Cluster, Export, Import, Match
from mcwan.model.importing import (
    Importing,
    ListenerRule,
    clusters_by_namespace,
    egress_rules,
    entries_by_export,
    fit_one_route,
    importings,
    listener_rules,
    or_all,
    split_by_policy,
)
from tests.fabrics import GONE, Raw, exported, prefix, rule, ruled


def export(raw: Raw | None = None, **changes: object) -> Export:
    return Export.model_validate(exported(**changes) if raw is None else raw)


def entry(**raw: object) -> Import:
    return Import.model_validate({"service": "cart.secure", **raw})


def at(value: str) -> Match:
    return Match.model_validate(prefix(value))


def test_clusters_by_namespace_are_sorted_and_each_once() -> None:
    clusters = {
        "b": Cluster(namespaces=("x", "y", "x")),
        "a": Cluster(namespaces=("y",)),
        "c": Cluster(),
    }
    assert clusters_by_namespace(clusters) == {"x": ("b",), "y": ("a", "b")}


def test_entries_by_export() -> None:
    first, second, other = entry(), entry(clusters=["a"]), entry(service="other.secure")
    assert entries_by_export([first, other, second]) == {"cart.secure": [first, second], "other.secure": [other]}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], [("a", None), ("b", None), ("c", None)]),
        ([{}], [("a", 0), ("b", 0), ("c", 0)]),
        ([{"clusters": ["b"]}], [("b", 0)]),
        ([{"clusters": ["c"]}, {"clusters": ["a"], "path": "direct"}], [("a", 1), ("c", 0)]),
        ([{"clusters": ["elsewhere"]}], []),
        ([{"clusters": []}], []),
    ],
    ids=["none", "all", "one", "two", "no namespace", "nobody"],
)
def test_importings(entries: list[Raw], expected: list[tuple[str, int | None]]) -> None:
    written = [entry(**one) for one in entries]
    found = importings(export(), ("a", "b", "c"), written)
    assert [(one.cluster, None if one.entry is None else written.index(one.entry)) for one in found] == expected
    assert [one.path for one in found] == [
        "gateway" if number is None else written[number].path for _, number in expected
    ]


def test_egress_rules_of_a_service_level_export() -> None:
    its = export()
    (found,) = egress_rules(Importing(its, "a", None), {})
    assert (found.name, found.matches, found.target, found.wan_policy) == ("all", (), its, "low")
    assert found.local == "cart.secure"


def test_egress_rules_of_an_export_keep_their_order_and_backends() -> None:
    its = export(
        ruled(
            rule("new", "high", prefix("/new"), backend="cart-v2"),
            rule("far", "high", prefix("/far"), backend="x.y"),
            rule("rest", "low"),
        )
    )
    found = egress_rules(Importing(its, "a", entry()), {})
    assert [(one.name, one.wan_policy, one.local) for one in found] == [
        ("new", "high", "cart-v2.secure"),
        ("far", "high", "x.y"),
        ("rest", "low", "cart.secure"),
    ]


def test_egress_rules_of_the_consuming_side_win() -> None:
    its, other = export(), export(service="other.secure", wanPolicy="high")
    chosen = entry(rules=[rule("new", None, prefix("/new"), backend="other.secure"), rule("rest", "low")])
    found = egress_rules(Importing(its, "a", chosen), {"cart.secure": its, "other.secure": other})
    assert [(one.name, one.target.key, one.wan_policy, one.local) for one in found] == [
        ("new", "other.secure", "high", "other.secure"),
        ("rest", "cart.secure", "low", "cart.secure"),
    ]


def test_a_listener_admits_its_own_rules_and_refuses_what_earlier_ones_take() -> None:
    its = export(
        ruled(
            rule("deep", "high", prefix("/a/b")),
            rule("wide", "low", prefix("/a"), prefix("/c")),
            rule("other", "high", prefix("/x"), prefix("/c/d")),
            rule("rest", "mid"),
        )
    )
    assert listener_rules(its, "high", {}) == (
        ListenerRule("deep", (at("/a/b"),), "cart.secure"),
        ListenerRule("refuse.wide", (at("/c"),), None),
        ListenerRule("other", (at("/x"), at("/c/d")), "cart.secure"),
    )
    assert listener_rules(its, "low", {}) == (
        ListenerRule("refuse.deep", (at("/a/b"),), None),
        ListenerRule("wide", (at("/a"), at("/c")), "cart.secure"),
    )
    assert [one.name for one in listener_rules(its, "mid", {})] == [
        "refuse.deep",
        "refuse.wide",
        "refuse.other",
        "rest",
    ]


def test_a_listener_of_a_service_level_export_admits_everything() -> None:
    assert listener_rules(export(), "low", {}) == (ListenerRule("all", (), "cart.secure"),)
    assert listener_rules(export(), "high", {}) == ()


def test_or_all() -> None:
    assert or_all(()) == (Match(),)
    assert or_all((at("/a"),)) == (at("/a"),)


@pytest.mark.parametrize(
    ("rules", "matches", "expected"),
    [(16, 8, True), (17, 1, False), (2, 64, True), (3, 43, False), (16, 0, True)],
)
def test_what_fits_one_route(rules: int, matches: int, expected: bool) -> None:
    written = [rule(f"r{i}", "low", *(prefix(f"/{i}/{j}") for j in range(matches))) for i in range(rules)]
    assert fit_one_route(export(ruled(*written)).rules) is expected


def test_rules_are_split_by_policy_only_where_they_are_too_many() -> None:
    few = export(ruled(*(rule(f"r{i}", ("low", "high")[i % 2], prefix(f"/{i}")) for i in range(16))))
    many = export(ruled(*(rule(f"r{i}", ("low", "high")[i % 2], prefix(f"/{i}")) for i in range(17))))
    rules = egress_rules(Importing(few, "a", None), {})
    assert split_by_policy(rules) == [(None, rules)]
    rules = egress_rules(Importing(many, "a", None), {})
    assert split_by_policy(rules) == [("high", rules[1::2]), ("low", rules[0::2])]


def test_exports_are_called_by_their_exported_name() -> None:
    its = export(exported(name="cart-2", from_=["b", {"cluster": "a", "weight": 3}], port=GONE, ports=[]))
    assert (its.namespace, its.exported_name, its.key) == ("secure", "cart-2", "cart-2.secure")
    assert [(cluster, offer.weight) for cluster, offer in its.offers.items()] == [("a", 3), ("b", 1)]
    assert export().key == "cart.secure"
    assert [(port.name, port.port) for port in export().all_ports] == [("http", 80)]
    assert export().wan_policies == ("low",)
    assert export(ruled(rule("a", "low", backend="b.c"), rule("x", "high"))).backend_namespaces == ("c", "secure")
