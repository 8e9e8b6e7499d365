"""Exports: new ones, those that go, who offers, imports, answers and may call them."""

from collections.abc import Iterable, Iterator, Set

from mcwan.changes import flows
from mcwan.changes.facets import CALLERS, GATEWAY, TLS, TREATMENT, WAYS
from mcwan.changes.told import PAGE, Cover, Disturbance, Sentence, Told, cover
from mcwan.changes.view import BOTH, Flow, Offer, View
from mcwan.changes.words import clusters, listed_or
from mcwan.rules.words import listed


def told(before: View, after: View) -> Iterator[Told]:
    """Give the sentences about each export, by name."""
    for export in sorted(before.by_export.keys() | after.by_export.keys()):
        old, new = before.by_export.get(export, {}), after.by_export.get(export, {})
        if not old:
            yield _added(after, export)
        elif not new:
            yield _removed(before, export)
        else:
            yield from _changed(before, after, export)


def _around(where: Iterable[str]) -> Cover:
    """Explain what clusters have for all exports: listeners of egress gateways, grants, targets' spares."""
    return cover(WAYS, GATEWAY, TLS, clusters=where, subjects=[""])


def _added(view: View, export: str) -> Told:
    offers, importers = view.by_export[export], view.importers.get(export, ())
    mine = [flow for flow in view.flows if flow.export == export]
    text = f"{export} is exported by {clusters(offers)}: {_rules(view, next(iter(offers.values())))}"
    text += f"; imported by {clusters(importers)}" if importers else "; no cluster imports it"
    remote = sum(flows.count(flow) for flow in mine)
    return Told(
        Sentence(
            about="export-added",
            text=text + flows.needs(view, mine),
            export=export,
            policies=_policies(mine),
            clusters=tuple(sorted({*offers, *importers})),
            flows=remote,
        ),
        (cover(subjects=[export]), _around({*offers, *importers})),
    )


def _rules(view: View, offer: Offer) -> str:
    by = flows.by(view)
    if set(offer.rules) == {"all"}:
        return f"all requests by {by(offer.rules['all'])}"
    return ", ".join(f"{offer.words.get(rule, f'rule {rule}')} by {by(policy)}" for rule, policy in offer.rules.items())


def _removed(view: View, export: str) -> Told:
    offers, importers = view.by_export[export], view.importers.get(export, ())
    mine = [flow for flow in view.flows if flow.export == export]
    text = f"{export} is not exported any more (by {clusters(offers)})"
    text += f"; withdrawn from {clusters(importers)}" if importers else ""
    refused = Disturbance(
        level="refused", why=f"its names are gone from {clusters(importers)}: clients there cannot call it"
    )
    return Told(
        Sentence(
            about="export-removed",
            text=text,
            export=export,
            policies=_policies(mine),
            clusters=tuple(sorted({*offers, *importers})),
            flows=sum(flows.count(flow) for flow in mine),
            disturbance=refused if importers else Disturbance(),
        ),
        (cover(subjects=[export]), _around({*offers, *importers})),
    )


def _policies(found: Iterable[Flow]) -> tuple[str, ...]:
    return tuple(sorted({policy for flow in found for policy in flow.policies}))


def _changed(before: View, after: View, export: str) -> Iterator[Told]:
    yield from _offered(before, after, export)
    yield from _imported(before, after, export)
    moved = list(flows.told(before, after, export))
    yield from moved
    said = {rule for one in moved for rule in one.rules}
    yield from _offered_otherwise(before, after, export, said)
    yield from _answered(before, after, export)
    yield from _callers(before, after, export)


def _offered(before: View, after: View, export: str) -> Iterator[Told]:
    old, new = before.by_export[export], after.by_export[export]
    importers = before.importers.get(export, ())
    if there := [one for one in new if one not in old]:
        others = tuple(one for one in importers if one not in there)
        disturbance = Disturbance(
            level="possible",
            why=f"a cluster may send requests to {clusters(there)} before the gateway there admits them (404)",
            remedy=f"offer it there with weight 0 first, and with its weight in a second update: {PAGE}",
        )
        sent = any(way.cluster in there for flow in after.flows if flow.asks == export for way in flow.remote)
        yield Told(
            Sentence(
                about="offered",
                text=f"{export} is also offered by {clusters(there)}",
                export=export,
                clusters=others,
                disturbance=disturbance if sent and others else Disturbance(),
            ),
            (cover(subjects=[export]), _around({*there, *others})),
        )
    if gone := [one for one in old if one not in new]:
        others = tuple(one for one in importers if one not in gone)
        disturbance = Disturbance(
            level="possible",
            why=f"a cluster may still send requests to {clusters(gone)} when the gateway there refuses them (404)",
            remedy=f"write weight 0 for {clusters(gone)} in one update, and take it out in the next: {PAGE}",
        )
        sent = any(way.cluster in gone for flow in before.flows if flow.asks == export for way in flow.remote)
        yield Told(
            Sentence(
                about="not-offered",
                text=f"{export} is not offered by {clusters(gone)} any more",
                export=export,
                clusters=others,
                disturbance=disturbance if sent and others else Disturbance(),
            ),
            (cover(subjects=[export]), _around({*gone, *others})),
        )


