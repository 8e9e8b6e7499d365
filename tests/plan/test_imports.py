"""An export on the clusters that import it."""

from typing import Any

import pytest

from tests.fabrics import GONE, Raw, called, changed, exported, labelled, on, planned, prefix, rule, ruled
from tests.treated import backend_traffic, route_target

ANY = [{"path": {"type": "PathPrefix", "value": "/"}}]
EGRESS = "mc-wan-egress.envoy-gateway-system.svc.cluster.local"


def import_object(key: str, *policies: str, version: str = "v1beta1", ports: dict[str, int], **annotations: str) -> Raw:
    name, namespace = key.split(".")
    return {
        "apiVersion": f"multicluster.x-k8s.io/{version}",
        "kind": "ServiceImport",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labelled("import", *policies, export=key),
            "annotations": {f"mc-wan.l7mp.io/{its.replace('_', '-')}": value for its, value in annotations.items()},
        },
        "spec": {
            "type": "ClusterSetIP",
            "ports": [{"name": its, "protocol": "TCP", "port": port} for its, port in ports.items()],
        },
    }


def alias(key: str, *policies: str, host: str = EGRESS, ports: dict[str, int]) -> Raw:
    name, namespace = key.split(".")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": f"{name}-clusterset",
            "namespace": namespace,
            "labels": labelled("import", *policies, export=key),
        },
        "spec": {
            "type": "ExternalName",
            "externalName": host,
            "ports": [{"name": its, "port": port, "protocol": "TCP"} for its, port in ports.items()],
        },
    }


def egress_route(key: str, policies: list[str], *rules: Raw, name: str | None = None, **own: Any) -> Raw:
    service, namespace = key.split(".")
    gateway, at, section = own.get("at", ("mc-wan-egress", "mc-wan", "http-8080"))
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": name or f"{key}.egress",
            "namespace": at,
            "labels": labelled("egress-route", *policies, export=key)
            | {f"traffic.mc-wan.l7mp.io/{policy}": called for policy, called in own.get("traffic", {}).items()},
        },
        "spec": {
            "parentRefs": [
                {
                    "group": "gateway.networking.k8s.io",
                    "kind": "Gateway",
                    "name": gateway,
                    "namespace": at,
                    "sectionName": section,
                }
            ],
            "hostnames": [
                f"{service}.{namespace}.svc.clusterset.local",
                f"{service}-clusterset.{namespace}.svc.cluster.local",
                f"{service}.{namespace}.svc.cluster.local",
                f"{service}-clusterset.{namespace}.svc",
                f"{service}-clusterset.{namespace}",
            ],
            "rules": list(rules),
        },
    }


