"""Imports with path federated: a name without endpoints, what sidecars are told, whom the other side admits."""

from typing import Any

from mcwan.plan import Plan
from mcwan.plan.names import hostnames
from mcwan.rules.sources import of_plan
from tests.fabrics import ISSUED, Raw, called, changed, exported, labelled, on, planned
from tests.rules.mutations import deployed
from tests.rules.test_mutations import said, verdicts

MESH: Raw = changed(
    {
        "tls": ISSUED,
        "clusters/cluster-2/gateway": {"profile": "istio"},
        "clusters/cluster-2/mesh": {"trustDomain": "east.example", "rootNamespace": "istio-config"},
        "clusters/edge": {
            "renderTo": "edge",
            "ingress": {"addresses": ["10.0.0.5"]},
            "namespaces": ["secure"],
            "gateway": {"profile": "istio"},
        },
        "exports": [],
    }
)


def with_cart(changes: Raw | None = None, **cart: Any) -> Plan:
    export = exported(**({"from_": ["cluster-1", "edge"]} | cart))
    entry = {"service": "cart.secure", "clusters": ["cluster-2"], "path": "federated"}
    return planned(changed(changes or {}, changed({"exports/-": export, "imports": [entry]}, MESH)))


def kinds(plan: Plan, cluster: str) -> list[str]:
    every = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in on(plan, cluster)]
    return [f"{kind} {namespace}/{name}" for kind, namespace, name in every if "cart" in name]


def test_what_is_made_and_nothing_of_an_egress_gateway() -> None:
    plan = with_cart()
    assert kinds(plan, "cluster-2") == [
        "EnvoyFilter istio-config/cart.secure.federated.low",
        "Service secure/cart-clusterset",
        "ServiceEntry mc-wan/cart.secure.federated.low",
        "ServiceEntry secure/cart-clusterset",
        "DestinationRule mc-wan/cart.secure.federated.low",
        "ServiceImport secure/cart",
        "VirtualService secure/cart-clusterset",
    ]
    assert [one["metadata"]["name"] for one in on(plan, "cluster-2", "Gateway")] == ["mc-wan-ingress"]
    assert on(plan, "cluster-2", "HTTPRoute") == on(plan, "cluster-2", "EndpointSlice") == []


def test_the_upstream_is_for_every_sidecar_and_shows_who_asks() -> None:
    plan = with_cart(failover="high")
    domain = "test.mc-wan.internal"
    entry = called(plan, "cluster-2", "ServiceEntry", "cart.secure.federated.low", "mc-wan")
    rule = called(plan, "cluster-2", "DestinationRule", "cart.secure.federated.low", "mc-wan")
    assert entry["metadata"]["labels"] == labelled("mesh-target", "low", export="cart.secure")
    assert (entry["spec"]["hosts"], entry["spec"]["exportTo"]) == (["low.cart.secure.federated.mc-wan.internal"], ["*"])
    assert [
        (one["address"], one["ports"]["low"], one["labels"]["mc-wan.l7mp.io/choice"])
        for one in entry["spec"]["endpoints"]
    ] == [
        ("198.51.100.11", 31112, "first"),
        ("10.0.0.5", 31112, "first"),
        ("198.51.100.11", 31111, "spare"),
        ("10.0.0.5", 31111, "spare"),
    ]
    assert rule["spec"]["exportTo"] == ["*"]
    assert rule["spec"]["trafficPolicy"]["tls"] == {
        "mode": "ISTIO_MUTUAL",
        "sni": f"ingress.cluster-1.{domain}",
        "subjectAltNames": [f"spiffe://{domain}/cluster/{name}/ingress" for name in ("cluster-1", "edge")],
    }


def test_only_what_has_spares_goes_on_to_them() -> None:
    def filters(plan: Plan) -> list[str]:
        return [one["metadata"]["name"] for one in on(plan, "cluster-2", "EnvoyFilter") if "cart" in str(one)]

    assert filters(with_cart()) == ["cart.secure.federated.low"]
    assert filters(with_cart(failover="high")) == ["cart.secure.federated", "cart.secure.federated.low"]


def test_names_are_told_once_and_the_clusters_own_is_its_own() -> None:
    every = hostnames("cart", "secure")
    away, own = with_cart(), with_cart(from_=["cluster-1", "cluster-2"])
    for plan, names, hosts in (
        (away, [every[0], every[2]], every),
        (own, [every[0]], [one for one in every if one != every[2]]),
    ):
        assert called(plan, "cluster-2", "ServiceEntry", "cart-clusterset", "secure")["spec"]["hosts"] == names
        assert called(plan, "cluster-2", "VirtualService", "cart-clusterset", "secure")["spec"]["hosts"] == hosts


