"""A drawing as a graph for Graphviz, which places and draws it."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import pairwise

from graphviz import Digraph

from mcwan.picture.drawing import Box, Drawing, Line, Mark, Row
from mcwan.picture.palette import FRAME, HEAD, MARKS, WORDS, Look

_FONT = "Helvetica,Arial,sans-serif"
_LONGEST = 64


def graph(found: Drawing) -> Digraph:
    """Give the graph: boxes in columns, lines between their rows, a legend. The same drawing gives the same source."""
    first, *more = map(_plain, found.title.splitlines() or [""])
    small = "".join(f'<BR/><FONT POINT-SIZE="13">{one}</FONT>' for one in more)
    title = {"label": f"<{first}{small}<BR/> >", "labelloc": "t", "fontname": _FONT}
    made: Digraph = Digraph("fabric", graph_attr=title)
    tall = sum(len(box.rows) for box in found.boxes)
    made.attr(rankdir="LR", fontsize="20", nodesep="0.18", pad="0.3", bgcolor="white", newrank="true")
    made.attr(ranksep=f"{min(4.0, 1.2 + tall / 30):.1f}")
    made.attr("node", shape="plain", fontname=_FONT, fontsize="12")
    made.attr("edge", fontname=_FONT, fontsize="11", arrowsize="0.7")
    look = Look((policy.name for policy in found.policies), marked=found.marked)
    for columns in (("importers",), ("export", "policy"), ("cluster",)):
        boxes = [box for box in found.boxes if box.kind in columns]
        with made.subgraph() as column:
            column.attr(rank="same")
            for box in boxes:
                column.node(box.id, _box(box, look))
            for one, other in pairwise(boxes) if found.ordered else ():
                column.edge(one.id, other.id, style="invis")
    places = {box.id: _places(box) for box in found.boxes}
    for line in found.lines:
        _line(made, line, look, places)
    made.node("legend", _legend(found, look))
    return made


def _places(box: Box) -> Mapping[str, str]:
    """Give the ports of a box's rows and ends by what these are called."""
    rows = {row.id: f"r{number}" for number, row in enumerate(box.rows)}
    every = (end for row in box.rows for end in row.ends)
    return rows | {end.id: f"e{number}" for number, end in enumerate(every)}


def _line(made: Digraph, line: Line, look: Look, places: Mapping[str, Mapping[str, str]]) -> None:
    ends = [
        f"{box}:{places.get(box, {}).get(place, 'title')}:{side}"
        for (box, place), side in ((line.tail, "e"), (line.head, "w"))
    ]
    pale = look.marked and line.mark is Mark.SAME
    colour = look.colour(line.policy)
    strong = look.marked and not pale and line.mark is not Mark.REMOVED
    attributes = {
        "color": f"{colour}44" if pale else colour,
        "style": "dotted" if line.mark is Mark.REMOVED else look.style(line.policy),
        "penwidth": "3" if strong and line.policy else "1.6" if line.policy else "1",
        "arrowhead": "empty" if line.spare else "normal",
    }
    if words := " ".join(part for part in (line.mark.value, line.label) if part and line.policy is None):
        attributes |= {"label": f" {_text(words)} ", "fontcolor": colour}
    made.edge(*ends, **attributes)


def _box(box: Box, look: Look) -> str:
    strong = look.marked and box.mark is not Mark.SAME
    head = look.tint(box.policy) if box.policy else HEAD
    title = f'<FONT POINT-SIZE="14">{_sign(box.mark)}<B>{_text(box.title)}</B></FONT>'
    lines = [f'<TR><TD COLSPAN="2" PORT="title" BGCOLOR="{head}">{title}</TD></TR>']
    lines += [
        f'<TR><TD COLSPAN="2"><FONT COLOR="#555B63" POINT-SIZE="10">{_text(one)}</FONT></TD></TR>' for one in box.below
    ]
    number = 0
    for index, row in enumerate(box.rows):
        lines += _row(index, number, row, look)
        number += len(row.ends)
    frame = look.colour(box.policy) if box.policy else MARKS[box.mark] if strong else FRAME
    table = f'BORDER="{3 if strong else 1}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" COLOR="{frame}"'
    return f'<<TABLE {table} BGCOLOR="white">{_lines(lines)}</TABLE>>'


