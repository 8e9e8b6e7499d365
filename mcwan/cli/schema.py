"""What a stack file may hold, made from the models: a JSON Schema for editors, a page for people."""

import json
from collections.abc import Iterator
from typing import Any

from mcwan.cli import profile_table
from mcwan.model import Description
from mcwan.stack import PROJECT

_PULUMI_KEYS = ("encryptionsalt", "secretsprovider", "encryptedkey", "environment")


def stack_schema() -> str:
    """Give the JSON Schema of a stack file, as text."""
    description = Description.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    definitions = description.pop("$defs")
    prefix = f"{PROJECT}:"
    for one in (description, *definitions.values()):
        for field in one.get("properties", {}).values():
            if "patternProperties" in field:
                field["additionalProperties"] = False  # pydantic leaves names that do not match open
    config = {
        "type": "object",
        "description": "Configuration; keys of other programs are theirs.",
        "properties": {prefix + key: value for key, value in description["properties"].items()},
        "required": [prefix + key for key in description["required"]],
        "patternProperties": {f"^(?!{prefix})": {}},
        "additionalProperties": False,
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A stack of mcwan",
        "type": "object",
        "properties": {"config": config, **{key: {} for key in _PULUMI_KEYS}},
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def reference_page() -> str:
    """Give the reference page: a table per model."""
    schema = json.loads(stack_schema())
    lines = [
        "# Reference: what a stack file holds",
        "",
        "Made from the models by `make docs`. `pulumi preview` and `mcwan check` refuse anything else.",
        "",
        "## Keys under `config`",
        "",
        *rows(schema["properties"]["config"]),
    ]
    for name, definition in sorted(schema["$defs"].items()):
        lines += ["", f"## {name}", "", definition.get("description", ""), "", *rows(definition)]
    lines += ["", *profile_table.lines()]
    return "\n".join(lines) + "\n"


def rows(model: dict[str, Any]) -> Iterator[str]:
    """Give the table of a model's keys, of its JSON Schema."""
    yield "| key | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for key, field in model["properties"].items():
        needed = key in model.get("required", ())
        default = "needed" if needed else _default(field.get("default"))
        meaning = " ".join(field.get("description", "").split())
        yield f"| `{key}` | {_value(field)} | {default} | {meaning} |".replace("||", "|\\|")


def _default(value: object) -> str:
    return "" if value in (None, [], {}) or isinstance(value, dict) else f"`{json.dumps(value)}`"


def _value(field: dict[str, Any]) -> str:
    """Say what a field holds, its bounds, and where its model is described."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(_value(one) for one in field["anyOf"] if one.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if field.get("type") == "array":
        return f"list of {_value(field['items'])}{_bounds(field, 'minItems', 'maxItems')}"
    if field.get("type") == "object" and "patternProperties" in field:
        (value,) = field["patternProperties"].values()
        return f"mapping of names to {_value(value)}"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"mapping of names to {_value(field['additionalProperties'])}"
    if field.get("type") == "object" and "properties" in field:
        return "mapping of " + ", ".join(f"`{key}`" for key in field["properties"])
    kind = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}
    return kind.get(field.get("type", ""), "anything") + _bounds(field, "minimum", "maximum")


def _bounds(field: dict[str, Any], low: str, high: str) -> str:
    least, most = field.get(low), field.get(high)
    if least is None and most is None:
        return ""
    return f", {least if least is not None else 0} to {most}" if most is not None else f", {least} or more"
