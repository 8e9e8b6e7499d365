"""What a picture has, whatever draws it: boxes with rows, and lines between them."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """What an update does to a part of the picture; the value is the sign that stands for it."""

    SAME = ""
    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True)
class End:
    """A place at the right of a row, where a line begins."""

    id: str
    text: str
    policy: str | None = None
    mark: Mark = Mark.SAME
    spare: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a box: a text, one more at the right, and ends. Lines come to it; `policy` colours it."""

    id: str
    text: str
    more: str = ""
    policy: str | None = None
    mark: Mark = Mark.SAME
    ends: tuple[End, ...] = ()


@dataclass(frozen=True)
class Box:
    """A box: `kind` is `importers`, `export`, `policy` or `cluster`, and says in which column it stands."""

    id: str
    kind: str
    title: str
    below: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    policy: str | None = None
    mark: Mark = Mark.SAME


@dataclass(frozen=True)
class Line:
    """A line from an end to a row; from or to the whole box where that is empty. Grey ones may have a label."""

    tail: tuple[str, str]
    head: tuple[str, str]
    policy: str | None = None
    label: str = ""
    mark: Mark = Mark.SAME
    spare: bool = False


@dataclass(frozen=True)
class Policy:
    """A WAN policy in the legend."""

    name: str
    words: str
    mark: Mark = Mark.SAME


@dataclass(frozen=True)
class Drawing:
    """A whole picture. `marked`: it tells what an update changes, and what stays the same is pale.

    `ordered`: boxes stand in their order; else so that few lines cross.
    """

    title: str
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    policies: tuple[Policy, ...] = ()
    marked: bool = False
    notes: tuple[str, ...] = ()
    ordered: bool = False


def mark(*, before: bool, after: bool, changed: bool = False) -> Mark:
    """Give the mark of something that is there before or after."""
    if before and after:
        return Mark.CHANGED if changed else Mark.SAME
    return Mark.ADDED if after else Mark.REMOVED