def test_the_clusters_own_pods_have_their_share() -> None:
    plan = with_cart(from_=[{"cluster": "cluster-1", "weight": 3}, {"cluster": "cluster-2", "weight": 2}])
    (rule,) = called(plan, "cluster-2", "VirtualService", "cart-clusterset", "secure")["spec"]["http"]
    assert [(one["destination"], one["weight"]) for one in rule["route"]] == [
        ({"host": "cart.secure.svc.cluster.local", "port": {"number": 80}}, 2),
        ({"host": "low.cart.secure.federated.mc-wan.internal", "port": {"number": 31112}}, 3),
    ]
    assert rule["headers"]["request"]["set"] == {
        "mc-wan-export": "cart.secure",
        "mc-wan-source": "cluster-2",
        "spanid": "%REQ(SPANID?X-REQUEST-ID)%",
    }


def test_of_several_ports_each_has_its_rules() -> None:
    ports = [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]
    plan = with_cart(port=None, ports=ports)
    rules = called(plan, "cluster-2", "VirtualService", "cart-clusterset", "secure")["spec"]["http"]
    assert [(one["name"], one["headers"]["request"]["set"]["x-mc-wan-port"]) for one in rules] == [
        ("cart.secure.all.80", "80"),
        ("cart.secure.all.81", "81"),
    ]


def test_the_other_side_admits_workloads_for_what_they_import() -> None:
    plan = with_cart({"exports/-": exported(service="vault.secure", from_=["cluster-1", "edge"])})
    host = "cart.secure.svc.cluster.local"
    spec = called(plan, "edge", "AuthorizationPolicy", "mc-wan-ingress", "mc-wan")["spec"]
    ports = ["31111", "31112"]
    assert spec["rules"] == [
        {
            "from": [{"source": {"notPrincipals": ["test.mc-wan.internal/cluster/*", "east.example/*"]}}],
            "to": [{"operation": {"ports": ports}}],
        },
        {
            "from": [{"source": {"principals": ["east.example/*"]}}],
            "to": [{"operation": {"ports": ports, "notHosts": [host, f"{host}:*"]}}],
        },
    ]
    (allowed,) = called(plan, "cluster-1", "SecurityPolicy", "mc-wan-ingress", "mc-wan")["spec"]["authorization"][
        "rules"
    ]
    peer = "connection.uri_san_peer_certificate"
    assert allowed == {
        "name": "fabric",
        "action": "Allow",
        "cel": f'!connection.mtls || {peer}.startsWith("spiffe://test.mc-wan.internal/cluster/") || '
        f'{peer}.startsWith("spiffe://east.example/") && request.host in ["{host}"]',
    }
    validation = called(plan, "cluster-1", "ClientTrafficPolicy", "mc-wan-ingress", "mc-wan")["spec"]["tls"]
    assert [one["value"] for one in validation["clientValidation"]["subjectAltNames"]["uris"]] == [
        "spiffe://test.mc-wan.internal/cluster/",
        "spiffe://east.example/",
    ]
    said = called(plan, "edge", "ServiceExport", "cart", "secure")["metadata"]["annotations"]
    other = called(plan, "edge", "ServiceExport", "vault", "secure")["metadata"]["annotations"]
    assert (said["mc-wan.l7mp.io/meshes"], other.get("mc-wan.l7mp.io/meshes")) == ("east.example", None)


def test_callers_are_workloads() -> None:
    both = [{"cluster": "cluster-2", "accounts": ["sleep.sleep", "curl.tools"]}, "cluster-1"]
    plan = with_cart(callers=both)
    (rule,) = called(plan, "edge", "AuthorizationPolicy", "cart.secure.ingress.low", "mc-wan")["spec"]["rules"]
    assert rule["from"] == [
        {
            "source": {
                "notPrincipals": [
                    "east.example/ns/sleep/sa/sleep",
                    "east.example/ns/tools/sa/curl",
                    "test.mc-wan.internal/cluster/cluster-1/egress",
                ]
            }
        }
    ]
    every = with_cart(callers=["cluster-2"])
    (rule,) = called(every, "edge", "AuthorizationPolicy", "cart.secure.ingress.low", "mc-wan")["spec"]["rules"]
    assert rule["from"] == [{"source": {"notPrincipals": ["east.example/*"]}}]
    (allowed,) = called(every, "cluster-1", "SecurityPolicy", "cart.secure.ingress.low", "mc-wan")["spec"][
        "authorization"
    ]["rules"]
    assert allowed["cel"] == 'connection.uri_san_peer_certificate.startsWith("spiffe://east.example/")'


