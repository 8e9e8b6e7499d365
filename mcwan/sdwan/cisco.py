"""Cisco Catalyst SD-WAN: application-aware routing by WAN port, once for the three ways to configure it.

What the CLI, vManage's API and the Terraform provider are told is the same: see `Policy`. A preferred colour is taken
while it keeps the SLA; other colours that keep it come next, then the backup colour. `strict` drops packets instead
while no colour keeps it; it is what comes nearest to a tunnel without a fallback.
"""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from mcwan.model.sdwan import MAX_CISCO_NAME
from mcwan.sdwan.form import Form, FormPolicy, behind

IpType = Literal["ipv4", "ipv6", "all"]
Field = Literal["destinationPort", "sourcePort", "dscp"]
MOST_MILLISECONDS, MOST_LOSS = 1000, 100
"""Cisco: the bounds of an SLA class, each from 1 (terraform-provider-sdwan 0.11.4, sla_class_policy_object)."""
_MANY_CLASSES = 8
"""SLA classes that every device takes; IOS XE from 17.6 takes 16 (its configuration guide)."""


@dataclass(frozen=True)
class SlaClass:
    """An SLA class: milliseconds, whole percents."""

    policy: str
    name: str
    loss: int
    latency: int
    jitter: int


@dataclass(frozen=True)
class Sequence:
    """Packets, the SLA class that they need, and their colours; without a backup, strict."""

    number: int
    name: str
    field: Field
    value: str
    sla: SlaClass
    color: str
    backup: str | None


@dataclass(frozen=True)
class Policy:
    """Everything that Cisco is told."""

    name: str
    description: str
    ip_type: IpType
    classes: tuple[SlaClass, ...]
    sequences: tuple[Sequence, ...]
    site_list: str
    site_ids: tuple[str, ...]
    vpn_list: str
    vpns: tuple[str, ...]


def policy(form: Form, sites: Collection[str]) -> Policy:
    """Give what Cisco is told of some sites. The form has what it needs: see `mcwan.sdwan.needs`."""
    classes = {one.name: sla_class(form, one) for one in form.policies}
    versions = {one.version for site in form.sites for one in behind(site)} or {4}
    return Policy(
        name=form.cisco.name,
        description=f"WAN policies of {form.fabric}. {form.about}",
        ip_type="all" if len(versions) > 1 else "ipv4" if versions == {4} else "ipv6",
        classes=tuple(classes.values()),
        sequences=tuple(_sequences(form, classes)),
        site_list=form.cisco.site_list or form.cisco.name,
        site_ids=tuple(str(site.site_id) for site in form.sites if site.name in sites),
        vpn_list=form.cisco.vpn_list or form.cisco.name,
        vpns=tuple(map(str, form.cisco.vpns)),
    )


def sla_class(form: Form, policy: FormPolicy) -> SlaClass:
    """Give a WAN policy's SLA class; fractions of a percent are rounded up: not stricter than what is promised."""
    sla = policy.sla
    return SlaClass(
        policy.name,
        class_name(form, policy),
        min(max(math.ceil(sla.loss_percent), 1), MOST_LOSS),
        min(max(sla.latency_ms, 1), MOST_MILLISECONDS),
        min(max(sla.jitter_ms, 1), MOST_MILLISECONDS),
    )


def class_name(form: Form, policy: FormPolicy) -> str:
    """Name a WAN policy's SLA class."""
    return f"{form.cisco.name}-{policy.name}"


def notes(form: Form) -> Iterator[str]:
    """Say what Cisco cannot be told as it is written."""
    for one in form.policies:
        made, sla = sla_class(form, one), one.sla
        for key, value, said, most in (
            ("jitterMs", sla.jitter_ms, made.jitter, MOST_MILLISECONDS),
            ("latencyMs", sla.latency_ms, made.latency, MOST_MILLISECONDS),
            ("lossPercent", sla.loss_percent, made.loss, MOST_LOSS),
        ):
            if value != said:
                yield f"wanPolicies.{one.name}.sla.{key}: {value:g} is {said} for Cisco, which takes 1 to {most}, whole"
        _, *others = form.chain(one.tunnel)
        if not others:
            why = f"tunnel {one.tunnel} has no fallback"
            yield f"WAN policy {one.name}: {why}, so Cisco drops its packets while no colour keeps its SLA (strict)"
        if others[1:]:
            yield f"WAN policy {one.name}: Cisco takes one backup colour; left out: {', '.join(others[1:])}"
    if len(form.policies) > _MANY_CLASSES:
        yield f"{len(form.policies)} SLA classes: some devices take {_MANY_CLASSES} only"


def too_long(form: Form) -> list[str]:
    """Give the names of SLA classes that are too long for Cisco."""
    names = [class_name(form, one) for one in form.policies]
    return [name for name in names if len(name) > MAX_CISCO_NAME]


def _sequences(form: Form, classes: dict[str, SlaClass]) -> Iterator[Sequence]:
    """Give a sequence for each key of a policy. The first that matches decides, so ports go before DSCPs."""
    colors = {one.name: str(one.color) for one in form.tunnels}
    keys: list[tuple[FormPolicy, Field, int]] = []
    for one in form.policies:
        keys += [(one, "destinationPort", one.port), (one, "sourcePort", one.port)]
    keys += [(one, "dscp", one.dscp) for one in form.policies if one.dscp is not None]
    for number, (one, field, value) in enumerate(keys, start=1):
        own, *others = form.chain(one.tunnel)
        backup = colors[others[0]] if others else None
        yield Sequence(
            number, f"{one.name}-{_CALLED[field]}", field, str(value), classes[one.name], colors[own], backup
        )


_CALLED: dict[Field, str] = {"destinationPort": "requests", "sourcePort": "answers", "dscp": "dscp"}
