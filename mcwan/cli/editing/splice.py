"""Changes at places of a YAML text, by splicing: a round trip through a parser would lay out other lines anew.

Each function takes a text whose lines end in a line feed, and gives one. A place leads from the top of the
document, as in `("config", "mcwan:exports", 0, "from")`. What comes out is read again, and has to be the data with just
that change; else (an alias, a merged key, a tag: something whose text stands elsewhere) EditError asks for an editor.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from mcwan import yamls
from mcwan.cli.editing import emitted
from mcwan.model.mistakes import Place, written


class EditError(ValueError):
    """An edit that cannot be done: one line that says why, and the remedy."""


@lru_cache(maxsize=8)
def data(text: str) -> Any:
    """Read a text; what comes is shared, and not to be changed. Raises ruamel's YAMLError."""
    return yamls.written(text)


def put(text: str, place: Place, value: Any) -> str:
    """Write another value at a place that has one; on one line."""

    def spliced() -> str:
        found = _at(text, place)
        begin, end = found.node.start_mark.index, _end(text, found)
        if begin == end or _is_block(found.node):
            raise _cannot(place)
        return text[:begin] + emitted.flow(value) + text[end:]

    return _checked(text, place, spliced, lambda parent, last: _set(parent, last, value))


def swap(text: str, place: Place, key: str, value: Any) -> str:
    """Write another key and value where a key of a mapping stands."""

    def spliced() -> str:
        found = _at(text, place)
        lines = emitted.pair(key, value, found.start.start_mark.column)
        if found.in_flow:
            lines = [f"{emitted.flow(key)}: {emitted.flow(value)}"]
        return text[: found.start.start_mark.index] + "\n".join(lines) + text[_end(text, found) :]

    def changed(parent: Any, last: str | int) -> None:
        del parent[last]
        parent[key] = value

    return _checked(text, place, spliced, changed)


def insert(text: str, place: Place, value: Any, *, after: str | None = None) -> str:
    """Write a new key of a mapping, after another key, or after the last where that is not there."""

    def spliced() -> str:
        parent = _at(text, place[:-1])
        key = str(place[-1])
        if not isinstance(parent.node, MappingNode) or not parent.node.value:
            raise _cannot(place)
        keys = [one.value for one, _ in parent.node.value]
        position = keys.index(after) if after in keys else len(keys) - 1
        before = _child(parent, position)
        if before.in_flow:
            end = _end(text, before)
            return f"{text[:end]}, {emitted.flow(key)}: {emitted.flow(value)}{text[end:]}"
        column = before.start.start_mark.column
        first, *rest = emitted.pair(key, value, column)
        return _with_lines(text, _lines(text, before)[1], [" " * column + first, *rest])

    return _checked(text, place, spliced, lambda parent, last: _set(parent, last, value))


def append(text: str, place: Place, value: Any) -> str:
    """Write a new last item of a list; the list may be empty, or nothing at all after its key."""

    def spliced() -> str:
        found = _at(text, place)
        node = found.node
        if isinstance(node, SequenceNode) and node.value:
            last = _child(found, len(node.value) - 1)
            if node.flow_style:
                end = _end(text, last)
                return f"{text[:end]}, {emitted.flow(value)}{text[end:]}"
            column = node.start_mark.column
            siblings = [one for one in node.value if isinstance(one, CollectionNode)]
            on_one_line = not siblings or any(one.flow_style for one in siblings)
            lines = emitted.item(value, column, on_one_line=on_one_line)
            # a comment below the last item, as deep as that, is the list's, where its key is less deep: of an item that
            # was taken away, say, which comes back below it
            outer = found.key.start_mark.column if found.key is not None else column
            end = _comments_end(text, _end(text, last), column - 1) if outer < column else _lines(text, last)[1]
            return _with_lines(text, end, lines)
        if found.key is None or found.in_flow or not isinstance(value, dict):
            return f"{text[: node.start_mark.index]}[{emitted.flow(value)}]{text[node.end_mark.index :]}"
        column = found.key.start_mark.column
        if isinstance(node, SequenceNode):  # `[]` gives way to lines of its own
            begin, end = len(text[: node.start_mark.index].rstrip(" ")), node.end_mark.index
            cut = text[:begin] + text[end:]
        else:
            cut = text
        return _with_lines(cut, _comments_end(cut, found.key.end_mark.index, column), emitted.item(value, column + 2))

    def changed(parent: Any, last: str | int) -> None:
        parent[last] = [*(parent[last] or []), value]

    return _checked(text, place, spliced, changed)


