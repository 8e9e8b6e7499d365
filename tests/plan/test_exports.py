"""An export on the clusters that offer it."""

from typing import Any

import pytest

from tests.fabrics import GONE, Raw, called, changed, exported, labelled, on, planned, prefix, rule, ruled

GET_PAYMENT = {"path": {"type": "PathPrefix", "value": "/payment"}, "method": "GET"}


def ingress_route(key: str, policy: str, *rules: Raw, name: str | None = None, **own: Any) -> Raw:
    service, namespace = key.split(".")
    at = own.get("at", ("mc-wan-ingress", "mc-wan"))
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": name or f"{key}.ingress.{policy}",
            "namespace": at[1],
            "labels": labelled("ingress-route", policy, export=key),
        },
        "spec": {
            "parentRefs": [
                {
                    "group": "gateway.networking.k8s.io",
                    "kind": "Gateway",
                    "name": at[0],
                    "namespace": at[1],
                    "sectionName": policy,
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


TUNNELS = {"high": "business", "low": "default"}


def sends(name: str, matches: list[Raw], to: str, port: int, host: str | None = None, **its: Any) -> Raw:
    """Give a rule of a listener; `policy` and `at` say by which way and on which cluster, `remove` what goes."""
    service, namespace = to.split(".")
    policy = its.get("policy", "low")
    arrived = [{"name": "mc-wan-policy", "value": policy}, {"name": "mc-wan-tunnel", "value": TUNNELS[policy]}]
    answered = {"name": "mc-wan-destination", "value": its.get("at", "cluster-1")}
    asked: Raw = {"set": arrived} | ({"remove": its["remove"]} if "remove" in its else {})
    return {
        "name": name,
        "matches": matches,
        "filters": [
            {"type": "URLRewrite", "urlRewrite": {"hostname": f"{host or to}.svc.cluster.local"}},
            {"type": "RequestHeaderModifier", "requestHeaderModifier": asked},
            {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [*arrived, answered]}},
        ],
        "backendRefs": [{"kind": "Service", "name": service, "namespace": namespace, "port": port, "weight": 1}],
    }


def export_object(key: str, *policies: str, version: str = "v1beta1", ports: str = "8080", **annotations: str) -> Raw:
    name, namespace = key.split(".")
    found: Raw = {
        "apiVersion": f"multicluster.x-k8s.io/{version}",
        "kind": "ServiceExport",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labelled("export", *policies, export=key),
            "annotations": {f"mc-wan.l7mp.io/{its.replace('_', '-')}": value for its, value in annotations.items()},
        },
    }
    if version == "v1beta1":
        found["spec"] = {"exportedAnnotations": found["metadata"]["annotations"]}
    found["metadata"]["annotations"] = found["metadata"]["annotations"] | {"mc-wan.l7mp.io/ports": ports}
    return found


ANY = [{"path": {"type": "PathPrefix", "value": "/"}}]


def belonging(raw: Raw, cluster: str, key: str) -> list[Raw]:
    """Give what an export makes on a cluster that offers it."""
    return [
        one.manifest
        for one in planned(raw).objects
        if one.cluster == cluster and (one.owner.kind, one.owner.name) == ("ServiceExport", key)
    ]


def test_a_service_level_export() -> None:
    assert belonging(changed({}), "cluster-1", "logging.insecure") == [
        export_object("logging.insecure", "low", wan_policy="low"),
        ingress_route("logging.insecure", "low", sends("all", ANY, "logging.insecure", 8080)),
    ]
    assert belonging(changed({}), "cluster-2", "logging.insecure") == []


def test_an_export_by_rules() -> None:
    stats = [{"path": {"type": "PathPrefix", "value": "/stats"}}]
    assert belonging(changed({}), "cluster-1", "payment.secure") == [
        export_object("payment.secure", "high", "low", rules="queries=high,stats=low"),
        ingress_route("payment.secure", "high", sends("queries", [GET_PAYMENT], "payment.secure", 8080, policy="high")),
        ingress_route("payment.secure", "low", sends("stats", stats, "payment.secure", 8080)),
    ]


def test_an_earlier_rule_of_another_policy_is_refused() -> None:
    raw = changed({"exports/0/rules/1/matches": GONE})
    high, low = belonging(raw, "cluster-1", "payment.secure")[1:]
    assert high == ingress_route(
        "payment.secure", "high", sends("queries", [GET_PAYMENT], "payment.secure", 8080, policy="high")
    )
    assert low == ingress_route(
        "payment.secure",
        "low",
        {"name": "refuse.queries", "matches": [GET_PAYMENT]},
        sends("stats", ANY, "payment.secure", 8080),
    )


def test_every_kind_of_match() -> None:
    match: Raw = {
        "path": {"type": "RegularExpression", "value": "/a/[0-9]+"},
        "method": "POST",
        "headers": [{"name": "X-Env", "value": "v1"}, {"type": "RegularExpression", "name": "b", "value": "c.*"}],
        "cookie": {"name": "user", "value": "a.b"},
        "queryParams": [
            {"name": "q", "value": "1"},
            {"type": "RegularExpression", "name": "r", "value": "2+"},
        ],
    }
    raw = changed({"exports/-": ruled(rule("one", "low", match, prefix("/b")))})
    (route,) = belonging(raw, "cluster-1", "cart.secure")[1:]
    assert route["spec"]["rules"][0]["matches"] == [
        {
            "path": {"type": "RegularExpression", "value": "/a/[0-9]+"},
            "method": "POST",
            "headers": [
                {"type": "Exact", "name": "X-Env", "value": "v1"},
                {"type": "RegularExpression", "name": "b", "value": "c.*"},
                {"type": "RegularExpression", "name": "cookie", "value": r"^(.*;\s*)?user=a\.b(;.*)?$"},
            ],
            "queryParams": [
                {"type": "Exact", "name": "q", "value": "1"},
                {"type": "RegularExpression", "name": "r", "value": "2+"},
            ],
        },
        {"path": {"type": "PathPrefix", "value": "/b"}},
    ]


def test_a_canary_sees_the_exports_own_host() -> None:
    rules = [
        rule("new", "low", prefix("/new"), backend="cart-v2"),
        rule("far", "low", prefix("/far"), backend="cart.insecure"),
        rule("rest", "low"),
    ]
    marked, route = belonging(changed({"exports/-": ruled(*rules)}), "cluster-1", "cart.secure")
    assert marked == export_object(
        "cart.secure", "low", ports="80", rules="new=low,far=low,rest=low", backends="cart-v2.secure,cart.insecure"
    )
    new, far = ([{"path": {"type": "PathPrefix", "value": value}}] for value in ("/new", "/far"))
    assert route == ingress_route(
        "cart.secure",
        "low",
        sends("new", new, "cart-v2.secure", 80, "cart.secure"),
        sends("far", far, "cart.insecure", 80, "cart.secure"),
        sends("rest", ANY, "cart.secure", 80),
    )


def test_an_export_under_another_name() -> None:
    raw = changed({"exports/-": exported(name="cart-2", wanPolicy="high")})
    assert belonging(raw, "cluster-1", "cart-2.secure") == [
        export_object("cart-2.secure", "high", ports="80", wan_policy="high", service="cart.secure"),
        ingress_route("cart-2.secure", "high", sends("all", ANY, "cart.secure", 80, policy="high")),
    ]


def test_several_ports_are_told_apart_by_a_header() -> None:
    ports = [{"name": "http", "port": 8080}, {"name": "admin", "port": 9090}]
    raw = changed({"exports/-": exported(port=GONE, ports=ports)})
    remove = ["x-mc-wan-port"]

    def asked(port: int) -> list[Raw]:
        return [ANY[0] | {"headers": [{"type": "Exact", "name": "x-mc-wan-port", "value": str(port)}]}]

    assert belonging(raw, "cluster-1", "cart.secure") == [
        export_object("cart.secure", "low", ports="8080,9090", wan_policy="low"),
        ingress_route(
            "cart.secure",
            "low",
            sends("all", asked(9090), "cart.secure", 9090, remove=remove),
            name="cart.secure.ingress.low.admin",
        ),
        ingress_route(
            "cart.secure",
            "low",
            sends("all", asked(8080), "cart.secure", 8080, remove=remove),
            name="cart.secure.ingress.low.http",
        ),
    ]


def test_one_port_of_a_list_needs_no_header() -> None:
    raw = changed({"exports/-": exported(port=GONE, ports=[{"name": "web", "port": 80}])})
    assert belonging(raw, "cluster-1", "cart.secure")[1:] == [
        ingress_route("cart.secure", "low", sends("all", ANY, "cart.secure", 80))
    ]


@pytest.mark.parametrize(
    ("callers", "said"),
    [
        (["cluster-2", "cluster-1"], "spiffe://t/cluster/cluster-1/egress,spiffe://t/cluster/cluster-2/egress"),
        ([], ""),
    ],
)
def test_who_may_call_is_said(callers: list[str], said: str) -> None:
    raw = changed({"tls": {"issuer": "mc-wan", "domain": "t"}, "exports/1/callers": callers})
    by_kind = {one["kind"]: one for one in belonging(raw, "cluster-1", "logging.insecure")}
    assert set(by_kind) == {"ServiceExport", "HTTPRoute", "SecurityPolicy"}
    assert by_kind["ServiceExport"] == export_object("logging.insecure", "low", wan_policy="low", callers=said)


def test_an_older_mcs_api_has_no_exported_annotations() -> None:
    raw = changed({"clusters/cluster-1/mcsApi": "v1alpha1"})
    marked, _ = belonging(raw, "cluster-1", "logging.insecure")
    assert marked == export_object("logging.insecure", "low", version="v1alpha1", wan_policy="low")
    assert "spec" not in marked


def test_every_offering_cluster_has_the_same_but_for_its_name() -> None:
    raw = changed({"exports/1/from": ["cluster-2", {"cluster": "cluster-1", "weight": 0}]})
    for cluster in ("cluster-1", "cluster-2"):
        assert belonging(raw, cluster, "logging.insecure") == [
            export_object("logging.insecure", "low", wan_policy="low"),
            ingress_route("logging.insecure", "low", sends("all", ANY, "logging.insecure", 8080, at=cluster)),
        ]


def test_an_export_with_gateways_of_its_own() -> None:
    own = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    found = belonging(changed({"exports/-": own}), "cluster-1", "cart.secure")
    assert [(one["kind"], one["metadata"]["name"]) for one in found] == [
        ("EnvoyProxy", "cart-ingress"),
        ("ClientTrafficPolicy", "cart-ingress"),
        ("Gateway", "cart-ingress"),
        ("BackendTrafficPolicy", "cart-ingress"),
        ("ServiceExport", "cart"),
        ("HTTPRoute", "cart-ingress.low"),
    ]
    assert found[-1] == ingress_route(
        "cart.secure",
        "low",
        sends("all", ANY, "cart.secure", 80),
        name="cart-ingress.low",
        at=("cart-ingress", "secure"),
    )


@pytest.mark.parametrize("cluster", ["cluster-1", "cluster-2"])
def test_only_offering_clusters_have_ingress_routes(cluster: str) -> None:
    plan = planned()
    found = {
        one["metadata"]["name"] for one in on(plan, cluster, "HTTPRoute") if ".ingress." in one["metadata"]["name"]
    }
    offered = {"logging.insecure.ingress.low", "payment.secure.ingress.high", "payment.secure.ingress.low"}
    assert found == (offered if cluster == "cluster-1" else set())
    assert called(plan, cluster, "ServiceImport", "payment", "secure")
