"""Takes facts over into a description, where that leaves them to the clusters. Pure: the reading was done before.

What cannot be read is as it was recorded last, and is told so. A cluster that tells of nothing is not believed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mcwan.facts.agreed import Agreed, Offered, agree
from mcwan.facts.record import Record
from mcwan.facts.report import Failure, Reading, Report, newest, time_of
from mcwan.facts.weights import steady, weights
from mcwan.model.cluster import Cluster
from mcwan.model.description import Description
from mcwan.model.export import Export, Offer, ServicePort
from mcwan.model.importing import clusters_by_namespace, entries_by_export, importings
from mcwan.model.leaves import FABRIC_NAMESPACE, INGRESS, own_ingress
from mcwan.model.mistakes import Mistake

SHARED_INGRESS = f"{INGRESS}.{FABRIC_NAMESPACE}"
_MCS_API = ("serviceexports.multicluster.x-k8s.io", "serviceimports.multicluster.x-k8s.io")
_GATEWAY_API = ("gateways.gateway.networking.k8s.io", "httproutes.gateway.networking.k8s.io")


@dataclass(frozen=True)
class Known:
    """What is known of the clusters beyond the description, and what there is to say about it."""

    reports: Mapping[str, Report] = field(default_factory=dict)
    """The facts that hold, of each cluster that has some."""
    agreed: Mapping[str, Agreed] = field(default_factory=dict)
    """By export, what the Services of its clusters agree on, where all of them are known."""
    balanced: frozenset[str] = frozenset()
    """The live clusters whose balancer gives the ingress gateway an address, since none is written."""
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """The clusters that were to be read and were not, or in part: what is recorded of them holds. Where nobody asks,
    all live ones."""
    record: Record = field(default_factory=Record)
    """What is to be recorded, once it is deployed."""


NOTHING = Known()
"""Of an environment that is declared in full."""


def resolve(
    name: str,
    description: Description,
    readings: Mapping[str, Reading],
    record: Record,
    now: datetime,
    *,
    allow: bool = False,
) -> tuple[Description, Known, list[Mistake]]:
    """Give the description with the facts in it, what else is known, and what is wrong with what clusters report.

    `name` is the environment's. `readings` has those of the clusters that were to be read; `allow` is consent to
    withdraw imports.
    """
    reports, notes, unread, mistakes = _reports(description, readings, record, now)
    if mistakes:
        return description, NOTHING, mistakes
    filled, splits, said = _filled(description, reports, record)
    before, _, _ = _filled(description, {**reports, **_recorded(description, record)}, record)
    mistakes += _unserved(description, reports)
    mistakes += _withdrawn(before, filled, allow=allow)
    agreed = {export.key: _agreed(export, reports) for export in filled.exports if _all_known(export, reports)}
    notes += [
        *said,
        *_changed(before, filled, reports),
        *_disagreements(agreed),
        *_claims(name, description, reports),
        *_others(name, description, reports),
    ]
    kept = {**record.clusters, **{name: one for name, one in reports.items() if name in readings}}
    recorded = Record(clusters={name: one for name, one in kept.items() if name in description.clusters}, splits=splits)
    balanced = frozenset(name for name, one in description.clusters.items() if one.is_balanced)
    return filled, Known(reports, agreed, balanced, tuple(notes), tuple(unread), recorded), mistakes


def _reports(
    description: Description, readings: Mapping[str, Reading], record: Record, now: datetime
) -> tuple[dict[str, Report], list[str], list[str], list[Mistake]]:
    """Give the facts that hold of each cluster: as read or, where that is not to be had, as recorded.

    With them what there is to say, who was not read, or in part, and what is wrong.
    """
    found: dict[str, Report] = {}
    notes: list[str] = []
    unread: list[str] = []
    mistakes: list[Mistake] = []
    for name, cluster in sorted(description.clusters.items()):
        last = record.clusters.get(name)
        if cluster.facts == "recorded" and name not in readings:
            if last is None:
                remedy = f"run mcwan facts where {name} can be reached, or write its facts down"
                mistakes.append(Mistake(("clusters", name, "facts"), "'recorded'", "nothing is recorded of it", remedy))
            else:
                found[name] = last
                notes.append(f"{name}: facts as recorded {_age(last, now)}")
        elif cluster.facts != "declared":
            reading = readings.get(name, Reading())
            whole, why = _together(_believed(reading, last), last)
            unread += [name] if why else []
            needed = [section for section in ("namespaces", "services") if getattr(whole, section, None) is None]
            if whole is None or needed:
                first = next(iter(why.values()), Failure(problem="it was not read", remedy="run again"))
                problem = f"{first.problem}, and nothing is recorded of it"
                mistakes.append(Mistake(("clusters", name, "facts"), repr(cluster.facts), problem, first.remedy))
                continue
            found[name], kept = _with_addresses(whole, last)
            since = _age(last or whole, now)
            notes += [f"{name}: gateway {one} has no address now; those recorded {since} are kept" for one in kept]
            for failure in dict.fromkeys(map(str, why.values())):
                since = f"as recorded {_age(last, now)}" if last is not None else "left out"
                what = ", ".join(section for section, one in why.items() if str(one) == failure)
                notes.append(f"{name}: {'facts' if what == 'cluster' else what} {since}: {failure}")
    return found, notes, unread, mistakes


def _believed(reading: Reading, last: Report | None) -> Reading:
    """Refuse to believe that a cluster has nothing of all that it had: an empty answer is never authoritative."""
    now = reading.report
    if now is None:
        return reading
    had = {one for one in (last.services or {}) if last and (last.services or {})[one]} if last else set()
    had &= set(now.services or ())  # what is still asked for
    lost = bool(had) and now.services is not None and not any(now.services.get(one) for one in had)
    if not now.is_empty and not (len(had) > 1 and lost):
        return reading
    what = "no namespaces at all" if now.is_empty else f"none of the {len(had)} exported Services that it had"
    remedy = "see what is wrong with it; if it is true, take its entries out of mcwan:exports"
    return Reading(failures={"cluster": Failure(problem=f"it reports {what}", remedy=remedy)})


def _together(reading: Reading, last: Report | None) -> tuple[Report | None, dict[str, Failure]]:
    """Give what was read with, in place of what was not, what was recorded."""
    why: dict[str, Failure] = {str(section): one for section, one in reading.failures.items()}
    if reading.report is None:
        return last, why
    old: Mapping[str, Any] = dict(last) if last is not None else {}
    gaps: dict[str, Any] = {section: old.get(section) for section in reading.report.missing}
    if last is not None and gaps:
        gaps["at"] = last.at  # as old as its oldest part
    return reading.report.model_copy(update=gaps), why


def _with_addresses(report: Report, last: Report | None) -> tuple[Report, list[str]]:
    """Keep the recorded addresses of gateways that have none now: their pods may just be starting."""
    had = {key: one for key, one in ((last.gateways if last else None) or {}).items() if one.addresses}
    there = report.gateways or {}
    kept = {key: one for key, one in had.items() if not (key in there and there[key].addresses)}
    return report.model_copy(update={"gateways": {**there, **kept}}) if kept else report, sorted(kept)


def _recorded(description: Description, record: Record) -> dict[str, Report]:
    return {name: one for name, one in record.clusters.items() if name in description.clusters}


def _age(report: Report, now: datetime) -> str:
    seconds = max(0, int((now - time_of(report.at)).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago ({report.at})"
    return f"{seconds} s ago ({report.at})"


def _filled(
    description: Description, reports: Mapping[str, Report], record: Record
) -> tuple[Description, dict[str, dict[str, int]], list[str]]:
    """Fill the gaps of a description; gives it, the counts of its splits, and what there is to say."""
    used = {namespace for export in description.exports for namespace in export.backend_namespaces}
    clusters = {name: _cluster(one, reports.get(name), used) for name, one in description.clusters.items()}
    splits: dict[str, dict[str, int]] = {}
    notes: list[str] = []
    exports = []
    for export in description.exports:
        offered, gone = _there(export, description.clusters, clusters)
        notes += [
            f"{export.key}: {one} does not have namespace {export.namespace} any more, and offers it no longer"
            for one in gone
        ]
        ported = _with_ports(offered, reports)
        ready = _ready(ported, description, reports)
        if not ready:
            exports.append(ported)
            continue
        notes += _mixed(ported, ready)
        before = record.splits.get(ported.key, {})
        shared_by = _split(ported, ready, before, description.facts.steady_percent)
        if any(ready.values()):
            out = sorted(one for one, count in ready.items() if not count and not shared_by[one])
            notes += [f"{ported.key}: {one} has no ready pod, and gets no requests" for one in out]
        kept = sorted(one for one, count in ready.items() if not count and shared_by[one])
        if kept:
            what = "the shares that they had" if any(before.values()) else "equal shares"
            notes.append(f"{ported.key}: no first choice has a ready pod; {', '.join(kept)} may be asked, in {what}")
        splits[ported.key] = shared_by
        shares = weights(shared_by)
        offers = tuple(_offer(offer, shares, ported, reports) for offer in ported.from_)
        exports.append(ported.model_copy(update={"from_": offers}))
    return description.model_copy(update={"clusters": clusters, "exports": tuple(exports)}), splits, notes


def _cluster(cluster: Cluster, report: Report | None, used: set[str]) -> Cluster:
    """Fill the gaps of a cluster; of its namespaces those that exports use: the others change nothing."""
    if report is None or cluster.facts == "declared":
        return cluster
    update: dict[str, Any] = {}
    written = cluster.model_fields_set
    if "namespaces" not in written and report.namespaces is not None:
        update["namespaces"] = tuple(sorted(used & set(report.namespaces)))
    if "mcs_api" not in written and report.served is not None:
        update["mcs_api"] = newest(_mcs_versions(report.served)) or cluster.mcs_api
    gateway = (report.gateways or {}).get(SHARED_INGRESS)
    if not cluster.ingress.addresses and gateway is not None and gateway.addresses:
        update["ingress"] = Cluster.model_validate(
            {"ingress": {**cluster.ingress.model_dump(exclude_unset=True), "addresses": list(gateway.addresses)}}
        ).ingress
    return cluster.model_copy(update=update) if update else cluster


def _mcs_versions(served: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Give the versions in which both of the MCS API's definitions are served."""
    return set.intersection(*(set(served.get(definition, ())) for definition in _MCS_API))