def sends(name: str, matches: list[Raw], host: str, *backends: tuple[str, str, int, int], **its: Any) -> Raw:
    """Give a rule of an egress route; `at` is the cluster that asks, `port` what it tells of several."""
    wanted = [
        {"name": "mc-wan-export", "value": host},
        {"name": "mc-wan-source", "value": its.get("at", "cluster-2")},
        {"name": "spanid", "value": "%REQ(SPANID?X-REQUEST-ID)%"},
        *([{"name": "x-mc-wan-port", "value": its["port"]}] if "port" in its else []),
    ]
    return {
        "name": name,
        "matches": matches,
        "filters": [
            {"type": "URLRewrite", "urlRewrite": {"hostname": f"{host}.svc.cluster.local"}},
            {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": wanted}},
        ],
        "backendRefs": [
            {"kind": "Service", "name": service, "namespace": namespace, "port": port, "weight": weight}
            for service, namespace, port, weight in backends
        ],
    }


def treats(key: str, rule: str, *policies: str) -> Raw:
    """Say how the requests of a rule are treated that is not of its route's class: by low, and sent once."""
    route = f"{key}.egress"
    labels = labelled("egress-route", *policies, export=key)
    return backend_traffic(f"{route}.{rule}", "mc-wan", labels, "low", targetRefs=[route_target(route, rule)])


def belonging(raw: Raw, cluster: str, key: str) -> list[Raw]:
    """Give what an export makes on a cluster that imports it."""
    return [
        one.manifest
        for one in planned(raw).objects
        if one.cluster == cluster and (one.owner.kind, one.owner.name) == ("ServiceImport", key)
    ]


def ways(raw: Raw, cluster: str, key: str) -> list[tuple[str, str, int, int]]:
    """Give the backends of the first rule of the only egress route."""
    (route,) = (one for one in belonging(raw, cluster, key) if one["kind"] == "HTTPRoute")
    return [
        (ref["name"], ref["namespace"], ref["port"], ref["weight"]) for ref in route["spec"]["rules"][0]["backendRefs"]
    ]


def test_a_service_level_import() -> None:
    assert belonging(changed({}), "cluster-2", "logging.insecure") == [
        alias("logging.insecure", "low", ports={"http": 8080}),
        import_object("logging.insecure", "low", ports={"http": 8080}, wan_policy="low"),
        egress_route(
            "logging.insecure",
            ["low"],
            sends("all", ANY, "logging.insecure", ("target-cluster-1", "mc-wan", 31112, 1)),
            traffic={"low": "once"},
        ),
    ]


def test_an_import_by_rules() -> None:
    payment = [{"path": {"type": "PathPrefix", "value": "/payment"}, "method": "GET"}]
    stats = [{"path": {"type": "PathPrefix", "value": "/stats"}}]
    assert belonging(changed({}), "cluster-2", "payment.secure") == [
        alias("payment.secure", "high", "low", ports={"http": 8080}),
        treats("payment.secure", "stats", "high", "low"),
        import_object("payment.secure", "high", "low", ports={"http": 8080}, rules="queries=high,stats=low"),
        egress_route(
            "payment.secure",
            ["high", "low"],
            sends("queries", payment, "payment.secure", ("target-cluster-1", "mc-wan", 31111, 1)),
            sends("stats", stats, "payment.secure", ("target-cluster-1", "mc-wan", 31112, 1)),
            traffic={"high": "repeatable"},
        ),
    ]


def test_an_exporting_cluster_imports_too_and_stays_inside() -> None:
    assert belonging(changed({}), "cluster-1", "logging.insecure") == [
        alias("logging.insecure", "low", ports={"http": 8080}),
        import_object("logging.insecure", "low", ports={"http": 8080}, wan_policy="low"),
        egress_route(
            "logging.insecure",
            ["low"],
            sends("all", ANY, "logging.insecure", ("logging", "insecure", 8080, 1), at="cluster-1"),
            traffic={"low": "once"},
        ),
    ]


def test_an_older_mcs_api() -> None:
    raw = changed({"clusters/cluster-2/mcsApi": "v1alpha1"})
    assert belonging(raw, "cluster-2", "logging.insecure")[1] == import_object(
        "logging.insecure", "low", version="v1alpha1", ports={"http": 8080}, wan_policy="low"
    )


@pytest.mark.parametrize(
    ("offers", "cluster", "expected"),
    [
        (
            [{"cluster": "cluster-1", "weight": 3}, "cluster-2"],
            "cluster-1",
            [("logging", "insecure", 8080, 3), ("target-cluster-2", "mc-wan", 31112, 1)],
        ),
        (
            [{"cluster": "cluster-1", "weight": 3}, "cluster-2"],
            "cluster-2",
            [("target-cluster-1", "mc-wan", 31112, 3), ("logging", "insecure", 8080, 1)],
        ),
        (
            [{"cluster": "cluster-1", "weight": 0}, "cluster-2"],
            "cluster-1",
            [("target-cluster-2", "mc-wan", 31112, 1)],
        ),
        (
            ["cluster-2", "cluster-1"],
            "edge",
            [("target-cluster-1", "mc-wan", 31112, 1), ("target-cluster-2", "mc-wan", 31112, 1)],
        ),
    ],
    ids=["from the heavier", "from the lighter", "without pods", "from outside"],
)
def test_a_share_for_each_offering_cluster(offers: list[Any], cluster: str, expected: list[Any]) -> None:
    raw = changed({"exports/1/from": offers, "clusters/edge": {"renderTo": "edge", "namespaces": ["insecure"]}})
    assert ways(raw, cluster, "logging.insecure") == expected


def test_where_the_namespace_is_missing_nothing_is_imported() -> None:
    raw = changed({"clusters/cluster-2/namespaces": ["secure"]})
    assert belonging(raw, "cluster-2", "logging.insecure") == []
    assert belonging(raw, "cluster-2", "payment.secure") != []


def test_an_entry_narrows_who_imports() -> None:
    raw = changed({"imports": [{"service": "logging.insecure", "clusters": ["cluster-1"]}]})
    assert belonging(raw, "cluster-2", "logging.insecure") == []
    assert len(belonging(raw, "cluster-1", "logging.insecure")) == 3


def test_direct_leads_straight_to_the_remote_gateways() -> None:
    raw = changed(
        {
            "imports": [{"service": "logging.insecure", "path": "direct"}],
            "exports/1/from": ["cluster-1", "edge"],
            "exports/1/port": 80,
            "clusters/edge": {
                "renderTo": "edge",
                "ingress": {"addresses": ["10.0.0.9", "fd00::9"]},
                "namespaces": ["insecure"],
            },
        }
    )
    labels = labelled("import", "low", export="logging.insecure")
    name = {"name": "logging-clusterset", "namespace": "insecure"}

    def slice_of(family: str, *addresses: str) -> Raw:
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"logging-clusterset-{family.lower()}",
                "namespace": "insecure",
                "labels": labels
                | {
                    "kubernetes.io/service-name": "logging-clusterset",
                    "endpointslice.kubernetes.io/managed-by": "mcwan",
                },
            },
            "addressType": family,
            "endpoints": [{"addresses": [one], "conditions": {"ready": True}} for one in addresses],
            "ports": [{"name": "http", "port": 31112, "protocol": "TCP", "appProtocol": "http"}],
        }

    assert belonging(raw, "cluster-2", "logging.insecure") == [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {**name, "labels": labels},
            "spec": {
                "type": "ClusterIP",
                "ports": [{"name": "http", "port": 80, "targetPort": 31112, "protocol": "TCP", "appProtocol": "http"}],
                "ipFamilyPolicy": "PreferDualStack",
            },
        },
        slice_of("IPv4", "10.0.0.9", "198.51.100.11"),
        slice_of("IPv6", "fd00::9"),
        import_object("logging.insecure", "low", ports={"http": 80}, wan_policy="low"),
    ]


