"""YAML that people or programs wrote, read so that whatever is wrong with a text comes as its library's YAMLError.

Both libraries raise IndexError, KeyError, AttributeError or ValueError where a scalar is not what its tag or its form
says (`!!int ''`, `!!bool x`, 2026-13-45), and RecursionError for what is nested too deeply.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import YAMLError

_TYPED = ("int", "float", "bool", "timestamp")
"""Tags whose scalars have to be of a form (https://yaml.org/type/)."""
_TAG = "tag:yaml.org,2002:"
_DEEP = "nested deeper than can be read"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's, the fast one if there is one (YAML 1.1, as kubectl reads it)."""


class _Constructor(SafeConstructor):
    """What ruamel makes of nodes."""


def objects(text: str) -> Any:
    """Read one document that programs wrote. Raises PyYAML's YAMLError."""
    with deep(yaml.YAMLError):
        return yaml.load(text, Loader)  # noqa: S506 - a safe one


def written(text: str) -> Any:
    """Read one document that people write, without a key that stands twice (YAML 1.2). Raises ruamel's YAMLError."""
    with deep(YAMLError):
        return _reader().load(text)


def all_written(text: str) -> list[Any]:
    """Read every document of such a text. Raises ruamel's YAMLError."""
    with deep(YAMLError):
        return list(_reader().load_all(text))


@contextmanager
def deep(error: type[Exception]) -> Iterator[None]:
    """Have an error of a library where it gave up at a text that is nested too deeply."""
    try:
        yield
    except RecursionError:
        raise error(_DEEP) from None


def _reader() -> YAML:
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Constructor
    return reader


def _telling(name: str, make: Callable[[Any, Any], Any], error: type[Exception]) -> Callable[[Any, Any], Any]:
    def made(constructor: Any, node: Any) -> Any:
        try:
            return make(constructor, node)
        except (ValueError, LookupError, AttributeError):
            raise error(None, None, f"no {name} is written like that", node.start_mark) from None

    return made


def _decimal(constructor: Any, node: Any) -> Any:
    """Read a whole number that is no other number to programs of YAML 1.1, as kubectl and Pulumi are."""
    if re.fullmatch(r"[-+]?0[0-9_]+", node.value):
        said = "a number that begins with 0 is octal to Pulumi and kubectl: write it without, or in quotes"
        raise ConstructorError(None, None, said, node.start_mark)
    return SafeConstructor.yaml_constructors[f"{_TAG}int"](constructor, node)


_Constructor.add_constructor(f"{_TAG}int", _decimal)
for _name in _TYPED:
    _tag = f"{_TAG}{_name}"
    Loader.add_constructor(
        _tag, _telling(_name, yaml.SafeLoader.yaml_constructors[_tag], yaml.constructor.ConstructorError)
    )
    _Constructor.add_constructor(_tag, _telling(_name, _Constructor.yaml_constructors[_tag], ConstructorError))