def remove(text: str, place: Place) -> str:
    """Take a key or an item away, with the comments inside it and on its last line; those above it stay."""

    def spliced() -> str:
        found = _at(text, place)
        if found.in_flow:
            return _without_flow(text, found, _at(text, place[:-1]))
        key = found.key
        if key is not None and text[_line_start(text, key.start_mark.index) : key.start_mark.index].strip():
            raise _cannot(place)
        begin, end = _lines(text, found)
        if end == len(text) and begin and not text.endswith("\n"):
            begin -= 1  # the last line keeps having no end
        return text[:begin] + text[end:]

    def changed(parent: Any, last: Any) -> None:
        del parent[last]

    return _checked(text, place, spliced, changed)


def empty(text: str, place: Place) -> str:
    """Take the only item of a list away, and its key with it; where comments are about that, `[]` keeps the key.

    They stand below it, or just above it and as deep; `insert` puts no key below such a one, so that a key that came
    with its first item goes with the last one, and one that was there, as `mcwan init` writes it, stays.
    """
    found, item = _at(text, place), _at(text, (*place, 0))
    if item.in_flow:
        return put(text, place, [])
    (outer, outer_end), (begin, end) = _lines(text, found), _lines(text, item)
    colon = text.index(":", found.start.end_mark.index) + 1
    alone = (_next_line(text, outer), outer_end) == (begin, end) and not text[colon:begin].strip()
    if alone and not _is_told_of(text, outer, found.start.start_mark.column):
        return remove(text, place)

    def spliced() -> str:
        kept = text[colon:begin]
        if end == len(text) and not text.endswith("\n"):
            kept = kept.removesuffix("\n")  # the last line keeps having no end
        return f"{text[:colon]} []{kept}{text[end:]}"

    return _checked(text, place, spliced, lambda parent, last: _set(parent, last, []))


def comment_above(text: str, place: Place) -> int | None:
    """Give the number of the line of the comment just above an item of a block list, from 1; None if there is none."""
    found = _at(text, place)
    if found.in_flow:
        return None
    above = text[: _lines(text, found)[0]].splitlines()
    return len(above) if above and above[-1].lstrip().startswith("#") else None


@dataclass(frozen=True)
class _Found:
    """A node, what it is in, and the key before it in a mapping."""

    node: Any
    parent: Any = None
    key: ScalarNode | None = None
    position: int = 0

    @property
    def start(self) -> Any:
        return self.key or self.node

    @property
    def in_flow(self) -> bool:
        return bool(self.parent is not None and self.parent.flow_style)


@lru_cache(maxsize=8)
def _composed(text: str) -> Any:
    return YAML(typ="safe", pure=True).compose(text)


def _at(text: str, place: Place) -> _Found:
    found = _Found(_composed(text))
    for part in place:
        children = found.node.value if isinstance(found.node, CollectionNode) else []
        if isinstance(part, str):
            keys = [key.value for key, _ in children]
            if part not in keys:
                raise _cannot(place)
            found = _child(found, keys.index(part))
        else:
            found = _child(found, part)
    return found


def _child(parent: _Found, position: int) -> _Found:
    one = parent.node.value[position]
    if isinstance(parent.node, MappingNode):
        return _Found(one[1], parent.node, one[0], position)
    return _Found(one, parent.node, None, position)


