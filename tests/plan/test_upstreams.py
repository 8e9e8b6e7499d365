"""Upstreams: where they are needed, what they are called, who has them."""

from mcwan.plan import Plan
from tests.fabrics import GONE, ISSUED, Raw, called, changed, exported, labelled, on, planned, prefix, rule

ISTIO = {"profile": "istio"}
MESH: Raw = {
    "tls": ISSUED,
    "clusters/cluster-2/gateway": ISTIO,
    "clusters/edge": {"renderTo": "edge", "ingress": {"addresses": ["10.0.0.5"]}, "namespaces": ["secure"]},
}
HOST = "low.cart.secure.mc-wan.internal"


def with_cart(changes: Raw | None = None, **cart: object) -> Plan:
    export = exported(**({"from_": ["cluster-1", "edge"]} | cart))
    return planned(changed({**MESH, "exports/-": export, **(changes or {})}))


def hosts(plan: Plan, cluster: str) -> list[str]:
    """Give those of the exports that a test adds."""
    every = [host for one in on(plan, cluster, "ServiceEntry") for host in one["spec"]["hosts"]]
    return [host for host in every if "payment" not in host and "logging" not in host]


def places(plan: Plan, cluster: str, name: str = "cart.secure.upstream.low") -> list[tuple[str, int, int, str]]:
    entry = called(plan, cluster, "ServiceEntry", name, "mc-wan")
    return [
        (one["address"], one["ports"]["low"], one["weight"], one["labels"]["mc-wan.l7mp.io/choice"])
        for one in entry["spec"]["endpoints"]
    ]


def sent(plan: Plan, cluster: str, name: str = "cart.secure.egress") -> list[Raw]:
    route = called(plan, cluster, "HTTPRoute", name, "mc-wan")
    return [ref for one in route["spec"]["rules"] for ref in one["backendRefs"]]


def test_several_places_are_one_backend() -> None:
    plan = with_cart()
    assert hosts(plan, "cluster-2") == [HOST]
    assert hosts(plan, "cluster-1") == hosts(plan, "edge") == []
    backend = {"group": "networking.istio.io", "kind": "Hostname", "name": HOST, "port": 31112, "weight": 2}
    assert sent(plan, "cluster-2") == [backend]
    assert places(plan, "cluster-2") == [("198.51.100.11", 31112, 1, "first"), ("10.0.0.5", 31112, 1, "first")]
    entry = called(plan, "cluster-2", "ServiceEntry", "cart.secure.upstream.low", "mc-wan")
    assert entry["metadata"]["labels"] == labelled("target", "low", export="cart.secure")
    (owner,) = {one.owner for one in plan.objects if one.manifest is entry}
    assert (owner.kind, owner.name) == ("ServiceImport", "cart.secure")


def test_the_clusters_own_pods_are_a_backend_beside_it() -> None:
    offers = ["cluster-2", {"cluster": "cluster-1", "weight": 3}, {"cluster": "edge", "spare": True}]
    plan = with_cart(from_=offers)
    local, others = sent(plan, "cluster-2")
    assert (local["kind"], local["name"], local["weight"]) == ("Service", "cart", 1)
    assert (others["kind"], others["weight"]) == ("Hostname", 3)
    assert places(plan, "cluster-2") == [("198.51.100.11", 31112, 3, "first"), ("10.0.0.5", 31112, 1, "spare")]


def test_where_nobody_else_is_a_first_choice_there_is_none_and_that_is_told() -> None:
    plan = with_cart(from_=["cluster-2", {"cluster": "edge", "spare": True}])
    assert hosts(plan, "cluster-2") == []
    assert [one["name"] for one in sent(plan, "cluster-2")] == ["cart"]
    assert "cart.secure: cluster-2 has no spare for its own pods, with profile istio" in plan.notes()


def test_the_other_tunnel_is_a_place_of_the_same_upstream() -> None:
    plan = with_cart(from_=["cluster-1"], failover="high")
    assert places(plan, "cluster-2") == [("198.51.100.11", 31112, 1, "first"), ("198.51.100.11", 31111, 1, "spare")]


def test_one_place_is_an_upstream_too() -> None:
    """Health is kept for each export: what is broken of one leaves the others where they are."""
    plan = with_cart(from_=["cluster-1"])
    assert hosts(plan, "cluster-2") == [HOST]
    assert [one["kind"] for one in sent(plan, "cluster-2")] == ["Hostname"]
    kinds = {
        one.manifest["kind"]
        for one in plan.objects
        if one.cluster == "cluster-2" and one.owner.kind == "EastWestGateway"
    }
    assert not {"DestinationRule", "EndpointSlice", "Service"} & kinds, "there are no targets beside them"