def test_an_export_under_another_name_has_no_service_of_that_name() -> None:
    plan = with_cart(service="basket.secure", name="cart", from_=["cluster-1", "cluster-2"])
    assert called(plan, "cluster-2", "ServiceEntry", "cart-clusterset", "secure")["spec"]["hosts"] == [
        "cart.secure.svc.clusterset.local",
        "cart.secure.svc.cluster.local",
    ]


def test_a_mesh_may_refuse_plaintext() -> None:
    plan = with_cart({"clusters/cluster-2/mesh/strict": True})
    (found,) = on(plan, "cluster-2", "PeerAuthentication")
    assert (found["metadata"]["namespace"], found["metadata"]["labels"]) == ("istio-config", labelled("mesh"))


def ambient(changes: Raw | None = None, **cart: Any) -> Plan:
    return with_cart({"clusters/cluster-2/mesh/ambient": True} | (changes or {}), **cart)


def test_in_an_ambient_mesh_the_egress_gateway_calls_for_who_has_no_sidecar() -> None:
    plan, beside = ambient(), with_cart()
    assert sorted(set(kinds(plan, "cluster-2")) - set(kinds(beside, "cluster-2"))) == [
        "DestinationRule mc-wan/cart.secure.upstream.low",
        "EnvoyFilter mc-wan/cart.secure.upstream.low",
        "HTTPRoute mc-wan/cart.secure.egress",
        "ServiceEntry mc-wan/cart.secure.upstream.low",
    ]
    egress = "mc-wan-egress-istio.mc-wan.svc.cluster.local"
    alias = called(plan, "cluster-2", "Service", "cart-clusterset", "secure")["spec"]
    assert (alias["type"], alias["externalName"]) == ("ExternalName", egress)
    entry, old = (called(one, "cluster-2", "ServiceEntry", "cart-clusterset", "secure") for one in (plan, beside))
    assert entry["spec"] == old["spec"] | {"resolution": "DNS", "endpoints": [{"address": egress}]}
    routes, known = (called(one, "cluster-2", "VirtualService", "cart-clusterset", "secure") for one in (plan, beside))
    assert routes == known
    (gateway,) = (one for one in on(plan, "cluster-2", "Gateway") if one["metadata"]["name"] == "mc-wan-egress")
    assert [one["port"] for one in gateway["spec"]["listeners"]] == [80]
    route = called(plan, "cluster-2", "HTTPRoute", "cart.secure.egress", "mc-wan")["spec"]
    assert route["hostnames"] == hostnames("cart", "secure", short=True)


def test_only_who_calls_an_import_by_its_own_name_may_shorten_that() -> None:
    """By path gateway it is called by another name, on the other side by one that is written for it."""
    by_gateway = ambient({"imports/0/path": "gateway"})
    for plan, cluster, name in (
        (by_gateway, "cluster-2", "cart.secure.egress"),
        (ambient(), "edge", "cart.secure.ingress.low"),
    ):
        route = called(plan, cluster, "HTTPRoute", name, "mc-wan")["spec"]
        assert route["hostnames"] == hostnames("cart", "secure")


def test_with_gateways_of_its_own_an_ambient_mesh_has_that_egress_gateway() -> None:
    plan = ambient(scope="service", from_=[{"cluster": "edge", "addresses": ["10.9.0.1"]}])
    egress = "cart-clusterset-istio.secure.svc.cluster.local"
    entry = called(plan, "cluster-2", "ServiceEntry", "cart-clusterset", "secure")["spec"]
    assert entry["endpoints"] == [{"address": egress}]
    assert called(plan, "cluster-2", "Service", "cart-clusterset", "secure")["spec"]["externalName"] == egress
    assert called(plan, "cluster-2", "Gateway", "cart-clusterset", "secure")["spec"]["listeners"][0]["port"] == 80


def test_the_other_side_admits_an_ambient_meshs_workloads_and_its_egress_gateway() -> None:
    plan = ambient(callers=["cluster-2"])
    one = called(plan, "edge", "ServiceExport", "cart", "secure")["metadata"]["annotations"]
    egress = "spiffe://test.mc-wan.internal/cluster/cluster-2/egress"
    assert one["mc-wan.l7mp.io/callers"] == f"spiffe://east.example/*,{egress}"
    assert one["mc-wan.l7mp.io/meshes"] == "east.example"


def test_rules_find_nothing_wrong_with_an_ambient_mesh() -> None:
    for plan in (ambient(), ambient(callers=["cluster-2"], failover="high"), ambient(from_=["cluster-1", "cluster-2"])):
        evidence = deployed(of_plan(plan))
        assert said(verdicts(evidence, evidence)) == []
