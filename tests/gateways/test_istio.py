"""The Istio profile: an annotation for the Service's type, a ConfigMap for node ports."""

import json
from typing import Any, Literal

import pytest

from mcwan.gateways import istio
from mcwan.gateways.istio_filters import gateway_filter, upstream_filter
from mcwan.model import Cluster
from mcwan.model.sla import SLA
from mcwan.model.traffic import DEFAULT, Traffic, merged, promised
from mcwan.plan import GatewayRequest, Infrastructure
from mcwan.plan.profile import Certificate, Treatment, UpstreamPlace, UpstreamRequest
from tests.fabrics import called, changed, labelled, on, planned

LABELS = {"a": "b"}
METRICS = (15020, 15090)
PODS = {"gateway.networking.k8s.io/gateway-name": "gw"}
TYPE = "networking.istio.io/service-type"


def request(role: Literal["ingress", "egress"], namespace: str = "mc-wan", **cluster: Any) -> GatewayRequest:
    described = Cluster.model_validate({"gateway": {"profile": "istio", "class": "istio"}} | cluster)
    return GatewayRequest(role, "gw", namespace, described, (31111, 31112), LABELS)


@pytest.mark.parametrize(
    ("asked", "service"),
    [
        (request("ingress"), "gw-istio.mc-wan"),
        (request("egress"), "gw-istio.mc-wan"),
        (request("egress", "secure"), "gw-istio.secure"),
        (request("ingress", gateway={"profile": "istio", "class": "mesh", "serviceNamespace": "x"}), "gw-mesh.x"),
        (request("egress", ingress={"exposure": "NodePort"}), "gw-istio.mc-wan"),
    ],
)
def test_inside_only(asked: GatewayRequest, service: str) -> None:
    assert istio.infrastructure(asked) == Infrastructure(
        service, {TYPE: "ClusterIP"}, objects=(gateway_filter(asked),), pods=PODS, metrics=METRICS
    )


def test_node_ports() -> None:
    asked = request("ingress", ingress={"exposure": "NodePort"})
    found = istio.infrastructure(asked)
    parameters, _ = found.objects
    assert found == Infrastructure(
        "gw-istio.mc-wan",
        {TYPE: "NodePort"},
        {"parametersRef": {"group": "", "kind": "ConfigMap", "name": "gw"}},
        (parameters, gateway_filter(asked)),
        PODS,
        METRICS,
    )
    overlay = json.loads(parameters.pop("data")["service"])
    ports = [{"port": 31111, "nodePort": 31111}, {"port": 31112, "nodePort": 31112}]
    spec = {"externalTrafficPolicy": "Local", "ports": [*ports, {"port": 15021, "$patch": "delete"}]}
    assert overlay == {"spec": spec}
    assert parameters == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "gw", "namespace": "mc-wan", "labels": LABELS},
    }


def test_nothing_is_a_load_balancer() -> None:
    assert {"ClusterIP", "NodePort"} == istio.EXPOSURES


def test_the_plan_has_the_overlay_beside_the_gateway() -> None:
    gateway = {"profile": "istio", "class": "istio"}
    raw = changed({"clusters/cluster-1/gateway": gateway, "clusters/cluster-1/ingress/exposure": "NodePort"})
    plan = planned(raw)
    overlay = called(plan, "cluster-1", "ConfigMap", "mc-wan-ingress", "mc-wan")
    assert overlay["metadata"]["labels"] == labelled("ingress-gateway", "high", "low")
    assert len(on(plan, "cluster-1", "ConfigMap")) == 1, "the egress gateway has none"
    annotations = {one["metadata"]["name"]: one["metadata"]["annotations"] for one in on(plan, "cluster-1", "Gateway")}
    assert annotations == {
        "mc-wan-ingress": {
            TYPE: "NodePort",
            "mc-wan.l7mp.io/addresses": "198.51.100.11",
            "mc-wan.l7mp.io/service": "mc-wan-ingress-istio.mc-wan",
        },
        "mc-wan-egress": {TYPE: "ClusterIP", "mc-wan.l7mp.io/service": "mc-wan-egress-istio.mc-wan"},
    }


TRAFFIC = merged(promised(SLA(jitter_ms=50, latency_ms=100, loss_percent=1)), DEFAULT)
KNOWN = Certificate("gw-tls", "a.b", None)


def upstream(*places: UpstreamPlace, certificate: Certificate | None = KNOWN, **own: Any) -> UpstreamRequest:
    return UpstreamRequest(
        "pay.secure.upstream.high",
        "mc-wan",
        LABELS,
        "high.pay.secure.mc-wan.internal",
        "high",
        31111,
        places,
        merged(Traffic.model_validate(own), TRAFFIC),
        "mc-wan-egress",
        certificate,
    )


EAST = UpstreamPlace("east", ("10.0.0.1", "10.0.0.2"), 31111, 3, spare=False)
WEST = UpstreamPlace("west", ("10.0.1.1",), 31111, 1, spare=False)
OTHER = UpstreamPlace("east", ("10.0.0.1", "10.0.0.2"), 31112, 3, spare=True)


