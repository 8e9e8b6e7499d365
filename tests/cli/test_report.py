"""Verdicts, told: whole reports compared."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from mcwan import __version__
from mcwan.cli.markdown import MOST_ROWS
from mcwan.cli.report import Report, as_json, counts, markdown, plain, sarif
from mcwan.rules import RULES, Level, Rule, Severity, Verdict, Violation
from mcwan.rules.objects import Place

LOUD = Rule("loud", "Nobody shouts.", "It is late.", "Whisper.", lambda _: [], lambda *_: iter(()), Severity.CRITICAL)
MILD = replace(LOUD, name="mild", level=Level.ADVISORY, severity=Severity.LOW)
GOOD = replace(LOUD, name="good", sentence="All < is | `well`.")
SHOUT = Violation("A shouts at B", "tell A", ("east", "west"), "Gateway mc-wan/a on east")
MUTTER = Violation("a|b *mutters* <at> `c`", "ask\nit", ("west",), "component WANPolicy high")
SILENCE = Violation("nobody is there", "come", ("east", "west"))
LEVELS = {"loud": Level.MANDATORY, "mild": Level.ADVISORY, "good": Level.MANDATORY, "gone": Level.DISABLED}
GONE = Verdict(GOOD, unjudged=("Secret a on east is a secret",), failure="KeyError in rules.py, line 7")
FOUND = Report(
    "stacks/Pulumi.a b.yaml",
    3,
    (Verdict(LOUD, (SHOUT, SILENCE)), Verdict(MILD, (MUTTER,)), GONE, Verdict(replace(GOOD, name="fine"))),
    LEVELS | {"fine": Level.ADVISORY},
    file="stacks/Pulumi.a b.yaml",
)
NOTHING = Report("rendered", 1, (Verdict(GOOD),), {"good": Level.MANDATORY})


def test_plain() -> None:
    assert plain(NOTHING) == "1 rule, 1 object: nothing wrong\n"
    assert plain(FOUND) == (
        "mandatory:\n"
        "  loud: A shouts at B; tell A\n"
        "  loud: nobody is there; come\n"
        "advisory:\n"
        "  mild: a|b *mutters* <at> `c`; ask it\n"
        "not judged:\n"
        "  good: Secret a on east is a secret\n"
        "failed:\n"
        "  good: KeyError in rules.py, line 7; report that, and disable the rule until then\n"
        "4 rules (1 disabled), 3 objects: 2 violations of mandatory rules, 1 violation of advisory rules; "
        "1 rule failed; 1 not judged\n"
    )


def test_markdown() -> None:
    assert markdown(FOUND) == (
        "## mcwan check: refused\n"
        "\n"
        "`stacks/Pulumi.a b.yaml`: 4 rules (1 disabled), 3 objects: 2 violations of mandatory rules, 1 violation of "
        "advisory rules; 1 rule failed; 1 not judged\n"
        "\n"
        "### Mandatory\n"
        "\n"
        "| rule | clusters | what | remedy |\n"
        "| --- | --- | --- | --- |\n"
        "| `loud` | east, west | A shouts at B | tell A |\n"
        "| `loud` | east, west | nobody is there | come |\n"
        "\n"
        "### Advisory\n"
        "\n"
        "| rule | clusters | what | remedy |\n"
        "| --- | --- | --- | --- |\n"
        "| `mild` | west | a\\|b \\*mutters\\* &lt;at&gt; \\`c\\` | ask it |\n"
        "\n"
        "### Not judged\n"
        "\n"
        "- `good`: Secret a on east is a secret\n"
        "\n"
        "### Failed\n"
        "\n"
        "- `good`: KeyError in rules.py, line 7\n"
        "\n"
        "<details>\n"
        "<summary>1 rule passed</summary>\n"
        "\n"
        "- `fine`: All &lt; is \\| \\`well\\`.\n"
        "\n"
        "</details>\n"
    )


def test_markdown_of_many_violations_fits_into_a_comment() -> None:
    many = tuple(
        Violation(f"{index} {'x' * 200}", "y" * 200, ("east",), f"Gateway a/{index} on east") for index in range(2000)
    )
    verdicts = (Verdict(LOUD, many), Verdict(MILD, many, unjudged=tuple(f"{one} {'z' * 200}" for one in range(2000))))
    text = markdown(Report("rendered", 1, verdicts, LEVELS))
    assert text.count("| `loud` |") == MOST_ROWS
    assert text.count("And 1950 more: `mcwan check --format json` has all.") == 2
    assert "- and 1950 more\n" in text
    assert len(text) < 65536


def test_json() -> None:
    quiet = {"severity": "critical", "violations": [], "notJudged": [], "failure": ""}
    assert json.loads(as_json(FOUND)) == {
        "judged": "stacks/Pulumi.a b.yaml",
        "refused": True,
        "objects": 3,
        "rules": [
            {
                **quiet,
                "name": "loud",
                "level": "mandatory",
                "violations": [
                    {
                        "what": "A shouts at B",
                        "remedy": "tell A",
                        "clusters": ["east", "west"],
                        "object": "Gateway mc-wan/a on east",
                    },
                    {"what": "nobody is there", "remedy": "come", "clusters": ["east", "west"], "object": ""},
                ],
            },
            {
                **quiet,
                "name": "mild",
                "level": "advisory",
                "severity": "low",
                "violations": [
                    {
                        "what": "a|b *mutters* <at> `c`",
                        "remedy": "ask\nit",
                        "clusters": ["west"],
                        "object": "component WANPolicy high",
                    }
                ],
            },
            {
                **quiet,
                "name": "good",
                "level": "mandatory",
                "notJudged": ["Secret a on east is a secret"],
                "failure": "KeyError in rules.py, line 7",
            },
            {**quiet, "name": "fine", "level": "advisory"},
        ],
    }


def test_sarif() -> None:
    log = json.loads(sarif(FOUND))
    (run,) = log.pop("runs")
    assert log == {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0"}
    driver = run["tool"]["driver"]
    described = driver.pop("rules")
    assert driver == {"name": "mcwan", "version": __version__}
    assert described[1] == {
        "id": "mild",
        "shortDescription": {"text": "Nobody shouts."},
        "fullDescription": {"text": "It is late."},
        "help": {"text": "Whisper."},
        "helpUri": "docs/rules/mild.md",
        "defaultConfiguration": {"level": "warning"},
        "properties": {"severity": "low"},
    }
    assert [(one["id"], one["defaultConfiguration"]["level"]) for one in described] == [
        ("loud", "error"),
        ("mild", "warning"),
        ("good", "error"),
        ("fine", "warning"),
    ]
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {
                    "level": "note",
                    "message": {"text": "not judged: Secret a on east is a secret"},
                    "associatedRule": {"id": "good"},
                },
                {
                    "level": "error",
                    "message": {
                        "text": "failed: KeyError in rules.py, line 7; report that, and disable the rule until then"
                    },
                    "associatedRule": {"id": "good"},
                },
            ],
        }
    ]
    prints = [one.pop("partialFingerprints") for one in run["results"]]
    assert len({one["primaryLocationLineHash"] for one in prints}) == 3
    file = {"artifactLocation": {"uri": "stacks/Pulumi.a%20b.yaml"}, "region": {"startLine": 1}}
    assert run["results"] == [
        {
            "ruleId": "loud",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "A shouts at B; tell A"},
            "locations": [
                {
                    "physicalLocation": file,
                    "logicalLocations": [{"fullyQualifiedName": "east/Gateway mc-wan/a", "kind": "resource"}],
                }
            ],
        },
        {
            "ruleId": "loud",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "nobody is there; come"},
            "locations": [
                {
                    "physicalLocation": file,
                    "logicalLocations": [
                        {"fullyQualifiedName": "east", "kind": "resource"},
                        {"fullyQualifiedName": "west", "kind": "resource"},
                    ],
                }
            ],
        },
        {
            "ruleId": "mild",
            "ruleIndex": 1,
            "level": "warning",
            "message": {"text": "a|b *mutters* <at> `c`; ask\nit"},
            "locations": [
                {
                    "physicalLocation": file,
                    "logicalLocations": [{"fullyQualifiedName": "component WANPolicy high", "kind": "resource"}],
                }
            ],
        },
    ]


def test_sarif_without_a_file_has_no_place_in_one() -> None:
    bare = Violation("what", "remedy")
    log = json.loads(sarif(Report("rendered", 1, (Verdict(LOUD, (SHOUT, bare)),), LEVELS)))
    assert [one["locations"] for one in log["runs"][0]["results"]] == [
        [{"logicalLocations": [{"fullyQualifiedName": "east/Gateway mc-wan/a", "kind": "resource"}]}],
        [],
    ]
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_sarif_has_the_file_of_each_object() -> None:
    at = replace(SHOUT, place=Place("out/east/10 fabric.yaml", 7))
    log = json.loads(sarif(Report("out", 1, (Verdict(LOUD, (at, SHOUT)),), LEVELS, "out/east/00-crds.yaml")))
    assert [one["locations"][0]["physicalLocation"] for one in log["runs"][0]["results"]] == [
        {"artifactLocation": {"uri": "out/east/10%20fabric.yaml"}, "region": {"startLine": 7}},
        {"artifactLocation": {"uri": "out/east/00-crds.yaml"}, "region": {"startLine": 1}},
    ]


@pytest.mark.parametrize("found", [FOUND, NOTHING], ids=["found", "nothing"])
def test_sarif_has_the_public_shape(found: Report) -> None:
    jsonschema.Draft202012Validator(SHAPE).validate(json.loads(sarif(found)))


def test_a_fingerprint_is_the_same_on_every_run_and_for_every_file() -> None:
    def prints(found: Report) -> list[str]:
        results = json.loads(sarif(found))["runs"][0]["results"]
        return [one["partialFingerprints"]["primaryLocationLineHash"] for one in results]

    assert prints(FOUND) == prints(replace(FOUND, judged="other", file=""))
    twice = (SHOUT, replace(SHOUT, what="A shouts at C"))
    assert len(set(prints(replace(FOUND, verdicts=(Verdict(LOUD, twice), Verdict(MILD, twice)))))) == 4


@pytest.mark.parametrize(
    ("verdict", "level", "refused"),
    [
        (Verdict(LOUD), Level.MANDATORY, False),
        (Verdict(LOUD, (SHOUT,)), Level.MANDATORY, True),
        (Verdict(LOUD, (SHOUT,)), Level.ADVISORY, False),
        (Verdict(LOUD, failure="KeyError"), Level.MANDATORY, True),
        (Verdict(LOUD, failure="KeyError"), Level.ADVISORY, False),
        (Verdict(LOUD, unjudged=("x",)), Level.MANDATORY, False),
    ],
)
def test_what_is_refused(verdict: Verdict, level: Level, *, refused: bool) -> None:
    assert Report("x", 1, (verdict,), {"loud": level}).refused is refused


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict(LOUD), "1 rule, 2 objects: nothing wrong"),
        (Verdict(LOUD, unjudged=("x", "y")), "1 rule, 2 objects: nothing wrong; 2 not judged"),
        (Verdict(LOUD, failure="KeyError"), "1 rule, 2 objects: 1 rule failed"),
        (Verdict(LOUD, (SHOUT,)), "1 rule, 2 objects: 1 violation of mandatory rules"),
    ],
)
def test_counts(verdict: Verdict, expected: str) -> None:
    assert counts(Report("x", 2, (verdict,), {"loud": Level.MANDATORY})) == expected


def test_every_rule_that_mcwan_has_can_be_told() -> None:
    half = len(RULES) // 2  # Markdown has 50 violations at most
    for rules in (RULES[:half], RULES[half:]):
        verdicts = tuple(Verdict(rule, (SHOUT,)) for rule in rules)
        found = Report("x", 1, verdicts, {rule.name: rule.level for rule in rules})
        for tell in (plain, markdown, as_json, sarif):
            assert [rule.name for rule in rules if rule.name not in tell(found)] == []


def _object(*needed: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def _list(items: Any, *, unique: bool = False) -> dict[str, Any]:
    return {"type": "array", "items": items, "uniqueItems": unique}


TEXT = {"type": "string"}
MESSAGE = _object("text", text=TEXT)
GRADE = {"enum": ["none", "note", "warning", "error"]}
LOCATION = _object(
    physicalLocation=_object(
        "artifactLocation",
        artifactLocation=_object("uri", uri={"type": "string", "pattern": r"^[-A-Za-z0-9._~/%]+$"}),
        region=_object("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations=_list(_object("fullyQualifiedName", fullyQualifiedName=TEXT, kind=TEXT), unique=True),
)
SHAPE = _object(
    "$schema",
    "version",
    "runs",
    **{"$schema": TEXT},
    version={"const": "2.1.0"},
    runs=_list(
        _object(
            "tool",
            "results",
            tool=_object(
                "driver",
                driver=_object(
                    "name",
                    name=TEXT,
                    version=TEXT,
                    rules=_list(
                        _object(
                            "id",
                            id=TEXT,
                            shortDescription=MESSAGE,
                            fullDescription=MESSAGE,
                            help=MESSAGE,
                            helpUri=TEXT,
                            defaultConfiguration=_object(level=GRADE),
                            properties={"type": "object"},
                        ),
                        unique=True,
                    ),
                ),
            ),
            invocations=_list(
                _object(
                    "executionSuccessful",
                    executionSuccessful={"type": "boolean"},
                    toolExecutionNotifications=_list(
                        _object("message", level=GRADE, message=MESSAGE, associatedRule=_object("id", id=TEXT))
                    ),
                )
            ),
            results=_list(
                _object(
                    "message",
                    ruleId=TEXT,
                    ruleIndex={"type": "integer", "minimum": 0},
                    level=GRADE,
                    message=MESSAGE,
                    locations=_list(LOCATION),
                    partialFingerprints={"type": "object", "additionalProperties": TEXT},
                )
            ),
        )
    ),
)
"""What SARIF 2.1.0 says of the parts that are used."""
