"""A drawing as Mermaid, which GitHub and GitLab draw themselves: no program is needed."""

from collections.abc import Iterator

from mcwan.picture.drawing import Box, Drawing, Line, Mark
from mcwan.picture.palette import GREY, MARKS, Look


def text(found: Drawing) -> str:
    """Give a flowchart: a subgraph per box, a node per row and end. The same drawing gives the same text."""
    look = Look((policy.name for policy in found.policies), marked=found.marked)
    lines = ["flowchart LR", f"  %% {' '.join(_plain(found.title).split())}"]
    nodes = {box.id: f"b{number}" for number, box in enumerate(found.boxes)}
    places: dict[tuple[str, str], str] = {}
    for box in found.boxes:
        lines += _box(box, nodes[box.id], places, look)
    for number, line in enumerate(found.lines):
        ends = [places.get(end) or nodes[end[0]] for end in (line.tail, line.head)]
        arrow = "-.->" if line.spare or line.mark is Mark.REMOVED else "-->"
        said = f'|"{line.mark.value}"|' if line.mark else ""
        lines.append(f"  {ends[0]} {arrow}{said} {ends[1]}")
        lines.append(f"  linkStyle {number} stroke:{look.colour(line.policy)},stroke-width:{_width(line, look)}")
    lines += list(_legend(found, look))
    return "\n".join(lines) + "\n"


def _box(box: Box, node: str, places: dict[tuple[str, str], str], look: Look) -> Iterator[str]:
    title = "<br/>".join([f"{_sign(box.mark)}{_quoted(box.title)}", *map(_quoted, box.below)])
    yield f'  subgraph {node}["{title}"]'
    for number, row in enumerate(box.rows):
        name = f"{node}r{number}"
        places[box.id, row.id] = name
        words = " ".join(part for part in (row.text, row.more) if part)
        ends = [f"{_sign(end.mark)}{_quoted(end.text)}" for end in row.ends]
        said = "<br/>".join([f"{_sign(row.mark)}{_quoted(words)}", *ends])
        yield f'    {name}["{said}"]'
        yield f"    style {name} fill:{look.tint(row.policy)},stroke:{look.colour(row.policy)},color:#20242A"
        for end in row.ends:
            places[box.id, end.id] = name
    yield "  end"
    stroke = MARKS[box.mark] if look.marked and box.mark else GREY
    yield f"  style {node} fill:#FFFFFF,stroke:{stroke},color:#20242A"


def _legend(found: Drawing, look: Look) -> Iterator[str]:
    for number, one in enumerate(found.policies):
        yield f'  l{number}["{_sign(one.mark)}{_quoted(one.name)}: {_quoted(one.words)}"]'
        colour = look.colour(one.name)
        yield f"  style l{number} fill:{look.tint(one.name)},stroke:{colour},color:{colour}"


def _width(line: Line, look: Look) -> str:
    return "3px" if look.marked and line.mark in (Mark.ADDED, Mark.CHANGED) and line.policy else "1.5px"


def _sign(mark: Mark) -> str:
    return f"{_quoted(mark.value)} " if mark else ""


def _quoted(text: str) -> str:
    """Escape a text inside quotes: whatever is no letter, digit or harmless sign becomes an entity of Mermaid's."""
    return "".join(c if c.isalnum() or c in " .,:/=%-_()→" else f"#{ord(c)};" for c in _plain(text))


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable())
