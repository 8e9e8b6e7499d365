"""How egress routes treat requests: by class where a route's rules are as their WAN policy says, else each for itself.

A class is a WAN policy, and whether requests may be repeated. Its settings are one object per cluster, which selects
routes by label, so that most exports cost none of their own. A route is of the class of most of its rules. Profiles
whose implementation cannot select routes have no classes.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mcwan.model.export import Export
from mcwan.model.importing import EgressRule, egress_rules, split_by_policy, traffic, treated
from mcwan.model.leaves import GROUP
from mcwan.model.traffic import Traffic
from mcwan.plan import names
from mcwan.plan.context import Context, PerCluster
from mcwan.plan.manifests import labels
from mcwan.plan.profile import RouteRequest

TRAFFIC_LABEL = f"traffic.{GROUP}/"
_REPEATED = {True: "repeatable", False: "once"}


class Classified(NamedTuple):
    """A route's class as a label, if it has one, and how the rules are treated that are not of it."""

    label: Mapping[str, str]
    others: Mapping[str, Traffic]


def classified(context: Context, cluster: str, export: Export, rules: tuple[EgressRule, ...]) -> Classified:
    """Say which class a route is of. Gateways of an export's own have none: classes are of the namespace mc-wan."""
    its = {rule.name: traffic(rule.target, rule, context.fabric.wan_policies) for rule in rules}
    members: dict[tuple[str, str], list[str]] = {}
    has_classes = export.scope == "shared" and context.profiles[cluster].traffic_class is not None
    for rule in rules if has_classes else ():
        for repeatable, called in _REPEATED.items():
            if its[rule.name] == _of_class(context, rule.wan_policy, repeatable=repeatable):
                members.setdefault((rule.wan_policy, called), []).append(rule.name)
    if not members:
        return Classified({}, its)
    (policy, called), inside = max(sorted(members.items()), key=lambda one: len(one[1]))
    return Classified(
        {f"{TRAFFIC_LABEL}{policy}": called}, {name: one for name, one in its.items() if name not in inside}
    )


def traffic_classes(context: Context) -> PerCluster:
    """Give every cluster the classes that its routes are of."""
    made: PerCluster = {}
    for cluster, classes in _used(context).items():
        make = context.profiles[cluster].traffic_class
        if make is None:
            continue
        for policy, called in sorted(classes):
            settings = _of_class(context, policy, repeatable=called == _REPEATED[True])
            name = f"{names.EGRESS}.{policy}.{called}"
            common = labels(context.fabric, "egress-gateway", policies=[policy])
            request = RouteRequest(name, names.NAMESPACE, common, {"": settings})
            made.setdefault(cluster, []).extend(make(name, {f"{TRAFFIC_LABEL}{policy}": called}, request))
    return made


def _used(context: Context) -> dict[str, set[tuple[str, str]]]:
    """Give the classes of every cluster's routes: a WAN policy, and what is said of repeating."""
    found: dict[str, set[tuple[str, str]]] = {}
    for key, importings in context.imports.items():
        for importing in importings if context.exports[key].scope == "shared" else ():
            for _, rules in split_by_policy(egress_rules(importing, context.exports)):
                if "gateway" in importing.paths:
                    label = classified(context, importing.cluster, context.exports[key], rules).label
                    classes = {(name.removeprefix(TRAFFIC_LABEL), called) for name, called in label.items()}
                    found.setdefault(importing.cluster, set()).update(classes)
    return found


def _of_class(context: Context, policy: str, *, repeatable: bool) -> Traffic:
    described = context.fabric.wan_policies[policy]
    return treated(Traffic(), described.traffic, described.sla, safe=repeatable)
