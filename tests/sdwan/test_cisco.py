"""Cisco: one policy said in three ways, held against facts of its provider and of its API."""

import json
import re
from typing import Any

import pytest

from mcwan import sdwan
from mcwan.sdwan import cisco
from tests.sdwan.stack import formed

NUMBER, TEXT, NUMBERS, TEXTS = int, str, [int], [str]
# Attributes of CiscoDevNet/sdwan 0.11.4, as its docs/resources list them: type and, with "!", whether it is required.
ATTRIBUTES: dict[str, Any] = {
    "sdwan_site_list_policy_object": {"name!": TEXT, "entries!": [{"site_id!": TEXT}]},
    "sdwan_vpn_list_policy_object": {"name!": TEXT, "entries!": [{"vpn_id!": TEXT}]},
    "sdwan_sla_class_policy_object": {"name!": TEXT, "loss": NUMBER, "latency": NUMBER, "jitter": NUMBER},
    "sdwan_application_aware_routing_policy_definition": {
        "name!": TEXT,
        "description!": TEXT,
        "sequences!": [
            {
                "id!": NUMBER,
                "name!": TEXT,
                "ip_type": TEXT,
                "match_entries": [{"type!": TEXT, "dscp": TEXT, "source_port": TEXT, "destination_port": TEXT}],
                "action_entries": [
                    {
                        "type!": TEXT,
                        "backup_sla_preferred_color": TEXT,
                        "sla_class_parameters": [
                            {
                                "type!": TEXT,
                                "sla_class_list_id": TEXT,
                                "sla_class_list_version": NUMBER,
                                "preferred_color": TEXT,
                            }
                        ],
                    }
                ],
            }
        ],
    },
    "sdwan_centralized_policy": {
        "name!": TEXT,
        "description!": TEXT,
        "definitions": [
            {
                "id!": TEXT,
                "type!": TEXT,
                "version": NUMBER,
                "entries": [
                    {
                        "site_list_ids": TEXTS,
                        "site_list_versions": TEXTS,
                        "vpn_list_ids": TEXTS,
                        "vpn_list_versions": TEXTS,
                    }
                ],
            }
        ],
    },
    "sdwan_activate_centralized_policy": {"id!": TEXT, "version": NUMBER},
}
CHOICES = {
    "ip_type": {"ipv4", "ipv6", "all"},
    "match_entries.type": {"sourcePort", "destinationPort", "dscp"},
    "action_entries.type": {"slaClass", "backupSlaPreferredColor"},
    "sla_class_parameters.type": {"name", "preferredColor", "strict"},
    "definitions.type": {"appRoute"},
}
REFERENCE = re.compile(r"\$\{(\w+)\.([\w-]+)\.(id|version)\}")


def documents(**changes: Any) -> tuple[Any, Any, str]:
    files = sdwan.files(formed(**changes), "cisco")
    assert set(files) == {"main.tf.json", "policy.cli", "vmanage.json"}
    return json.loads(files["main.tf.json"]), json.loads(files["vmanage.json"]), files["policy.cli"]


def held(value: Any, facts: Any, place: str) -> None:
    """Hold a value against the facts of its attribute."""
    if isinstance(facts, dict):
        known = {key.rstrip("!"): one for key, one in facts.items()}
        needed = {key.rstrip("!") for key in facts if key.endswith("!")}
        assert needed <= value.keys() <= known.keys(), place
        for key, one in value.items():
            held(one, known[key], f"{place}.{key}")
    elif isinstance(facts, list):
        assert value, place
        for one in value:
            held(one, facts[0], place)
    else:
        reference = REFERENCE.fullmatch(str(value))
        assert isinstance(value, facts) or (reference and reference[3] == "version"), place
        choices = next((some for key, some in CHOICES.items() if place.endswith(f".{key}")), {value})
        assert value in choices, place


FURTHER: dict[str, Any] = {"sdwan__tunnels__default__fallback": "lte", "sdwan__tunnels__lte": {"color": "lte"}}


@pytest.mark.parametrize("changes", [{}, FURTHER])
def test_resources_have_the_providers_attributes(changes: dict[str, Any]) -> None:
    resources = documents(**changes)[0]["resource"]
    assert resources.keys() == ATTRIBUTES.keys()
    for kind, labelled in resources.items():
        for label, body in labelled.items():
            assert re.fullmatch(r"[A-Za-z_][\w-]*", label)
            held(body, ATTRIBUTES[kind], kind)


def test_references_lead_to_resources() -> None:
    terraform, _, _ = documents()
    references = REFERENCE.findall(json.dumps(terraform))
    assert len(references) == 18
    for kind, label, _ in references:
        assert label in terraform["resource"][kind]


def test_the_cli_says_the_policy() -> None:
    _, _, cli = documents()
    words = [line.strip() for line in cli.splitlines() if line.strip(" !")]
    assert words[1:9] == [
        "policy",
        "sla-class mcwan-test-high",
        "loss 1",
        "latency 100",
        "jitter 50",
        "sla-class mcwan-test-low",
        "loss 100",
        "latency 1000",
    ]
    start = words.index("sequence 1")
    assert words[start - 2 : start + 6] == [
        "app-route-policy mcwan-test",
        "vpn-list mcwan-test",
        "sequence 1",
        "match",
        "destination-port 31111",
        "action",
        "sla-class mcwan-test-high preferred-color biz-internet",
        "backup-sla-preferred-color public-internet",
    ]
    matches = ["destination-port 31111", "source-port 31111", "destination-port 31112", "source-port 31112", "dscp 46"]
    assert [word for word in words if word in matches] == matches, "ports go before DSCPs"
    assert words.count("sla-class mcwan-test-low strict preferred-color public-internet") == 2
    assert words[-8:] == [
        "site-list mcwan-test",
        "site-id 100",
        "site-id 200",
        "vpn-list mcwan-test",
        "vpn 10",
        "apply-policy",
        "site-list mcwan-test",
        "app-route-policy mcwan-test",
    ]


