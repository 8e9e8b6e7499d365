"""What an update would do: the whole of it, as a value that is JSON, too."""

from collections.abc import Iterator, Sequence
from typing import Literal

from mcwan.changes import clusters, exports, meshes, policies, rest
from mcwan.changes.facets import LABELS
from mcwan.changes.objects import NOT_KNOWN, Compared, ObjectChange, compare
from mcwan.changes.reading import view
from mcwan.changes.sdwan import Need, needs
from mcwan.changes.told import Level, Sentence, Told, cover, worst
from mcwan.changes.view import View
from mcwan.changes.words import clusters as named
from mcwan.model.base import Model
from mcwan.rules.evidence import Evidence
from mcwan.rules.words import many


class ClusterChanges(Model):
    """What changes on one cluster."""

    name: str
    disturbed: Level
    """The worst that a sentence about this cluster's requests says."""
    why: tuple[str, ...] = ()
    added: tuple[ObjectChange, ...] = ()
    changed: tuple[ObjectChange, ...] = ()
    removed: tuple[ObjectChange, ...] = ()
    not_known: tuple[ObjectChange, ...] = ()

    @property
    def objects(self) -> tuple[ObjectChange, ...]:
        """All of them."""
        return (*self.added, *self.changed, *self.removed, *self.not_known)


class Changes(Model):
    """What an update would do."""

    version: Literal[1] = 1
    stack: str
    before: str
    """Where the deployed state was read from."""
    after: str
    """What is compared with it."""
    changed: bool
    """Whether anything differs, or that is not known of something."""
    disturbed: Level
    summary: str
    """All of it in a line."""
    sentences: tuple[Sentence, ...] = ()
    clusters: tuple[ClusterChanges, ...] = ()
    sdwan: tuple[Need, ...] = ()
    """What changes for whoever runs the SD-WAN."""
    other: tuple[ObjectChange, ...] = ()
    """Changes of objects that no sentence explains, with those fields."""
    not_known: tuple[str, ...] = ()
    """What of the deployed state cannot be read."""
    notes: tuple[str, ...] = ()
    """What the plan itself notes."""
    deployed: View = View()
    planned: View = View()


def changes(
    before: Evidence, after: Evidence, *, stack: str, named_before: str, named_after: str, notes: Sequence[str] = ()
) -> Changes:
    """Compare what is deployed with what is planned."""
    compared, nameless = compare(before.objects, after.objects)
    old, new = view(before), view(after)
    differing = [one for one in compared if one.change.change != NOT_KNOWN]
    told = list(_told(old, new, differing))
    sentences = tuple(one.sentence for one in told)
    other = tuple(
        change.change.model_copy(update={"fields": fields}) for _, change, fields in rest.left(differing, told)
    )
    unknown = tuple(sorted({*nameless, *_unread(compared)}))
    per_cluster = tuple(_per_cluster(compared, sentences, other))
    return Changes(
        stack=stack,
        before=named_before,
        after=named_after,
        changed=bool(compared),
        disturbed=worst([*(it.disturbance.level for it in sentences), *(it.disturbed for it in per_cluster)]),
        summary=_summary(differing, unknown),
        sentences=sentences,
        clusters=per_cluster,
        sdwan=tuple(needs(old, new)),
        other=other,
        not_known=unknown,
        notes=tuple(notes),
        deployed=old,
        planned=new,
    )


def _told(old: View, new: View, differing: Sequence[Compared]) -> Iterator[Told]:
    """Give every sentence, in a fixed order: the fabric's own first, what is left last."""
    if not differing:
        return
    if not old.clusters and all(one.change.change == "added" for one in differing):
        yield Told(Sentence(about="new", text=_all_new(new), clusters=tuple(new.by_cluster)), (cover(), cover(LABELS)))
        return
    told = [*clusters.told(old, new), *policies.told(old, new), *exports.told(old, new)]
    told += meshes.told(rest.left(differing, told))
    told += rest.told(new, rest.left(differing, told))
    yield from told
    yield from rest.labels(rest.left(differing, told))


def _all_new(new: View) -> str:
    parts = (
        many(len(new.clusters), "cluster"),
        many(len(new.by_policy), "WAN policy", "WAN policies"),
        many(len(new.by_export), "export"),
        many(sum(len({way.cluster for way in flow.remote}) for flow in new.flows), "flow"),
    )
    return f"nothing is deployed yet, everything is new: {', '.join(parts)}"


def _summary(differing: Sequence[Compared], unknown: Sequence[str]) -> str:
    left = f"; {many(len(unknown), 'thing')} not known" if unknown else ""
    if not differing:
        return f"nothing that can be read changes{left}" if left else "nothing changes"
    counts = {kind: sum(one.change.change == kind for one in differing) for kind in ("added", "changed", "removed")}
    said = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    where = {one.change.cluster for one in differing}
    return f"{many(len(differing), 'object')} in {named(where)}: {said}{left}"


def _unread(compared: Sequence[Compared]) -> Iterator[str]:
    for one in compared:
        for field in one.change.fields:
            if field.before == NOT_KNOWN:
                yield f"{one.change.called} on {one.change.cluster}: {field.path}"


def _per_cluster(
    compared: Sequence[Compared], sentences: Sequence[Sentence], other: Sequence[ObjectChange]
) -> Iterator[ClusterChanges]:
    by_cluster: dict[str, dict[str, list[ObjectChange]]] = {}
    for one in compared:
        by_cluster.setdefault(one.change.cluster, {}).setdefault(one.change.change, []).append(one.change)
    concerned = {name for one in sentences if one.disturbance.level != "no" for name in one.clusters}
    for name in sorted(by_cluster.keys() | concerned):
        found = by_cluster.get(name, {})
        mine = [one for one in sentences if name in one.clusters]
        unexplained = any(one.cluster == name for one in other)
        levels: list[Level] = [one.disturbance.level for one in mine]
        why = [one.disturbance.why for one in mine if one.disturbance.why]
        if unexplained:
            levels.append("possible")
            why.append("objects change in a way that is not explained; see other")
        if NOT_KNOWN in found:
            levels.append("possible")
            why.append("how some objects are today is not known")
        yield ClusterChanges(
            name=name,
            disturbed=worst(levels),
            why=tuple(dict.fromkeys(why)),
            added=tuple(found.get("added", ())),
            changed=tuple(found.get("changed", ())),
            removed=tuple(found.get("removed", ())),
            not_known=tuple(found.get(NOT_KNOWN, ())),
        )
