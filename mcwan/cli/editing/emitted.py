"""Values as YAML text, in the manner of the example stacks: on one line where that fits, else a key or item a line."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

WIDTH = 120
_ENDLESS = 1 << 20
_TOP = 2  # where the keys under `config` stand: their lists have a line for each item
_LIKE_A_NUMBER = re.compile(r"^[-+.]?[0-9][-+._:0-9a-zA-Z]*$|^[yYnN]$")


def flow(value: Any) -> str:
    """Write a value on one line: `{service: payment.secure, port: 8080}`."""
    made: str = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, sort_keys=False, width=_ENDLESS, allow_unicode=True
    )
    return made.rstrip("\n")[1:-1]


def pair(key: str, value: Any, column: int) -> list[str]:
    """Write a key of a block mapping, as lines; the first begins at `column`, the others have their own blanks."""
    line = f"{key}: {flow(value)}"
    fits = column + len(line) <= WIDTH
    if _are_mappings(value) and not (fits and len(value) == 1 and column > _TOP):
        return [f"{key}:", *(one for each in value for one in item(each, column + 2))]
    if isinstance(value, Mapping) and value and not fits:
        return [f"{key}:", *_pairs(value, column + 2)]
    return [line]


def item(value: Any, column: int, *, on_one_line: bool = True) -> list[str]:
    """Write an item of a block list whose dashes stand at `column`, as whole lines."""
    line = f"{' ' * column}- {flow(value)}"
    if not isinstance(value, Mapping) or not value or (on_one_line and len(line) <= WIDTH):
        return [line]
    lines = _pairs(value, column + 2)
    return [f"{' ' * column}- {lines[0].lstrip()}", *lines[1:]]


def _pairs(value: Mapping[str, Any], column: int) -> list[str]:
    lines = []
    for key, one in value.items():
        first, *rest = pair(key, one, column)
        lines += [" " * column + first, *rest]
    return lines


def _are_mappings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


class _Dumper(yaml.SafeDumper):
    """Quotes what a reader of YAML 1.1 or 1.2 may take for a number, a date or a boolean; addresses stay plain."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "'" if _LIKE_A_NUMBER.match(value) and value.count(".") < 2 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