def _there(export: Export, written: Mapping[str, Cluster], filled: Mapping[str, Cluster]) -> tuple[Export, list[str]]:
    """Leave out clusters that say that they lost the export's namespace, if others are left; gives those, too."""
    gone = [
        one.cluster
        for one in export.from_
        if one.cluster in written
        and written[one.cluster].facts != "declared"
        and "namespaces" not in written[one.cluster].model_fields_set
        and export.namespace not in filled[one.cluster].namespaces
    ]
    left = tuple(one for one in export.from_ if one.cluster not in gone)
    return (export.model_copy(update={"from_": left}), gone) if left and gone else (export, [])


def _with_ports(export: Export, reports: Mapping[str, Report]) -> Export:
    """Give an export the ports that its clusters' Services have together, if none are written; those of TCP only."""
    if export.port is not None or export.ports or not _all_known(export, reports):
        return export
    ports = [port for port, _ in _agreed(export, reports).ports if port.protocol == "TCP"]
    if len(ports) == 1 and ports[0].name in ("", "http"):
        return export.model_copy(update={"port": ports[0].port})
    named = tuple(ServicePort(name=port.name or f"port-{port.port}", port=port.port) for port in ports)
    return export.model_copy(update={"ports": named})


def _ready(export: Export, description: Description, reports: Mapping[str, Report]) -> dict[str, int]:
    """Give the ready pods of those clusters whose share is made of them: no weight is written, and it has facts."""
    found: dict[str, int] = {}
    for offer in export.from_:
        services = reports[offer.cluster].services if offer.cluster in reports else None
        written = _is_weighed(offer) or description.clusters[offer.cluster].facts == "declared"
        if not written and services is not None and export.service in services:
            service = services[export.service]
            found[offer.cluster] = service.ready if service is not None else 0
    return found