def test_requests_refer_to_what_earlier_ones_made() -> None:
    requests = documents()[1]["requests"]
    known: set[str] = set()
    for one in requests:
        wanted = re.findall(r"<id of ([^>]+)>", json.dumps(one.get("body", {})) + one["path"])
        assert set(wanted) <= known
        known |= {one["gives"]["name"]} if "gives" in one else set()
    below = "/dataservice/template/policy"
    assert [(one["method"], one["path"].removeprefix(below)) for one in requests] == [
        ("POST", "/list/site"),
        ("POST", "/list/vpn"),
        ("POST", "/list/sla"),
        ("POST", "/list/sla"),
        ("POST", "/definition/approute"),
        ("POST", "/vsmart"),
        ("GET", "/vsmart"),
        ("POST", "/vsmart/activate/<id of policy mcwan-test>?confirm=true"),
    ]


def test_bodies_are_as_the_api_has_them() -> None:
    """As in CloudNativeSDWAN/cnwan-adaptor's policies, and the provider's bodies."""
    requests = documents()[1]["requests"]
    assert [one["body"] for one in requests[:3]] == [
        {"type": "site", "name": "mcwan-test", "entries": [{"siteId": "100"}, {"siteId": "200"}]},
        {"type": "vpn", "name": "mcwan-test", "entries": [{"vpn": "10"}]},
        {"type": "sla", "name": "mcwan-test-high", "entries": [{"latency": "100", "loss": "1", "jitter": "50"}]},
    ]
    sequences = requests[4]["body"]["sequences"]
    shared = {"sequenceType": "appRoute", "sequenceIpType": "ipv4"}
    high = [{"field": "name", "ref": "<id of SLA class mcwan-test-high>"}, {"field": "preferredColor"}]
    high[1]["value"] = "biz-internet"
    backup = {"type": "backupSlaPreferredColor", "parameter": "public-internet"}
    assert sequences[1] == shared | {
        "sequenceId": 2,
        "sequenceName": "high-answers",
        "match": {"entries": [{"field": "sourcePort", "value": "31111"}]},
        "actions": [{"type": "slaClass", "parameter": high}, backup],
    }
    assert sequences[2]["actions"][0]["parameter"][-1] == {"field": "strict"}
    assert requests[5]["body"]["policyDefinition"]["assembly"] == [
        {
            "definitionId": "<id of app-route policy mcwan-test>",
            "type": "appRoute",
            "entries": [
                {"siteLists": ["<id of site list mcwan-test>"], "vpnLists": ["<id of VPN list mcwan-test>"]},
            ],
        }
    ]


def test_what_cisco_cannot_be_told_is_noted() -> None:
    sla = {"jitterMs": 0, "latencyMs": 2000, "lossPercent": 0.5}
    form = formed(**FURTHER, wanPolicies__high__sla=sla)
    assert cisco.sla_class(form, form.policies[0]) == cisco.SlaClass("high", "mcwan-test-high", 1, 1000, 1)
    assert sdwan.notes(form, "cisco") == [
        "wanPolicies.high.sla.jitterMs: 0 is 1 for Cisco, which takes 1 to 1000, whole",
        "wanPolicies.high.sla.latencyMs: 2000 is 1000 for Cisco, which takes 1 to 1000, whole",
        "wanPolicies.high.sla.lossPercent: 0.5 is 1 for Cisco, which takes 1 to 100, whole",
        "WAN policy high: Cisco takes one backup colour; left out: lte",
    ]
    assert sdwan.notes(formed(), "cisco") == [
        "WAN policy low: tunnel default has no fallback, so Cisco drops its packets while no colour keeps its SLA "
        "(strict)"
    ]
    assert sdwan.notes(formed(), "linux") == []


def test_lists_may_have_names_of_their_own_and_addresses_of_both_versions() -> None:
    terraform, _, cli = documents(
        **{
            "sdwan__cisco": {"name": "wan", "siteList": "branches", "vpnList": "mesh", "vpns": [20, 10]},
            "clusters__cluster-1__ingress__addresses": ["10.1.0.11", "fd00:1::11"],
        }
    )
    assert "site-list branches" in cli
    assert "vpn-list mesh" in cli
    resources = terraform["resource"]
    assert resources["sdwan_vpn_list_policy_object"]["mcwan"]["entries"] == [{"vpn_id": "10"}, {"vpn_id": "20"}]
    (route,) = resources["sdwan_application_aware_routing_policy_definition"].values()
    assert (route["name"], {one["ip_type"] for one in route["sequences"]}) == ("wan", {"all"})


def test_some_sites_only() -> None:
    files = sdwan.files(formed(), "cisco", ["cluster-2"])
    assert "site-id 200" in files["policy.cli"]
    assert "site-id 100" not in files["policy.cli"]
