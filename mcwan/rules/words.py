"""How values stand in a message."""

from collections.abc import Iterable

from mcwan.model.mistakes import show


def listed(items: Iterable[str]) -> str:
    """Write a list: `a`, `a and b`, `a, b and c`."""
    every = list(items)
    return " and ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


def said(value: object) -> str:
    """Write a value as it stands in YAML, whole floats without their fraction; `none` if there is none."""
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) and len(value) <= 80 and "\n" not in value else show(value)


def many(count: int, what: str, more: str = "") -> str:
    """Count: `1 flow`, `2 flows`; `more` where an s is not enough."""
    return f"{count:,} {what if count == 1 else more or f'{what}s'}"
