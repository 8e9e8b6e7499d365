"""Failover and timeouts: every mistake with its one line."""

import pytest

from tests.fabrics import Raw, changed, lines

MISTAKES: dict[str, tuple[Raw, list[str]]] = {
    "a request shorter than the try of its WAN policy": (
        {
            "wanPolicies/low/traffic": {"timeouts": {"perTry": "2s"}},
            "exports/1/traffic": {"timeouts": {"request": "1s"}},
        },
        [
            "exports[1].traffic.timeouts.request: '1s': shorter than one try (2s); allowed: that, or more; raise it, "
            "or lower perTry"
        ],
    ),
    "failover to itself": (
        {"wanPolicies/high/failover": "high"},
        [
            "wanPolicies.high.failover: 'high': the policy itself; allowed: another WAN policy; name "
            "another WAN policy, or remove failover"
        ],
    ),
    "circle of two": (
        {"wanPolicies/high/failover": "low", "wanPolicies/low/failover": "high"},
        [
            "wanPolicies.high.failover: 'low': a circle, high to low to high; allowed: WAN policies "
            "that end at one without failover; name another WAN policy, or remove failover",
            "wanPolicies.low.failover: 'high': a circle, low to high to low; allowed: WAN policies that"
            " end at one without failover; name another WAN policy, or remove failover",
        ],
    ),
    "circle of three": (
        {
            "wanPolicies/high/failover": "low",
            "wanPolicies/low/failover": "mid",
            "wanPolicies/mid": {
                "tunnel": "t",
                "port": 31113,
                "sla": {"jitterMs": 1, "latencyMs": 1, "lossPercent": 1},
                "failover": "high",
            },
        },
        [
            "wanPolicies.high.failover: 'low': a circle, high to low to mid to high; allowed: WAN "
            "policies that end at one without failover; name another WAN policy, or remove failover",
            "wanPolicies.low.failover: 'mid': a circle, low to mid to high to low; allowed: WAN "
            "policies that end at one without failover; name another WAN policy, or remove failover",
            "wanPolicies.mid.failover: 'high': a circle, mid to high to low to mid; allowed: WAN "
            "policies that end at one without failover; name another WAN policy, or remove failover",
        ],
    ),
    "into a circle": (
        {"wanPolicies/high/failover": "low", "wanPolicies/low/failover": "low"},
        [
            "wanPolicies.low.failover: 'low': the policy itself; allowed: another WAN policy; name "
            "another WAN policy, or remove failover"
        ],
    ),
    "unknown policy": (
        {"wanPolicies/high/failover": "lwo"},
        ["wanPolicies.high.failover: 'lwo': no such WAN policy; allowed: high, low; did you mean 'low'?"],
    ),
    "export unknown": (
        {"exports/1/failover": "hgih"},
        ["exports[1].failover: 'hgih': no such WAN policy; allowed: high, low; did you mean 'high'?"],
    ),
    "own policy": (
        {"exports/1/failover": "low"},
        [
            "exports[1].failover: 'low': the WAN policy that logging.insecure has already; allowed: "
            "another one, or none; name another WAN policy, or write none"
        ],
    ),
    "all spares": (
        {"exports/1/from": [{"cluster": "cluster-1", "spare": True}, {"cluster": "cluster-2", "weight": 0}]},
        [
            "exports[1].from: every cluster that offers it is a spare; allowed: at least one that is "
            "none; take spare away from the first choice"
        ],
    ),
    "shorter": (
        {"exports/1/traffic": {"timeouts": {"request": "1s", "perTry": "1s1ms"}}},
        [
            "exports[1].traffic.timeouts.request: '1s': shorter than one try (1s1ms); allowed: that, or"
            " more; raise it, or lower perTry"
        ],
    ),
    "policy shorter": (
        {"wanPolicies/low/traffic": {"timeouts": {"request": "1s", "perTry": "2s"}}},
        [
            "wanPolicies.low.traffic.timeouts.request: '1s': shorter than one try (2s); allowed: that, "
            "or more; raise it, or lower perTry"
        ],
    ),
    "no time": (
        {"exports/1/traffic": {"timeouts": {"perTry": "0s"}}},
        ["exports[1].traffic.timeouts.perTry: '0s': no time at all; allowed: more than 0; raise or remove it"],
    ),
    "checks": (
        {"exports/1/traffic": {"healthChecks": {"interval": "500ms"}}},
        [
            "exports[1].traffic.healthChecks.timeout: '500ms': not shorter than the interval (500ms); "
            "allowed: less; lower it, or raise interval"
        ],
    ),
    "no time for an ejection or a check": (
        {"exports/1/traffic": {"outliers": {"ejection": "0s"}, "healthChecks": {"timeout": "0s"}}},
        [
            "exports[1].traffic.healthChecks.timeout: '0s': no time at all; allowed: more than 0; raise or remove it",
            "exports[1].traffic.outliers.ejection: '0s': no time at all; allowed: more than 0; raise or remove it",
        ],
    ),
    "direct failover": (
        {"wanPolicies/low/failover": "high", "imports": [{"service": "logging.insecure", "path": "direct"}]},
        [
            "imports[0].path: 'direct': logging.insecure has a failover to high, which only an egress "
            "gateway follows; allowed: gateway; choose path gateway, or write failover: none for "
            "logging.insecure"
        ],
    ),
    "direct spare": (
        {
            "exports/1/from": ["cluster-1", {"cluster": "cluster-2", "spare": True}],
            "imports": [{"service": "logging.insecure", "path": "direct"}],
        },
        [
            "imports[0].path: 'direct': logging.insecure has a spare cluster-2, which only an egress "
            "gateway follows; allowed: gateway; choose path gateway"
        ],
    ),
}
RIGHT: dict[str, Raw] = {
    "failover": {"wanPolicies/high/failover": "low"},
    "an export that does not follow its policy": {
        "wanPolicies/low/failover": "high",
        "exports/1/failover": "none",
        "imports": [{"service": "logging.insecure", "path": "direct"}],
    },
}


@pytest.mark.parametrize(("changes", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_remedy(changes: Raw, said: list[str]) -> None:
    assert lines(changed(changes)) == said


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_what_is_no_mistake(changes: Raw) -> None:
    assert lines(changed(changes)) == []
