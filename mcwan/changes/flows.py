"""Flows: rules that come, go or match otherwise, requests that move to another WAN policy, cluster or path."""

from collections.abc import Callable, Iterable, Iterator

from mcwan.changes.facets import CALLERS, GATEWAY, TLS, TREATMENT, WAYS
from mcwan.changes.policies import LATE, followed
from mcwan.changes.told import PAGE, Cover, Disturbance, Sentence, Told, cover
from mcwan.changes.view import BOTH, Flow, View
from mcwan.changes.words import clusters, listed_or, shares
from mcwan.rules.words import listed, many, said

_FEDERATED = ("federated", BOTH)
_Key = tuple[str, int | None, str]
"""Cluster, port (None where there is but one), rule."""


def count(flow: Flow) -> int:
    """Count the flows to other clusters."""
    return len({(way.cluster, way.policy) for way in flow.remote})


def by(*views: View) -> Callable[[str], str]:
    """Give how a WAN policy is called in a sentence: by its tunnel, and by itself where several share that."""
    tunnels = {(one.tunnel, one.name) for view in views for one in view.policies}
    alone = {one for one, _ in tunnels if sum(tunnel == one for tunnel, _ in tunnels) == 1}
    of = {name: tunnel for tunnel, name in sorted(tunnels)}

    def called(policy: str) -> str:
        tunnel = of.get(policy)
        return policy if tunnel is None else tunnel if tunnel in alone else f"{tunnel} ({policy})"

    return called


def needs(view: View, found: Iterable[Flow]) -> str:
    """Say which ports flows need on the SD-WAN; nothing if they need none."""
    used = sorted({policy for flow in found for policy in flow.policies})
    ports = [said(one.port) for policy in used if (one := view.policy(policy)) is not None]
    return f"; needs TCP {'ports' if len(ports) > 1 else 'port'} {listed(ports)} on the SD-WAN" if ports else ""


def told(before: View, after: View, export: str) -> Iterator[Told]:
    """Give the sentences about the flows of an export that was there and still is."""
    unread = {cluster for cluster, name in before.unread if name == export}
    both = set(before.importers.get(export, ())) & set(after.importers.get(export, ()))
    if unread & both:
        yield _unread(export, unread & both)
    here = both - unread
    yield from _ports(before, after, export, here)
    old, new = _keyed(before, export, here), _keyed(after, export, here)
    pairs = [(old[key], new[key]) for key in new if key in old]
    yield from _come(after, export, [flow for key, flow in new.items() if key not in old])
    yield from _gone(export, [flow for key, flow in old.items() if key not in new])
    yield from _matches(export, pairs)
    yield from _asked(export, pairs)
    yield from _policies(before, after, export, pairs)
    yield from _shares(export, pairs)
    yield from _spares(before, after, export, pairs)
    yield from _paths(export, pairs)


def _keyed(view: View, export: str, where: set[str]) -> dict[_Key, Flow]:
    """Give an export's flows; where an importing cluster asks for one port only, that does not tell them apart."""
    mine = [flow for flow in view.flows if flow.export == export and flow.cluster in where]
    ports: dict[str, set[int | None]] = {}
    for flow in mine:
        ports.setdefault(flow.cluster, set()).add(flow.port)
    return {(f.cluster, f.port if len(ports[f.cluster]) > 1 else None, f.rule): f for f in mine}


def _covers(
    export: str, where: Iterable[str], asks: Iterable[str] = (), policies: Iterable[str] = ()
) -> tuple[Cover, ...]:
    """Explain an export's objects, and what clusters have for all of them by its WAN policies."""
    return (
        cover(WAYS, TREATMENT, CALLERS, TLS, subjects={export, *asks}),
        cover(WAYS, GATEWAY, TLS, clusters=where, subjects=[""]),
        cover(WAYS, subjects=[""], policies=policies),
    )


def _unread(export: str, where: set[str]) -> Told:
    return Told(
        Sentence(
            about="not-known",
            text=f"where requests for {export} go today is not known in {clusters(where)}",
            export=export,
            clusters=tuple(sorted(where)),
            disturbance=Disturbance(level="possible", why="what is there cannot be read"),
        ),
        _covers(export, where),
    )


def _ports(before: View, after: View, export: str, where: set[str]) -> Iterator[Told]:
    groups: dict[tuple[tuple[int, ...], tuple[int, ...]], list[str]] = {}
    for cluster in sorted(where):
        old, new = (
            tuple(sorted({f.port for f in view.flows if (f.cluster, f.export) == (cluster, export) and f.port}))
            for view in (before, after)
        )
        if old != new:
            groups.setdefault((old, new), []).append(cluster)
    for (old, new), found in groups.items():
        gone = sorted(set(old) - set(new))
        refused = Disturbance(level="refused", why=f"requests for port {listed(map(str, gone))} are refused")
        yield Told(
            Sentence(
                about="ports",
                text=(
                    f"{export} is called by port {listed(map(str, new)) or 'none'} instead of "
                    f"{listed(map(str, old)) or 'none'} in {clusters(found)}"
                ),
                export=export,
                clusters=tuple(found),
                disturbance=refused if gone else Disturbance(),
            ),
            _covers(export, found),
        )


