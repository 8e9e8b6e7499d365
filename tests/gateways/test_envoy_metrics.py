"""Envoy's metrics: of an upstream's name every part becomes a label, whatever gateway it is on."""

import re
from typing import Any, Literal

import pytest

from mcwan.gateways import envoy_metrics
from mcwan.gateways.envoy_metrics import NAMED
from mcwan.model import Cluster
from mcwan.plan import GatewayRequest
from mcwan.plan.manifests import Manifest
from tests.fabrics import changed, exported, on, planned, rule, ruled

Role = Literal["ingress", "egress"]
END = r"/[^./]+\."


def request(role: Role, name: str = "gw", namespace: str = "mc-wan") -> GatewayRequest:
    return GatewayRequest(role, name, namespace, Cluster.model_validate({}), (31111,), {}, site="east")


def patch(tag: Manifest) -> Manifest:
    return {"op": "add", "path": "/stats_config/stats_tags/-", "value": tag}


@pytest.mark.parametrize(
    ("role", "more"),
    [
        ("egress", [{"tag_name": "source_cluster", "fixed_value": "east"}]),
        (
            "ingress",
            [
                {"tag_name": "wan_policy", "regex": rf"^cluster\.([^./]+\.[^./]+\.[^./]+\.([^./]+)[^/]*{END})"},
                {"tag_name": "destination_cluster", "fixed_value": "east"},
            ],
        ),
    ],
)
def test_the_bootstrap_makes_labels_of_names(role: Role, more: list[Manifest]) -> None:
    tags = [
        {"tag_name": "export", "regex": rf"^cluster\.(([^./]+\.[^./]+)\.[^/]+{END})"},
        {"tag_name": "rule", "regex": r"^cluster\.([^/]+/([^./]+)\.)"},
        *more,
    ]
    assert envoy_metrics.bootstrap(request(role)) == {"type": "JSONPatch", "jsonPatches": [patch(tag) for tag in tags]}


@pytest.mark.parametrize(
    ("role", "name", "namespace", "expected"),
    [
        (
            "egress",
            "mc-wan-egress",
            "mc-wan",
            {"clusterStatName": "%ROUTE_NAME%/%ROUTE_RULE_NAME%", "enablePerEndpointStats": True},
        ),
        ("ingress", "mc-wan-ingress", "mc-wan", {"clusterStatName": "%ROUTE_NAME%/%ROUTE_RULE_NAME%"}),
        (
            "egress",
            "cart-clusterset",
            "secure",
            {"clusterStatName": "cart.secure.%ROUTE_NAME%/%ROUTE_RULE_NAME%", "enablePerEndpointStats": True},
        ),
        ("ingress", "cart-ingress", "secure", {"clusterStatName": "cart.secure.%ROUTE_NAME%/%ROUTE_RULE_NAME%"}),
    ],
)
def test_an_upstream_is_called_as_its_export_route_and_rule(
    role: Role, name: str, namespace: str, expected: Manifest
) -> None:
    assert envoy_metrics.metrics(request(role, name, namespace)) == expected


CART: dict[str, Any] = {"from_": [{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}], "scope": "service"}
SEVERAL = {"ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]}


@pytest.mark.parametrize(
    ("export", "egress", "ingress"),
    [
        (exported(), {("cart.secure", "all")}, {("cart.secure", "all", "low")}),
        (
            ruled(rule("one", "high", {"method": "GET"}), rule("two", "low")),
            {("cart.secure", "one"), ("cart.secure", "two")},
            {("cart.secure", "one", "high"), ("cart.secure", "two", "low")},
        ),
        (
            {key: value for key, value in exported().items() if key != "port"} | SEVERAL,
            {("cart.secure", "all")},
            {("cart.secure", "all", "low")},
        ),
        (exported(**CART), {("cart.secure", "all")}, {("cart.secure", "all", "low")}),
    ],
)
def test_the_labels_are_those_of_the_fabric(
    export: dict[str, Any], egress: set[tuple[str, ...]], ingress: set[tuple[str, ...]]
) -> None:
    plan = planned(changed({"exports": [export]}))
    proxies = {one["metadata"]["name"]: one["spec"] for one in on(plan, "cluster-1", "EnvoyProxy")}
    found: dict[str, set[tuple[str, ...]]] = {"egress": set(), "ingress": set()}
    for route in on(plan, "cluster-1", "HTTPRoute"):
        spec = proxies[route["spec"]["parentRefs"][0]["name"]]
        role = "egress" if "enablePerEndpointStats" in spec["telemetry"]["metrics"] else "ingress"
        for one in route["spec"]["rules"]:
            if one.get("backendRefs"):
                found[role].add(labels(spec, route["metadata"]["name"], one["name"]))
    assert found == {"egress": egress, "ingress": ingress}


def labels(spec: Manifest, route: str, of_rule: str) -> tuple[str, ...]:
    """Give the labels that Envoy makes: the second group; that it takes the first out leaves the metric's own name."""
    stat = spec["telemetry"]["metrics"]["clusterStatName"]
    name = stat.replace("%ROUTE_NAME%", route).replace("%ROUTE_RULE_NAME%", of_rule)
    tags = [one["value"] for one in spec["bootstrap"]["jsonPatches"]]
    found = [re.match(tag["regex"], f"cluster.{name}.upstream_rq_total") for tag in tags if "regex" in tag]
    assert next(one[0] for one in found if one) == f"cluster.{name}."
    by_endpoint = re.fullmatch(NAMED, name)
    assert by_endpoint is not None
    values = tuple(one[2] for one in found if one)
    assert by_endpoint.groups() == values[:2]
    return values