def test_direct_in_an_exporting_cluster_is_the_local_service() -> None:
    raw = changed({"exports/-": exported(name="cart-2"), "imports": [{"service": "cart-2.secure", "path": "direct"}]})
    assert belonging(raw, "cluster-1", "cart-2.secure") == [
        alias("cart-2.secure", "low", host="cart.secure.svc.cluster.local", ports={"http": 80}),
        import_object("cart-2.secure", "low", ports={"http": 80}, wan_policy="low", service="cart.secure"),
    ]


def test_direct_to_an_export_with_gateways_of_its_own() -> None:
    own = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    raw = changed({"exports/-": own, "imports": [{"service": "cart.secure", "path": "direct"}]})
    plan = planned(raw)
    found = called(plan, "cluster-2", "EndpointSlice", "cart-clusterset-ipv4", "secure")
    assert [one["addresses"] for one in found["endpoints"]] == [["10.0.0.1"]]


def test_several_ports_have_a_route_each_and_tell_the_port() -> None:
    ports = [{"name": "http", "port": 8080}, {"name": "admin", "port": 9090}]
    raw = changed({"exports/-": exported(port=GONE, ports=ports)})

    def route(name: str, port: int) -> Raw:
        way = ("target-cluster-1", "mc-wan", 31112, 1)
        return egress_route(
            "cart.secure",
            ["low"],
            sends("all", ANY, "cart.secure", way, port=str(port)),
            name=f"cart.secure.egress.{name}",
            at=("mc-wan-egress", "mc-wan", f"http-{port}"),
            traffic={"low": "once"},
        )

    both = {"http": 8080, "admin": 9090}
    assert belonging(raw, "cluster-2", "cart.secure") == [
        alias("cart.secure", "low", ports=both),
        import_object("cart.secure", "low", ports=both, wan_policy="low"),
        route("admin", 9090),
        route("http", 8080),
    ]