def _row(index: int, first: int, row: Row, look: Look) -> Iterator[str]:
    """Give a row: its text, and beside it what else it says, or its ends below each other."""
    colour = f'BGCOLOR="{look.tint(row.policy)}"'
    text = f"{_sign(row.mark)}{_gone(row.text, row.mark)}"
    if not row.ends:
        span = "" if row.more else ' COLSPAN="2"'
        more = f'<TD ALIGN="RIGHT" {colour}>{_text(row.more)}</TD>' if row.more else ""
        yield f'<TR><TD ALIGN="LEFT" PORT="r{index}"{span} {colour}>{text}</TD>{more}</TR>'
        return
    for number, end in enumerate(row.ends):
        its = f'BGCOLOR="{look.tint(end.policy)}"'
        span = f' ROWSPAN="{len(row.ends)}"' if len(row.ends) > 1 else ""
        whole = f'<TD ALIGN="LEFT" PORT="r{index}"{span} {colour}>{text}</TD>' if number == 0 else ""
        said = f"{_sign(end.mark)}{_gone(end.text, end.mark)}"
        small = f'<FONT POINT-SIZE="11" COLOR="{look.colour(end.policy)}">{said}</FONT>'
        yield f'<TR>{whole}<TD ALIGN="RIGHT" PORT="e{first + number}" {its}>{small}</TD></TR>'


def _gone(text: str, mark: Mark) -> str:
    return f"<S>{_text(text)}</S>" if mark is Mark.REMOVED else _text(text)


def _lines(rows: Iterable[str]) -> str:
    return "\n" + "".join(f"{row}\n" for row in rows)


def _sign(mark: Mark) -> str:
    return f'<FONT COLOR="{MARKS[mark]}"><B>{mark.value} </B></FONT>' if mark is not Mark.SAME else ""


def _legend(found: Drawing, look: Look) -> str:
    rows = []
    for one in found.policies:
        colour = look.colour(one.name)
        name = f'<FONT COLOR="{colour}"><B>{_text(one.name)}</B></FONT>'
        style = look.style(one.name).upper()
        sample = f'<TD BORDER="2" SIDES="B" COLOR="{colour}" STYLE="{style}">{_sign(one.mark)}{name}</TD>'
        rows.append(f'<TR>{sample}<TD ALIGN="LEFT">{_text(one.words)}</TD></TR>')
    if any(line.spare for line in found.lines):
        rows.append('<TR><TD>▷ spare</TD><TD ALIGN="LEFT">used where the others fail</TD></TR>')
    if found.marked:
        signs = "   ".join(f"{mark.value} {word}" for mark, word in WORDS.items())
        rows.append(f'<TR><TD COLSPAN="2" ALIGN="LEFT">{_text(signs)}   pale: stays</TD></TR>')
    rows += [f'<TR><TD COLSPAN="2" ALIGN="LEFT"><I>{_plain(note)}</I></TD></TR>' for note in found.notes]
    table = 'BORDER="0" CELLBORDER="0" CELLPADDING="4" CELLSPACING="4"'
    return f"<<TABLE {table}>{_lines(rows or ['<TR><TD></TD></TR>'])}</TABLE>>"


def _text(text: str) -> str:
    """Escape a text for a label; what cannot be drawn is left out, and what is too long is cut."""
    return _plain(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _plain(text: str) -> str:
    """Escape a text; an empty one is a blank, since dot reads no empty element."""
    return escape("".join(char for char in text if char.isprintable()) or " ")
