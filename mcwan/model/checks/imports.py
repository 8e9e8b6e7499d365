"""Imports: of something that is exported, into clusters that can have it, by a path and policies that exist."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.export import Export
from mcwan.model.importing import (
    ambient_clusters,
    clusters_by_namespace,
    entries_by_export,
    for_clusters,
    importings,
    listener_rules,
    local_backends,
    or_all,
)
from mcwan.model.imports import Import
from mcwan.model.leaves import MAX_SLICE, unknown
from mcwan.model.matches import Match, covers, may_overlap
from mcwan.model.mistakes import Mistake, Place


def references_lead_somewhere(description: Description) -> Iterator[Mistake]:
    """An import and its rules' backends are exported; the clusters and policies that it names are described."""
    exports = {export.key: export for export in description.exports}
    for number, entry in enumerate(description.imports):
        services: list[tuple[Place, str]] = [(("imports", number, "service"), entry.service)]
        for index, rule in enumerate(entry.rules):
            if rule.backend:
                services.append((("imports", number, "rules", index, "backend"), rule.backend))
            if rule.wan_policy and (wrong := unknown("WAN policy", rule.wan_policy, description.wan_policies)):
                yield Mistake(("imports", number, "rules", index, "wanPolicy"), repr(rule.wan_policy), *wrong)
        for place, service in services:
            if service not in exports:
                yield Mistake(
                    place,
                    repr(service),
                    f"nobody exports it; allowed: {', '.join(sorted(exports)) or 'nothing, there are no exports'}",
                    "correct the name, or add it to mcwan:exports",
                )
        for position, cluster in enumerate(entry.clusters or ()):
            if wrong := unknown("cluster", cluster, description.clusters):
                yield Mistake(("imports", number, "clusters", position), repr(cluster), *wrong)


def each_cluster_once(description: Description) -> Iterator[Mistake]:
    """One entry per export and cluster says how it imports."""
    having = clusters_by_namespace(description.clusters)
    first: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(description.imports):
        clusters = for_clusters(entry, having.get(entry.service.partition(".")[2], ()))
        for cluster in dict.fromkeys(clusters):
            other = first.setdefault((entry.service, cluster), number)
            if other != number:
                yield Mistake(
                    ("imports", number, "clusters"),
                    repr(cluster),
                    f"{{other}} already says how it imports {entry.service}; allowed: one entry for a cluster",
                    "name the clusters in each entry, every one once",
                    ("imports", other),
                )


def namespaces_exist(description: Description) -> Iterator[Mistake]:
    """A cluster that is named has the namespace; namespaces are never made."""
    for number, entry in enumerate(description.imports):
        namespace = entry.service.partition(".")[2]
        for position, name in enumerate(entry.clusters or ()):
            cluster = description.clusters.get(name)
            if cluster is not None and namespace not in cluster.namespaces:
                yield Mistake(
                    ("imports", number, "clusters", position),
                    repr(name),
                    f"has no namespace {namespace}; allowed: a cluster that has it",
                    f"add {namespace} to mcwan:clusters.{name}.namespaces once it is there, or take the cluster out",
                )


def direct_can_be(description: Description) -> Iterator[Mistake]:
    """The direct path has no gateway on its way: no rules, no weights, one port."""
    exports = {export.key: export for export in description.exports}
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        if entry.path == "direct" and export is not None:
            for problem, remedy in _not_direct(export, entry):
                yield Mistake(("imports", number, "path"), repr(entry.path), problem, remedy)
            addresses = 0
            for version in (4, 6):
                counts = _addresses(description, export, version)
                addresses = max(addresses, sum(counts.values()))
                if len(set(counts.values())) > 1:
                    listed = ", ".join(f"{name} {count}" for name, count in counts.items())
                    yield Mistake(
                        ("imports", number, "path"),
                        repr(entry.path),
                        f"the clusters that offer {export.key} have different numbers of IPv{version} addresses "
                        f"({listed}), and each address gets the same share; allowed: as many on each",
                        "choose path gateway, or write as many addresses for each",
                    )
            if addresses > MAX_SLICE:
                yield Mistake(
                    ("imports", number, "path"),
                    repr(entry.path),
                    f"{addresses} addresses are more than one EndpointSlice takes; allowed: {MAX_SLICE}",
                    "choose path gateway",
                )


def rules_are_admitted(description: Description) -> Iterator[Mistake]:
    """The remote ingress gateway admits what the consuming side's rules send, by the policies that they send it by."""
    exports = {export.key: export for export in description.exports}
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        for index, rule in enumerate(entry.rules):
            target = exports.get(rule.backend) if rule.backend else export
            if target is None or not target.wan_policies:
                continue
            place: Place = ("imports", number, "rules", index)
            if rule.wan_policy is None and len(target.wan_policies) > 1:
                yield Mistake(
                    (*place, "wanPolicy"),
                    "",
                    f"{target.key} has several WAN policies; allowed: {', '.join(target.wan_policies)}",
                    "write one of them",
                )
                continue
            policy = rule.wan_policy or target.wan_policies[0]
            if policy not in description.wan_policies:
                continue  # said by references_lead_somewhere
            if policy not in target.wan_policies:
                yield Mistake(
                    (*place, "wanPolicy"),
                    repr(policy),
                    f"{target.key} is not exported by it, so its ingress gateway would refuse the request; allowed: "
                    f"{', '.join(target.wan_policies)}",
                    f"write one of them, or add a rule with {policy} to the export",
                )
                continue
            for position, match in enumerate(or_all(rule.matches)):
                if not _admitted(target, policy, match):
                    yield Mistake(
                        (*place, "matches", position) if rule.matches else place,
                        f"by {policy}",
                        f"{target.key} does not admit all of these requests by that WAN policy; allowed: what one of "
                        "its rules for it matches and no earlier one",
                        "narrow the match to the export's, or change the export's rules",
                    )


