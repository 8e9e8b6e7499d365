"""Pictures: the whole source of one, what is marked, and that nothing breaks out of a label."""

import html
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mcwan.changes.plan import Changes
from mcwan.changes.reading import view
from mcwan.changes.view import View
from mcwan.picture import detail, overview
from mcwan.picture.dot import graph
from mcwan.picture.drawing import Box, Drawing, End, Line, Mark, Policy, Row
from mcwan.picture.mermaid import text
from mcwan.rules.sources import of_plan
from tests.changes.compared import compared
from tests.components.examples import PROJECT, plan
from tests.fabrics import GONE, changed, described, exported, planned

SVG = PROJECT / "docs" / "how-to" / "graph.svg"
EXPECTED = Path(__file__).with_name("dev.dot")
MERMAID = Path(__file__).with_name("dev.mmd")


LABEL = re.compile(r"=<(<TABLE.*?</TABLE>)>", re.DOTALL)


def everything(_: str) -> bool:
    return True


def both(found: Changes) -> tuple[Drawing, Drawing]:
    views = (found.deployed, found.planned)
    return detail.drawing(*views, "t", everything), overview.drawing(*views, "t", everything)


def test_the_whole_source() -> None:
    """Written by mcwan graph --stack dev --out tests/picture/dev.dot, and dev.mmd."""
    drawing = detail.drawing(View(), view(of_plan(plan("dev"))), "Fabric dev", everything)
    assert graph(drawing).source == EXPECTED.read_text(encoding="utf-8")
    assert text(drawing) == MERMAID.read_text(encoding="utf-8")


def test_the_picture_of_the_documentation_is_up_to_date() -> None:
    """Written by mcwan graph --stack trio --out docs/how-to/graph.svg; versions of dot place and write otherwise."""
    source = graph(detail.drawing(View(), view(of_plan(plan("trio"))), "Fabric trio", everything)).source
    tree = ET.fromstring(SVG.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    drawn = [" ".join("".join(one.itertext()).split()) for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    labels = re.sub(r"<[^<>]*>", "\n", "\n".join([*LABEL.findall(source), "Fabric trio"]))
    written = [" ".join(html.unescape(one).split()) for one in labels.splitlines()]
    assert sorted(filter(None, drawn)) == sorted(filter(None, written))
    assert len(SVG.read_bytes()) < 60_000


def test_what_an_update_changes_is_marked() -> None:
    edits = {
        "exports/0/rules/1/wanPolicy": "high",
        "exports/1": GONE,
        "exports/-": exported(),
        "clusters/cluster-2/ingress/addresses": ["198.51.100.99"],
    }
    each, counted = both(compared(described(), changed(edits)))
    assert {box.id: box.mark for box in each.boxes} == {
        "importers 0": Mark.SAME,
        "export cart.secure": Mark.ADDED,
        "export logging.insecure": Mark.REMOVED,
        "export payment.secure": Mark.CHANGED,
        "cluster cluster-1": Mark.SAME,
        "cluster cluster-2": Mark.CHANGED,
    }
    (payment,) = [box for box in each.boxes if box.title == "payment.secure"]
    assert payment.rows == (
        Row("rule 0", "GET /payment", "", "high", Mark.SAME, (End("0 0", "cluster-1", "high"),)),
        Row(
            "rule 1",
            "/stats",
            "",
            "high",
            Mark.CHANGED,
            (End("1 0", "cluster-1", "low", Mark.REMOVED), End("1 1", "cluster-1", "high", Mark.ADDED)),
        ),
    )
    (sender,) = [box for box in counted.boxes if box.id == "sender cluster-2"]
    assert [(row.text, row.ends[0].text, row.mark) for row in sender.rows] == [
        ("high", "1 → 2 flows", Mark.CHANGED),
        ("low", "2 → 1 flow", Mark.CHANGED),
    ]


def test_clusters_that_come_to_import_are_marked() -> None:
    raw = changed({"imports": [{"service": "logging.insecure", "clusters": ["cluster-1"]}]})
    each, _ = both(compared(raw, described()))
    assert [
        (box.mark, [(row.text, row.mark) for row in box.rows]) for box in each.boxes if box.kind == "importers"
    ] == [
        (Mark.CHANGED, [("cluster-1", Mark.SAME), ("cluster-2", Mark.ADDED)]),
        (Mark.SAME, [("cluster-1", Mark.SAME), ("cluster-2", Mark.SAME)]),
    ]


def test_spares_and_own_gateways_and_many_importers() -> None:
    raw = changed({"wanPolicies/low/failover": "high"})
    found = detail.drawing(View(), view(of_plan(planned(raw))), "t", lambda export: export == "logging.insecure")
    (box,) = [box for box in found.boxes if box.kind == "export"]
    assert [(end.text, end.policy, end.spare) for row in box.rows for end in row.ends] == [
        ("cluster-1", "low", False),
        ("cluster-1 (spare)", "high", True),
    ]
    assert "used where the others fail" in graph(found).source
    trio = detail.drawing(View(), view(of_plan(plan("trio"))), "t", everything)
    assert [line.head for line in trio.lines if line.tail[0] == "export vault.secure"] == [
        ("cluster west", "own vault.secure")
    ]


@settings(max_examples=20)
@given(st.text(max_size=90), st.text(max_size=20))
def test_nothing_breaks_out_of_a_label(words: str, name: str) -> None:
    drawing, harmless = drawn(words, name), drawn("x", "x")
    source = graph(drawing).source
    labels = LABEL.findall(source)
    assert len(labels) == source.count("<TABLE") == 3
    for label in labels:
        ET.fromstring(label)  # noqa: S314 - what dot reads as XML, too
    lines = text(drawing).splitlines()
    assert len(lines) == len(text(harmless).splitlines())
    assert all(line.count('"') in (0, 2) for line in lines[2:])


def drawn(words: str, name: str) -> Drawing:
    """Give a drawing with something of every kind."""
    row = Row("r", words, name, "p", Mark.CHANGED, (End("e", words, "p", Mark.REMOVED),))
    boxes = (
        Box("a", "export", words, (words,), (row, Row("s", words, "more")), mark=Mark.ADDED),
        Box("b", "cluster", name),
    )
    lines = (Line(("a", "e"), ("b", ""), "p"),)
    return Drawing(words, boxes, lines, (Policy("p", words),), marked=True, notes=(words,))
