"""WAN policies: what is a mistake is among `tests.model.test_load`'s cases; here what is none, and several at once."""

import pytest

from tests.fabrics import Raw, changed, lines


@pytest.mark.parametrize(
    "changes",
    [
        {"wanPolicies/low/port": 1},
        {"wanPolicies/low/port": 65535},
        {"wanPolicies/low/port": 30000, "clusters/cluster-1/ingress/exposure": "NodePort"},
        {"wanPolicies/low/port": 32767, "clusters/cluster-1/ingress/exposure": "NodePort"},
        {"wanPolicies/low/sla": {"jitterMs": 0, "latencyMs": 0, "lossPercent": 0}},
        {"wanPolicies/low/sla/lossPercent": 0.001},
        {"wanPolicies/low/sla/lossPercent": 100},
        {"wanPolicies/low/tunnel": "business"},
    ],
)
def test_what_is_no_mistake(changes: Raw) -> None:
    assert lines(changed(changes)) == []


def test_every_gateway_that_is_a_node_port_is_told() -> None:
    raw = changed(
        {
            "clusters/cluster-1/ingress/exposure": "NodePort",
            "clusters/cluster-2/ingress/exposure": "NodePort",
            "wanPolicies/high/port": 29999,
        }
    )
    assert lines(raw) == [
        "wanPolicies.high.port: 29999: outside the node port range, but the ingress gateway of cluster-1, cluster-2 is "
        "a NodePort; allowed: 30000 to 32767; choose a port in the range, or another exposure for those gateways"
    ]


def test_milliseconds_fit_into_the_crds_integer() -> None:
    assert len(lines(changed({"wanPolicies/high/sla/jitterMs": 2**63}))) == 1
