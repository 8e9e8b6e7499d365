"""Running a rule: what goes wrong for one subject hides nothing of the others."""

from collections.abc import Iterable, Iterator
from inspect import getsourcelines
from typing import Any

import pytest

from mcwan.rules import Component, Evidence, Object, Options, Rule, Verdict, Violation, run
from mcwan.rules.rule import violation
from mcwan.rules.unknown import HIDDEN, UNKNOWN, UnjudgedError, Withheld

EVIDENCE = Evidence(())


def rule(judge: Any, *subjects: Any) -> Rule:
    return Rule("test", "It holds.", "It must.", "Make it hold.", lambda _: subjects, judge)


def judge(_: Evidence, subject: Any, __: Options) -> Iterator[Violation]:
    yield Violation(f"before {subject}", "mend it")
    if subject == "raises":
        raise KeyError("no such key")
    if subject == "later":
        raise UnjudgedError("its port", UNKNOWN)
    yield Violation(f"after {subject}", "mend it")


def line_of(function: Any, part: str) -> int:
    """Give the line of this file that has a text in a function."""
    lines, first = getsourcelines(function)
    return next(number for number, line in enumerate(lines, first) if part in line)


def told(verdict: Verdict) -> tuple[list[str], tuple[str, ...], str]:
    return [one.what for one in verdict.violations], verdict.unjudged, verdict.failure


def test_an_exception_is_the_rule_s_failure_and_hides_nothing() -> None:
    found = told(run(rule(judge, "raises", "later", "fine"), EVIDENCE))
    whats, unjudged, failure = found
    assert whats == ["after fine", "before fine", "before later", "before raises"]
    assert unjudged == ("its port is not known before the update",)
    assert failure == f"KeyError in test_rule.py, line {line_of(judge, 'KeyError')}: 'no such key'"


def test_a_failure_is_told_by_the_rules_own_line_and_the_first_of_the_exceptions() -> None:
    """Not by pydantic's, which raises; on one line, whatever the text has in it."""

    def misspells(*_: Any) -> Iterator[Any]:
        yield Options().at_least  # type: ignore[attr-defined]

    def says_much(*_: Any) -> Iterator[Any]:
        raise ValueError("\x1b[31m" + "x" * 300 + "\nmore")

    def says_what_is_withheld(*_: Any) -> Iterator[Any]:
        raise ValueError(Withheld("x", HIDDEN))

    assert [run(rule(one, "s"), EVIDENCE).failure for one in (misspells, says_much, says_what_is_withheld)] == [
        f"AttributeError in test_rule.py, line {line_of(misspells, 'at_least')}: 'Options' object has no attribute "
        "'at_least'",
        f"ValueError in test_rule.py, line {line_of(says_much, 'raise')}: \\x1b[31m{'x' * 195}",
        f"ValueError in test_rule.py, line {line_of(says_what_is_withheld, 'raise')}",
    ]


def test_a_rule_that_touches_what_is_withheld_is_not_judged() -> None:
    def compare(_: Evidence, subject: Any, __: Options) -> Iterator[Violation]:
        if subject == 1:
            yield Violation("one", "")

    found = run(rule(compare, Withheld("x", UNKNOWN), 1), EVIDENCE)
    assert told(found) == (["one"], ("x is not known before the update",), "")


@pytest.mark.parametrize("given", ["x", 1, None, Violation("a", "b", ("x", 1)), Violation("a", 2)])  # type: ignore[arg-type]
def test_what_is_no_violation_is_the_rule_s_failure(given: Any) -> None:
    def gives(_: Evidence, __: Any, ___: Options) -> Iterator[Any]:
        yield Violation("before", "mend it", ("y",))
        yield given

    found = run(rule(gives, "one"), EVIDENCE)
    assert [one.what for one in found.violations] == ["before"]
    assert found.failure.startswith("TypeError in rule.py, line ")
    assert ": gave a " in found.failure


@pytest.mark.parametrize("wrong", [{"name": "all"}, {"name": "My Rule"}, {"options": dict}])
def test_a_rule_that_nobody_could_configure_is_none(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"name": "test", "sentence": "", "why": "", "remedy": "", "subjects": iter, "judge": iter}
    with pytest.raises(ValueError, match=r"all|My Rule|subclass"):
        Rule(**(fields | wrong))


def test_a_rule_that_ends_the_program_fails_alone() -> None:
    def ends(*_: Any) -> Iterator[Any]:
        raise SystemExit(0)

    assert run(rule(ends, "one"), EVIDENCE).failure.startswith("SystemExit in test_rule.py, line ")


def test_subjects_that_raise_hide_no_earlier_subject() -> None:
    def subjects(_: Evidence) -> Iterable[Any]:
        yield "fine"
        raise ValueError

    def later(_: Evidence) -> Iterable[Any]:
        raise UnjudgedError("x", UNKNOWN)

    one = Rule("test", "", "", "", subjects, judge)
    whats, unjudged, failure = told(run(one, EVIDENCE))
    assert (whats, unjudged) == (["after fine", "before fine"], ())
    assert failure.startswith("ValueError in test_rule.py, line ")
    assert told(run(Rule("test", "", "", "", later, judge), EVIDENCE)) == (
        [],
        ("x is not known before the update",),
        "",
    )


def test_a_doubt_among_the_subjects_is_told() -> None:
    found = told(run(rule(judge, UnjudgedError("y", UNKNOWN), "fine"), EVIDENCE))
    assert found == (["after fine", "before fine"], ("y is not known before the update",), "")


def test_the_same_is_said_once_and_in_order() -> None:
    def twice(_: Evidence, subject: Any, __: Options) -> Iterator[Violation]:
        yield Violation("b", "", ("west",), subject)
        yield Violation("a", "", ("east",), subject)

    found = run(rule(twice, "s", "s"), EVIDENCE)
    assert [one.what for one in found.violations] == ["a", "b"]


def test_a_violation_names_clusters_and_the_first_subject() -> None:
    east = Object("east", {"kind": "Service", "metadata": {"name": "a"}}, "urn:a")
    west = Object("west", {})
    component = Component("WANPolicy", "high", {}, "urn:high")
    assert violation("w", "r", east, west) == Violation("w", "r", ("east", "west"), "Service a on east", "urn:a")
    assert violation("w", "r", east).urn == "urn:a"
    assert violation("w", "r", component, clusters=["edge"]) == Violation(
        "w", "r", ("edge",), "component WANPolicy high"
    )
    assert violation("w", "r") == Violation("w", "r")
