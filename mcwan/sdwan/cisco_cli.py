"""Cisco Catalyst SD-WAN: the policy as CLI, for a controller that is not managed by templates."""

from mcwan.sdwan.cisco import Field, Policy, Sequence
from mcwan.sdwan.form import MARK

_FIELDS: dict[Field, str] = {"destinationPort": "destination-port", "sourcePort": "source-port", "dscp": "dscp"}


def text(policy: Policy) -> str:
    """Give the policy as a controller's configuration has it."""
    lines = [f"! {MARK}", "policy"]
    for one in policy.classes:
        lines += [f" sla-class {one.name}", f"  loss {one.loss}", f"  latency {one.latency}", f"  jitter {one.jitter}"]
        lines.append(" !")
    lines += [f" app-route-policy {policy.name}", f"  vpn-list {policy.vpn_list}"]
    for sequence in policy.sequences:
        lines += _sequence(sequence)
    lines += ["  !", " !", " lists", f"  site-list {policy.site_list}"]
    lines += [f"   site-id {one}" for one in policy.site_ids]
    lines += ["  !", f"  vpn-list {policy.vpn_list}"]
    lines += [f"   vpn {one}" for one in policy.vpns]
    lines += ["  !", " !", "!", "apply-policy", f" site-list {policy.site_list}"]
    lines += [f"  app-route-policy {policy.name}", " !", "!"]
    return "\n".join(lines) + "\n"


def _sequence(one: Sequence) -> list[str]:
    strict = " strict" if one.backup is None else ""
    lines = [
        f"   sequence {one.number}",
        "    match",
        f"     {_FIELDS[one.field]} {one.value}",
        "    !",
        "    action",
        f"     sla-class {one.sla.name}{strict} preferred-color {one.color}",
    ]
    if one.backup is not None:
        lines.append(f"     backup-sla-preferred-color {one.backup}")
    return [*lines, "    !", "   !"]
