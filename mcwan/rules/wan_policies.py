"""WAN policies are the same on every cluster: the SD-WAN knows one port per tunnel, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mcwan.model.leaves import Port
from mcwan.model.sla import LEVELS
from mcwan.rules.evidence import Component, Evidence, named
from mcwan.rules.objects import Object, mapping, number, text, value
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, each
from mcwan.rules.words import listed, said

_PORT = ("port",)
_SERVICE: dict[str, tuple[str, ...]] = {
    "tunnel": ("tunnel",),
    **{word: ("sla", key) for key, (word, _) in LEVELS.items()},
    "TLS": ("tls",),
    "failover": ("failover",),
}


def _names(evidence: Evidence) -> Iterable[str | UnjudgedError]:
    """Give the names of all WAN policies, of objects and components."""
    declared, doubts = each(evidence.component("WANPolicy"), lambda one: text(one.outputs, "policy"))
    yield from sorted({*evidence.policies, *declared} - {""})
    yield from doubts
    yield from (one for one in named(evidence.of_kind("WANPolicy")) if isinstance(one, UnjudgedError))


def _components(evidence: Evidence, policy: str) -> list[Component]:
    known, _ = each(evidence.component("WANPolicy"), lambda one: (text(one.outputs, "policy"), one))
    return [one for name, one in known if name == policy]


class _Place(NamedTuple):
    """Who says a value, and for which cluster; its object there says it by an empty name."""

    component: str
    cluster: str


def _told(
    evidence: Evidence, policy: str, path: tuple[str, ...]
) -> tuple[Mapping[Any, set[_Place]], list[UnjudgedError]]:
    """Give a value of a policy, and who says that: its objects and, where those say otherwise, its component."""

    def of_object(one: Object) -> tuple[_Place, Any]:
        return _Place("", one.cluster), value(one.content, "spec", *path)

    def of_component(item: tuple[Component, str]) -> tuple[_Place, Any]:
        one, cluster = item
        return _Place(str(one), cluster), value(one.outputs, *(("wanPorts", cluster) if path == _PORT else path))

    clusters, unread = each(
        _components(evidence, policy), lambda one: [(one, cluster) for cluster in mapping(one.outputs, "wanPorts")]
    )
    of_objects, doubts = each(evidence.policies.get(policy, ()), of_object)
    of_components, more = each((item for one in clusters for item in one), of_component)
    found: dict[Any, set[_Place]] = {}
    for place, told in of_objects + of_components:
        plain = isinstance(told, str | int | float) and not isinstance(told, bool)
        places = found.setdefault(told if plain or told is None else said(told), set())
        if _Place("", place.cluster) not in places:
            places.add(place)
    return found, doubts + unread + more


def _written(places: set[_Place]) -> str:
    """Write who says a value: `on east and west`, `for east by component WANPolicy high`."""
    by_component: dict[str, list[str]] = {}
    for one in sorted(places):
        by_component.setdefault(one.component, []).append(one.cluster)
    return listed(
        f"for {listed(clusters)} by {component}" if component else f"on {listed(clusters)}"
        for component, clusters in by_component.items()
    )


def _same(evidence: Evidence, policy: str, path: tuple[str, ...], verb: str, what: str) -> Iterator[Violation]:
    found, doubts = _told(evidence, policy, path)
    if len(found) > 1:
        by_place = sorted(
            (sorted(one.cluster for one in places), _written(places), said(told)) for told, places in found.items()
        )
        yield violation(
            f"policy {policy} {verb} {listed(f'{what} {told} {places}' for _, places, told in by_place)}",
            f"set mcwan:wanPolicies.{policy}.{'.'.join(path)} once, and let nothing else write WANPolicy objects",
            *(evidence.policies.get(policy) or _components(evidence, policy)),
        )
    if doubts:
        raise doubts[0]


def _same_port(evidence: Evidence, policy: str, _: Options) -> Iterator[Violation]:
    yield from _same(evidence, policy, _PORT, "is", "port")


def _same_service(evidence: Evidence, policy: str, _: Options) -> Iterator[Violation]:
    doubts = []
    for what, path in _SERVICE.items():
        try:
            yield from _same(evidence, policy, path, "has", what)
        except UnjudgedError as doubt:
            doubts.append(doubt)
    if doubts:
        raise doubts[0]


def _own_port(evidence: Evidence, cluster: str, _: Options) -> Iterator[Violation]:
    here = [one for one in evidence.of_kind("WANPolicy") if one.cluster == cluster]
    readable, doubts = each(here, lambda one: (number(one.content, "spec", "port"), one.name, one))
    owners: dict[int, dict[str, Object]] = {}
    for port, name, one in readable:
        if port is not None:
            owners.setdefault(port, {})[name] = one
    for port, found in sorted(owners.items()):
        if len(found) > 1:
            yield violation(
                f"policies {listed(sorted(found))} share port {port} on {cluster}",
                f"give one of them another port: mcwan:wanPolicies.{max(found)}.port",
                *found.values(),
            )
    if doubts:
        raise doubts[0]


def _everywhere(evidence: Evidence, policy: str, _: Options) -> Iterator[Violation]:
    found = evidence.policies.get(policy, ())
    lacking = [cluster for cluster in evidence.clusters if evidence.find(cluster, "WANPolicy", "", policy) is None]
    if lacking:
        there = listed(sorted({one.cluster for one in found})) or "no cluster"
        yield Violation(
            f"policy {policy} is on {there}, and not on {listed(lacking)}",
            f"deploy the whole fabric: mcwan:wanPolicies.{policy} is meant for every cluster",
            tuple(lacking),
            f"WANPolicy {policy} on {lacking[0]}",
            place=found[0].place if found else None,
        )
    for component in _components(evidence, policy):
        ports = mapping(component.outputs, "wanPorts")
        missing = [cluster for cluster in evidence.clusters if cluster not in ports]
        if missing:
            yield violation(
                f"{component} has no port for {listed(missing)}",
                f"deploy the whole fabric: mcwan:wanPolicies.{policy} is meant for every cluster",
                component,
                clusters=missing,
            )


class PortRange(Options):
    """The ports that WAN policies may have."""

    lowest: Annotated[Port, Field(examples=[31000])] = 1
    """The lowest WAN port that is allowed."""
    highest: Annotated[Port, Field(examples=[31999])] = 65535
    """The highest WAN port that is allowed."""

    @model_validator(mode="after")
    def _has_ports(self) -> Self:
        """Refuse a range of no port: every WAN policy would violate it."""
        if self.lowest > self.highest:
            problem = f"lowest is {self.lowest}, highest {self.highest}; allowed: lowest at most as high as highest"
            raise PydanticCustomError("mcwan", "{problem}", {"problem": problem, "remedy": "correct one of them"})
        return self


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
        "A WAN policy has the same tunnel, service level, TLS and failover on every cluster.",
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
        lambda evidence: evidence.of_kind("WANPolicy"),
        _in_range,
        severity=Severity.MEDIUM,
        options=PortRange,
    ),
)
