"""Kubernetes objects as a rule sees them, whoever made them and wherever they were read.

Objects of other people's programs are among them, and may hold anything: readers take what has the right type, treat
the rest as not there, and raise `UnjudgedError` for what is withheld.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, NamedTuple, TypeVar

from mcwan.rules.unknown import UnjudgedError, Withheld

T = TypeVar("T")
_LISTS, _MAPPINGS = (list, tuple), (dict, Mapping)


class Place(NamedTuple):
    """Where an object is written: a file's path, and the line at which its document begins, from 1."""

    file: str
    line: int = 1


@dataclass(frozen=True)
class Object:
    """One object on one cluster. `urn` is Pulumi's name for it, `place` its own, where it has one."""

    cluster: str
    content: Mapping[str, Any] = field(hash=False)
    urn: str = field(default="", compare=False)
    place: Place | None = field(default=None, compare=False)

    @property
    def kind(self) -> str:
        """The kind; `?` if that is not known."""
        return shown(self.content, "kind")

    @property
    def group(self) -> str:
        """The API group; empty for the core's, `?` if that is not known."""
        group, slash, _ = shown(self.content, "apiVersion").rpartition("/")
        return group if slash else ""

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata. Raises UnjudgedError."""
        return mapping(self.content, "metadata")

    @cached_property
    def name(self) -> str:
        """The name. Raises UnjudgedError."""
        return text(self.metadata, "name")

    @cached_property
    def namespace(self) -> str:
        """The namespace; empty if there is none. Raises UnjudgedError."""
        return text(self.metadata, "namespace")

    @cached_property
    def labels(self) -> Mapping[str, Any]:
        """The labels."""
        return mapping(self.metadata, "labels")

    @cached_property
    def annotations(self) -> Mapping[str, Any]:
        """The annotations."""
        return mapping(self.metadata, "annotations")

    def label(self, name: str) -> str:
        """Give a label's value; empty if it is not there. Raises UnjudgedError."""
        return text(self.labels, name)

    def __str__(self) -> str:
        """Name it as a person does: `Gateway mc-wan/mc-wan-ingress on east`."""
        namespace, name = (shown(self.content, "metadata", key) for key in ("namespace", "name"))
        return f"{self.kind} {f'{namespace}/' if namespace else ''}{name} on {self.cluster}"


def kept(read: Callable[[Object], T]) -> Callable[[Object], T]:
    """Make a reader keep what it has read with the object, since many rules ask the same of it."""
    name = f"{read.__module__}.{read.__qualname__}"

    @wraps(read)
    def reader(one: Object) -> T:
        known = one.__dict__
        if name not in known:
            known[name] = read(one)
        found: T = known[name]
        return found

    return reader


def value(content: Any, *path: str | int) -> Any:
    """Give what is at a path; None if nothing is. Raises UnjudgedError if it, or a part above it, is withheld."""
    for part in path:
        # nearly always a dict, whose check is quick
        content = content.get(part) if isinstance(content, dict) else _part(content, part)
    if isinstance(content, Withheld):
        content.raise_()
    return content


def _part(content: Any, part: str | int) -> Any:
    if content is None:
        return None
    if isinstance(content, Withheld):
        content.raise_()
    if isinstance(content, Mapping):
        return content.get(part)
    if isinstance(content, Sequence) and not isinstance(content, str) and isinstance(part, int):
        return content[part] if part < len(content) else None
    return None


def text(content: Any, *path: str | int) -> str:
    """Give a text; empty if there is none. Raises UnjudgedError."""
    found = content.get(path[0]) if isinstance(content, dict) and len(path) == 1 else value(content, *path)
    if isinstance(found, Withheld):
        found.raise_()
    return found if isinstance(found, str) else ""


def number(content: Any, *path: str | int) -> int | None:
    """Give a whole number, be it 31111 or 31111.0; None if there is none. Raises UnjudgedError."""
    found = value(content, *path)
    if isinstance(found, float):
        return int(found) if found.is_integer() else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def mapping(content: Any, *path: str | int) -> Mapping[str, Any]:
    """Give a mapping; an empty one if there is none. Its values may be withheld. Raises UnjudgedError."""
    found = value(content, *path)
    return found if found is not None and isinstance(found, _MAPPINGS) else {}


def items(content: Any, *path: str | int) -> Iterator[Any]:
    """Give the items of a list; none if there is none. Raises UnjudgedError for a withheld one, after all others."""
    found = value(content, *path)
    if not isinstance(found, _LISTS):
        return
    withheld = None
    for item in found:
        if isinstance(item, Withheld):
            withheld = item
        else:
            yield item
    if withheld is not None:
        withheld.raise_()


def texts(content: Any, *path: str | int) -> Iterator[str]:
    """Give the items of a list that are texts. Raises UnjudgedError for a withheld one, after all others."""
    return (item for item in items(content, *path) if isinstance(item, str))


def shown(content: Any, *path: str | int) -> str:
    """Give a text for a message, `?` where it is withheld."""
    try:
        return text(content, *path)
    except UnjudgedError:
        return "?"