def _mixed(export: Export, ready: Mapping[str, int]) -> Iterator[str]:
    """Say where a cluster's share is made of its ready pods and that of another, of which none is known, is not."""
    for spare in (False, True):
        choices = [one for one in export.from_ if one.spare == spare]
        counted = [one.cluster for one in choices if one.cluster in ready]
        guessed = [one.cluster for one in choices if one.cluster not in ready and not _is_weighed(one)]
        if counted and guessed:
            yield (
                f"{export.key}: nothing is known of the pods on {', '.join(guessed)}: 1 is taken, beside the ready "
                f"pods on {', '.join(counted)}; write a weight, or have the facts read there, too"
            )


def _is_weighed(offer: Offer) -> bool:
    """Tell whether an offer's weight is written."""
    return "weight" in offer.model_fields_set


def _split(export: Export, ready: Mapping[str, int], before: Mapping[str, int], percent: int) -> dict[str, int]:
    """Give the counts that an export's shares are made of: weights as written, else ready pods, steady.

    Where no first choice has any, those without pods keep what they had: somebody has to be tried, and the spares
    take over.
    """
    written = {one.cluster: one.weight for one in export.from_ if one.cluster not in ready}
    counts = {one.cluster: ready.get(one.cluster, one.weight) for one in export.from_}
    first = [one.cluster for one in export.from_ if not one.spare]
    if not any(counts[one] for one in first):
        kept = {one: before.get(one, 0) for one in first if one in ready}
        return counts | (kept if any(kept.values()) else dict.fromkeys(kept, 1))
    edited = any(before.get(one) != weight for one, weight in written.items())
    return counts if edited else steady(counts, before, percent)


