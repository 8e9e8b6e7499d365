"""How egress routes treat requests: by class where a route's rules are as their WAN policy says, else each for itself.

A class is a WAN policy, and whether requests may be repeated. Its settings are one object per cluster, which selects
routes by label, so that most exports cost none of their own. A route is of the class of most of its rules.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mcwan.model.export import Export
from mcwan.model.importing import EgressRule, egress_rules, split_by_policy, traffic
from mcwan.model.leaves import GROUP
from mcwan.model.traffic import DEFAULT, Traffic, merged, promised
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


def classified(context: Context, export: Export, rules: tuple[EgressRule, ...]) -> Classified:
    """Say which class a route is of. Gateways of an export's own have none: classes are of the namespace mc-wan."""
    treated = {rule.name: traffic(rule.target, rule, context.fabric.wan_policies) for rule in rules}
    members: dict[tuple[str, str], list[str]] = {}
    for rule in rules if export.scope == "shared" else ():
        for repeatable, called in _REPEATED.items():
            if treated[rule.name] == _of_class(context, rule.wan_policy, repeatable=repeatable):
                members.setdefault((rule.wan_policy, called), []).append(rule.name)
    if not members:
        return Classified({}, treated)
    (policy, called), inside = max(sorted(members.items()), key=lambda one: len(one[1]))
    return Classified(
        {f"{TRAFFIC_LABEL}{policy}": called}, {name: one for name, one in treated.items() if name not in inside}
    )


def traffic_classes(context: Context) -> PerCluster:
    """Give every cluster the classes that its routes are of."""
    made: PerCluster = {}
    for cluster, classes in _used(context).items():
        for (policy, called), label in sorted(classes.items()):
            settings = _of_class(context, policy, repeatable=called == "repeatable")
            name = f"{names.EGRESS}.{policy}.{called}"
            common = labels(context.fabric, "egress-gateway", policies=[policy])
            request = RouteRequest(name, names.NAMESPACE, common, {"": settings})
            made.setdefault(cluster, []).extend(context.profiles[cluster].traffic_class(name, label, request))
    return made


def _used(context: Context) -> dict[str, dict[tuple[str, str], Mapping[str, str]]]:
    found: dict[str, dict[tuple[str, str], Mapping[str, str]]] = {}
    for key, importings in context.imports.items():
        for importing in importings:
            if importing.path == "gateway":
                for _, rules in split_by_policy(egress_rules(importing, context.exports)):
                    for label, called in classified(context, context.exports[key], rules).label.items():
                        policy = label.removeprefix(TRAFFIC_LABEL)
                        found.setdefault(importing.cluster, {})[policy, called] = {label: called}
    return found


def _of_class(context: Context, policy: str, *, repeatable: bool) -> Traffic:
    described = context.fabric.wan_policies[policy]
    return merged(described.traffic, Traffic(idempotent=repeatable), promised(described.sla), DEFAULT)