def targets_are_there(description: Description) -> Iterator[Mistake]:
    """Another export that answers instead, and has gateways of its own, is imported too: its targets come with that."""
    exports = {export.key: export for export in description.exports}
    having, entries = clusters_by_namespace(description.clusters), entries_by_export(description.imports)
    ambient = ambient_clusters(description.clusters)
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        for index, rule in enumerate(entry.rules):
            target = exports.get(rule.backend) if rule.backend else None
            if export is None or target is None or target.scope == "shared":
                continue
            theirs = importings(target, having.get(target.namespace, ()), entries.get(target.key, ()), ambient)
            ours = importings(export, having.get(export.namespace, ()), entries[export.key], ambient)
            there = {one.cluster for one in theirs if "gateway" in one.paths}
            missing = sorted({one.cluster for one in ours if one.entry is entry and "gateway" in one.paths} - there)
            if missing:
                yield Mistake(
                    ("imports", number, "rules", index, "backend"),
                    repr(rule.backend),
                    f"has gateways of its own, and {', '.join(missing)} does not import it by gateway; allowed: a "
                    "backend that the same clusters import",
                    "import it there, or give it the shared scope",
                )


def local_answer_is_known(description: Description) -> Iterator[Mistake]:
    """A rule of the consuming side that stays in the cluster goes to one service; the export's rules may choose."""
    exports = {export.key: export for export in description.exports}
    having = clusters_by_namespace(description.clusters)
    entries = entries_by_export(description.imports)
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        for index, rule in enumerate(entry.rules):
            target = exports.get(rule.backend) if rule.backend else export
            if export is None or target is None or not target.wan_policies:
                continue
            services = local_backends(target, rule.wan_policy or target.wan_policies[0])
            ours = importings(export, having.get(export.namespace, ()), entries[export.key])
            local = [one.cluster for one in ours if one.entry is entry and _offers(target, one.cluster)]
            if local and len(services) > 1:
                yield Mistake(
                    ("imports", number, "rules", index),
                    repr(rule.name),
                    f"{', '.join(local)} offers {target.key} itself, whose rules choose between "
                    f"{' and '.join(services)}; allowed: rules of its own only where one service answers",
                    "name only the other clusters here, and let these follow the export's rules",
                )


def ports_are_there(description: Description) -> Iterator[Mistake]:
    """Another export that answers instead listens on the same ports, or on one."""
    exports = {export.key: export for export in description.exports}
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        if export is None or any(rule.backend and rule.backend not in exports for rule in entry.rules):
            continue
        numbers = {port.port for port in export.all_ports}
        for index, rule in enumerate(entry.rules):
            target = exports[rule.backend] if rule.backend else export
            missing = numbers - {port.port for port in target.all_ports}
            if missing and len(target.all_ports) > 1:
                yield Mistake(
                    ("imports", number, "rules", index, "backend"),
                    repr(rule.backend),
                    f"has no port {min(missing)}, which {export.key} has; allowed: the same ports, or just one",
                    "export that port too, or choose another backend",
                )


CHECKS = (
    references_lead_somewhere,
    each_cluster_once,
    namespaces_exist,
    direct_can_be,
    rules_are_admitted,
    targets_are_there,
    local_answer_is_known,
    ports_are_there,
)


def _admitted(target: Export, policy: str, match: Match) -> bool:
    """Tell whether the listener of a WAN policy admits all requests of a match, as far as can be proved."""
    for rule in listener_rules(target, policy, {}):
        if rule.backend is None and any(may_overlap(one, match) for one in rule.matches):
            return False
        if rule.backend is not None and any(covers(one, match) for one in or_all(rule.matches)):
            return True
    return match.path.type == "RegularExpression"


def _addresses(description: Description, export: Export, version: int) -> dict[str, int]:
    """Count, per cluster that answers, the addresses of one family that the direct path leads to."""
    counts = {
        offer.cluster: sum(
            address.version == version
            for address in offer.addresses or description.clusters[offer.cluster].ingress.addresses
        )
        for offer in export.offers.values()
        if offer.weight and offer.cluster in description.clusters
    }
    return {cluster: count for cluster, count in counts.items() if count}


def _offers(export: Export, cluster: str) -> bool:
    offer = export.offers.get(cluster)
    return offer is not None and offer.weight > 0


def _not_direct(export: Export, entry: Import) -> Iterator[tuple[str, str]]:
    by_gateway = "choose path gateway"
    if entry.rules or export.rules:
        whose = "the import" if entry.rules else export.key
        yield f"{whose} has rules, which only an egress gateway can follow; allowed: gateway", by_gateway
    if len(export.all_ports) > 1:
        yield f"{export.key} has several ports, and a WAN port stands for one; allowed: gateway", by_gateway
    if len({offer.weight for offer in export.from_ if offer.weight}) > 1:
        yield (
            f"{export.key} is offered with different weights, which only an egress gateway follows; allowed: gateway",
            f"{by_gateway}, or give its clusters the same weight",
        )
