"""The configuration of rules, and what is said of a wrong one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcwan.rules import RULES, Evidence, Level
from mcwan.rules.evidence import Component
from mcwan.rules.exposure import Plaintext
from mcwan.rules.organisation import Tunnels, Withdrawals
from mcwan.rules.rule import Verdict
from mcwan.rules.settings import SettingsError, judge, parse, read, with_rules_of
from mcwan.rules.sources import SourceError, imports, of_plan
from mcwan.rules.wan_policies import PortRange
from tests.components.examples import plan
from tests.fabrics import changed, planned

NAMES = ", ".join(rule.name for rule in RULES)
LEVELS = "mandatory, advisory, disabled"


def test_nothing_configured_is_every_rule_as_it_is() -> None:
    found = parse({})
    assert found.levels == {rule.name: rule.level for rule in RULES}
    assert found.options == {rule.name: rule.options() for rule in RULES}


def test_levels_and_options() -> None:
    found = parse(
        {
            "all": "advisory",
            "wan-port-unique": "mandatory",
            "target-port": {"enforcementLevel": "disabled"},
            "wan-port-range": {"lowest": 30000.0, "highest": 32767},
            "plaintext-chosen": {"enforcementLevel": "mandatory", "wanPolicies": ["low"]},
            "namespace-keeps-off-tunnel": {"never": {"default": ["secure"]}},
            "withdrawals-limited": {"atMost": 3.0},
        }
    )
    other = {"wan-port-unique": Level.MANDATORY, "target-port": Level.DISABLED, "plaintext-chosen": Level.MANDATORY}
    assert found.levels == {rule.name: other.get(rule.name, Level.ADVISORY) for rule in RULES}
    assert found.options["wan-port-range"] == PortRange(lowest=30000, highest=32767)
    assert found.options["plaintext-chosen"] == Plaintext(wan_policies=("low",))
    assert found.options["namespace-keeps-off-tunnel"] == Tunnels(never={"default": ("secure",)})
    assert found.options["withdrawals-limited"] == Withdrawals(at_most=3)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({"wan-port-rang": "advisory"}, "wan-port-rang: no such rule; did you mean 'wan-port-range'?"),
        (
            {"export-offered-twice": "advisory"},
            "export-offered-twice: no such rule; write one that docs/rules lists, or name the file of rules of your "
            "own with --rules",
        ),
        (
            {"\x1b[31mred": "advisory"},
            "['\\x1b[31mred']: no such rule; write one that docs/rules lists, or name the file of rules of your "
            "own with --rules",
        ),
        (
            {"wan-port-range": {"lowest": 40000, "highest": 3}},
            "wan-port-range: lowest is 40000, highest 3; allowed: lowest at most as high as highest; correct one of "
            "them",
        ),
        ({"all": "maybe"}, f"all: 'maybe'; allowed: {LEVELS}"),
        ({"all": None}, f"all: null; allowed: {LEVELS}"),
        ({"target-port": True}, f"target-port: true; allowed: {LEVELS}"),
        ({"target-port": {"enforcementLevel": 1}}, f"target-port.enforcementLevel: 1; allowed: {LEVELS}"),
        ({"target-port": {"lowest": 1}}, "target-port.lowest: no such option; allowed: enforcementLevel"),
        (
            {"wan-port-range": {"low": 1}},
            "wan-port-range.low: no such option; allowed: enforcementLevel, lowest, highest; did you mean 'lowest'?",
        ),
    ],
)
def test_a_wrong_configuration_is_told_in_a_line(raw: Any, wanted: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse(raw)
    assert str(error.value) == wanted


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"wan-port-range": {"lowest": 0}}, "wan-port-range.lowest: 0: "),
        ({"wan-port-range": {"lowest": 1.5}}, "wan-port-range.lowest: 1.5: "),
        ({"wan-port-range": {"highest": "30000"}}, "wan-port-range.highest: '30000': "),
        ({"plaintext-chosen": {"wanPolicies": "low"}}, "plaintext-chosen.wanPolicies: 'low': "),
        ({"plaintext-chosen": {"wanPolicies": [1]}}, "plaintext-chosen.wanPolicies[0]: 1: "),
        ({"withdrawals-limited": {"atMost": -1}}, "withdrawals-limited.atMost: -1: "),
        ({"withdrawals-limited": {"baseline": 5}}, "withdrawals-limited.baseline: 5: "),
        ({"import-allowed": {"clusters": ["east"]}}, "import-allowed.clusters: a list: "),
        ({"labels-present": {"labels": {"a": "b"}}}, "labels-present.labels: a mapping: "),
        ({"export-namespace-allowed": {"namespaces": [None]}}, "export-namespace-allowed.namespaces[0]: null: "),
    ],
)
def test_a_wrong_option_is_told_in_a_line_with_its_place(raw: Any, place: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse(raw)
    (line,) = str(error.value).splitlines()
    assert line.startswith(place)
    assert len(line) > len(place)


def test_every_mistake_is_told() -> None:
    with pytest.raises(SettingsError) as error:
        parse({"all": "x", "nothing": 1, "target-port": "y", "wan-port-range": {"low": 1, "lowest": 0}})
    assert len(str(error.value).splitlines()) == 5


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"all": "disabled"}))
    assert set(read(path).levels.values()) == {Level.DISABLED}
    for content, wanted in (
        (b"{", "not JSON: "),
        (b"\xff", "cannot be read: it is not text in UTF-8; save it as that"),
        (b"[]", "a list; allowed: an object with a key per rule"),
        (b'{"all": "x"}', f"all: 'x'; allowed: {LEVELS}"),
        (
            b'{"target-port": "mandatory", "target-port": "disabled"}',
            "target-port: written more than once; allowed: once; remove all but one",
        ),
        (
            b'{"import-allowed": {"clusters": {"a": ["b"], "a": []}}}',
            "import-allowed.clusters.a: written more than once; allowed: once; remove all but one",
        ),
    ):
        path.write_bytes(content)
        with pytest.raises(SettingsError) as error:
            read(path)
        (line,) = str(error.value).splitlines()
        assert line.startswith(f"{path}: {wanted}")
    with pytest.raises(SettingsError) as error:
        read(tmp_path / "none.json")
    assert str(error.value) == f"{tmp_path / 'none.json'}: cannot be read: No such file or directory"


def test_only_rules_that_are_not_disabled_are_run(tmp_path: Path) -> None:
    evidence = of_plan(plan("dev"))
    found = judge(evidence, parse({"all": "disabled", "target-port": "advisory", "wan-port-unique": "mandatory"}))
    assert [one.rule.name for one in found] == ["wan-port-unique", "target-port"]
    missing = {"baseline": str(tmp_path / "none.json"), "atMost": 0}
    with pytest.raises(SourceError):
        judge(evidence, parse({"withdrawals-limited": missing}))
    assert (
        len(judge(evidence, parse({"withdrawals-limited": missing | {"enforcementLevel": "disabled"}})))
        == len(RULES) - 1
    )


def test_a_limit_without_a_baseline_is_no_silent_pass() -> None:
    evidence = of_plan(plan("dev"))
    settings = parse({"withdrawals-limited": {"atMost": 0}})
    (found,) = (one for one in judge(evidence, settings) if one.rule.name == "withdrawals-limited")
    assert found.unjudged == ("what is deployed is not known; name it in baseline",)
    assert [one.unjudged for one in judge(Evidence(()), parse({})) if one.unjudged] == []


@pytest.mark.parametrize(
    ("options", "stack", "told"),
    [
        # 2 of 4 imports go; what is not configured is as the stack has it
        ({}, {}, ""),
        ({}, {"atMost": 1}, "allowed at a time: 1, 50 percent ("),
        ({}, {"percent": 49}, "allowed at a time: 10, 49 percent ("),
        ({}, {"atMost": 1, "allow": True}, ""),
        # the configuration stands in its place, be it stricter or not, and no stack consents to more
        ({"atMost": 1}, {}, "allowed at a time: 1 ("),
        ({"atMost": 1}, {"allow": True}, "allowed at a time: 1 ("),
        ({"atMost": 2}, {"atMost": 1}, ""),
        ({"atMost": 2}, {"percent": 0}, ""),
        ({"percent": 49}, {}, "allowed at a time: 49 percent ("),
        ({"percent": 50}, {"atMost": 0}, ""),
        ({"atMost": 2, "percent": 49}, {}, "allowed at a time: 2, 49 percent ("),
    ],
)
def test_the_limit_of_withdrawals_is_the_stacks_unless_it_is_configured(
    options: dict[str, Any], stack: dict[str, Any], told: str
) -> None:
    now = of_plan(planned(changed({"facts": {"withdrawals": stack}, "exports/1/service": "metrics.insecure"})))
    verdict = limited(replace(now, before=imports(of_plan(planned()))), options)
    assert verdict.unjudged == ()
    assert [told in one.what for one in verdict.violations] == ([True] if told else [])


def test_the_remedy_names_what_is_to_be_raised() -> None:
    stack = of_plan(planned(facts={"withdrawals": {"atMost": 0}}))
    now = replace(stack, before=frozenset({("east", "a.b"), ("east", "c.d")}))
    remedies = [
        one.remedy
        for options in ({}, {"atMost": 1}, {"percent": 9}, {"atMost": 0, "percent": 0})
        for one in limited(now, options).violations
    ]
    assert remedies == [
        f"withdraw fewer, or {consent} for this one update"
        for consent in (
            "write mcwan:facts.withdrawals.allow: true",
            "raise atMost",
            "raise percent",
            "raise atMost and percent",
        )
    ]


def test_where_the_stacks_limit_is_not_told_one_has_to_be_written() -> None:
    """Of rendered files, and of the components of an earlier version."""
    now = of_plan(planned())
    for unsaid in ((), (Component("EastWestGateway", "gateways", {"clusters": {}}),)):
        evidence = replace(now, components=unsaid, before=imports(now))
        verdict = limited(evidence, {})
        assert verdict.unjudged == ("the stack's own limit is not known here; write atMost, percent or both",)
        assert (limited(evidence, {"atMost": 0}).unjudged, verdict.violations) == ((), ())


def test_of_several_limits_the_least_holds() -> None:
    fabrics = [of_plan(planned(facts={"withdrawals": {"atMost": one}})) for one in (3, 0)]
    both = replace(fabrics[0], components=(*fabrics[0].components, *fabrics[1].components))
    (violation,) = limited(replace(both, before=frozenset({("east", "b.c")})), {}).violations
    assert "allowed at a time: 0, 50 percent" in violation.what


def limited(evidence: Evidence, options: dict[str, Any]) -> Verdict:
    """Judge withdrawals, with the rule's configuration."""
    settings = parse({"withdrawals-limited": options})
    (found,) = (one for one in judge(evidence, settings) if one.rule.name == "withdrawals-limited")
    return found


