"""Who imports what, and which rules hold there: the one place that expands `exports` and `imports`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache

from mcwan.model.cluster import Cluster
from mcwan.model.export import Export, Rule, qualified
from mcwan.model.imports import Import, ImportRule, Path
from mcwan.model.leaves import MAX_ROUTE_MATCHES, MAX_RULES, NO_FAILOVER
from mcwan.model.matches import Match, may_overlap
from mcwan.model.sla import SLA
from mcwan.model.traffic import DEFAULT, Traffic, merged, promised
from mcwan.model.wan_policy import WANPolicy

_ALL = (Match(),)
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Importing:
    """An export as one cluster imports it, by one entry of `imports` or by none.

    `ambient`: federated, in a mesh with ambient workloads.
    """

    export: Export
    cluster: str
    entry: Import | None
    ambient: bool = False

    @property
    def path(self) -> Path:
        """The import's path."""
        return self.entry.path if self.entry else "gateway"

    @property
    def ways(self) -> "tuple[Importing, ...]":
        """The import, once for each path that clients have: sidecars go federated, ambient ones by the egress gateway.

        Who has neither gets along by the last of them, to which the import's name in its namespace leads.
        """
        if self.entry is None or not self.ambient:
            return (self,)
        return (self, replace(self, entry=self.entry.model_copy(update={"path": "gateway"})))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths that clients have."""
        return tuple(way.path for way in self.ways)

    @property
    def follows_rules(self) -> bool:
        """Whether something on the importing side follows rules, weights and spares: an egress gateway, or sidecars."""
        return self.path != "direct"


@dataclass(frozen=True)
class EgressRule:
    """What an egress gateway does with the requests that a rule matches.

    `target` is the export that they go to, `wan_policy` the way, `local` the service that answers them where the
    importing cluster itself offers the target, as name.namespace.
    """

    name: str
    matches: tuple[Match, ...]
    target: Export
    wan_policy: str
    local: str


@dataclass(frozen=True)
class ListenerRule:
    """What an ingress gateway's listener does with the requests that a rule matches.

    `backend` is the service that answers, as name.namespace; None refuses the request.
    """

    name: str
    matches: tuple[Match, ...]
    backend: str | None


def clusters_by_namespace(clusters: Mapping[str, Cluster]) -> dict[str, tuple[str, ...]]:
    """Give, per namespace, the clusters that have it, sorted."""
    found: dict[str, list[str]] = {}
    for name in sorted(clusters):
        for namespace in sorted(set(clusters[name].namespaces)):
            found.setdefault(namespace, []).append(name)
    return {namespace: tuple(names) for namespace, names in found.items()}


def entries_by_export(imports: Sequence[Import]) -> dict[str, list[Import]]:
    """Give the entries of `imports` per export."""
    found: dict[str, list[Import]] = {}
    for entry in imports:
        found.setdefault(entry.service, []).append(entry)
    return found


def for_clusters(entry: Import, having_namespace: Sequence[str]) -> Sequence[str]:
    """Give the clusters that an entry is for: those that it lists, else all that have the namespace."""
    return having_namespace if entry.clusters is None else entry.clusters


def ambient_clusters(clusters: Mapping[str, Cluster]) -> frozenset[str]:
    """Give the clusters whose meshes have ambient workloads."""
    return frozenset(name for name, one in clusters.items() if one.mesh is not None and one.mesh.ambient)


def importings(
    export: Export, having_namespace: Sequence[str], entries: Sequence[Import], ambient: Set[str] = frozenset()
) -> tuple[Importing, ...]:
    """Give who imports an export, sorted by cluster; `ambient` are the clusters with ambient workloads.

    Every cluster in which the namespace exists, the exporting ones included (KEP-1645), unless entries narrow that.
    """
    if not entries:
        return tuple(Importing(export, cluster, None) for cluster in having_namespace)
    chosen = {cluster: entry for entry in entries for cluster in for_clusters(entry, having_namespace)}
    return tuple(
        Importing(export, cluster, chosen[cluster], chosen[cluster].path == "federated" and cluster in ambient)
        for cluster in having_namespace
        if cluster in chosen
    )


def all_importings(
    exports: Iterable[Export], clusters: Mapping[str, Cluster], imports: Sequence[Import]
) -> Iterator[Importing]:
    """Give who imports what, export by export."""
    having, entries, ambient = clusters_by_namespace(clusters), entries_by_export(imports), ambient_clusters(clusters)
    for export in exports:
        yield from importings(export, having.get(export.namespace, ()), entries.get(export.key, ()), ambient)


def asking(every: Iterable[Importing], path: Path) -> dict[str, set[str]]:
    """Give, per export, the clusters whose clients ask for it by a path.

    Rules of the consuming side may lead to further exports.
    """
    found: dict[str, set[str]] = {}
    for one in every:
        if path in one.paths:
            led = {rule.backend for rule in (one.entry.rules if one.entry else ()) if rule.backend}
            for key in {one.export.key, *led}:
                found.setdefault(key, set()).add(one.cluster)
    return found


def egress_rules(importing: Importing, exports: Mapping[str, Export]) -> tuple[EgressRule, ...]:
    """Give an import's rules in order: its own, or the export's."""
    export, entry = importing.export, importing.entry
    if not (entry and entry.rules):
        return tuple(
            EgressRule(
                name=rule.name,
                matches=rule.matches,
                target=export,
                wan_policy=rule.wan_policy,
                local=qualified(rule.backend, export.namespace) if rule.backend else export.service,
            )
            for rule in export.all_rules
        )
    rules = []
    for rule in entry.rules:
        target = exports[rule.backend] if rule.backend else export
        policy = rule.wan_policy or next(iter(target.wan_policies), "")
        rules.append(EgressRule(rule.name, rule.matches, target, policy, local_backends(target, policy)[0]))
    return tuple(rules)


def local_backends(export: Export, wan_policy: str) -> tuple[str, ...]:
    """Give the services that answer an export by one WAN policy, as name.namespace, in the order of its rules.

    A consuming side's own rule that stays in the cluster knows one; `mcwan.model.checks` refuses it for several.
    """
    found = [rule.backend for rule in listener_rules(export, wan_policy, {}) if rule.backend]
    return tuple(dict.fromkeys(found)) or (export.service,)


def failover(export: Export, wan_policy: str, wan_policies: Mapping[str, WANPolicy]) -> str | None:
    """Give the WAN policy that an export's requests travel by while they cannot by their own; None if there is none."""
    if export.failover is not None:
        return None if export.failover in (NO_FAILOVER, wan_policy) else export.failover
    return wan_policies[wan_policy].failover if wan_policy in wan_policies else None