def _offer(offer: Offer, shares: Mapping[str, int], export: Export, reports: Mapping[str, Report]) -> Offer:
    update: dict[str, Any] = {"weight": shares[offer.cluster]}
    if export.scope == "service" and not offer.addresses and offer.cluster in reports:
        own = f"{own_ingress(export.exported_name)}.{export.namespace}"
        gateway = (reports[offer.cluster].gateways or {}).get(own)
        if gateway is not None:
            update["addresses"] = Offer(cluster=offer.cluster, addresses=gateway.addresses).addresses
    return offer.model_copy(update=update)


def _all_known(export: Export, reports: Mapping[str, Report]) -> bool:
    return all(
        offer.cluster in reports and export.service in (reports[offer.cluster].services or {}) for offer in export.from_
    )


def _agreed(export: Export, reports: Mapping[str, Report]) -> Agreed:
    return agree(
        {
            offer.cluster: Offered(
                (reports[offer.cluster].services or {})[export.service],
                (reports[offer.cluster].exports or {}).get(export.key),
            )
            for offer in export.from_
        }
    )


def _unserved(description: Description, reports: Mapping[str, Report]) -> Iterator[Mistake]:
    """What a cluster has to serve before anything can be made there."""
    for name, report in reports.items():
        if report.served is None:
            continue
        lacking = [one for one in _GATEWAY_API if "v1" not in report.served.get(one, ())]
        if lacking:
            have = ", ".join(report.served.get(lacking[0], ())) or "none"
            yield Mistake(
                ("clusters", name),
                f"{lacking[0]}: {have}",
                "it does not serve that in version v1",
                "install the standard channel of Gateway API 1.0 or newer there",
            )
        for definition in _MCS_API:
            versions = report.served.get(definition, ())
            if not newest(versions):
                yield Mistake(
                    ("clusters", name),
                    f"{definition}: {', '.join(versions) or 'none'}",
                    "it does not serve the MCS API in a version that mcwan knows",
                    "install the CustomResourceDefinitions of sigs.k8s.io/mcs-api there",
                )
        cluster = description.clusters[name]
        both = _mcs_versions(report.served)
        if both and "mcs_api" in cluster.model_fields_set and cluster.mcs_api not in both:
            yield Mistake(
                ("clusters", name, "mcsApi"),
                repr(cluster.mcs_api),
                f"it does not serve the MCS API in that version; allowed: {', '.join(sorted(both))}",
                "write one that it serves, or nothing: it says itself which that is",
            )
        known = cluster.gateway.class_name
        if report.classes is not None and known not in report.classes and not lacking:
            yield Mistake(
                ("clusters", name, "gateway", "class"),
                repr(known),
                "there is no such GatewayClass",
                "install its implementation there, or write the class that is there",
            )


