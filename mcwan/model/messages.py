"""What pydantic found wrong with one field, in an operator's words: what is allowed, and the remedy."""

from collections.abc import Collection, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mcwan.model.leaves import PATTERN_MEANS
from mcwan.model.mistakes import QUOTES, Mistake, Place, is_plain, no_key, show
from mcwan.model.near import near

_RANGE = ("greater_than_equal", "less_than_equal")
KEY = "[key]"
"""How pydantic's location ends where a mapping's key itself is wrong."""
_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "ip_any_address": "an IP address",
    "ip_any_network": "a network, as CIDR",
}


def said(error: ErrorDetails, model: type[BaseModel], value: object) -> Mistake:
    """Give the mistake for one of pydantic's errors in an item of `model`; its place is relative to the item."""
    kind, context, place = error["type"], error.get("ctx", {}), error["loc"]
    if place and place[-1] == KEY:
        remedy = QUOTES if kind == "string_type" else "correct it"
        return Mistake(place[:-1], show(place[-2]), f"not allowed; allowed: {_allowed(kind, context)}", remedy)
    if kind == "invalid_key":
        return no_key(place, place[-1])
    if kind == "extra_forbidden":
        return wrong_key(place, fields_of(_model_at(model, place[:-1])))
    if kind == "missing":
        return Mistake(place, "", "not written, but needed", f"write {place[-1]}")
    if kind in ("mcwan", "reference"):
        shown = "" if kind == "mcwan" else show(value)
        return Mistake(place, shown, context["problem"], context["remedy"])
    if kind in ("too_long", "too_short"):
        return _sized(place, context)
    allowed = _bounds(model, place) if kind in _RANGE else _allowed(kind, context)
    if allowed is None:
        return Mistake(place, show(value), error["msg"][:1].lower() + error["msg"][1:], "correct it")
    remedy = "write one of them" if kind == "literal_error" else f"write {_called(place)} so"
    if kind in ("model_type", "model_attributes_type"):
        remedy = f"write its keys: {', '.join(fields_of(_model_at(model, place)))}"
    if kind == "string_type" and is_plain(value):
        remedy = QUOTES
    if kind == "tuple_type":
        remedy = f"write [{value}]" if isinstance(value, str) and len(value) < 64 else "write each after '- '"
    return Mistake(place, show(value), f"not allowed; allowed: {allowed}", remedy)


def wrong_key(place: Place, allowed: Collection[str]) -> Mistake:
    """Give the mistake for a key that nothing knows. Its value is not shown: it may be a secret's."""
    meant = near(str(place[-1]), allowed)
    remedy = f"did you mean {meant!r}?" if meant else "remove it"
    return Mistake(place, "", f"unknown key; allowed: {', '.join(sorted(allowed)) or 'none'}", remedy)


def fields_of(model: type[BaseModel] | None) -> tuple[str, ...]:
    """Give the keys of a model as they are written."""
    return tuple(info.alias or name for name, info in model.model_fields.items()) if model else ()


def _allowed(kind: str, context: dict[str, Any]) -> str | None:
    """Say what is allowed; None where pydantic's own sentence says it best."""
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "string_pattern_mismatch":
        return PATTERN_MEANS.get(context["pattern"], f"what matches {context['pattern']}")
    if kind == "string_too_long":
        return f"at most {_characters(context['max_length'])}"
    if kind == "string_too_short":
        return f"at least {_characters(context['min_length'])}"
    return str(context["expected"]) if kind == "literal_error" else None


def _sized(place: Place, context: dict[str, Any]) -> Mistake:
    """Give the mistake of a list that has too many entries, or too few."""
    count = context["actual_length"]
    shown = f"{count} entries" if count > 1 else "1 entry" if count else "an empty list"
    if "max_length" in context:
        return Mistake(place, shown, f"too many; allowed: at most {context['max_length']}", "take some out")
    return Mistake(place, shown, f"not allowed; allowed: at least {context['min_length']}", "write one after '- '")


def _characters(count: int) -> str:
    return f"{count} character{'' if count == 1 else 's'}"


def _called(place: Place) -> str:
    return next((part for part in reversed(place) if isinstance(part, str)), "it")


def _bounds(model: type[BaseModel], place: Place) -> str:
    """Say which numbers a field allows, both ends."""
    owner = _model_at(model, place[:-1])
    found = [i for n, i in owner.model_fields.items() if place[-1] in (n, i.alias)] if owner else []
    limits = {type(one).__name__: one for info in found for one in _metadata(info)}
    low, high = limits.get("Ge"), limits.get("Le")
    least = int(low.ge) if low else 0
    return f"{least} to {int(high.le)}" if high else f"{least} or more"


def _metadata(info: Any) -> Iterator[Any]:
    """Give the constraints of a field, also those inside an optional one."""
    yield from getattr(info, "metadata", ())
    for argument in get_args(getattr(info, "annotation", info)):
        yield argument
        yield from _metadata(argument)


def _model_at(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """Give the model whose keys stand at a place inside `model`."""
    annotation: Any = model
    for part in place:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
            continue
        inner = next(_models(annotation), None)
        if isinstance(part, str) and inner is not None:
            annotation = next((f.annotation for n, f in inner.model_fields.items() if part in (n, f.alias)), None)
    return next(_models(annotation), None)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Give the models inside an annotation: of an optional field, of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Annotated, Union, UnionType, tuple):
        for argument in get_args(annotation):
            yield from _models(argument)
