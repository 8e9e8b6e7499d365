"""A plan in plain values: the stack's outputs."""

import json

from mcwan.plan.summary import export_summary, gateway_summary, gateways, import_summary
from tests.fabrics import GONE, changed, exported, planned


def test_gateways() -> None:
    raw = changed(
        {
            "clusters/edge": {"renderTo": "edge", "gateway": {"profile": "istio", "class": "istio"}},
            "exports/-": exported(),
        }
    )
    listeners = {"high": 31111, "low": 31112}
    both = {"cluster-1": ["198.51.100.11"], "cluster-2": ["198.51.100.12"]}
    envoy = {
        cluster: {
            "ingress": {
                "gateway": "mc-wan-ingress.mc-wan",
                "service": "mc-wan-ingress.envoy-gateway-system",
                "addresses": addresses,
                "listeners": listeners,
            },
            "targets": {remote: found for remote, found in both.items() if remote != cluster},
            "egress": {
                "gateway": "mc-wan-egress.mc-wan",
                "service": "mc-wan-egress.envoy-gateway-system",
                "ports": [80, 8080],
            },
        }
        for cluster, addresses in both.items()
    }
    assert gateways(planned(raw)) == envoy | {
        "edge": {
            "ingress": {
                "gateway": "mc-wan-ingress.mc-wan",
                "service": "mc-wan-ingress-istio.mc-wan",
                "addresses": [],
                "listeners": listeners,
            },
            "targets": both,
        }
    }


def test_exports() -> None:
    raw = changed({"exports/-": exported(name="cart-2", from_=["cluster-2", {"cluster": "cluster-1", "weight": 3}])})
    plan = planned(raw)
    assert export_summary(plan, "payment.secure")["rules"] == {"queries": "high", "stats": "low"}
    assert "wanPolicy" not in export_summary(plan, "payment.secure")
    found = export_summary(plan, "cart-2.secure")
    hostnames = found.pop("hostnames")
    assert "cart-2-clusterset.secure.svc.cluster.local" in hostnames
    assert found == {
        "service": "cart.secure",
        "ports": [80],
        "weights": {"cluster-1": 3, "cluster-2": 1},
        "wanPolicy": "low",
    }
    held = planned(changed({"tls": {"issuer": "mc-wan", "domain": "t"}, "exports/1/callers": ["cluster-2"]}))
    assert export_summary(held, "logging.insecure")["callers"] == ["spiffe://t/cluster/cluster-2/egress"]


def test_imports() -> None:
    raw = changed(
        {
            "imports": [{"service": "logging.insecure", "clusters": ["cluster-2"], "path": "direct"}],
            "clusters/cluster-2/namespaces": ["insecure"],
            "exports/-": exported(port=GONE, ports=[{"name": "a", "port": 1}]),
        }
    )
    plan = planned(raw)
    assert import_summary(plan, "logging.insecure") == {
        "name": "logging-clusterset.insecure.svc.cluster.local",
        "clusters": {"cluster-2": {"path": "direct", "rules": {"all": "low"}}},
    }
    assert import_summary(plan, "payment.secure") == {
        "name": "payment-clusterset.secure.svc.cluster.local",
        "clusters": {"cluster-1": {"path": "gateway", "rules": {"queries": "high", "stats": "low"}}},
    }


def test_what_the_gateways_component_tells_is_where_they_are_and_what_may_be_withdrawn() -> None:
    plan = planned(facts={"withdrawals": {"percent": 20}})
    limit = {"atMost": 10, "percent": 20, "allow": False}
    assert gateway_summary(plan) == {"clusters": gateways(plan), "withdrawals": limit}


def test_outputs_are_plain_values() -> None:
    plan = planned()
    for found in (
        gateway_summary(plan),
        export_summary(plan, "payment.secure"),
        import_summary(plan, "payment.secure"),
    ):
        assert json.loads(json.dumps(found)) == found
