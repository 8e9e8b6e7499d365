"""Every ingress gateway listens on just the WAN ports: a listener per WAN policy, called as the policy."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mcwan.rules.evidence import GATEWAY_GROUP, Component, Evidence, listeners, role
from mcwan.rules.objects import Object, items, mapping, number, text
from mcwan.rules.rule import Options, Rule, Severity, Violation, violation
from mcwan.rules.unknown import UnjudgedError, each
from mcwan.rules.words import listed, said


class Told(NamedTuple):
    """A cluster's ingress gateway in the outputs of a component."""

    cluster: str
    component: Component


def _told(evidence: Evidence) -> Iterator[Told | UnjudgedError]:
    for one in evidence.component("EastWestGateway"):
        clusters, doubts = each([one], lambda one: list(mapping(one.outputs, "clusters")))
        yield from (Told(cluster, one) for found in clusters for cluster in found)
        yield from doubts


def _gateways(evidence: Evidence) -> Iterable[Object | Told | UnjudgedError]:
    yield from (one for one in evidence.gateways if isinstance(one, UnjudgedError) or role(one) == "ingress")
    yield from _told(evidence)


def _policies(evidence: Evidence) -> Iterable[Object | Told | UnjudgedError]:
    yield from evidence.of_kind("WANPolicy")
    yield from _told(evidence)


def _is_policy(evidence: Evidence, gateway: Object | Told, _: Options) -> Iterator[Violation]:
    if isinstance(gateway, Object):
        yield from _takes_every_host(gateway)
    about, there = _listening(gateway)
    for name, port in there.items():
        policy = evidence.find(gateway.cluster, "WANPolicy", "", name)
        if policy is None:
            yield violation(
                f"{_called(gateway)} listens on port {said(port)} as {name!r}, which is no WAN policy there",
                f"remove the listener, or write mcwan:wanPolicies.{name}",
                about,
                clusters=[gateway.cluster],
            )
        elif (wanted := number(policy.content, "spec", "port")) != port:
            yield violation(
                f"{_called(gateway)} listens for policy {name} on port {said(port)}, and the policy's port is "
                f"{said(wanted)}",
                f"set mcwan:wanPolicies.{name}.port once, and let nothing else write that Gateway",
                about,
                policy,
                clusters=[gateway.cluster],
            )


def _takes_every_host(gateway: Object) -> Iterator[Violation]:
    for one in items(gateway.content, "spec", "listeners"):
        name, hostname, protocol = (text(one, key) for key in ("name", "hostname", "protocol"))
        wrong = [f"for {said(hostname)} only"] if hostname else []
        if protocol not in ("HTTP", "HTTPS"):
            wrong.append(f"by protocol {said(protocol or None)}")
        if wrong:
            yield violation(
                f"{gateway} listens for policy {name} {listed(wrong)}",
                "let mcwan write that Gateway: its listeners take HTTP for every host name",
                gateway,
            )


def _is_there(evidence: Evidence, subject: Object | Told, _: Options) -> Iterator[Violation]:
    if isinstance(subject, Told):
        about, there = _listening(subject)
        here = [name for name, ones in evidence.policies.items() if subject.cluster in {one.cluster for one in ones}]
        for name in here:
            if name not in there:
                yield violation(
                    f"{_called(subject)} has no listener for policy {name}",
                    "let mcwan write that Gateway: it listens for every WAN policy",
                    about,
                    clusters=[subject.cluster],
                )
        return
    gateway = evidence.ingress_gateway(subject.cluster)
    if gateway is None:
        yield violation(
            f"policy {subject.name} has no ingress gateway on {subject.cluster}",
            "deploy the whole fabric: every cluster needs its ingress gateway",
            subject,
        )
    elif subject.name not in listeners(gateway):
        yield violation(
            f"{gateway} has no listener for policy {subject.name}",
            "let mcwan write that Gateway: it listens for every WAN policy",
            gateway,
            subject,
        )


def _closed(_: Evidence, gateway: Object, __: Options) -> Iterator[Violation]:
    added = text(gateway.content, "spec", "allowedListeners", "namespaces", "from") or "None"  # Gateway API's default
    if added != "None":
        yield violation(
            f"{gateway} admits listeners of ListenerSets of namespaces: {added}",
            "let mcwan write that Gateway: its listeners are its own, and what is added no rule judges",
            gateway,
        )
    for one in items(gateway.content, "spec", "listeners"):
        about = f"{gateway}, listener {text(one, 'name')} admits routes of"
        admitted = text(one, "allowedRoutes", "namespaces", "from") or "Same"  # Gateway API's default
        if admitted not in ("Same", "None"):
            yield violation(
                f"{about} namespaces: {admitted}",
                "let mcwan write that Gateway: routes come from its own namespace only",
                gateway,
            )
        kinds = {(text(it, "group") or GATEWAY_GROUP, text(it, "kind")) for it in _kinds(one)}
        if kinds != {(GATEWAY_GROUP, "HTTPRoute")}:
            written = listed(sorted(kind for _, kind in kinds)) or "every one of its protocol"
            yield violation(
                f"{about} kinds: {written}",
                "let mcwan write that Gateway: an HTTPRoute is the only kind of route that the rules judge",
                gateway,
            )


def _kinds(listener: Any) -> Iterator[Any]:
    return items(listener, "allowedRoutes", "kinds")


def _listening(subject: Object | Told) -> tuple[Object | Component, Mapping[str, int | None]]:
    """Give what says where a gateway listens, and its ports by listener. Raises UnjudgedError."""
    if isinstance(subject, Object):
        return subject, listeners(subject)
    cluster, component = subject
    path = ("clusters", cluster, "ingress", "listeners")
    return component, {name: number(component.outputs, *path, name) for name in mapping(component.outputs, *path)}


def _called(subject: Object | Told) -> str:
    return (
        str(subject)
        if isinstance(subject, Object)
        else f"{subject.component}: the ingress gateway on {subject.cluster}"
    )


RULES = (
    Rule(
        "listener-is-wan-policy",
        "Every listener of an ingress gateway is a WAN policy, on its port, for HTTP of every host name.",
        "A listener that is no WAN policy is a way into the cluster that the SD-WAN classifies by chance.",
        "Let mcwan write the ingress gateways; remove other listeners.",
        _gateways,
        _is_policy,
        severity=Severity.CRITICAL,
    ),
    Rule(
        "wan-policy-has-listener",
        "Every WAN policy has its listener on every cluster's ingress gateway.",
        "Requests of a policy without a listener arrive at a closed port.",
        "Let mcwan write the ingress gateways: they listen for every WAN policy.",
        _policies,
        _is_there,
    ),
    Rule(
        "listener-is-closed",
        "Neither routes of other namespaces nor other listeners can attach to the fabric's gateways.",
        "A gateway that admits routes of other namespaces lets anybody who may write a route there "
        "send requests over the SD-WAN, or admit those of other clusters.",
        "Leave allowedRoutes and allowedListeners of the fabric's gateways as mcwan writes them.",
        lambda evidence: evidence.gateways,
        _closed,
        severity=Severity.CRITICAL,
    ),
)