def _by_words(found: Iterable[Flow]) -> dict[tuple[str, str], list[Flow]]:
    groups: dict[tuple[str, str], list[Flow]] = {}
    for flow in found:
        groups.setdefault((flow.rule, flow.words), []).append(flow)
    return groups


def _come(view: View, export: str, found: list[Flow]) -> Iterator[Told]:
    for (rule, words), flows in _by_words(found).items():
        where, policies = sorted({one.cluster for one in flows}), sorted({p for one in flows for p in one.policies})
        way = f" by {listed(map(by(view), policies))}" if policies else ""
        yield Told(
            Sentence(
                about="rule-added",
                text=f"{export} {words}: a new rule, {rule}{way} in {clusters(where)}{needs(view, flows)}",
                export=export,
                policies=tuple(policies),
                clusters=tuple(where),
                flows=sum(map(count, flows)),
                disturbance=_between(bool(policies)),
            ),
            _covers(export, where, {one.asks for one in flows}, policies),
            frozenset({rule}),
        )


def _gone(export: str, found: list[Flow]) -> Iterator[Told]:
    for (rule, words), flows in _by_words(found).items():
        where, policies = sorted({one.cluster for one in flows}), sorted({p for one in flows for p in one.policies})
        yield Told(
            Sentence(
                about="rule-removed",
                text=f"{export} {words}: rule {rule} is removed in {clusters(where)}",
                export=export,
                policies=tuple(policies),
                clusters=tuple(where),
                flows=sum(map(count, flows)),
                disturbance=Disturbance(level="refused", why="requests that no other rule matches are refused (404)"),
            ),
            _covers(export, where, {one.asks for one in flows}, policies),
            frozenset({rule}),
        )


def _between(there: bool) -> Disturbance:
    if not there:
        return Disturbance()
    return Disturbance(
        level="possible",
        why="until the gateways of both ends have the rule as it is now, requests that it matches may be refused",
    )


def _matches(export: str, pairs: list[tuple[Flow, Flow]]) -> Iterator[Told]:
    groups: dict[tuple[str, str, str], list[Flow]] = {}
    for old, new in pairs:
        if old.words != new.words and not {old.words, new.words} <= _EVERYTHING:
            groups.setdefault((new.rule, old.words, new.words), []).append(new)
    for (rule, earlier, words), flows in groups.items():
        where = sorted({one.cluster for one in flows})
        yield Told(
            Sentence(
                about="matches",
                text=f"{export} rule {rule} is for {words} instead of {earlier} in {clusters(where)}",
                export=export,
                policies=tuple(sorted({p for one in flows for p in one.policies})),
                clusters=tuple(where),
                flows=sum(map(count, flows)),
                disturbance=_between(any(one.remote for one in flows)),
            ),
            _covers(export, where),
            frozenset({rule}),
        )


_EVERYTHING = {"all requests", "all other requests"}


def _asked(export: str, pairs: list[tuple[Flow, Flow]]) -> Iterator[Told]:
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for old, new in pairs:
        if old.asks != new.asks:
            groups.setdefault((new.rule, new.words, old.asks, new.asks), []).append(new.cluster)
    for (rule, words, earlier, asks), found in groups.items():
        yield Told(
            Sentence(
                about="asked",
                text=f"{export} {words}: {asks} is asked instead of {earlier} in {clusters(found)}",
                export=export,
                clusters=tuple(sorted(set(found))),
            ),
            _covers(export, found, [earlier, asks]),
            frozenset({rule}),
        )


def _policies(before: View, after: View, export: str, pairs: list[tuple[Flow, Flow]]) -> Iterator[Told]:
    """Tell which requests move from one WAN policy to another."""
    groups: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[Flow]] = {}
    for old, new in pairs:
        if old.remote and new.remote and old.policies != new.policies:
            groups.setdefault((new.rule, new.words, old.policies, new.policies), []).append(new)
    called = by(before, after)
    for (rule, words, earlier, later), flows in groups.items():
        where = sorted({one.cluster for one in flows})
        flow_count = sum(map(count, flows))
        yield Told(
            Sentence(
                about="moved",
                text=(
                    f"{export} {words} moves from {listed(map(called, earlier))} to {listed(map(called, later))} "
                    f"in {clusters(where)}; {many(flow_count, 'flow')}{needs(after, flows)}"
                ),
                export=export,
                policies=(*earlier, *(one for one in later if one not in earlier)),
                clusters=tuple(where),
                flows=flow_count,
                disturbance=_moving(before, after, flows, earlier, later),
            ),
            _covers(export, where, {one.asks for one in flows}, (*earlier, *later)),
            frozenset({rule}),
        )


