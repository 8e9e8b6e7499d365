"""What both kinds of picture have: clusters with their listeners, and the legend."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mcwan.changes.view import View
from mcwan.picture.drawing import Box, Drawing, Mark, Policy, Row, mark
from mcwan.rules.words import listed, said


def names(*found: Iterable[str]) -> list[str]:
    """Give every name that one of several has, sorted."""
    return sorted({one for names in found for one in names})


def policies(before: View, after: View) -> tuple[Policy, ...]:
    """Give the legend: every WAN policy, with its tunnel and port, before too where that changes."""
    found = []
    for name in names(before.by_policy, after.by_policy):
        old, new = (_said(view, name) for view in (before, after))
        words = f"{old} → {new}" if old and new and old != new else new or old
        found.append(Policy(name, words, mark(before=bool(old), after=bool(new), changed=old != new)))
    return tuple(found)


def _said(view: View, name: str) -> str:
    one = view.policy(name)
    return f"tunnel {one.tunnel}, TCP port {said(one.port)}" if one is not None else ""


def cluster(before: View, after: View, name: str, more: Mapping[str, str] | None = None) -> Box:
    """Give a cluster as it receives: a row per listener of its ingress gateway.

    `more` says something of a listener, by its WAN policy.
    """
    old, new = before.by_cluster.get(name), after.by_cluster.get(name)
    its = new or old
    rows = []
    for policy in names(before.by_policy, after.by_policy):
        one, other = (view.by_policy.get(policy, {}).get(name) for view in (before, after))
        if one is not None or other is not None:
            ports = list(dict.fromkeys(said(it.port) for it in (one, other) if it is not None))
            changed = mark(before=one is not None, after=other is not None, changed=len(ports) > 1)
            text = f"{policy} :{' → '.join(ports)}"
            rows.append(Row(f"listener {policy}", text, (more or {}).get(policy, ""), policy, changed))
    where = listed(its.addresses) if its is not None else ""
    moved = old is not None and new is not None and old != new
    changed = mark(before=old is not None, after=new is not None, changed=moved)
    below = tuple(one for one in ("ingress gateway", where) if one)
    return Box(f"cluster {name}", "cluster", name, below, tuple(rows), mark=changed)


def unmarked(found: Drawing) -> Drawing:
    """Give the same without marks: there is nothing to compare with."""
    return replace(
        found,
        boxes=tuple(
            replace(box, mark=Mark.SAME, rows=tuple(_unmarked(row) for row in box.rows)) for box in found.boxes
        ),
        lines=tuple(replace(line, mark=Mark.SAME) for line in found.lines),
        policies=tuple(replace(policy, mark=Mark.SAME) for policy in found.policies),
    )


def _unmarked(row: Row) -> Row:
    return replace(row, mark=Mark.SAME, ends=tuple(replace(end, mark=Mark.SAME) for end in row.ends))


def marked(before: View) -> bool:
    """Tell whether a picture has something to compare with."""
    return bool(before.clusters or before.policies)
