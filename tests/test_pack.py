"""The policy pack's analyzer, driven as Pulumi's engine drives it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from mcwan.cli.render import write
from mcwan.pack import plain
from mcwan.rules import RULES, Evidence, Violation
from mcwan.rules.settings import SettingsError
from tests.analyzed import SECRET_MARK, SIGNATURE, UNKNOWN, Told, add, analyze, properties, stack
from tests.components.examples import plan
from tests.fabrics import changed, planned
from tests.shipped import STACKS

PORT = Told(
    "mandatory",
    "wan-port-consistency",
    "wan-port-consistency: policy high is port 31111 on cluster-1 and for cluster-2 by component WANPolicy test/high "
    "and port 31113 on cluster-2; "
    "set mcwan:wanPolicies.high.port once, and let nothing else write WANPolicy objects",
)
LISTENERS = [
    Told(
        "mandatory",
        "listener-is-wan-policy",
        f"listener-is-wan-policy: {gateway} listens for policy high on port 31111, and the policy's port is 31113; set "
        "mcwan:wanPolicies.high.port once, and let nothing else write that Gateway",
    )
    for gateway in (
        "Gateway mc-wan/mc-wan-ingress on cluster-2",
        "component EastWestGateway test/gateways: the ingress gateway on cluster-2",
    )
]


def disagreeing() -> Any:
    """A stack in which one cluster's WAN policy has another port."""
    request = stack(planned())
    properties(request, "WANPolicy", "cluster-2//high")["spec"]["port"] = 31113
    return request


@pytest.mark.parametrize("name", STACKS)
def test_the_example_stacks_violate_nothing(name: str) -> None:
    assert analyze(stack(plan(name))) == []


def test_a_disagreement_is_told_by_the_rules_that_claim_it() -> None:
    assert analyze(disagreeing()) == [*LISTENERS, PORT]


def test_levels_are_configured_per_rule() -> None:
    config = {"wan-port-consistency": "advisory", "listener-is-wan-policy": "disabled"}
    assert analyze(disagreeing(), config) == [replace(PORT, level="advisory")]


def test_options_are_configured_per_rule() -> None:
    told = analyze(stack(planned()), {"wan-port-range": {"enforcementLevel": "advisory", "lowest": 31112}})
    assert [(one.level, one.rule) for one in told] == [("advisory", "wan-port-range")] * 2
    assert told[0].message == (
        "wan-port-range: policy high has port 31111 on cluster-1; allowed: 31112 to 65535; "
        "set mcwan:wanPolicies.high.port to one of them"
    )


def test_a_rule_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="wan-port-rage: no such rule; did you mean 'wan-port-range'\\?"):
        analyze(stack(planned()), {"wan-port-rage": {"enforcementLevel": "mandatory"}})


def test_a_wrong_option_is_told_and_holds_up_what_the_rule_would() -> None:
    told = analyze(stack(planned()), {"wan-port-range": {"lowest": 1.5, "least": 3}})
    assert {(one.level, one.rule) for one in told} == {("mandatory", "wan-port-range")}
    assert [one.message.partition(":")[0] for one in told] == ["wan-port-range.least", "wan-port-range.lowest"]


def test_a_range_of_no_port_is_a_mistake_in_the_configuration() -> None:
    assert analyze(stack(planned()), {"wan-port-range": {"lowest": 40000.0, "highest": 3.0}}) == [
        Told(
            "mandatory",
            "wan-port-range",
            "wan-port-range: lowest is 40000, highest 3; allowed: lowest at most as high as highest; correct one of "
            "them; correct the configuration of the pack",
        )
    ]


def test_what_is_unknown_is_told_and_hides_nothing_else() -> None:
    request = disagreeing()
    properties(request, "EndpointSlice", "cluster-1/mc-wan/target-cluster-2-ipv4")["endpoints"][0]["addresses"][0] = (
        UNKNOWN
    )
    where = "cluster-1/mc-wan/target-cluster-2-ipv4.endpoints[0].addresses[0] is not known before the update"
    assert analyze(request) == [
        Told("advisory", rule, f"{rule}: not judged: {where}")
        for rule in ("target-address", "target-is-private", "target-is-whole")
    ] + [*LISTENERS, PORT]