def test_a_renamed_export_is_imported_under_its_name() -> None:
    raw = changed({"exports/-": exported(name="cart-2")})
    assert belonging(raw, "cluster-2", "cart-2.secure") == [
        alias("cart-2.secure", "low", ports={"http": 80}),
        import_object("cart-2.secure", "low", ports={"http": 80}, wan_policy="low", service="cart.secure"),
        egress_route(
            "cart-2.secure",
            ["low"],
            sends("all", ANY, "cart-2.secure", ("target-cluster-1", "mc-wan", 31112, 1)),
            at=("mc-wan-egress", "mc-wan", "http-80"),
            traffic={"low": "once"},
        ),
    ]
    assert ways(raw, "cluster-1", "cart-2.secure") == [("cart", "secure", 80, 1)]


def test_a_rules_backend_on_the_local_path() -> None:
    raw = changed({"exports/-": ruled(rule("new", "low", prefix("/new"), backend="cart-v2"), rule("rest", "low"))})
    assert ways(raw, "cluster-1", "cart.secure") == [("cart-v2", "secure", 80, 1)]
    assert ways(raw, "cluster-2", "cart.secure") == [("target-cluster-1", "mc-wan", 31112, 1)]


def test_a_clients_own_canary() -> None:
    """Stable on cluster-1 by low, experimental on cluster-2 by high; the requests find their export by its host."""
    raw = changed(
        {
            "exports": [
                exported(service="pricing-v1.secure", port=8080),
                exported(service="pricing-v2.secure", port=80, from_=["cluster-2"], wanPolicy="high"),
            ],
            "imports": [
                {
                    "service": "pricing-v1.secure",
                    "rules": [
                        rule(
                            "canary", None, {"cookie": {"name": "user", "value": "test"}}, backend="pricing-v2.secure"
                        ),
                        rule("stable", None),
                    ],
                }
            ],
        }
    )
    cookie = [
        ANY[0] | {"headers": [{"type": "RegularExpression", "name": "cookie", "value": r"^(.*;\s*)?user=test(;.*)?$"}]}
    ]
    assert belonging(raw, "cluster-1", "pricing-v1.secure") == [
        alias("pricing-v1.secure", "low", ports={"http": 8080}),
        treats("pricing-v1.secure", "stable", "high", "low"),
        import_object(
            "pricing-v1.secure", "low", ports={"http": 8080}, wan_policy="low", own_rules="canary=high,stable=low"
        ),
        egress_route(
            "pricing-v1.secure",
            ["high", "low"],
            sends("canary", cookie, "pricing-v2.secure", ("target-cluster-2", "mc-wan", 31111, 1), at="cluster-1"),
            sends("stable", ANY, "pricing-v1.secure", ("pricing-v1", "secure", 8080, 1), at="cluster-1"),
            traffic={"high": "once"},
        ),
    ]
    assert belonging(raw, "cluster-2", "pricing-v1.secure")[-1] == egress_route(
        "pricing-v1.secure",
        ["high", "low"],
        sends("canary", cookie, "pricing-v2.secure", ("pricing-v2", "secure", 80, 1)),
        sends("stable", ANY, "pricing-v1.secure", ("target-cluster-1", "mc-wan", 31112, 1)),
        traffic={"high": "once"},
    )


