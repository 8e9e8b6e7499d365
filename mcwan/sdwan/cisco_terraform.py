"""Cisco Catalyst SD-WAN: resources for its Terraform provider, in Terraform's JSON syntax.

Attributes are those of CiscoDevNet/sdwan 0.11.4 (docs/resources). Versions are passed on, so that a changed list or
class reaches the policies that use it.
"""

from typing import Any

from mcwan.sdwan.cisco import Field, Policy, Sequence, SlaClass
from mcwan.sdwan.form import MARK

PROVIDER, VERSION = "CiscoDevNet/sdwan", ">= 0.11.4, < 1.0.0"
_LABEL = "mcwan"
"""The label of each resource that there is one of."""
_SITES, _VPNS, _SLA = "sdwan_site_list_policy_object", "sdwan_vpn_list_policy_object", "sdwan_sla_class_policy_object"
_ROUTE = "sdwan_application_aware_routing_policy_definition"
_POLICY, _ACTIVE = "sdwan_centralized_policy", "sdwan_activate_centralized_policy"
_VALUES: dict[Field, str] = {"destinationPort": "destination_port", "sourcePort": "source_port", "dscp": "dscp"}


def document(policy: Policy) -> dict[str, Any]:
    """Give the file: `//` is Terraform's comment."""
    entry = {
        "site_list_ids": [_of(_SITES, "id")],
        "site_list_versions": [_of(_SITES, "version")],
        "vpn_list_ids": [_of(_VPNS, "id")],
        "vpn_list_versions": [_of(_VPNS, "version")],
    }
    definition = {
        "id": _of(_ROUTE, "id"),
        "version": _of(_ROUTE, "version"),
        "type": "appRoute",
        "entries": [entry],
    }
    resources = {
        _SITES: {_LABEL: {"name": policy.site_list, "entries": [{"site_id": one} for one in policy.site_ids]}},
        _VPNS: {_LABEL: {"name": policy.vpn_list, "entries": [{"vpn_id": one} for one in policy.vpns]}},
        _SLA: {
            _label(one): {"name": one.name, "loss": one.loss, "latency": one.latency, "jitter": one.jitter}
            for one in policy.classes
        },
        _ROUTE: {
            _LABEL: {
                "name": policy.name,
                "description": policy.description,
                "sequences": [_sequence(one, policy.ip_type) for one in policy.sequences],
            }
        },
        _POLICY: {_LABEL: {"name": policy.name, "description": policy.description, "definitions": [definition]}},
        _ACTIVE: {_LABEL: {"id": _of(_POLICY, "id"), "version": _of(_POLICY, "version")}},
    }
    return {
        "//": MARK,
        "terraform": {"required_providers": {"sdwan": {"source": PROVIDER, "version": VERSION}}},
        "resource": resources,
    }


def _sequence(one: Sequence, ip_type: str) -> dict[str, Any]:
    label = _label(one.sla)
    parameters: list[dict[str, str]] = [
        {
            "type": "name",
            "sla_class_list_id": _of(_SLA, "id", label),
            "sla_class_list_version": _of(_SLA, "version", label),
        },
        {"type": "preferredColor", "preferred_color": one.color},
    ]
    actions: list[dict[str, Any]] = [{"type": "slaClass", "sla_class_parameters": parameters}]
    if one.backup is None:
        parameters.append({"type": "strict"})
    else:
        actions.append({"type": "backupSlaPreferredColor", "backup_sla_preferred_color": one.backup})
    return {
        "id": one.number,
        "name": one.name,
        "ip_type": ip_type,
        "match_entries": [{"type": one.field, _VALUES[one.field]: one.value}],
        "action_entries": actions,
    }


def _label(one: SlaClass) -> str:
    """Name an SLA class's resource; a label begins with a letter."""
    return f"sla-{one.policy}"


def _of(resource: str, attribute: str, label: str = _LABEL) -> str:
    return f"${{{resource}.{label}.{attribute}}}"