def _imported(before: View, after: View, export: str) -> Iterator[Told]:
    """Tell of imports on clusters that were in the fabric and stay: of those that join or leave, it is told there."""
    both = before.by_cluster.keys() & after.by_cluster.keys()
    old, new = (set(view.importers.get(export, ())) & both for view in (before, after))
    if there := sorted(new - old):
        mine = [flow for flow in after.flows if flow.export == export and flow.cluster in there]
        yield Told(
            Sentence(
                about="import-added",
                text=f"{export} is imported by {clusters(there)}, too" + flows.needs(after, mine),
                export=export,
                clusters=tuple(there),
                flows=sum(flows.count(flow) for flow in mine),
            ),
            (cover(clusters=there, subjects=[export]), _around(there)),
        )
    if gone := sorted(old - new):
        yield Told(
            Sentence(
                about="import-withdrawn",
                text=f"the import of {export} is withdrawn from {clusters(gone)}",
                export=export,
                clusters=tuple(gone),
                flows=sum(flows.count(flow) for flow in before.flows if flow.export == export and flow.cluster in gone),
                disturbance=Disturbance(
                    level="refused", why=f"its names are gone from {clusters(gone)}: clients there cannot call it"
                ),
            ),
            (cover(clusters=gone, subjects=[export]), _around(gone)),
        )


def _offered_otherwise(before: View, after: View, export: str, said: set[str]) -> Iterator[Told]:
    """Tell of rules that are offered by another WAN policy while no cluster's requests go another way for that."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for cluster, new in after.by_export[export].items():
        old = before.by_export[export].get(cluster)
        for rule in sorted({*old.rules, *new.rules}) if old is not None else ():
            pair = (old.rules.get(rule, ""), new.rules.get(rule, "")) if old is not None else ("", "")
            if pair[0] != pair[1] and rule not in said:
                groups.setdefault((rule, *pair), []).append(cluster)
    for (rule, one, other), where in sorted(groups.items()):
        words = after.by_export[export][where[0]].words.get(rule) or before.by_export[export][where[0]].words.get(rule)
        what = "is not offered any more" if not other else f"is offered by {flows.by(before, after)(other)}"
        what += f" instead of {flows.by(before, after)(one)}" if one and other else ""
        yield Told(
            Sentence(
                about="offered-otherwise",
                text=f"{export} {words or f'rule {rule}'} {what} on {clusters(where)}; nobody calls it from elsewhere",
                export=export,
                policies=tuple(policy for policy in (one, other) if policy),
                clusters=tuple(where),
            ),
            (cover(WAYS, TREATMENT, CALLERS, TLS, subjects=[export]),),
        )


def _answered(before: View, after: View, export: str) -> Iterator[Told]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for cluster, new in after.by_export[export].items():
        old = before.by_export[export].get(cluster)
        for rule, answering in sorted(new.answers.items()) if old is not None else ():
            before_that = old.answers.get(rule, answering) if old is not None else answering
            if before_that != answering:
                words = new.words.get(rule, f"rule {rule}")
                groups.setdefault((words, listed(before_that), listed(answering)), []).append(cluster)
    for (words, earlier, services), where in sorted(groups.items()):
        yield Told(
            Sentence(
                about="answered",
                text=f"{export} {words}: {services} answers instead of {earlier} on {clusters(where)}",
                export=export,
                clusters=tuple(where),
            ),
            (cover(WAYS, subjects=[export]),),
        )


def _callers(before: View, after: View, export: str) -> Iterator[Told]:
    old = {one.callers for one in before.by_export[export].values()}
    new = {one.callers for one in after.by_export[export].values()}
    if old == new:
        return
    earlier, later = (_whom(found) for found in (old, new))
    lost = _lost(before, old, new, export)
    yield Told(
        Sentence(
            about="callers",
            text=f"{export} may be called by {later} instead of {earlier}",
            export=export,
            clusters=tuple(lost),
            disturbance=Disturbance(level="refused", why=f"requests from {clusters(lost)} are refused (403)")
            if lost
            else Disturbance(),
        ),
        (cover(CALLERS, TLS, subjects=[export]),),
    )


def _whom(found: set[tuple[str, ...] | None]) -> str:
    if None in found:
        return "everybody"
    return listed_or(sorted({one for callers in found for one in callers or ()})) or "nobody"


def _lost(before: View, old: set[tuple[str, ...] | None], new: set[tuple[str, ...] | None], export: str) -> list[str]:
    """Give the clusters whose requests are refused from now on."""
    if None in new:
        return []
    was = {one for callers in old for one in callers or ()}
    now = {one for callers in new for one in callers or ()}
    calling = {
        (flow.cluster, mesh)
        for flow in before.flows
        for mesh in _meshes(flow.path, before.trust_domain(flow.cluster))
        if flow.asks == export and flow.remote
    }
    return sorted(cluster for cluster, mesh in calling if _loses(cluster, mesh, None if None in old else was, now))


def _meshes(path: str, trust_domain: str) -> tuple[str, ...]:
    """Say who asks by a path: workloads of a mesh, or, empty, a gateway for all."""
    mesh = f" of {trust_domain}"
    return {"federated": (mesh,), BOTH: ("", mesh)}.get(path, ("",))


def _loses(cluster: str, mesh: str, was: Set[str] | None, now: Set[str]) -> bool:
    """Tell whether a cluster's gateway, or some of its mesh's workloads, may call no longer; None: everybody might."""
    if not mesh:
        return (was is None or cluster in was) and cluster not in now
    every = f"workloads{mesh}"
    if every in now:
        return False
    return was is None or any(one.endswith(mesh) and one not in now for one in was)
