"""Kubernetes objects as a rule sees them, whoever made them and wherever they were read.

Objects of other people's programs are among them, and may hold anything: readers take what has the right type, treat
the rest as not there, and raise `UnjudgedError` for what is withheld.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mcwan.rules.unknown import Withheld


@dataclass(frozen=True)
class Object:
    """One object on one cluster. `urn` is Pulumi's name for it, where it has one."""

    cluster: str
    content: Mapping[str, Any] = field(hash=False)
    urn: str = field(default="", compare=False)

    @cached_property
    def kind(self) -> str:
        """The kind."""
        return text(self.content, "kind")

    @cached_property
    def group(self) -> str:
        """The API group; empty for the core's."""
        group, slash, _ = text(self.content, "apiVersion").rpartition("/")
        return group if slash else ""

    @cached_property
    def name(self) -> str:
        """The name. Raises UnjudgedError."""
        return text(self.content, "metadata", "name")

    @cached_property
    def namespace(self) -> str:
        """The namespace; empty if there is none. Raises UnjudgedError."""
        return text(self.content, "metadata", "namespace")

    @cached_property
    def labels(self) -> Mapping[str, Any]:
        """The labels."""
        return mapping(self.content, "metadata", "labels")

    @cached_property
    def annotations(self) -> Mapping[str, Any]:
        """The annotations."""
        return mapping(self.content, "metadata", "annotations")

    def label(self, name: str) -> str:
        """Give a label's value; empty if it is not there. Raises UnjudgedError."""
        return text(self.labels, name)

    def __str__(self) -> str:
        """Name it as a person does: `Gateway mc-wan/mc-wan-ingress on east`."""
        namespace, name = (shown(self.content, "metadata", key) for key in ("namespace", "name"))
        return f"{self.kind} {f'{namespace}/' if namespace else ''}{name} on {self.cluster}"


def value(content: Any, *path: str | int) -> Any:
    """Give what is at a path; None if nothing is. Raises UnjudgedError if it, or a part above it, is withheld."""
    for part in path:
        if isinstance(content, Mapping):
            content = content.get(part)
        elif isinstance(content, Sequence) and not isinstance(content, str) and isinstance(part, int):
            content = content[part] if part < len(content) else None
        else:
            content = None
        if isinstance(content, Withheld):
            content.raise_()
    return content


def text(content: Any, *path: str | int) -> str:
    """Give a text; empty if there is none. Raises UnjudgedError."""
    found = value(content, *path)
    return found if isinstance(found, str) else ""


def number(content: Any, *path: str | int) -> int | None:
    """Give a whole number, be it 31111 or 31111.0; None if there is none. Raises UnjudgedError."""
    found = value(content, *path)
    if isinstance(found, bool) or not isinstance(found, int | float) or found != int(found):
        return None
    return int(found)


def mapping(content: Any, *path: str | int) -> Mapping[str, Any]:
    """Give a mapping; an empty one if there is none. Its values may be withheld. Raises UnjudgedError."""
    found = value(content, *path)
    return found if isinstance(found, Mapping) else {}


def items(content: Any, *path: str | int) -> Iterator[Any]:
    """Give the items of a list; none if there is none. Raises UnjudgedError for a withheld one, after all others."""
    found = value(content, *path)
    withheld = None
    for item in found if isinstance(found, Sequence) and not isinstance(found, str) else ():
        if isinstance(item, Withheld):
            withheld = item
        else:
            yield item
    if withheld is not None:
        withheld.raise_()


def shown(content: Any, *path: str | int) -> str:
    """Give a text for a message, `?` where it is withheld."""
    found: Any = content
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, Withheld):
            return "?"
    return found if isinstance(found, str) else ""
