"""Ports that the proxies have themselves are refused where a listener of ours would be."""

import pytest

from mcwan.gateways import PROFILES, envoy_gateway, istio
from tests.fabrics import changed, lines

ISTIO = {"clusters/cluster-2/gateway": {"profile": "istio"}}
LISTENS = "listen there themselves; allowed: a port that no proxy has"


@pytest.mark.parametrize("port", PROFILES["istio"].TAKEN)
def test_a_wan_port_that_a_proxy_has(port: int) -> None:
    edits = {"wanPolicies/high/port": port}
    assert lines(changed(edits)) == []
    assert lines(changed({**edits, **ISTIO})) == [
        f"wanPolicies.high.port: {port}: taken in the pods of cluster-2's ingress gateway: proxies of profile istio "
        f"{LISTENS}; choose another WAN port"
    ]


def test_a_port_of_an_import_that_a_proxy_has() -> None:
    edits = {"exports/0/port": 19001}
    everywhere = {**ISTIO, "clusters/cluster-1/gateway": {"profile": "istio"}}
    assert lines(changed({**edits, **everywhere})) == []
    assert lines(changed(edits)) == [
        "exports[0].port: 19001: taken in the pods of cluster-1's egress gateway: proxies of profile envoy-gateway "
        f"{LISTENS}; choose path direct for cluster-1, or another port"
    ]


def test_the_port_of_an_import_that_goes_by_no_gateway() -> None:
    direct = {"imports": [{"service": "logging.insecure", "path": "direct"}]}
    assert lines(changed({"exports/1/port": 19001, **direct})) == []


def test_where_metrics_are_told_nothing_else_is() -> None:
    for profile in (istio, envoy_gateway):
        assert set(profile.METRICS) <= set(profile.TAKEN)