NAMES = "[a-z0-9]+(-[a-z0-9]+)*, but not all"
OURS = """
from mcwan.rules import Rule
RULES = (Rule({name!r}, "A.", "B.", "C.", lambda evidence: (), lambda *_: iter(())),)
"""
NEEDY = OURS.format(name="ours").replace("iter(())),)", "iter(()), options=Its),)")


def test_rules_of_ones_own_are_judged_with_ours(tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    path.write_text(OURS.format(name="ours"), encoding="utf-8")
    every = with_rules_of(path)
    assert [rule.name for rule in every] == [*(rule.name for rule in RULES), "ours"]
    found = judge(of_plan(plan("dev")), parse({"all": "disabled", "ours": "advisory"}, every))
    assert [(one.rule.name, one.violations) for one in found] == [("ours", ())]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("RULES = 1", "RULES is 1; allowed: a tuple of mcwan.rules.Rule"),
        ("RULES = (1,)", "RULES holds 1; allowed: a tuple of mcwan.rules.Rule"),
        ("", "RULES is null; allowed: a tuple of mcwan.rules.Rule"),
        ("1 / 0", "cannot be run: ZeroDivisionError: division by zero"),
        ("raise SystemExit(0)", "cannot be run: SystemExit: 0"),
        ("import nowhere", "cannot be run: ModuleNotFoundError: No module named 'nowhere'"),
        (
            f"from mcwan.rules import Options\nclass Its(Options):\n  at_least: int\n{NEEDY}",
            "cannot be run: ValueError: ours: its option at_least has none; every option needs a default",
        ),
        (OURS.format(name="target-port"), "target-port: the name of another rule; call it otherwise"),
        (OURS.format(name="all"), f"cannot be run: ValueError: 'all' is no name of a rule; allowed: {NAMES}"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_of_rules_that_cannot_be_used(content: str | None, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.py"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        with_rules_of(path)
    assert str(error.value) == f"{path}: {wanted}"
