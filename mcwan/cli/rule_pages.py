"""A page per rule, and their index, made from the rules themselves."""

import json
from collections.abc import Iterator
from typing import Any

from mcwan.cli.schema import rows
from mcwan.rules import RULES, Level, Rule
from mcwan.rules.settings import LEVEL

_MADE = "Made from the rules by `make docs`."


def pages() -> dict[str, str]:
    """Give every page by its file name: `README.md`, the index, and one per rule."""
    return {"README.md": _index(), **{f"{rule.name}.md": _page(rule) for rule in RULES}}


def example(rule: Rule) -> dict[str, Any]:
    """Give an example of a rule's configuration: its own options, or else another level."""
    options = {key: field["examples"][0] for key, field in _options(rule).items() if "examples" in field}
    other = Level.ADVISORY if rule.level is Level.MANDATORY else Level.MANDATORY
    return {rule.name: {LEVEL: rule.level.value, **options} if options else other.value}


def _index() -> str:
    lines = [
        "# Rules",
        "",
        f"What must hold across the clusters of an environment. {_MADE}",
        "",
        "- [Check in CI](../how-to/check-in-ci.md): how to run them",
        "- [Configure rules](../how-to/configure-rules.md): their levels and options",
        "- [Write a rule](../how-to/write-a-rule.md): one of your own",
        "",
        "| rule | what must hold | severity | level by default |",
        "| --- | --- | --- | --- |",
        *(f"| [{one.name}]({one.name}.md) | {one.sentence} | {one.severity} | {one.level} |" for one in RULES),
    ]
    return "\n".join(lines) + "\n"


def _page(rule: Rule) -> str:
    levels = {"enum": [level.value for level in Level], "default": rule.level.value, "description": _LEVEL_SAYS}
    lines = [
        f"# {rule.name}",
        "",
        rule.sentence,
        "",
        f"Severity {rule.severity}; {rule.level} by default. {_MADE}",
        "",
        "## Why",
        "",
        rule.why,
        "",
        "## Remedy",
        "",
        rule.remedy,
        "",
        "## Configuration",
        "",
        *rows({"properties": {LEVEL: levels, **_options(rule)}}),
        "",
        *_shown(rule),
        "",
        "[All rules](README.md); [how to configure them](../how-to/configure-rules.md)",
    ]
    return "\n".join(lines) + "\n"


_LEVEL_SAYS = "Whether a violation stops an update, is told only, or is not looked for."


def _shown(rule: Rule) -> Iterator[str]:
    yield "```json"
    yield json.dumps(example(rule), indent=2)
    yield "```"


def _options(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = rule.options.model_json_schema(by_alias=True).get("properties", {})
    return found
