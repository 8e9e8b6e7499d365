"""DSCP: the mark of an IP packet (RFC 2474), as a number or as the name of its class."""

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

DscpClass = Literal[
    "CS0", "CS1", "CS2", "CS3", "CS4", "CS5", "CS6", "CS7",
    "AF11", "AF12", "AF13", "AF21", "AF22", "AF23", "AF31", "AF32", "AF33", "AF41", "AF42", "AF43",
    "EF",
]  # fmt: skip


def _value(name: str) -> int:
    """CSn is 8n (RFC 2474), AFxy is 8x + 2y (RFC 2597), EF is 46 (RFC 3246)."""
    if name == "EF":
        return 46
    return 8 * int(name[2]) + (2 * int(name[3]) if name.startswith("AF") else 0)


CLASSES: dict[str, int] = {name: _value(name) for name in get_args(DscpClass)}
"""The classes' numbers."""

_Number = Annotated[int, Field(ge=0, le=63)]


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in CLASSES:
        problem = f"{value!r}: no class of DSCP; allowed: 0 to 63, EF, AF11 to AF43, CS0 to CS7"
        raise PydanticCustomError("mcwan", "{problem}", {"problem": problem, "remedy": "write one of them"})
    return CLASSES[value]


Dscp = Annotated[
    int, Field(strict=True, ge=0, le=63), BeforeValidator(_number, json_schema_input_type=_Number | DscpClass)
]
"""A number from 0 to 63, or the name of a class, which is read as its number."""
