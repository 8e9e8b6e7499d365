"""WAN policies: new ones, those that go, and those whose port, tunnel, SLA, TLS or failover changes."""

from collections.abc import Callable, Iterator

from mcwan.changes.facets import CALLERS, GATEWAY, PROTECTION, TLS, TREATMENT, WAYS
from mcwan.changes.told import PAGE, Cover, Disturbance, Sentence, Told, cover
from mcwan.changes.view import PolicyOn, View
from mcwan.changes.words import clusters
from mcwan.model.sla import LEVELS
from mcwan.rules.words import said

_TLS = {"mutual": "mutual TLS", "plaintext": "plaintext"}
LATE = "Envoy Gateway may bring it to Envoy up to 15 s late; until then requests are sent as before"


def told(before: View, after: View) -> Iterator[Told]:
    """Give the sentences about each WAN policy, those of clusters that say the same together."""
    for name in sorted(before.by_policy.keys() | after.by_policy.keys()):
        old, new = before.by_policy.get(name, {}), after.by_policy.get(name, {})
        there = [one for one in new if (one not in old and one in before.by_cluster) or not old]
        gone = [one for one in old if (one not in new and one in after.by_cluster) or not new]
        if there:
            yield _added(new[there[0]], there, known=bool(old))
        if gone:
            yield _removed(before, old[gone[0]], gone, left=bool(new))
        yield from _changed(before, after, {one: (old[one], new[one]) for one in new if one in old})


def users(view: View, policy: str) -> tuple[str, ...]:
    """Give the clusters that send requests by a WAN policy to other clusters."""
    return tuple(sorted({flow.cluster for flow in view.flows if policy in flow.policies}))


def sla(levels: dict[str, float]) -> str:
    """Write what is asked of a tunnel: `jitter 50 ms, latency 100 ms, loss 1%`."""
    named = ((LEVELS.get(key, (key, "")), level) for key, level in levels.items())
    return ", ".join(f"{word} {said(level)}{unit}" for (word, unit), level in named)


def sla_change(old: dict[str, float], new: dict[str, float]) -> str:
    """Write how that changes: `latency 100 ms -> 50 ms`."""
    pairs = ((key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))
    found = []
    for key, one, other in pairs:
        word, unit = LEVELS.get(key, (key, ""))
        if one != other:
            ends = (f"{said(level)}{unit if level is not None else ''}" for level in (one, other))
            found.append(f"{word} {' -> '.join(ends)}")
    return ", ".join(found)


def _covers(name: str, *facets: str) -> tuple[Cover, ...]:
    """Explain what serves the WAN policy, and of the fabric's own objects what names it without a label."""
    return (cover(*facets, policies=[name]), cover(WAYS, CALLERS, PROTECTION, GATEWAY, subjects=[""]))


def _added(one: PolicyOn, where: list[str], *, known: bool) -> Told:
    text = f"WAN policy {one.name} is added"
    text += f" on {clusters(where)}" if known else f": tunnel {one.tunnel}, TCP port {said(one.port)}, {sla(one.sla)}"
    return Told(
        Sentence(about="policy-added", text=text, policies=(one.name,), clusters=tuple(where)),
        _covers(one.name, WAYS, TREATMENT, TLS, PROTECTION, GATEWAY),
    )


def _removed(before: View, one: PolicyOn, where: list[str], *, left: bool) -> Told:
    used = users(before, one.name)
    sending = "send by it until their" if len(used) > 1 else "sends by it until its"
    disturbance = Disturbance(
        level="possible",
        why=f"{clusters(used)} {sending} own objects are changed, and its listeners are gone at once",
        remedy="move the exports in one update, and remove the WAN policy in the next",
    )
    where_from = f" from {clusters(where)}" if left else f" (tunnel {one.tunnel}, TCP port {said(one.port)})"
    return Told(
        Sentence(
            about="policy-removed",
            text=f"WAN policy {one.name} is removed{where_from}",
            policies=(one.name,),
            clusters=used or tuple(where),
            disturbance=disturbance if used else Disturbance(),
        ),
        _covers(one.name, WAYS, TREATMENT, TLS, PROTECTION, GATEWAY),
    )


def _changed(before: View, after: View, pairs: dict[str, tuple[PolicyOn, PolicyOn]]) -> Iterator[Told]:
    for field, tell in _PARTS.items():
        groups: dict[str, list[str]] = {}
        for cluster, (old, new) in sorted(pairs.items()):
            ends = (getattr(old, field), getattr(new, field))
            if ends[0] != ends[1] and field not in old.unread:
                groups.setdefault(repr(ends), []).append(cluster)
        for where in groups.values():
            one = tell(before, after, *pairs[where[0]])
            if len(where) < len(pairs):
                text = f"{one.sentence.text} on {clusters(where)}"
                one = one._replace(sentence=one.sentence.model_copy(update={"text": text}))
            yield one