def _imported(description: Description) -> set[tuple[str, str]]:
    """Give who imports what, as cluster and export."""
    having, entries = clusters_by_namespace(description.clusters), entries_by_export(description.imports)
    return {
        (one.cluster, export.key)
        for export in description.exports
        for one in importings(export, having.get(export.namespace, ()), entries.get(export.key, ()))
    }


def _withdrawn(before: Description, now: Description, *, allow: bool) -> Iterator[Mistake]:
    """Refuse to withdraw many imports at a time, unless that was consented to."""
    limit = now.facts.withdrawals
    had = _imported(before)
    gone = sorted(had - _imported(now))
    left = {cluster for cluster, _ in had - set(gone)}
    emptied = sorted({cluster for cluster, _ in gone} - left)
    if allow or limit.allow or (limit.admits(len(gone), len(had)) and not emptied):
        return
    some = ", ".join(f"{service} on {cluster}" for cluster, service in gone[:3])
    more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
    yield Mistake(
        ("facts", "withdrawals"),
        f"{len(gone)} of {len(had)} imports",
        f"clusters no longer have their namespaces ({some}{more}); allowed without consent: {limit.at_most}, "
        f"{limit.percent} percent, and not all of a cluster's",
        "see why; to withdraw them, run once with --allow-withdrawals or mcwan:facts.withdrawals.allow: true",
    )


def _changed(before: Description, now: Description, reports: Mapping[str, Report]) -> Iterator[str]:
    """Say which imports appear or go with a namespace, and which addresses moved."""
    had, have = _imported(before), _imported(now)
    for sign, changed in (("is there now", have - had), ("is gone", had - have)):
        places: dict[tuple[str, str], list[str]] = {}
        for cluster, key in sorted(changed):
            places.setdefault((cluster, key.partition(".")[2]), []).append(key)
        for (cluster, namespace), keys in places.items():
            verb = "imports" if sign == "is there now" else "no longer imports"
            yield f"{cluster}: namespace {namespace} {sign}; it {verb} {', '.join(keys)}"
    for name in sorted(reports):
        was, is_ = (one.clusters[name].ingress.addresses for one in (before, now))
        if was != is_ and was:
            yield f"{name}: its ingress gateway is at {_addresses(is_)}, no longer at {_addresses(was)}"


def _addresses(addresses: tuple[Any, ...]) -> str:
    return ", ".join(map(str, addresses)) or "no address"


def _disagreements(agreed: Mapping[str, Agreed]) -> Iterator[str]:
    for key, one in sorted(agreed.items()):
        for reason, said in one.conflicts:
            yield f"{key}: {reason}: {said}; the oldest export holds"
        for cluster, reason in one.invalid:
            yield f"{key}: {reason}: {cluster} cannot export it"


def _claims(fabric: str, description: Description, reports: Mapping[str, Report]) -> Iterator[str]:
    """Say where a ServiceExport that is already there has another WAN policy (of another stack, say)."""
    for export in sorted(description.exports, key=lambda one: one.key):
        for name, report in sorted(reports.items()):
            there = (report.exports or {}).get(export.key)
            others = there is not None and there.fabric != fabric
            if there is not None and others and there.wan_policy and export.wan_policies != (there.wan_policy,):
                yield (
                    f"{export.key}: WAN policy {there.wan_policy} on {name}, where it is already exported, and "
                    f"{', '.join(export.wan_policies)} here"
                )


def _others(fabric: str, description: Description, reports: Mapping[str, Report]) -> Iterator[str]:
    """Say what somebody else made that an update would meet, and which GatewayClass nobody takes."""
    for name, report in sorted(reports.items()):
        called = description.clusters[name].gateway.class_name
        known = (report.classes or {}).get(called)
        if known is not None and not known.accepted:
            yield f"{name}: GatewayClass {called} is not accepted: no controller takes it yet"
        for key, one in sorted((report.imports or {}).items()):
            if one.fabric != fabric:
                whose = f"fabric {one.fabric}" if one.fabric else "somebody else"
                yield f"{key}: ServiceImport on {name} is of {whose}, and an update would meet it; remove one of both"