def _is_block(node: Node) -> bool:
    return isinstance(node, CollectionNode) and not node.flow_style


def _end(text: str, found: _Found) -> int:
    """Give the index after a node's last character: the parser's own mark of a block is where the next one begins."""
    node = found.node
    if _is_block(node) and node.value:
        return _end(text, _child(found, len(node.value) - 1))
    if node.start_mark.index == node.end_mark.index and found.key is not None:  # nothing after the colon
        return text.index(":", found.key.end_mark.index) + 1
    return len(text[: node.end_mark.index].rstrip())


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _next_line(text: str, index: int) -> int:
    """Give the index after the end of the line that `index` is on."""
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _comments_end(text: str, index: int, column: int) -> int:
    """Give the index after the line, and after the comments below it that stand deeper than `column`."""
    end = _next_line(text, index)
    while end < len(text):
        line = text[end : _next_line(text, end)]
        if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) <= column:
            break
        end += len(line)
    return end


def _is_told_of(text: str, begin: int, column: int) -> bool:
    """Tell whether a comment at a column is the line above the one that begins at an index."""
    above = text[_line_start(text, begin - 1) : begin] if begin else ""
    return above[:column].strip(" ") == "" and above[column : column + 1] == "#"


def _lines(text: str, found: _Found) -> tuple[int, int]:
    """Give where the lines of a key or of an item of a block list begin and end."""
    begin = _line_start(text, found.start.start_mark.index)
    if found.key is not None or found.parent is None:
        return begin, _comments_end(text, _end(text, found), found.start.start_mark.column)
    column, first = found.parent.start_mark.column, found.parent.start_mark.index
    while text[begin : begin + column].strip(" ") or text[begin + column : begin + column + 1] != "-":
        if begin <= first:
            raise EditError("a list that does not begin on a line of its own cannot be edited; edit it by hand")
        begin = _line_start(text, begin - 1)
    return begin, _comments_end(text, _end(text, found), column)


def _with_lines(text: str, index: int, lines: list[str]) -> str:
    """Write whole lines at the beginning of a line, or after a last line that has no end."""
    block = "\n".join(lines)
    if index and text[index - 1] != "\n":
        return f"{text[:index]}\n{block}{text[index:]}"
    return f"{text[:index]}{block}\n{text[index:]}"


def _without_flow(text: str, found: _Found, siblings: _Found) -> str:
    """Take an item of `[…]` or a pair of `{…}` away, with its comma, or with its line if it has one of its own."""
    begin, end = found.start.start_mark.index, _end(text, found)
    up_to, line_end = _line_start(text, begin), _next_line(text, end)
    rest = text[end:line_end].strip().removeprefix(",").lstrip()
    if not text[up_to:begin].strip() and (not rest or rest.startswith("#")):
        return text[:up_to] + text[line_end:]
    if found.position + 1 < len(siblings.node.value):
        return text[:begin] + text[_child(siblings, found.position + 1).start.start_mark.index :]
    if found.position:
        begin = _end(text, _child(siblings, found.position - 1))
    return text[:begin] + text[end:]


def _set(parent: Any, last: str | int, value: Any) -> None:
    parent[last] = value


def _checked(text: str, place: Place, spliced: Callable[[], str], change: Callable[[Any, str | int], None]) -> str:
    """Splice, and see that what was read changed so and not otherwise."""
    try:
        wanted = deepcopy(data(text))
        parent = wanted
        for part in place[:-1]:
            parent = parent[part]
        change(parent, place[-1])
        made = spliced()
        if data(made) != wanted:
            raise _cannot(place)
    except (YAMLError, LookupError, TypeError):
        raise _cannot(place) from None
    return made


def _cannot(place: Place) -> EditError:
    shown = written(tuple(part.removeprefix("mcwan:") if isinstance(part, str) else part for part in place[1:]))
    return EditError(f"{shown}: written in a way that no command can edit (an alias, a merged key); edit it by hand")