def test_what_a_wan_policy_says_holds_for_each() -> None:
    plan = with_cart({"wanPolicies/low/traffic": {"limits": {"requests": 7}}}, from_=["cluster-1"])
    found = called(plan, "cluster-2", "DestinationRule", "cart.secure.upstream.low", "mc-wan")
    assert found["spec"]["trafficPolicy"]["connectionPool"]["http"]["http2MaxRequests"] == 7


def test_shares_of_the_clusters_own_pods_and_of_the_others_are_what_a_route_takes() -> None:
    offers = [{"cluster": name, "weight": 1_000_000} for name in ("cluster-1", "cluster-2", "edge")]
    assert [one["weight"] for one in sent(with_cart(from_=offers), "cluster-2")] == [1, 2]


def test_each_wan_policy_has_one_and_rules_share_it() -> None:
    rules = [rule("a", "high", prefix("/a")), rule("b", "low", prefix("/b")), rule("c", "low")]
    plan = with_cart(rules=rules, wanPolicy=GONE)
    assert hosts(plan, "cluster-2") == ["high.cart.secure.mc-wan.internal", HOST]
    assert [one["name"] for one in sent(plan, "cluster-2")] == ["high.cart.secure.mc-wan.internal", HOST, HOST]


def test_an_exports_own_gateways_have_their_own() -> None:
    offers = [{"cluster": "cluster-1", "addresses": ["10.9.0.1"]}, {"cluster": "edge", "addresses": ["10.9.0.2"]}]
    plan = with_cart(from_=offers, scope="service")
    entry = called(plan, "cluster-2", "ServiceEntry", "cart-clusterset.cart.secure.upstream.low", "secure")
    assert [one["address"] for one in entry["spec"]["endpoints"]] == ["10.9.0.1", "10.9.0.2"]
    rule_ = called(plan, "cluster-2", "DestinationRule", "cart-clusterset.cart.secure.upstream.low", "secure")
    assert rule_["spec"]["trafficPolicy"]["tls"]["credentialName"] == "cart-clusterset-tls"


def test_an_exports_own_gateway_that_sends_to_a_shared_one_has_an_upstream_beside_it() -> None:
    own = exported(service="shop.secure", scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.9.0.1"]}])
    canary = {"service": "shop.secure", "rules": [rule("all", None, backend="cart.secure")]}
    raw = changed({**MESH, "exports/-": exported(), "imports": [canary]})
    plan = planned({**raw, "exports": [*raw["exports"], own]})
    name = "shop-clusterset.cart.secure.upstream.low"
    entry = called(plan, "cluster-2", "ServiceEntry", name, "secure")
    assert entry["spec"]["hosts"] == ["low.cart.secure.shop.mc-wan.internal"]
    assert [one["address"] for one in entry["spec"]["endpoints"]] == ["198.51.100.11"]
    rule_ = called(plan, "cluster-2", "DestinationRule", name, "secure")
    assert rule_["spec"]["trafficPolicy"]["tls"]["credentialName"] == "shop-clusterset-tls"
    route = called(plan, "cluster-2", "HTTPRoute", "shop-clusterset", "secure")
    (backend,) = [ref for one in route["spec"]["rules"] for ref in one["backendRefs"]]
    assert (backend["kind"], backend["name"]) == ("Hostname", "low.cart.secure.shop.mc-wan.internal")
    assert hosts(plan, "cluster-2") == [HOST, "low.cart.secure.shop.mc-wan.internal"], "the shared gateway has its own"


def test_a_shared_gateway_that_sends_to_an_exports_own_has_an_upstream_beside_it() -> None:
    own = exported(service="shop.secure", scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.9.0.1"]}])
    canary = {"service": "cart.secure", "rules": [rule("all", None, backend="shop.secure")]}
    raw = changed({**MESH, "exports/-": exported(), "imports": [canary]})
    plan = planned({**raw, "exports": [*raw["exports"], own]})
    entry = called(plan, "cluster-2", "ServiceEntry", "shop.secure.upstream.low", "mc-wan")
    assert [one["address"] for one in entry["spec"]["endpoints"]] == ["10.9.0.1"]
    assert [one["name"] for one in sent(plan, "cluster-2")] == ["low.shop.secure.mc-wan.internal"]


def test_a_wan_port_may_be_the_port_of_a_local_service() -> None:
    """What the proxy is told of connections to other clusters names each upstream, and no port."""
    plan = with_cart({"wanPolicies/low/port": 80}, from_=["cluster-1", "cluster-2"])
    matches = [
        patch["match"]["cluster"]
        for one in on(plan, "cluster-2", "EnvoyFilter")
        for patch in one["spec"]["configPatches"]
        if patch["applyTo"] == "CLUSTER"
    ]
    entries = on(plan, "cluster-2", "ServiceEntry")
    assert matches == [{"service": host} for one in entries for host in one["spec"]["hosts"]]
