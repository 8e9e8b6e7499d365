"""Spares: where requests go that cannot go where they should."""

from tests.fabrics import ISSUED, Raw, called, changed, exported, labelled, on, planned, rule

GROUP = "gateway.envoyproxy.io"
RAW: Raw = changed(
    {
        "tls": ISSUED,
        "wanPolicies/low/failover": "high",
        "exports/0/failover": "none",
        "exports/1/from": [{"cluster": "cluster-1", "weight": 3}, {"cluster": "cluster-2", "spare": True}],
        "clusters/edge": {"renderTo": "edge", "ingress": {"addresses": ["10.3.0.11"]}, "namespaces": ["insecure"]},
    }
)


def refs(cluster: str) -> list[tuple[str, str, int | None, int]]:
    route = called(planned(RAW), cluster, "HTTPRoute", "logging.insecure.egress", "mc-wan")
    return [
        (ref["kind"], ref["name"], ref.get("port"), ref["weight"]) for ref in route["spec"]["rules"][0]["backendRefs"]
    ]


def test_a_route_has_its_first_choices_and_then_its_spares() -> None:
    assert refs("edge") == [
        ("Service", "target-cluster-1", 31112, 3),
        ("Backend", "target-cluster-1.high", None, 3),
        ("Backend", "target-cluster-2.high", None, 1),
        ("Backend", "target-cluster-2.low", None, 1),
    ]


def test_a_first_choice_of_the_cluster_itself_has_no_tunnel_to_lose() -> None:
    assert refs("cluster-1") == [
        ("Service", "target-cluster-1", 31112, 3),
        ("Backend", "target-cluster-2.high", None, 1),
        ("Backend", "target-cluster-2.low", None, 1),
    ]


def test_a_spare_is_a_backend_with_tls_of_its_own() -> None:
    plan = planned(RAW)
    source = {"multicluster.kubernetes.io/source-cluster": "cluster-1"}
    labels = labelled("target", "high") | source
    metadata = {"name": "target-cluster-1.high", "namespace": "mc-wan", "labels": labels}
    assert called(plan, "edge", "Backend", "target-cluster-1.high", "mc-wan") == {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "Backend",
        "metadata": metadata,
        "spec": {
            "fallback": True,
            "appProtocols": [f"{GROUP}/h2c"],
            "endpoints": [{"ip": {"address": "198.51.100.11", "port": 31111}}],
        },
    }
    policy = called(plan, "edge", "BackendTLSPolicy", "target-cluster-1.high", "mc-wan")
    assert policy["metadata"] == metadata
    assert policy["spec"]["targetRefs"] == [{"group": GROUP, "kind": "Backend", "name": "target-cluster-1.high"}]


def test_both_policies_admit_what_fails_over_and_no_other_export() -> None:
    plan = planned(RAW)
    assert [
        one["metadata"]["name"] for one in on(plan, "cluster-1", "HTTPRoute") if ".ingress." in one["metadata"]["name"]
    ] == [
        "logging.insecure.ingress.high",
        "logging.insecure.ingress.low",
        "payment.secure.ingress.high",
        "payment.secure.ingress.low",
    ]
    export = called(plan, "cluster-1", "ServiceExport", "logging", "insecure")
    assert export["metadata"]["annotations"] == {
        "mc-wan.l7mp.io/wan-policy": "low",
        "mc-wan.l7mp.io/spares": "high",
        "mc-wan.l7mp.io/ports": "8080",
    }


def test_without_failover_there_are_none() -> None:
    assert on(planned(tls=ISSUED), "cluster-2", "Backend") == []


def test_a_spare_that_only_the_consuming_side_needs_is_there_at_an_exports_own_gateways_too() -> None:
    """The import's rule goes by a WAN policy that fails over; of the export's own rules, none of the cluster's does."""
    offers = [{"cluster": "cluster-1", "addresses": ["10.9.0.1"]}]
    own = exported(service="shop.secure", scope="service", from_=offers)
    canary = {
        "service": "payment.secure",
        "clusters": ["cluster-2"],
        "rules": [rule("all", None, backend="shop.secure")],
    }
    narrowed = {
        "service": "shop.secure",
        "clusters": ["cluster-2"],
        "rules": [rule("all", None, backend="cart.secure")],
    }
    raw = changed({"wanPolicies/low/failover": "high", "exports/-": exported(), "imports": [canary, narrowed]})
    plan = planned(changed({"exports/-": own}, raw))
    spares = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in on(plan, "cluster-2", "Backend")}
    referred = {
        (ref["namespace"], ref["name"])
        for route in on(plan, "cluster-2", "HTTPRoute")
        for its in route["spec"]["rules"]
        for ref in its.get("backendRefs", ())
        if ref["kind"] == "Backend"
    }
    assert referred == spares
    assert ("secure", "shop-clusterset-to-cluster-1.high") in spares
