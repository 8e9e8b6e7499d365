"""The few shapes of PromQL that the rules and the dashboard are made of."""

import json
from collections.abc import Iterable

from mcwan.gateways.envoy_metrics import EXPORT, NAMED, RULE, UPSTREAM


def total(by: Iterable[str], expression: str) -> str:
    """Sum by some labels."""
    return f"sum by ({', '.join(by)}) ({expression})"


def kept(by: Iterable[str], expression: str) -> str:
    """Give 1 for each combination of some labels."""
    return f"group by ({', '.join(by)}) ({expression})"


def rate(metric: str, window: str) -> str:
    """Give how often a second something is counted."""
    return f"rate({metric}[{window}])"


def told(expression: str, on: Iterable[str], more: Iterable[str], by: str) -> str:
    """Give each series the labels `more` of the series of `by` that is the same in `on`; without one it is left out."""
    return f"{expression} * on ({', '.join(on)}) group_left ({', '.join(more)}) {by}"


def named(expression: str) -> str:
    """Give an endpoint's series the labels that those of its upstream have."""
    for label, group in ((EXPORT, "$1"), (RULE, "$2")):
        expression = f'label_replace({expression}, "{label}", "{group}", "{UPSTREAM}", {quoted(NAMED)})'
    return expression


def quoted(text: str) -> str:
    """Write a string as PromQL has it."""
    return json.dumps(text, ensure_ascii=False)
