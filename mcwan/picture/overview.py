"""The picture by WAN policy, for many exports: which clusters send how much by which policy, and to which clusters."""

from collections import Counter
from collections.abc import Callable, Iterator

from mcwan.changes.view import Flow, View
from mcwan.picture.common import cluster, marked, names, policies, unmarked
from mcwan.picture.drawing import Box, Drawing, End, Line, Mark, Row, mark
from mcwan.rules.words import many, said

_Count = Counter[tuple[str, str]]
"""How many flows, by cluster and WAN policy."""


def drawing(before: View, after: View, title: str, only: Callable[[str], bool]) -> Drawing:
    """Give the picture; with nothing before, without marks. `only` chooses exports."""
    views = (before, after)
    clusters, every = names(before.by_cluster, after.by_cluster), names(before.by_policy, after.by_policy)
    sent = tuple(_sent(view, only) for view in views)
    received = tuple(_received(view, only) for view in views)
    got = {name: {policy: _counted(received, name, policy) for policy in every} for name in clusters}
    sending = (
        Line((f"sender {name}", policy), (f"policy {policy}", ""), policy, mark=_mark(sent, name, policy))
        for name, policy in _keys(sent)
    )
    receiving = (
        Line((f"policy {it}", ""), (f"cluster {name}", f"listener {it}"), it, mark=_mark(received, name, it))
        for name, it in _keys(received)
    )
    senders = (_sender(views, name, every, sent) for name in clusters)
    hubs = (_hub(views, only, name) for name in every)
    found = Drawing(
        title,
        (*senders, *hubs, *(cluster(before, after, name, got[name]) for name in clusters)),
        (*sending, *receiving),
        policies(before, after),
        marked(before),
        ("A flow: the requests of one rule from one cluster to another.",),
        ordered=True,
    )
    return found if found.marked else unmarked(found)


def _sent(view: View, only: Callable[[str], bool]) -> _Count:
    """Count the flows that each cluster sends by each WAN policy."""
    return Counter((flow.cluster, policy) for flow, _, policy in _remote(view, only))


def _received(view: View, only: Callable[[str], bool]) -> _Count:
    return Counter((cluster, policy) for _, cluster, policy in _remote(view, only))


def _remote(view: View, only: Callable[[str], bool]) -> Iterator[tuple[Flow, str, str]]:
    for flow in view.flows:
        for way in flow.remote if only(flow.export) else ():
            if way.policy is not None:
                yield flow, way.cluster, way.policy


def _keys(counts: tuple[_Count, ...]) -> list[tuple[str, str]]:
    return sorted({key for count in counts for key in count})


def _mark(counts: tuple[_Count, ...], one: str, policy: str) -> Mark:
    old, new = (count[one, policy] for count in counts)
    return mark(before=bool(old), after=bool(new), changed=old != new)


def _counted(counts: tuple[_Count, ...], one: str, policy: str) -> str:
    old, new = (count[one, policy] for count in counts)
    return f"{old:,} → {many(new, 'flow')}" if old and old != new else many(new, "flow")


def _sender(views: tuple[View, View], name: str, every: list[str], sent: tuple[_Count, ...]) -> Box:
    before, after = views
    imports = len({export for one, export in (after if name in after.by_cluster else before).imports if one == name})
    rows = []
    for policy in every:
        if any(count[name, policy] for count in sent):
            words = _counted(sent, name, policy)
            both = _mark(sent, name, policy)
            rows.append(Row(policy, policy, policy=policy, mark=both, ends=(End(policy, words, policy, both),)))
    changed = any(row.mark for row in rows)
    there = mark(before=name in before.by_cluster, after=name in after.by_cluster, changed=changed)
    below = ("egress gateway", many(imports, "import"))
    return Box(f"sender {name}", "importers", name, below, tuple(rows), mark=there)


def _hub(views: tuple[View, View], only: Callable[[str], bool], policy: str) -> Box:
    before, after = views
    one = after.policy(policy) or before.policy(policy)
    counts = []
    for view in views:
        found = [flow for flow, _, its in _remote(view, only) if its == policy]
        counts.append((len({flow.asks for flow in found}), len(found)))
    below = (f"tunnel {one.tunnel}", f"TCP port {said(one.port)}") if one is not None else ()
    changed = counts[0] != counts[1]
    there = mark(before=policy in before.by_policy, after=policy in after.by_policy, changed=changed)
    exports, flows = counts[1] if policy in after.by_policy else counts[0]
    rows = (Row("exports", many(exports, "export")), Row("flows", many(flows, "flow")))
    return Box(f"policy {policy}", "policy", policy, below, rows, policy, there)
