"""The picture by export: who imports it, its rules, and the listeners of the clusters that answer each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from mcwan.changes.view import BOTH, Flow, View
from mcwan.changes.words import percent
from mcwan.picture.common import cluster, marked, names, policies, unmarked
from mcwan.picture.drawing import Box, Drawing, End, Line, Mark, Row, mark

MOST_IMPORTERS = 12
"""So many clusters of those that import alike are named."""


class _Rule(NamedTuple):
    """A rule as some clusters import it."""

    name: str
    words: str
    asks: str


class _Way(NamedTuple):
    """Where a rule's requests go: cluster, WAN policy, and whether that is a spare."""

    cluster: str
    policy: str
    spare: bool


_Key = tuple[str, str, tuple[_Rule, ...]]
"""An export as some clusters import it: its name, the path, its rules."""


_Group = tuple[frozenset[tuple[str, Mark]], str]
"""The clusters that import something alike, each with what an update does to that; and the path."""


class _Import(NamedTuple):
    """How clusters import an export: which do, and the share of each way by rule."""

    clusters: frozenset[str]
    ways: Mapping[str, Mapping[_Way, float]]


def drawing(before: View, after: View, title: str, only: Callable[[str], bool]) -> Drawing:
    """Give the picture; with nothing before, without marks. `only` chooses exports."""
    compares = marked(before)
    old, new = (_imports(view, only) for view in (before, after))
    boxes: dict[str, Box] = {}
    lines: list[Line] = []
    groups: dict[_Group, str] = {}
    for export in sorted({key[0] for key in (*old, *new)}):
        for number, (one, other) in enumerate(_paired(export, old, new)):
            its = other or one
            if its is None:
                continue
            was, now = (pair[1].clusters if pair else frozenset() for pair in (one, other))
            marks = frozenset((name, mark(before=name in was, after=name in now)) for name in was | now)
            if one is None or other is None:
                marks = frozenset((name, Mark.SAME) for name in was | now)  # the line says it
            group = groups.setdefault((marks, its[0][1]), f"importers {len(groups)}")
            box, leaving = _export(export, number, one, other, (before, after))
            boxes[box.id] = box
            changed = Mark.SAME if box.mark is Mark.CHANGED else box.mark
            lines += [Line((group, ""), (box.id, ""), mark=changed), *leaving]
    every = names(before.by_cluster, after.by_cluster)
    importers = [_importers(id_, found, len(every)) for found, id_ in groups.items()]
    receivers = [_receiver(before, after, name, only) for name in every]
    found = Drawing(
        title,
        (*importers, *boxes.values(), *receivers),
        tuple(lines),
        policies(before, after),
        compares,
    )
    return found if compares else unmarked(found)


def _imports(view: View, only: Callable[[str], bool]) -> dict[_Key, _Import]:
    """Give how each export is imported; clusters that import it alike together."""
    by_import: dict[tuple[str, str], list[Flow]] = {}
    for flow in view.flows:
        if only(flow.export):
            by_import.setdefault((flow.export, flow.cluster), []).append(flow)
    found: dict[_Key, tuple[set[str], dict[str, dict[_Way, float]]]] = {}
    for (export, importer), flows in sorted(by_import.items()):
        rules = tuple(dict.fromkeys(_Rule(flow.rule, flow.words, flow.asks) for flow in flows))
        paths = {flow.path for flow in flows if flow.remote} or {flow.path for flow in flows}
        path = min(paths)
        clusters, ways = found.setdefault((export, path, rules), (set(), {}))
        clusters.add(importer)
        for flow in flows:
            for way in flow.to:
                policy = way.policy or _own_policy(view, flow)
                its = ways.setdefault(flow.rule, {})
                its.setdefault(_Way(way.cluster, policy, way.spare), way.share)
    return {key: _Import(frozenset(clusters), ways) for key, (clusters, ways) in found.items()}


def _own_policy(view: View, flow: Flow) -> str:
    """Give the WAN policy by which others ask for what a cluster answers itself."""
    offers = view.by_export.get(flow.asks, {}).values()
    rules = next(iter(offers)).rules if offers else {}
    return rules.get(flow.rule) or next(iter(rules.values()), "")


_Pair = tuple[_Key, _Import]


def _paired(
    export: str, old: Mapping[_Key, _Import], new: Mapping[_Key, _Import]
) -> Iterator[tuple[_Pair | None, _Pair | None]]:
    """Put together how an export was and is imported: by the clusters that import it."""
    earlier = [(key, one) for key, one in old.items() if key[0] == export]
    for key, one in new.items():
        if key[0] == export:
            known = max(earlier, key=lambda it: len(it[1].clusters & one.clusters), default=None)
            known = known if known is not None and known[1].clusters & one.clusters else None
            if known is not None:
                earlier.remove(known)
            yield known, (key, one)
    yield from ((one, None) for one in earlier)


