"""Cisco Catalyst SD-WAN: the requests to vManage's API that make the policy, in their order.

Bodies are those of terraform-provider-sdwan 0.11.4 (`toBody` of each model) and of CloudNativeSDWAN/cnwan-adaptor.
A protocol beside a port is refused there, so a port stands alone.
"""

from typing import Any

from mcwan.sdwan.cisco import Policy, Sequence
from mcwan.sdwan.form import MARK

_LIST, _POLICY = "/dataservice/template/policy/list", "/dataservice/template/policy"
HOW = (
    "Send these in their order. Each answer has the id of what was made, in the field `gives.field`. Where a body or a"
    " path has <id of NAME>, put in the id of the request with `gives.name` NAME. POST of the policy answers nothing on"
    " some versions: the GET after it finds its id, in the entry that `gives.where` describes. Log in first, and send"
    " the token of /dataservice/client/token as X-XSRF-TOKEN."
)


def document(policy: Policy) -> dict[str, Any]:
    """Give the requests."""
    sites, vpns = f"site list {policy.site_list}", f"VPN list {policy.vpn_list}"
    route, whole = f"app-route policy {policy.name}", f"policy {policy.name}"
    requests = [
        _post(f"{_LIST}/site", _list("site", policy.site_list, [{"siteId": one} for one in policy.site_ids]), sites),
        _post(f"{_LIST}/vpn", _list("vpn", policy.vpn_list, [{"vpn": one} for one in policy.vpns]), vpns),
    ]
    for one in policy.classes:
        entry = {"latency": str(one.latency), "loss": str(one.loss), "jitter": str(one.jitter)}
        requests.append(_post(f"{_LIST}/sla", _list("sla", one.name, [entry]), _sla(one.name)))
    definition = {
        "name": policy.name,
        "type": "appRoute",
        "description": policy.description,
        "sequences": [_sequence(one, policy.ip_type) for one in policy.sequences],
    }
    assembly = {
        "definitionId": _id(route),
        "type": "appRoute",
        "entries": [{"siteLists": [_id(sites)], "vpnLists": [_id(vpns)]}],
    }
    centralized = {
        "policyType": "feature",
        "policyName": policy.name,
        "policyDescription": policy.description,
        "policyDefinition": {"assembly": [assembly]},
    }
    found = {"name": whole, "field": "policyId", "where": {"policyName": policy.name}}
    requests += [
        _post(f"{_POLICY}/definition/approute", definition, route, "definitionId"),
        {"method": "POST", "path": f"{_POLICY}/vsmart", "body": centralized},
        {"method": "GET", "path": f"{_POLICY}/vsmart", "gives": found},
        {"method": "POST", "path": f"{_POLICY}/vsmart/activate/{_id(whole)}?confirm=true", "body": {}},
    ]
    return {"about": MARK, "how": HOW, "requests": requests}


def _sequence(one: Sequence, ip_type: str) -> dict[str, Any]:
    parameters: list[dict[str, str]] = [
        {"field": "name", "ref": _id(_sla(one.sla.name))},
        {"field": "preferredColor", "value": one.color},
    ]
    actions: list[dict[str, Any]] = [{"type": "slaClass", "parameter": parameters}]
    if one.backup is None:
        parameters.append({"field": "strict"})
    else:
        actions.append({"type": "backupSlaPreferredColor", "parameter": one.backup})
    return {
        "sequenceId": one.number,
        "sequenceName": one.name,
        "sequenceType": "appRoute",
        "sequenceIpType": ip_type,
        "match": {"entries": [{"field": one.field, "value": one.value}]},
        "actions": actions,
    }


def _list(kind: str, name: str, entries: list[dict[str, str]]) -> dict[str, Any]:
    return {"type": kind, "name": name, "entries": entries}


def _post(path: str, body: dict[str, Any], name: str, field: str = "listId") -> dict[str, Any]:
    return {"method": "POST", "path": path, "body": body, "gives": {"name": name, "field": field}}


def _sla(name: str) -> str:
    return f"SLA class {name}"


def _id(name: str) -> str:
    return f"<id of {name}>"
