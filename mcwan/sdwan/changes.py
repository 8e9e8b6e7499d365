"""What changes on the SD-WAN's side between two forms, in the words of whoever runs it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mcwan.model.sla import LEVELS
from mcwan.sdwan.form import Form, FormPolicy, FormSite, FormTunnel, FormWay

_EVERYWHERE = "both directions, on every site"


@dataclass(frozen=True)
class Change:
    """One thing that changes: its place in the form, both values (None: not there), and a sentence."""

    place: str
    old: Any
    new: Any
    text: str


def changes(old: Form, new: Form) -> list[Change]:
    """Give everything that the SD-WAN has to change; nothing, if an empty list comes back."""
    return [
        *_each("policies", old.policies, new.policies, _called, _policy),
        *_each("tunnels", old.tunnels, new.tunnels, lambda one: f"tunnel {one.name}", _tunnel),
        *_each("sites", old.sites, new.sites, lambda one: f"site {one.name}", _site),
        *_cisco(old, new),
    ]


def _each(section: str, old: Iterable[Any], new: Iterable[Any], called: Any, within: Any) -> Iterator[Change]:
    """Compare what has one name in both; tell what is only in one."""
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
    for name in sorted(before.keys() | after.keys()):
        one, other, place = before.get(name), after.get(name), f"{section}.{name}"
        if one is not None and other is not None:
            yield from within(place, one, other)
            continue
        there: Any = other if one is None else one
        yield Change(
            place,
            _plain(one),
            _plain(other),
            f"{called(there)}: {'new' if one is None else 'gone'}; {_what(there)}",
        )


def _called(policy: FormPolicy) -> str:
    return f"WAN policy {policy.name}"


def _what(one: FormPolicy | FormTunnel | FormSite) -> str:
    """Say what a new or gone item means."""
    if isinstance(one, FormPolicy):
        dscp = "" if one.dscp is None else f", DSCP {one.dscp}"
        return f"port {one.port}{dscp} by tunnel {one.tunnel}; {_EVERYWHERE}"
    if isinstance(one, FormTunnel):
        return f"mark {one.mark}, preferred color {_said(one.color)}, fallback {_said(one.fallback)}"
    return f"networks and addresses {_said((*one.networks, *one.addresses))}"


def _policy(place: str, old: FormPolicy, new: FormPolicy) -> Iterator[Change]:
    for key, more in (("port", f"; {_EVERYWHERE}"), ("dscp", f"; {_EVERYWHERE}"), ("tunnel", f"; {_EVERYWHERE}")):
        called = "DSCP" if key == "dscp" else key
        yield from _one(f"{place}.{key}", f"{_called(old)}: {called}", getattr(old, key), getattr(new, key), more)
    for key, (word, unit) in LEVELS.items():
        before, after = old.sla.model_dump()[key], new.sla.model_dump()[key]
        yield from _one(f"{place}.sla.{key}", f"SLA of {old.name}: {word}", before, after, unit)
    more = "; gateways do it, nothing changes on the SD-WAN"
    yield from _one(f"{place}.failover", f"{_called(old)}: failover", old.failover, new.failover, more)


def _tunnel(place: str, old: FormTunnel, new: FormTunnel) -> Iterator[Change]:
    called = f"tunnel {old.name}"
    yield from _one(f"{place}.color", f"{called}: preferred color", old.color, new.color)
    yield from _one(f"{place}.fallback", f"{called}: fallback", old.fallback, new.fallback)
    yield from _one(f"{place}.mark", f"{called}: mark", old.mark, new.mark, "; on every Linux and FRR router")


def _site(place: str, old: FormSite, new: FormSite) -> Iterator[Change]:
    called = f"site {old.name}"
    for key, word in (("addresses", "ingress addresses"), ("networks", "networks"), ("lan", "LAN interfaces")):
        yield from _one(f"{place}.{key}", f"{called}: {word}", getattr(old, key), getattr(new, key))
    before, after = ({(way.tunnel, way.remote): way for way in one.ways} for one in (old, new))
    for tunnel, remote in sorted(before.keys() | after.keys()):
        one, other = (_hop(ways.get((tunnel, remote))) for ways in (before, after))
        yield from _one(f"{place}.ways.{tunnel}.{remote}", f"{called}: way of {tunnel} to {remote}", one, other)
    yield from _one(f"{place}.siteId", f"{called}: Cisco's site id", old.site_id, new.site_id)


def _cisco(old: Form, new: Form) -> Iterator[Change]:
    yield from _one("cisco.name", "Cisco: name", old.cisco.name, new.cisco.name)
    yield from _one("cisco.siteList", "Cisco: site list", old.cisco.site_list, new.cisco.site_list)
    yield from _one("cisco.vpnList", "Cisco: VPN list", old.cisco.vpn_list, new.cisco.vpn_list)
    yield from _one("cisco.vpns", "Cisco: VPNs", old.cisco.vpns, new.cisco.vpns)


def _hop(way: FormWay | None) -> dict[str, Any] | None:
    return None if way is None else way.model_dump(mode="json", include={"interface", "gateways"})


def _one(place: str, called: str, old: Any, new: Any, more: str = "") -> Iterator[Change]:
    if old != new:
        yield Change(place, _plain(old), _plain(new), f"{called} {_said(old)} -> {_said(new)}{more}")


def _plain(value: Any) -> Any:
    """Give a value as JSON has it."""
    if isinstance(value, FormPolicy | FormTunnel | FormSite):
        return value.model_dump(mode="json")
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, int | float | dict) else str(value)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return " via ".join([value["interface"], *(value["gateways"] and [", ".join(value["gateways"])])])
    if isinstance(value, tuple):
        return ", ".join(map(_said, value)) or "none"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