def _moving(
    before: View, after: View, flows: list[Flow], earlier: tuple[str, ...], later: tuple[str, ...]
) -> Disturbance:
    """A move loses nothing where each exporting gateway admits the rule by both WAN policies, before and after."""
    late = any(before.profile(one.cluster) in ("envoy-gateway", None) for one in flows)
    if all(
        _admits(before, flow, way.cluster, later) and _admits(after, flow, way.cluster, earlier)
        for flow in flows
        for way in flow.remote
    ):
        return Disturbance(level="late", why=LATE) if late else Disturbance()
    exporting = clusters({way.cluster for flow in flows for way in flow.remote})
    why = f"while the update runs, requests may arrive at {exporting} by a WAN policy that its gateway refuses (404)"
    return Disturbance(
        level="yes",
        why=f"{why}; {LATE}" if late else why,
        remedy=f"admit both first: failover {listed(later)} in one update, move in the next, then take it out: {PAGE}",
    )


def _admits(view: View, flow: Flow, cluster: str, policies: tuple[str, ...]) -> bool:
    """Tell whether a cluster admits a rule by WAN policies; of a consuming side's own, it has to admit all rules so."""
    offer = view.by_export.get(flow.asks, {}).get(cluster)
    if offer is None:
        return True
    rules = {flow.rule} if flow.rule in offer.rules else set(offer.rules)
    return all(rules <= set(offer.admits.get(policy, ())) for policy in policies)


def _shares(export: str, pairs: list[tuple[Flow, Flow]]) -> Iterator[Told]:
    every = {new.rule for _, new in pairs}
    groups: dict[str, list[Flow]] = {}
    for old, new in pairs:
        if text := shares(_split(old), _split(new)):
            groups.setdefault(text, []).append(new)
    for text, flows in groups.items():
        rules, where = {one.rule for one in flows}, sorted({one.cluster for one in flows})
        words = "" if rules == every else f" {listed_or(dict.fromkeys(one.words for one in flows))}"
        yield Told(
            Sentence(
                about="weights",
                text=f"{export}{words}: {text} of the requests from {clusters(where)}",
                export=export,
                policies=tuple(sorted({p for one in flows for p in one.policies})),
                clusters=tuple(where),
                flows=sum(map(count, flows)),
            ),
            _covers(export, where, {one.asks for one in flows}),
            frozenset(rules),
        )


def _split(flow: Flow) -> dict[str, float]:
    found: dict[str, float] = {}
    for way in flow.to:
        if not way.spare:
            found[way.cluster] = round(found.get(way.cluster, 0.0) + way.share, 1)
    return found


def _spares(before: View, after: View, export: str, pairs: list[tuple[Flow, Flow]]) -> Iterator[Told]:
    called = by(before, after)

    def spares(flow: Flow) -> str:
        found = [f"{way.cluster} by {called(way.policy or '')}" for way in flow.to if way.spare]
        return listed(dict.fromkeys(found)) or "nowhere"

    groups: dict[tuple[str, str], list[Flow]] = {}
    for old, new in pairs:
        if spares(old) != spares(new):
            groups.setdefault((spares(old), spares(new)), []).append(new)
    every = {new.rule for _, new in pairs}
    for (earlier, later), flows in groups.items():
        rules, where = {one.rule for one in flows}, tuple(sorted({one.cluster for one in flows}))
        words = "" if rules == every else f" {listed_or(dict.fromkeys(one.words for one in flows))}"
        yield Told(
            Sentence(
                about="spares",
                text=f"{export}{words}: requests that fail go on to {later} instead of {earlier} in {clusters(where)}",
                export=export,
                policies=tuple(sorted({way.policy for one in flows for way in one.to if way.spare and way.policy})),
                clusters=where,
                disturbance=followed(after, where),
            ),
            _covers(export, where, {one.asks for one in flows}),
            frozenset(),
        )


def _paths(export: str, pairs: list[tuple[Flow, Flow]]) -> Iterator[Told]:
    groups: dict[tuple[str, str], set[str]] = {}
    for old, new in pairs:
        if old.path != new.path:
            groups.setdefault((old.path, new.path), set()).add(new.cluster)
    for (earlier, later), where in groups.items():
        yield Told(
            Sentence(
                about="path",
                text=f"{export} is imported by path {later} instead of {earlier} in {clusters(where)}",
                export=export,
                clusters=tuple(sorted(where)),
                disturbance=_moved(earlier, later),
            ),
            _covers(export, where),
        )


def _moved(earlier: str, later: str) -> Disturbance:
    """Say what another path means to clients."""
    whys, remedies = [], []
    if later == "federated":
        whys.append("clients without a sidecar get no further than a Service without endpoints")
        remedies.append("give every client a sidecar first")
    if later in _FEDERATED and earlier not in _FEDERATED:
        those = "those with one" if whys else "clients with a sidecar"
        whys.append(f"{those} are refused (403) as long as only their own cluster has the change")
        remedies.append("deploy the exporting clusters before this one")
    if whys:
        return Disturbance(level="refused", why="; ".join(whys), remedy=", and ".join(remedies))
    return Disturbance(
        level="possible",
        why="its name gets another address: clients that keep an old answer of DNS may be refused",
    )
