"""A picture of what was measured: the clusters, the tunnels between them, and what each carried."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from itertools import combinations, product
from typing import NamedTuple

from graphviz import Digraph

from lab.stories import REFUSED, Measured, Step, answerer
from lab.topology import Topology

_STYLES = (("#1257a8", "solid"), ("#c2570c", "dashed"), ("#2f7d32", "dotted"))
"""Colour and line of the tunnels, in the order of their names; over again for further ones."""
_DID = ("asked", "sent", "received", "answered", "refused", "got")
_FONT = "Helvetica,Arial,sans-serif"
_Told = Sequence[tuple[Step, Measured]]


class Flow(NamedTuple):
    """Requests for a name by a tunnel, from a gateway or client of one cluster to a gateway of another."""

    tunnel: str
    source: str
    sender: str
    target: str
    receiver: str
    name: str

    @property
    def pair(self) -> set[str]:
        """The two clusters."""
        return {self.source, self.target}


class Part(NamedTuple):
    """A part of a cluster, and what it did with requests."""

    cluster: str
    did: str
    name: str


class Amount(NamedTuple):
    """What a flow came to: its requests, and the packets that arrived there and back."""

    requests: int
    there: int
    back: int


def draw(topology: Topology, told: _Told) -> str:
    """Give the picture as SVG, drawn by Graphviz's `dot`."""
    drawn: str = drawing(topology, told).pipe(format="svg", encoding="utf-8")
    return drawn


def drawing(topology: Topology, told: _Told) -> Digraph:
    """Give the graph: a box per cluster, a box per tunnel between two, an arrow to and from each that used it."""
    graph: Digraph = Digraph("demo", graph_attr={"label": _title(topology, told), "labelloc": "t", "fontname": _FONT})
    graph.attr(rankdir="LR", fontsize="20", nodesep="0.3", ranksep="1.4", pad="0.3", bgcolor="white")
    graph.attr("node", shape="plain", fontname=_FONT, fontsize="12")
    graph.attr("edge", fontname=_FONT, fontsize="11", penwidth="2")
    found = flows(told)
    done = parts(told)
    order = _order(list(topology.sites), found)
    for cluster in order:
        graph.node(cluster, _cluster(cluster, {part: count for part, count in done.items() if part.cluster == cluster}))
    styles = {tunnel: _STYLES[number % len(_STYLES)] for number, tunnel in enumerate(topology.tunnels)}
    for tunnel, pair in product(styles, combinations(order, 2)):
        carried = {flow: one for flow, one in found.items() if (flow.tunnel, flow.pair) == (tunnel, set(pair))}
        if carried:
            _tunnel(graph, carried, order, *styles[tunnel])
    graph.node("legend", _legend(found, styles))
    return graph


def _order(clusters: Sequence[str], found: Iterable[Flow]) -> list[str]:
    """Put the cluster with the most flows in the middle: then the fewest lines cross."""
    busy = Counter(cluster for flow in found for cluster in flow.pair)
    others = sorted(clusters)
    others.remove(busiest := max(others, key=lambda cluster: busy[cluster]))
    middle = len(clusters) // 2
    return [*others[:middle], busiest, *others[middle:]]


def flows(told: _Told) -> dict[Flow, Amount]:
    """Give what the tunnels carried, added up and sorted."""
    found: dict[Flow, Amount] = {}
    for step, measured in told:
        arrived = measured.wire.arrived()
        for (tunnel, remote), requests in measured.requests.items():
            one = next(one for one in measured.carried if (one.connection.tunnel, one.remote) == (tunnel, remote))
            flow = Flow(tunnel, step.cluster, one.sender, remote, one.receiver, _name(step, measured, remote))
            there, back = arrived.get((tunnel, step.cluster, remote), 0), arrived.get((tunnel, remote, step.cluster), 0)
            had = found.get(flow, Amount(0, 0, 0))
            found[flow] = Amount(had.requests + requests, had.there + there, had.back + back)
    return dict(sorted(found.items()))


def parts(told: _Told) -> dict[Part, int]:
    """Give how many requests each part of a cluster had to do with, sorted."""
    found: Counter[Part] = Counter()
    for step, measured in told:
        found[Part(step.cluster, "asked", "client")] += measured.answers.total()
        for one in measured.carried:
            if one.sender != "client":
                found[Part(step.cluster, "sent", one.sender)] += len(one.paths)
            found[Part(one.remote, "received", one.receiver)] += len(one.paths)
        reached = {one.remote for one in measured.carried} or {step.cluster}
        for answer, count in measured.answers.items():
            if service := answerer(answer):
                found[Part(service[1], "answered", service[0])] += count
            elif answer == REFUSED:
                found.update({Part(cluster, "refused", "without a rule"): count for cluster in reached})
            else:
                found[Part(step.cluster, "got", answer)] += count
    return dict(sorted(found.items(), key=lambda item: (item[0].cluster, _DID.index(item[0].did), item[0].name)))


