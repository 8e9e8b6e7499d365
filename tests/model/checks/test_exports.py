"""Exports: what is a mistake is among `tests.model.test_load`'s cases; here what is none."""

import pytest

from tests.fabrics import GONE, Raw, changed, exported, lines, rule, ruled


@pytest.mark.parametrize(
    "export",
    [
        exported(),
        exported(from_=["cluster-1", {"cluster": "cluster-2", "weight": 0}]),
        exported(from_=[{"cluster": "cluster-1", "weight": 1_000_000}]),
        exported(port=GONE, ports=[{"name": "a", "port": 80}, {"name": "b", "port": 81}]),
        exported(service="payment.insecure"),
        exported(service="payment.secure", name="payment-2"),
        ruled(rule("a", "low", backend="elsewhere.insecure")),
        exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}]),
    ],
    ids=[
        "plain",
        "a weight of 0",
        "the highest weight",
        "ports",
        "another namespace",
        "the same service under a second name",
        "a backend elsewhere",
        "own gateways",
    ],
)
def test_what_is_no_mistake(export: Raw) -> None:
    assert lines(changed({"exports/-": export})) == []


def test_a_service_may_be_exported_twice_under_two_names() -> None:
    two = [exported(name="payment-high-prio", wanPolicy="high"), exported(name="payment-low-prio")]
    assert lines(changed({"exports": two})) == []


def test_16_backends_are_taken() -> None:
    clusters = {
        f"c{i}": {"renderTo": f"out/{i}", "ingress": {"addresses": [f"10.0.0.{i + 1}"]}, "namespaces": ["secure"]}
        for i in range(17)
    }
    offers = [{"cluster": f"c{i}", "weight": int(i != 5)} for i in range(17)]
    assert lines(changed({"clusters": clusters, "exports": [exported(from_=offers)]})) == []


def test_64_egress_listeners_are_taken() -> None:
    ports = [{"name": f"p{i}", "port": 1000 + i} for i in range(64)]
    assert lines(changed({"exports": [exported(port=GONE, ports=ports)]})) == []
    ports.append({"name": "more", "port": 1})
    direct = [{"service": "logging.insecure", "path": "direct"}]
    taken = changed({"exports/0": GONE, "imports": direct})
    taken["exports"].append(exported(port=GONE, ports=ports[:64]))
    assert lines(taken) == [], "what is imported directly has no egress listener"


def test_the_name_of_an_exports_own_target_fits() -> None:
    cluster = "c" * 20
    raw = changed(
        {
            f"clusters/{cluster}": {
                "renderTo": "out",
                "ingress": {"addresses": ["10.0.0.1"]},
                "namespaces": ["secure"],
            },
            "exports/-": exported(
                name="n" * 28, scope="service", from_=[{"cluster": cluster, "addresses": ["10.0.0.2"]}]
            ),
        }
    )
    assert lines(raw) == []
    raw["exports"][2]["name"] = "n" * 29
    name = f"{'n' * 29}-clusterset-to-{cluster}"
    assert lines(raw) == [
        f"exports[2].from[0]: '{cluster}': its target would be called {name}, 64 characters; allowed: 63; "
        "export under a shorter name"
    ]


def test_mistakes_of_an_export_do_not_hide_those_of_the_next() -> None:
    raw = changed({"exports/0/service": "no", "exports/1/wanPolicy": "mid"})
    assert [line.split(":")[0] for line in lines(raw)] == ["exports[0].service", "exports[1].wanPolicy"]