def _export(
    export: str, number: int, one: _Pair | None, other: _Pair | None, views: tuple[View, View]
) -> tuple[Box, list[Line]]:
    """Give an export's box, a row per rule with an end per cluster that answers it, and the lines from there."""
    id_ = f"export {export}" + (f" {number}" if number else "")
    old, new = ({rule.name: rule for rule in pair[0][2]} if pair else {} for pair in (one, other))
    rows, lines = [], []
    for index, name in enumerate(dict.fromkeys((*new, *old))):
        earlier, later = old.get(name), new.get(name)
        ways = [dict(pair[1].ways.get(name, {})) if pair else {} for pair in (one, other)]
        every = _sorted(ways)
        ends = [_end(f"{index} {place}", way, *(its.get(way) for its in ways)) for place, way in enumerate(every)]
        changed = earlier != later or any(end.mark for end in ends)
        both = mark(before=earlier is not None, after=later is not None, changed=changed)
        policy = {way.policy for way in ways[1] or ways[0] if not way.spare}
        asks = {rule.asks for rule in (earlier, later) if rule is not None}
        rows.append(
            Row(
                f"rule {index}",
                " → ".join(dict.fromkeys(_words(rule, export) for rule in (earlier, later) if rule is not None)),
                policy=min(policy) if len(policy) == 1 else None,
                mark=both,
                ends=tuple(ends),
            )
        )
        for way, end in zip(every, ends, strict=True):
            head = (f"cluster {way.cluster}", _row(views, asks, way))
            lines.append(Line((id_, end.id), head, way.policy or None, "", end.mark, way.spare))
    there = mark(before=one is not None, after=other is not None, changed=any(row.mark for row in rows))
    return Box(id_, "export", export, (), tuple(rows), mark=there), lines


def _words(rule: _Rule, export: str) -> str:
    return f"{rule.words} (to {rule.asks})" if rule.asks != export else rule.words


def _sorted(ways: list[dict[_Way, float]]) -> list[_Way]:
    """Order first choices before spares, by cluster; before a move, what was goes first."""
    return sorted({**ways[0], **ways[1]}, key=lambda way: (way.spare, way.cluster, way in ways[1], way.policy))


def _end(id_: str, way: _Way, one: float | None, other: float | None) -> End:
    shares = [percent(share) for share in dict.fromkeys((one, other)) if share is not None]
    share = "" if shares == ["100%"] else f" {' → '.join(shares)}"
    both = mark(before=one is not None, after=other is not None, changed=one != other)
    return End(id_, f"{way.cluster}{' (spare)' if way.spare else share}", way.policy or None, both, way.spare)


def _row(views: tuple[View, View], asks: Iterable[str], way: _Way) -> str:
    """Give the row of a cluster that a way leads to: a listener, or an export's own gateway."""
    for view in views:
        for export in sorted(asks):
            offer = view.by_export.get(export, {}).get(way.cluster)
            if offer is not None and offer.own_gateway:
                return f"own {export}"
    return f"listener {way.policy}"


def _importers(id_: str, group: _Group, every: int) -> Box:
    """Give the clusters that import the same exports by the same path."""
    marks, path = group
    found = sorted(marks)
    rows = [Row(f"importer {name}", name, mark=its) for name, its in found[:MOST_IMPORTERS]]
    if (more := len(found) - len(rows)) > 0:
        rows.append(Row("more", f"and {more} more"))
    changed = Mark.CHANGED if any(its for _, its in found) else Mark.SAME
    title = "all clusters" if len(found) == every > 1 else "clients on"
    way = {
        "direct": "path direct: no egress gateway",
        "federated": "path federated: their own sidecars",
        BOTH: "their own sidecars, or egress gateways",
    }.get(path, "egress gateways")
    return Box(id_, "importers", title, (way,), tuple(rows), mark=changed)


def _receiver(before: View, after: View, name: str, only: Callable[[str], bool]) -> Box:
    """Give a cluster with its listeners, and the gateways of exports' own."""
    box = cluster(before, after, name)
    own: dict[str, list[bool]] = {}
    for index, view in enumerate((before, after)):
        for offer in view.offers:
            if offer.own_gateway and offer.cluster == name and only(offer.export):
                own.setdefault(offer.export, [False, False])[index] = True
    rows = [
        Row(f"own {export}", f"own gateway of {export}", mark=mark(before=there[0], after=there[1]))
        for export, there in sorted(own.items())
    ]
    return replace(box, rows=(*box.rows, *rows))


def size(*views: View) -> int:
    """Give how many exports a picture by export has."""
    return len({export for view in views for export in view.by_export})