def test_gateways_of_its_own() -> None:
    own = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    raw = changed({"exports/-": own})
    found = belonging(raw, "cluster-2", "cart.secure")
    assert [(one["kind"], one["metadata"]["name"]) for one in found] == [
        ("EnvoyProxy", "cart-clusterset"),
        ("Gateway", "cart-clusterset"),
        ("Service", "cart-clusterset"),
        ("Service", "cart-clusterset-to-cluster-1"),
        ("EndpointSlice", "cart-clusterset-to-cluster-1-ipv4"),
        ("BackendTrafficPolicy", "cart-clusterset"),
        ("ServiceImport", "cart"),
        ("HTTPRoute", "cart-clusterset"),
    ]
    host = "cart-clusterset-secure.envoy-gateway-system.svc.cluster.local"
    assert found[2] == alias("cart.secure", "low", host=host, ports={"http": 80})
    labels = labelled("egress-route", "low", export="cart.secure")
    assert found[5] == backend_traffic(
        "cart-clusterset", "secure", labels, "low", targetRefs=[route_target("cart-clusterset")]
    )
    assert found[-1] == egress_route(
        "cart.secure",
        ["low"],
        sends("all", ANY, "cart.secure", ("cart-clusterset-to-cluster-1", "secure", 31112, 1)),
        name="cart-clusterset",
        at=("cart-clusterset", "secure", "http-80"),
    )


def test_too_many_rules_for_one_route_are_split_by_policy() -> None:
    rules = [rule(f"r{i}", ("high", "low")[i % 2], prefix(f"/{i}")) for i in range(20)]
    raw = changed({"exports/-": ruled(*rules)})
    found = [one for one in belonging(raw, "cluster-2", "cart.secure") if one["kind"] == "HTTPRoute"]
    assert [one["metadata"]["name"] for one in found] == ["cart.secure.egress.http.high", "cart.secure.egress.http.low"]
    assert [[its["name"] for its in one["spec"]["rules"]] for one in found] == [
        [f"r{i}" for i in range(0, 20, 2)],
        [f"r{i}" for i in range(1, 20, 2)],
    ]
    own = exported(
        wanPolicy=GONE,
        rules=rules,
        scope="service",
        from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}],
    )
    split = [one["metadata"]["name"] for one in belonging(changed({"exports/-": own}), "cluster-2", "cart.secure")]
    assert split[-2:] == ["cart-clusterset.http.high", "cart-clusterset.http.low"]


@pytest.mark.parametrize(
    ("gateway", "host"),
    [
        ({}, "mc-wan-egress.envoy-gateway-system"),
        ({"serviceNamespace": "eg"}, "mc-wan-egress.eg"),
        ({"profile": "istio", "class": "istio"}, "mc-wan-egress-istio.mc-wan"),
        ({"profile": "standard", "class": "internal"}, "mc-wan-egress-internal.mc-wan"),
    ],
)
def test_the_name_leads_to_the_egress_gateways_service(gateway: Raw, host: str) -> None:
    plan = planned(changed({"clusters/cluster-2/gateway": gateway}))
    service = called(plan, "cluster-2", "Service", "logging-clusterset", "insecure")
    assert service["spec"]["externalName"] == f"{host}.svc.cluster.local"


def test_nothing_of_users_is_made_in_the_fabrics_namespace_and_the_reverse() -> None:
    for one in on(planned(), "cluster-2"):
        metadata = one["metadata"]
        if one["kind"] in ("ServiceImport", "ServiceExport"):
            assert metadata["namespace"] != "mc-wan"
        if one["kind"] in ("Gateway", "HTTPRoute"):
            assert metadata["namespace"] == "mc-wan"