def admitted_policies(export: Export, wan_policies: Mapping[str, WANPolicy]) -> tuple[str, ...]:
    """Give the WAN policies by which requests of an export may arrive, sorted: its own, and those they fail over to."""
    others = {failover(export, policy, wan_policies) for policy in export.wan_policies} - {None}
    return tuple(sorted({*export.wan_policies, *(one for one in others if one)}))


def traffic(export: Export, rule: "EgressRule", wan_policies: Mapping[str, WANPolicy]) -> Traffic:
    """Give how an egress gateway treats the requests of a rule."""
    policy = wan_policies[rule.wan_policy]
    return treated(export.traffic, policy.traffic, policy.sla, safe=_is_safe(rule.matches))


@lru_cache(maxsize=4096)
def treated(of_export: Traffic, of_policy: Traffic, sla: SLA, *, safe: bool | None) -> Traffic:
    """Merge what is said of some requests; `safe` if they may be repeated, None if that is not known.

    Kept: most rules of a fabric are treated alike, on every cluster.
    """
    return merged(of_export, of_policy, Traffic(idempotent=safe), promised(sla), DEFAULT)


def _is_safe(matches: tuple[Match, ...]) -> bool | None:
    """Tell whether all requests of a rule have safe methods (RFC 9110, 9.2.1); None if that is not known."""
    return True if matches and all(match.method in _SAFE for match in matches) else None


def listener_rules(export: Export, wan_policy: str, wan_policies: Mapping[str, WANPolicy]) -> tuple[ListenerRule, ...]:
    """Give what the listener of one WAN policy admits of an export, in order: also what may fail over to it.

    The listener knows nothing of the other policies' rules, so requests that an earlier rule of another policy takes
    have to be refused here by name: else a client that goes round its egress gateway could send them this way.
    """

    def admits(policy: str) -> bool:
        return wan_policy in (policy, failover(export, policy, wan_policies))

    found: list[ListenerRule] = []
    rules = export.all_rules
    for index, rule in enumerate(rules):
        if admits(rule.wan_policy):
            backend = qualified(rule.backend, export.namespace) if rule.backend else export.service
            found.append(ListenerRule(rule.name, rule.matches, backend))
        else:
            later = [m for other in rules[index + 1 :] if admits(other.wan_policy) for m in or_all(other.matches)]
            taken = tuple(m for m in or_all(rule.matches) if any(may_overlap(m, other) for other in later))
            if taken:
                found.append(ListenerRule(f"refuse.{rule.name}", taken, None))
    return tuple(found)


def or_all(matches: tuple[Match, ...]) -> tuple[Match, ...]:
    """Give the matches, or the one that matches everything where none is written (Gateway API's default)."""
    return matches or _ALL


def fit_one_route(rules: Sequence[Rule] | Sequence[ImportRule] | Sequence[EgressRule]) -> bool:
    """Tell whether the rules fit into one HTTPRoute (Gateway API: 16 rules, 128 matches in all)."""
    return len(rules) <= MAX_RULES and sum(len(or_all(rule.matches)) for rule in rules) <= MAX_ROUTE_MATCHES


def split_by_policy(rules: tuple[EgressRule, ...]) -> list[tuple[str | None, tuple[EgressRule, ...]]]:
    """Give the rules of each HTTPRoute: all in one (None), or one per WAN policy where they do not fit."""
    if fit_one_route(rules):
        return [(None, rules)]
    policies = sorted({rule.wan_policy for rule in rules})
    return [(policy, tuple(rule for rule in rules if rule.wan_policy == policy)) for policy in policies]
