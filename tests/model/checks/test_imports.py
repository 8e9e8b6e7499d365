"""Imports: what is a mistake is among `tests.model.test_load`'s cases; here what is none."""

import pytest

from tests.fabrics import GONE, Raw, changed, exported, lines, prefix, rule

PORTS = [{"name": "a", "port": 8080}, {"name": "b", "port": 81}]


@pytest.mark.parametrize(
    "entries",
    [
        [{}],
        [{"clusters": ["cluster-1"]}, {"clusters": ["cluster-2"], "path": "direct"}],
        [{"path": "direct"}],
        [{"rules": [rule("a", None)]}],
        [{"rules": [rule("a", None, backend="cart.secure")]}],
        [{"rules": [rule("a", "low", prefix("/stats/x"), backend="payment.secure"), rule("rest", None)]}],
        [{"service": "payment.secure", "rules": [rule("a", "high", prefix("/payment/1", method="GET"))]}],
        [{"service": "payment.secure", "rules": [rule("a", "low", prefix("/stats"))]}],
        [{"service": "payment.secure", "rules": [rule("a", "low", prefix("/x"), backend="logging.insecure")]}],
    ],
    ids=[
        "all",
        "by cluster",
        "direct",
        "rules",
        "a backend with more ports",
        "a backend with rules",
        "narrower",
        "as wide",
        "a backend by its only policy",
    ],
)
def test_what_is_no_mistake(entries: list[Raw]) -> None:
    imports = [{"service": "logging.insecure"} | entry for entry in entries]
    assert lines(changed({"imports": imports, "exports/-": exported(port=GONE, ports=PORTS)})) == []


def test_a_backends_rules_have_to_admit_the_request() -> None:
    entry = {"service": "logging.insecure", "rules": [rule("a", "low", prefix("/x"), backend="payment.secure")]}
    assert lines(changed({"imports": [entry]})) == [
        "imports[0].rules[0].matches[0]: by low: payment.secure does not admit all of these requests by that WAN "
        "policy; allowed: what one of its rules for it matches and no earlier one; narrow the match to the export's, "
        "or change the export's rules"
    ]


def test_a_rule_without_matches_is_told_at_its_own_place() -> None:
    entry = {"service": "payment.secure", "rules": [rule("a", "high")]}
    (line,) = lines(changed({"imports": [entry]}))
    assert line.startswith("imports[0].rules[0]: ")


@pytest.mark.parametrize(
    ("entry", "places"),
    [
        ({"service": "nobody.secure", "clusters": ["edge"]}, ["imports[0].clusters[0]", "imports[0].service"]),
        ({"service": "nobody.secure", "path": "direct", "rules": [rule("a", "low")]}, ["imports[0].service"]),
        (
            {"service": "logging.insecure", "rules": [rule("a", None, backend="x.y"), rule("b", None, backend="z.y")]},
            ["imports[0].rules[0].backend", "imports[0].rules[1].backend", "imports[0].rules[1]"],
        ),
    ],
)
def test_a_reference_that_leads_nowhere_hides_nothing_else(entry: Raw, places: list[str]) -> None:
    found = [line.split(": ")[0] for line in lines(changed({"imports": [entry]}))]
    assert sorted(found) == sorted(places)