def _name(step: Step, measured: Measured, remote: str) -> str:
    """Say what was asked, and who answered it there where that is called otherwise, or that nobody did."""
    asked = step.name.partition(":")[0].removesuffix(".svc.clusterset.local").replace("-clusterset", "")
    services = [service for answer in measured.answers if (service := answerer(answer)) and service[1] == remote]
    answered = ", ".join(service for service, _ in services)
    return asked if answered == asked else f"{asked} → {answered}" if answered else f"{asked}, refused"


def _title(topology: Topology, told: _Told) -> str:
    requests = sum(measured.answers.total() for _, measured in told)
    crossed = sum(measured.requests.total() for _, measured in told)
    packets = sum(sum(measured.wire.arrived().values()) for _, measured in told)
    return (
        f"Lab {topology.lab}: {requests:,} requests, {crossed:,} of them over {len(topology.tunnels)} tunnels, "
        f"in {packets:,} packets\n "
    )


def _cluster(cluster: str, rows: dict[Part, int]) -> str:
    """Give a cluster's box, a row per part."""
    lines = [_row(part.name, part.name, part.did, count) for part, count in rows.items()]
    title = f'<TR><TD COLSPAN="3" BGCOLOR="#e4e7eb"><FONT POINT-SIZE="17"><B>{escape(cluster)}</B></FONT></TD></TR>'
    return f'<<TABLE BORDER="2" CELLBORDER="0" CELLPADDING="5" COLOR="#444444">{_lines(title, *lines)}</TABLE>>'


def _tunnel(graph: Digraph, carried: dict[Flow, Amount], order: Sequence[str], colour: str, style: str) -> None:
    """Draw one tunnel between two clusters: a box with a row per flow, from who sent it, to who received it."""
    first = next(iter(carried))
    node = " ".join((first.tunnel, *sorted(first.pair)))
    head = "".join(f"<TD><I>{cell}</I></TD>" for cell in ("requests", "packets there", "back"))
    title = f'<FONT COLOR="{colour}" POINT-SIZE="14"><B>{escape(first.tunnel)}</B></FONT>'
    lines = [f'<TR><TD COLSPAN="2" ALIGN="LEFT">{title}</TD>{head}</TR>']
    for number, (flow, amount) in enumerate(carried.items()):
        lines.append(_row(str(number), f"{flow.source} → {flow.target}", flow.name, *amount))
        ends = ((flow.source, flow.sender), (flow.target, flow.receiver))
        leftmost, rightmost = sorted(ends, key=lambda end: order.index(end[0]))
        arrows = ("none", "forward") if leftmost == ends[0] else ("back", "none")
        line = {"color": colour, "style": style}
        graph.edge(f"{leftmost[0]}:{leftmost[1]} right:e", f"{node}:{number}:w", dir=arrows[0], **line)
        graph.edge(f"{node}:{number} right:e", f"{rightmost[0]}:{rightmost[1]}:w", dir=arrows[1], **line)
    table = f'BORDER="2" CELLBORDER="0" CELLPADDING="2" COLOR="{colour}" STYLE="{style}"'
    graph.node(node, f"<<TABLE {table}>{_lines(*lines)}</TABLE>>")


def _lines(*rows: str) -> str:
    return "\n" + "".join(f"{row}\n" for row in rows)


def _row(port: str, *cells: str | int) -> str:
    """Give a row with a port on either side; numbers stand on the right."""
    made = []
    for number, cell in enumerate(cells):
        place = {0: f' PORT="{escape(port)}"', len(cells) - 1: f' PORT="{escape(port)} right"'}.get(number, "")
        text, align = (f"{cell:,}", "RIGHT") if isinstance(cell, int) else (escape(cell), "LEFT")
        made.append(f'<TD ALIGN="{align}"{place}>{text}</TD>')
    return f"<TR>{''.join(made)}</TR>"


def _legend(found: dict[Flow, Amount], styles: dict[str, tuple[str, str]]) -> str:
    """Give a row per tunnel: its line, and what it carried in all."""
    rows = []
    for tunnel, (colour, style) in styles.items():
        mine = [amount for flow, amount in found.items() if flow.tunnel == tunnel]
        requests, packets = sum(one.requests for one in mine), sum(one.there + one.back for one in mine)
        text = f'<FONT COLOR="{colour}"><B>{escape(tunnel)}</B></FONT>'
        sample = f'<TD WIDTH="70" BORDER="2" SIDES="B" COLOR="{colour}" STYLE="{style}">{text}</TD>'
        rows.append(
            f'<TR>{sample}<TD ALIGN="RIGHT">{requests:,} requests</TD><TD ALIGN="RIGHT">{packets:,} packets</TD></TR>'
        )
    note = '<TR><TD COLSPAN="3"><I>packets: those that arrived, both directions</I></TD></TR>'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="4" CELLSPACING="6">{_lines(*rows, note)}</TABLE>>'