def endpoint(address: str, port: int, weight: int, cluster: str, choice: str) -> dict[str, Any]:
    labels = {"multicluster.kubernetes.io/source-cluster": cluster, "mc-wan.l7mp.io/choice": choice}
    return {"address": address, "ports": {"high": port}, "weight": weight, "labels": labels}


def test_an_upstream_has_all_places_each_with_its_share_and_spares_after_them() -> None:
    asked = upstream(EAST, WEST, OTHER)
    entry, rule, *filters = istio.upstream(asked)
    assert filters == list(upstream_filter(asked))
    metadata = {"name": "pay.secure.upstream.high", "namespace": "mc-wan", "labels": LABELS}
    assert entry == {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": metadata,
        "spec": {
            "hosts": ["high.pay.secure.mc-wan.internal"],
            "exportTo": ["."],
            "location": "MESH_EXTERNAL",
            "resolution": "STATIC",
            "ports": [{"number": 31111, "name": "high", "protocol": "HTTP2"}],
            "endpoints": [
                endpoint("10.0.0.1", 31111, 3, "east", "first"),
                endpoint("10.0.0.2", 31111, 3, "east", "first"),
                endpoint("10.0.1.1", 31111, 2, "west", "first"),
                endpoint("10.0.0.1", 31112, 3, "east", "spare"),
                endpoint("10.0.0.2", 31112, 3, "east", "spare"),
            ],
        },
    }
    assert rule == {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": metadata,
        "spec": {
            "host": "high.pay.secure.mc-wan.internal",
            "exportTo": ["."],
            "trafficPolicy": {
                "loadBalancer": {
                    "simple": "ROUND_ROBIN",
                    "localityLbSetting": {"enabled": True, "failoverPriority": ["mc-wan.l7mp.io/choice=first"]},
                },
                "connectionPool": {
                    "tcp": {"maxConnections": 1024, "connectTimeout": "500ms"},
                    "http": {"http1MaxPendingRequests": 1024, "http2MaxRequests": 1024, "maxRetries": 1024},
                },
                "outlierDetection": {
                    "splitExternalLocalOriginErrors": True,
                    "consecutiveLocalOriginFailures": 5,
                    "consecutiveGatewayErrors": 5,
                    "consecutive5xxErrors": 0,
                    "interval": "1s",
                    "baseEjectionTime": "5s",
                    "maxEjectionPercent": 100,
                    "minHealthPercent": 1,
                },
                "tls": {
                    "mode": "MUTUAL",
                    "credentialName": "gw-tls",
                    "sni": "ingress.east.a.b",
                    "subjectAltNames": ["spiffe://a.b/cluster/east/ingress", "spiffe://a.b/cluster/west/ingress"],
                },
            },
        },
    }


def test_an_upstream_in_plaintext_without_spares() -> None:
    entry, rule = istio.upstream(upstream(EAST, WEST, certificate=None, outliers={"errors": 2, "ejection": "9s"}))
    assert entry["spec"]["ports"] == [{"number": 31111, "name": "high", "protocol": "HTTP"}]
    assert rule["spec"]["trafficPolicy"]["loadBalancer"] == {"simple": "ROUND_ROBIN"}
    assert "tls" not in rule["spec"]["trafficPolicy"]
    out = rule["spec"]["trafficPolicy"]["outlierDetection"]
    assert (out["consecutiveGatewayErrors"], out["consecutiveLocalOriginFailures"]) == (2, 2)
    assert out["baseEjectionTime"] == "9s"


def test_the_weights_of_the_most_places_are_what_envoy_takes() -> None:
    addresses = tuple(f"10.0.0.{host}" for host in range(100))
    every = [UpstreamPlace("c", addresses[: 100 - n], 31111, 1_000_000 - n, spare=False) for n in range(16)]
    entry = istio.upstream(upstream(*every))[0]
    weights = [one["weight"] for one in entry["spec"]["endpoints"]]
    assert sum(weights) < 2**32
    assert weights[0] == pytest.approx(weights[-1] * (1_000_000 / 100) / (999_985 / 85), rel=1e-5)


@pytest.mark.parametrize(
    ("written", "treated"),
    [
        ({}, Treatment()),
        ({"retries": 3, "idempotent": False}, Treatment()),
        ({"retries": 0}, Treatment({"x-envoy-max-retries": "0"})),
        (
            {"idempotent": True, "timeouts": {"request": "5s"}},
            Treatment(
                {"x-envoy-retry-on": "connect-failure,refused-stream,reset-before-request,reset,gateway-error"},
                {"timeouts": {"request": "5s"}},
            ),
        ),
    ],
)
def test_a_rule_says_what_is_not_as_for_the_gateways_others(written: dict[str, Any], treated: Treatment) -> None:
    assert istio.treatment(merged(Traffic.model_validate(written), TRAFFIC)) == treated