def test_a_secret_is_never_told() -> None:
    request = disagreeing()
    secret = {SIGNATURE: SECRET_MARK, "value": "TOPSECRET"}
    policy = properties(request, "WANPolicy", "cluster-1//high")
    policy["spec"]["tunnel"] = secret
    policy["metadata"]["annotations"] = {"note": secret}
    told = analyze(request)
    assert [one for one in told if "TOPSECRET" in one.message] == []
    assert [one.rule for one in told if one.level == "advisory"] == ["route-does-no-more", "wan-policy-consistency"]
    assert [one for one in told if one.level == "mandatory"] == [*LISTENERS, PORT]


def test_a_rule_that_fails_is_told_as_its_own_failure() -> None:
    def fail(_: Evidence, __: Any, ___: Any) -> Iterator[Violation]:
        raise RuntimeError("no such thing")

    rules = [replace(rule, judge=fail) if rule.name == "wan-port-unique" else rule for rule in RULES]
    told = analyze(disagreeing(), rules=rules)
    assert [one for one in told if one.rule != "wan-port-unique"] == [*LISTENERS, PORT]
    (failed,) = [one for one in told if one.rule == "wan-port-unique"]
    assert failed.level == "mandatory"
    assert failed.message.startswith("wan-port-unique: the rule failed: RuntimeError in test_pack.py, line ")
    assert failed.message.endswith(": no such thing; report that, and disable the rule until then")


def test_other_peoples_resources_are_left_alone() -> None:
    request = stack(planned())
    bucket = add(request, "aws:s3/bucket:Bucket", "logs", {"tags": {SIGNATURE: SECRET_MARK, "value": "TOPSECRET"}})
    bucket.properties["arn"] = UNKNOWN
    odd: dict[str, Any] = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": None, "spec": [None, 1, "x"]}
    add(request, "kubernetes:example.org/v1:Thing", "thing", odd, "cluster-1")
    add(request, "kubernetes:helm.sh/v3:Release", "release", {"values": {"a": 1}}, "cluster-1")
    assert analyze(request) == []


def test_a_baseline_that_cannot_be_read_is_told() -> None:
    config = {"withdrawals-limited": {"atMost": 0.0, "baseline": "nowhere.json"}}
    assert analyze(stack(planned()), config) == [
        Told(
            "mandatory",
            "withdrawals-limited",
            "withdrawals-limited: nowhere.json: cannot be read: No such file or directory",
        )
    ]


def test_the_limit_of_withdrawals_is_what_the_stack_says(tmp_path: Path) -> None:
    """It is written once, for the command line and for the pack; the pack's own stands in its place."""
    baseline = {"baseline": str(tmp_path / "deployed")}
    write(planned(), tmp_path / "deployed")
    gone = {"exports/1/service": "metrics.insecure"}

    def told(stack_has: dict[str, Any], **options: Any) -> list[str]:
        raw = changed(gone | {"facts": {"withdrawals": stack_has}})
        return [one.message for one in analyze(stack(planned(raw)), {"withdrawals-limited": baseline | options})]

    what = "withdrawals-limited: 2 of 4 imports withdrawn; allowed at a time: {} (logging.insecure on cluster-1 and "
    what += "logging.insecure on cluster-2); withdraw fewer, or {} for this one update"
    assert told({}) == []
    assert told({"atMost": 1}) == [what.format("1, 50 percent", "write mcwan:facts.withdrawals.allow: true")]
    assert told({"atMost": 1, "allow": True}) == []
    assert told({"atMost": 1, "allow": True}, percent=25.0) == [what.format("25 percent", "raise percent")]
    assert told({"atMost": 1}, atMost=2.0) == []


_LEAVES = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=9
)


@given(st.dictionaries(st.text(), _VALUES, max_size=4))
def test_a_struct_is_read_as_protobuf_itself_reads_it(values: dict[str, Any]) -> None:
    struct = struct_pb2.Struct()
    struct.update(values)
    assert plain(struct) == json_format.MessageToDict(struct)
