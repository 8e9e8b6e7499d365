"""What no other sentence explains, told by what it has to do with; and what is left then."""

from collections.abc import Iterable, Iterator, Sequence

from mcwan.changes.facets import (
    CALLERS,
    FOUNDATION,
    GATEWAY,
    LABELS,
    PROTECTION,
    TLS,
    TREATMENT,
    WAYS,
    by_facet,
    policies_of,
    subject_of,
)
from mcwan.changes.objects import Compared, Field, ObjectChange
from mcwan.changes.policies import followed
from mcwan.changes.told import Disturbance, Sentence, Told, cover
from mcwan.changes.view import View
from mcwan.changes.words import clusters
from mcwan.rules.words import listed, many

_SAID = {
    TREATMENT: "requests{of} are treated otherwise (timeouts, retries, limits, health checks, headers)",
    TLS: "certificates, or what checks them, change{of}",
    CALLERS: "what admits callers changes{of}",
    PROTECTION: "which addresses may reach WAN ports changes{of}",
    GATEWAY: "how gateways are run changes{of}",
    FOUNDATION: "the namespace mc-wan, the definition of WANPolicies or their guard changes{of}",
}
_LEVELS = {
    TLS: Disturbance(level="possible", why="both ends have to trust each other all the time, and change one by one"),
    CALLERS: Disturbance(level="possible", why="who may call is decided by it"),
    PROTECTION: Disturbance(level="possible", why="addresses that are no longer named are refused"),
    GATEWAY: Disturbance(level="possible", why="the gateways may be started anew"),
    FOUNDATION: Disturbance(),
}
Left = tuple[str, Compared, tuple[Field, ...]]


def left(changes: Iterable[Compared], told: Sequence[Told]) -> list[Left]:
    """Give, of each change of an object, what no sentence explains: what it has to do with, and its fields."""
    covers = [one for it in told for one in it.covers]
    found = []
    for change in changes:
        subject, policies = subject_of(change.either), policies_of(change)
        for facet, fields in by_facet(change).items():
            if not any(one.explains(facet, change.change.cluster, subject, policies) for one in covers):
                found.append((facet, change, fields))
    return found


def told(after: View, found: Iterable[Left]) -> Iterator[Told]:
    """Give sentences about what is left, as far as it can be said what it has to do with."""
    groups: dict[tuple[str, str, str], list[Compared]] = {}
    for facet, change, _ in found:
        if facet in _SAID:
            subject = subject_of(change.either)
            policies = "" if subject else ",".join(sorted(policies_of(change)))
            groups.setdefault((facet, subject, policies), []).append(change)
    for (facet, subject, policies), changes in sorted(groups.items()):
        where = tuple(sorted({one.change.cluster for one in changes}))
        one_policy = policies if policies and "," not in policies else ""
        of = f" of {subject}" if subject else f" by WAN policy {one_policy}" if one_policy else ""
        yield Told(
            Sentence(
                about=facet,
                text=f"{_SAID[facet].format(of=of)} in {clusters(where)}",
                export=subject or None,
                policies=tuple(one for one in policies.split(",") if one),
                clusters=where,
                disturbance=_LEVELS.get(facet) or followed(after, where),
            ),
            (
                cover(facet, clusters=where, subjects=[subject]),
                # the class that they are not of any more, or are of now
                cover(WAYS, clusters=where, subjects=[""], policies={it for one in changes for it in policies_of(one)}),
            ),
        )


def labels(found: Iterable[Left]) -> Iterator[Told]:
    """Tell of labels and annotations, the same ones on all objects together."""
    groups: dict[tuple[str, ...], list[ObjectChange]] = {}
    for facet, change, fields in found:
        if facet == LABELS:
            groups.setdefault(tuple(sorted({field.path for field in fields})), []).append(change.change)
    for paths, changes in sorted(groups.items()):
        where = tuple(sorted({one.cluster for one in changes}))
        yield Told(
            Sentence(
                about=LABELS,
                text=f"{listed(paths)} changes on {many(len(changes), 'object')} in {clusters(where)}",
                clusters=where,
            ),
            (cover(LABELS, clusters=where),),
        )
