"""Failover and timeouts: a spare is another one, and no limit makes another one pointless."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.durations import milliseconds
from mcwan.model.leaves import NO_FAILOVER, unknown
from mcwan.model.mistakes import Mistake, Place
from mcwan.model.traffic import Traffic, merged


def failover_leads_on(description: Description) -> Iterator[Mistake]:
    """A WAN policy fails over to another one, and nothing fails over in a circle."""
    policies = description.wan_policies
    for name, policy in sorted(policies.items()):
        place: Place = ("wanPolicies", name, "failover")
        if policy.failover is None:
            continue
        if wrong := unknown("WAN policy", policy.failover, policies):
            yield Mistake(place, repr(policy.failover), *wrong)
            continue
        way = [name]
        while (last := policies.get(way[-1])) is not None and last.failover is not None and len(way) <= len(policies):
            way.append(last.failover)
            if last.failover in way[:-1]:
                break
        if way[-1] == name:
            yield Mistake(
                place,
                repr(policy.failover),
                "the policy itself; allowed: another WAN policy"
                if len(way) == 2
                else f"a circle, {' to '.join(way)}; allowed: WAN policies that end at one without failover",
                "name another WAN policy, or remove failover",
            )


def export_fails_over(description: Description) -> Iterator[Mistake]:
    """An export's spare is there, and another one than its own WAN policy."""
    for number, export in enumerate(description.exports):
        place: Place = ("exports", number, "failover")
        if export.failover in (None, NO_FAILOVER):
            continue
        if wrong := unknown("WAN policy", str(export.failover), description.wan_policies):
            yield Mistake(place, repr(export.failover), *wrong)
        elif set(export.wan_policies) == {export.failover}:
            yield Mistake(
                place,
                repr(export.failover),
                f"the WAN policy that {export.key} has already; allowed: another one, or none",
                "name another WAN policy, or write none",
            )


def somebody_is_no_spare(description: Description) -> Iterator[Mistake]:
    """Of the clusters that offer an export one is no spare."""
    for number, export in enumerate(description.exports):
        shares = [offer for offer in export.from_ if offer.weight]
        if shares and all(offer.spare for offer in shares):
            yield Mistake(
                ("exports", number, "from"),
                "",
                "every cluster that offers it is a spare; allowed: at least one that is none",
                "take spare away from the first choice",
            )


def direct_has_no_spare(description: Description) -> Iterator[Mistake]:
    """On the direct path nobody notices that a tunnel or a cluster is lost."""
    exports = {export.key: export for export in description.exports}
    for number, entry in enumerate(description.imports):
        export = exports.get(entry.service)
        if export is None or entry.path != "direct":
            continue
        policies = [description.wan_policies.get(name) for name in export.wan_policies]
        over = export.failover or next((policy.failover for policy in policies if policy and policy.failover), None)
        spares = [offer.cluster for offer in export.from_ if offer.spare]
        if over not in (None, NO_FAILOVER) or spares:
            what = f"spare {spares[0]}" if spares else f"failover to {over}"
            yield Mistake(
                ("imports", number, "path"),
                repr(entry.path),
                f"{export.key} has a {what}, which only an egress gateway follows; allowed: gateway",
                "choose path gateway" if spares else f"choose path gateway, or write failover: none for {export.key}",
            )


def timeouts_fit(description: Description) -> Iterator[Mistake]:
    """One try fits into a request's time, and one health check into their interval."""
    written: list[tuple[Place, Traffic]] = [
        (("wanPolicies", name, "traffic"), policy.traffic) for name, policy in description.wan_policies.items()
    ]
    for number, export in enumerate(description.exports):
        above = [
            description.wan_policies[name].traffic for name in export.wan_policies if name in description.wan_policies
        ]
        alone = export.traffic == Traffic()  # then what is wrong is said at the WAN policy
        merges = [] if alone else [merged(export.traffic, policy) for policy in above] or [export.traffic]
        written += [(("exports", number, "traffic"), one) for one in merges]
    for place, traffic in written:
        times = traffic.timeouts
        if times.request and times.per_try and milliseconds(times.request) < milliseconds(times.per_try):
            yield Mistake(
                (*place, "timeouts", "request"),
                repr(times.request),
                f"shorter than one try ({times.per_try}); allowed: that, or more",
                "raise it, or lower perTry",
            )
        for field, value in times:
            if value is not None and not milliseconds(value):
                alias = {"per_try": "perTry"}.get(field, field)
                yield Mistake(
                    (*place, "timeouts", alias),
                    repr(value),
                    "no time at all; allowed: more than 0",
                    "raise or remove it",
                )
        lengths = {("outliers", "ejection"): traffic.outliers.ejection}
        if traffic.health_checks:
            lengths |= {("healthChecks", "timeout"): traffic.health_checks.timeout}
        for key, length in lengths.items():
            if length is not None and not milliseconds(length):
                yield Mistake(
                    (*place, *key), repr(length), "no time at all; allowed: more than 0", "raise or remove it"
                )
        checks = traffic.health_checks
        if checks and milliseconds(checks.timeout) >= milliseconds(checks.interval):
            yield Mistake(
                (*place, "healthChecks", "timeout"),
                repr(checks.timeout),
                f"not shorter than the interval ({checks.interval}); allowed: less",
                "lower it, or raise interval",
            )


CHECKS = (failover_leads_on, export_fails_over, somebody_is_no_spare, direct_has_no_spare, timeouts_fit)