def _port(before: View, _: View, old: PolicyOn, new: PolicyOn) -> Told:
    used = users(before, old.name)
    disturbance = Disturbance(
        level="yes",
        why=(
            f"requests by it from {clusters(used)} fail until their own objects and the gateways of the others are "
            "changed, which happens in no particular order, and until the SD-WAN knows the port"
        ),
        remedy=f"add a second WAN policy with the new port, move the exports to it, then remove this one: {PAGE}",
    )
    return Told(
        Sentence(
            about="port",
            text=(
                f"WAN policy {new.name} changes from TCP port {said(old.port)} to {said(new.port)}; "
                f"needs TCP port {said(new.port)} on the SD-WAN"
            ),
            policies=(new.name,),
            clusters=used,
            flows=_flows(before, old.name),
            disturbance=disturbance if used else Disturbance(),
        ),
        _covers(new.name, WAYS),
    )


def _tunnel(before: View, _: View, old: PolicyOn, new: PolicyOn) -> Told:
    used = users(before, old.name)
    disturbance = Disturbance(
        level="possible",
        why=(
            f"the gateways go on as before; TCP port {said(new.port)} takes the other tunnel once the SD-WAN is told, "
            "which may break connections"
        ),
        remedy=f"tell the SD-WAN at the same time; or add a WAN policy for the new tunnel and move the exports: {PAGE}",
    )
    return Told(
        Sentence(
            about="tunnel",
            text=f"WAN policy {new.name} moves from tunnel {old.tunnel} to {new.tunnel}; TCP port {said(new.port)}",
            policies=(new.name,),
            clusters=used,
            flows=_flows(before, old.name),
            disturbance=disturbance if used else Disturbance(),
        ),
        _covers(new.name, WAYS, TREATMENT),
    )


def _sla(before: View, after: View, old: PolicyOn, new: PolicyOn) -> Told:
    used = users(before, old.name)
    return Told(
        Sentence(
            about="sla",
            text=f"WAN policy {new.name} asks its tunnel {new.tunnel} for {sla_change(old.sla, new.sla)}",
            policies=(new.name,),
            clusters=used,
            disturbance=followed(after, used),
        ),
        _covers(new.name, WAYS, TREATMENT),
    )


def _tls(before: View, _: View, old: PolicyOn, new: PolicyOn) -> Told:
    used = users(before, old.name)
    disturbance = Disturbance(
        level="yes",
        why=(
            f"requests by it from {clusters(used)} fail until both ends speak the same, for 15 s or more with Envoy "
            "Gateway"
        ),
        remedy=f"add a second WAN policy that has it so, move the exports to it, then remove this one: {PAGE}",
    )
    return Told(
        Sentence(
            about="tls",
            text=f"WAN policy {new.name} changes from {_TLS.get(old.tls, old.tls)} to {_TLS.get(new.tls, new.tls)}",
            policies=(new.name,),
            clusters=used,
            flows=_flows(before, old.name),
            disturbance=disturbance if used else Disturbance(),
        ),
        (*_covers(new.name, WAYS, TLS, TREATMENT), cover(TLS)),
    )


def _failover(before: View, after: View, old: PolicyOn, new: PolicyOn) -> Told:
    used = users(before, old.name)
    return Told(
        Sentence(
            about="failover",
            text=f"WAN policy {new.name} fails over to {new.failover or 'none'} instead of {old.failover or 'none'}",
            policies=tuple(one for one in (new.name, old.failover, new.failover) if one),
            clusters=used,
            disturbance=followed(after, used),
        ),
        _covers(new.name, WAYS, TREATMENT, TLS),
    )


def followed(view: View, where: tuple[str, ...]) -> Disturbance:
    """Give what a change of how requests are treated means on some clusters, by the profile of each."""
    profiles = {view.profile(one) for one in where}
    if "standard" in profiles:
        return Disturbance(level="possible", why="how the profile standard follows it is up to the implementation")
    return Disturbance(level="late", why=LATE) if "envoy-gateway" in profiles else Disturbance()


def _flows(view: View, policy: str) -> int:
    return sum(len({way.cluster for way in flow.remote if way.policy == policy}) for flow in view.flows)


_PARTS: dict[str, Callable[[View, View, PolicyOn, PolicyOn], Told]] = {
    "port": _port,
    "tunnel": _tunnel,
    "sla": _sla,
    "tls": _tls,
    "failover": _failover,
}
"""By the field of a WAN policy, what tells of its change."""
