"""WAN policies are the same on every cluster: the SD-WAN knows one port per tunnel, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping

from mcwan.model.leaves import Port
from mcwan.rules.evidence import Evidence, named
from mcwan.rules.objects import Object, mapping, number, text, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.words import listed, said


def policies(evidence: Evidence) -> Mapping[str, list[Object]]:
    """Give the WANPolicy objects by name, one per cluster."""
    found: dict[str, list[Object]] = {}
    for one in named(evidence.of_kind("WANPolicy")):
        found.setdefault(one.name, []).append(one)
    return dict(sorted(found.items()))


def _names(evidence: Evidence) -> Iterable[str]:
    """Give the names of all WAN policies, of objects and components."""
    declared = {text(one.outputs, "policy") for one in evidence.component("WANPolicy")}
    return sorted({*policies(evidence), *declared} - {""})


def _ports(evidence: Evidence, policy: str) -> Iterator[tuple[str, int | None]]:
    """Give the cluster and port of a policy wherever it is said: by its objects, by its component."""
    for one in policies(evidence).get(policy, ()):
        yield one.cluster, number(one.content, "spec", "port")
    for component in evidence.component("WANPolicy"):
        if text(component.outputs, "policy") == policy:
            for cluster in mapping(component.outputs, "wanPorts"):
                yield cluster, number(component.outputs, "wanPorts", cluster)


def _same_port(evidence: Evidence, policy: str, _: Options) -> Iterator[Violation]:
    clusters: dict[object, set[str]] = {}
    for cluster, port in _ports(evidence, policy):
        clusters.setdefault(port, set()).add(cluster)
    if len(clusters) > 1:
        where = listed(f"port {said(port)} on {listed(sorted(on))}" for port, on in _sorted(clusters))
        yield violation(
            f"policy {policy} is {where}",
            f"set mcwan:wanPolicies.{policy}.port once, and let nothing else write WANPolicy objects",
            *policies(evidence).get(policy, ()),
        )


def _same_service(evidence: Evidence, policy: str, _: Options) -> Iterator[Violation]:
    for what, path in _SERVICE.items():
        clusters: dict[object, set[str]] = {}
        for one in policies(evidence).get(policy, ()):
            clusters.setdefault(value(one.content, "spec", *path), set()).add(one.cluster)
        for component in evidence.component("WANPolicy"):
            if text(component.outputs, "policy") == policy:
                every = mapping(component.outputs, "wanPorts")
                clusters.setdefault(value(component.outputs, *path), set()).update(every)
        if len(clusters) > 1:
            where = listed(f"{what} {said(found)} on {listed(sorted(on))}" for found, on in _sorted(clusters))
            yield violation(
                f"policy {policy} has {where}",
                f"set mcwan:wanPolicies.{policy}.{'.'.join(path)} once, and let nothing else write WANPolicy objects",
                *policies(evidence).get(policy, ()),
            )


def _own_port(evidence: Evidence, cluster: str, _: Options) -> Iterator[Violation]:
    owners: dict[int, list[Object]] = {}
    for one in named(evidence.of_kind("WANPolicy")):
        if one.cluster == cluster and (port := number(one.content, "spec", "port")) is not None:
            owners.setdefault(port, []).append(one)
    for port, found in sorted(owners.items()):
        if len(found) > 1:
            yield violation(
                f"policies {listed(one.name for one in found)} share port {port} on {cluster}",
                f"give one of them another port: mcwan:wanPolicies.{found[-1].name}.port",
                *found,
            )


def _everywhere(evidence: Evidence, policy: str, _: Options) -> Iterator[Violation]:
    found = policies(evidence).get(policy, [])
    lacking = [cluster for cluster in evidence.clusters if evidence.find(cluster, "WANPolicy", "", policy) is None]
    if lacking:
        there = listed(one.cluster for one in found) or "no cluster"
        yield Violation(
            f"policy {policy} is on {there}, and not on {listed(lacking)}",
            f"deploy the whole fabric: mcwan:wanPolicies.{policy} is meant for every cluster",
            tuple(lacking),
            f"WANPolicy {policy} on {lacking[0]}",
        )


class PortRange(Options):
    """The ports that WAN policies may have."""

    lowest: Port = 1
    """The lowest WAN port that is allowed."""
    highest: Port = 65535
    """The highest WAN port that is allowed."""


def _in_range(_: Evidence, one: Object, options: PortRange) -> Iterator[Violation]:
    if options == PortRange():
        return
    port = number(one.content, "spec", "port")
    if port is not None and not options.lowest <= port <= options.highest:
        yield violation(
            f"policy {one.name} has port {port} on {one.cluster}; allowed: {options.lowest} to {options.highest}",
            f"set mcwan:wanPolicies.{one.name}.port to one of them",
            one,
        )


def _sorted(clusters: Mapping[object, set[str]]) -> list[tuple[object, set[str]]]:
    return sorted(clusters.items(), key=lambda item: (sorted(item[1]), said(item[0])))


_SERVICE: dict[str, tuple[str, ...]] = {
    "tunnel": ("tunnel",),
    "jitter": ("sla", "jitterMs"),
    "latency": ("sla", "latencyMs"),
    "loss": ("sla", "lossPercent"),
}

RULES = (
    Rule(
        "wan-port-consistency",
        "A WAN policy has the same port on every cluster.",
        "The SD-WAN tells flows apart by their port alone. A request that leaves by one port and is "
        "expected on another takes the wrong tunnel, or arrives nowhere.",
        "Set the policy's port once, in the stack, and let nothing else write WANPolicy objects.",
        _names,
        _same_port,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "wan-policy-consistency",
        "A WAN policy has the same tunnel and service level on every cluster.",
        "A WAN policy promises the same tunnel and service level wherever a request starts; both "
        "ends of a flow read it.",
        "Set the policy's tunnel and sla once, in the stack.",
        _names,
        _same_service,
    ),
    Rule(
        "wan-port-unique",
        "Two WAN policies never share a port.",
        "Two policies on one port are one flow to the SD-WAN: the requests of one would travel by "
        "the tunnel of the other.",
        "Give each WAN policy a port of its own.",
        lambda evidence: evidence.clusters,
        _own_port,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "wan-policy-everywhere",
        "Every cluster has every WAN policy.",
        "An export's policy has to mean something on every cluster that may import it.",
        "Deploy the whole fabric; remove a WAN policy from all clusters or from none.",
        _names,
        _everywhere,
    ),
    Rule(
        "wan-port-range",
        "WAN ports lie in the allowed range, if one is configured.",
        "Firewalls and the SD-WAN's own configuration often leave a range of ports to the east-west gateways.",
        "Choose a port in the range, or change the range in the rule's configuration.",
        lambda evidence: named(evidence.of_kind("WANPolicy")),
        _in_range,
        severity=Severity.MEDIUM,
        options=PortRange,
    ),
)
