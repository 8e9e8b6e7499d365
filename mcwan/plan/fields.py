"""What the parts of an object are called where they are told to people: `spec.rules[all].backendRefs[0].weight`."""

from collections.abc import Mapping


def below(field: str, key: str) -> str:
    """Name a part of a field; a key with dots, as of labels, in brackets."""
    if "." in key or "/" in key:
        return f"{field}[{key}]"
    return f"{field}.{key}" if field else key


def item(field: str, keys: Mapping[str, object]) -> str:
    """Name an item of a list by what tells it apart: a name by itself, other keys with their values."""
    told = [str(value) if keys.keys() == {"name"} else f"{key}={value}" for key, value in keys.items()]
    return f"{field}[{','.join(told)}]"
