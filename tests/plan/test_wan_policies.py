"""The WANPolicy objects."""

import pytest

from tests.fabrics import ISSUED, called, changed, labelled, planned


@pytest.mark.parametrize("cluster", ["cluster-1", "cluster-2"])
def test_every_cluster_has_every_policy(cluster: str) -> None:
    assert called(planned(), cluster, "WANPolicy", "high") == {
        "apiVersion": "mc-wan.l7mp.io/v1alpha1",
        "kind": "WANPolicy",
        "metadata": {
            "name": "high",
            "labels": labelled("wan-policy", "high"),
            "annotations": {
                "pulumi.com/deletionPropagationPolicy": "orphan",
                "pulumi.com/patchFieldManager": "mcwan",
                "pulumi.com/patchForce": "true",
            },
        },
        "spec": {
            "tunnel": "business",
            "port": 31111,
            "sla": {"jitterMs": 50, "latencyMs": 100, "lossPercent": 1},
            "tls": "plaintext",
        },
    }
    assert called(planned(), cluster, "WANPolicy", "low")["spec"]["sla"]["lossPercent"] == 100


@pytest.mark.parametrize(("written", "expected"), [(1, 1), (1.0, 1), (0.5, 0.5), (0, 0), (99.9, 99.9)])
def test_a_whole_loss_is_written_as_one(written: float, expected: float) -> None:
    plan = planned(changed({"wanPolicies/high/sla/lossPercent": written}))
    loss = called(plan, "cluster-1", "WANPolicy", "high")["spec"]["sla"]["lossPercent"]
    assert (loss, type(loss)) == (expected, type(expected))


def test_tls_and_failover() -> None:
    plan = planned(changed({"tls": ISSUED, "wanPolicies/high/failover": "low", "wanPolicies/low/tls": "plaintext"}))
    high, low = (called(plan, "cluster-2", "WANPolicy", name)["spec"] for name in ("high", "low"))
    assert (high["tls"], high["failover"]) == ("mutual", "low")
    assert low["tls"] == "plaintext"
    assert "failover" not in low
