"""The Envoy Gateway profile: an EnvoyProxy pins the Service's type and name."""

from typing import Any, Literal

import pytest

from mcwan.gateways import envoy_gateway
from mcwan.model import Cluster
from mcwan.plan import GatewayRequest, Infrastructure
from tests.fabrics import Raw, called, changed, exported, labelled, lines, planned

LABELS = {"a": "b"}
LOGGED = {
    "start_time": "%START_TIME%",
    "x-request-id": "%REQ(X-REQUEST-ID)%",
    "x-forwarded-for": "%REQ(X-FORWARDED-FOR)%",
    "method": "%REQ(:METHOD)%",
    ":authority": "%REQ(:AUTHORITY)%",
    "x-envoy-origin-path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "response_code": "%RESPONSE_CODE%",
    "response_code_details": "%RESPONSE_CODE_DETAILS%",
    "response_flags": "%RESPONSE_FLAGS%",
    "duration": "%DURATION%",
    "route_name": "%ROUTE_NAME%",
    "upstream_host": "%UPSTREAM_HOST%",
}


def request(role: Literal["ingress", "egress"], namespace: str = "mc-wan", **cluster: Any) -> GatewayRequest:
    return GatewayRequest(role, "gw", namespace, Cluster.model_validate(cluster), (31111, 31112), LABELS)


def expected(name: str, namespace: str, service: Raw, behind: str) -> Infrastructure:
    proxy = {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "EnvoyProxy",
        "metadata": {"name": "gw", "namespace": namespace, "labels": LABELS},
        "spec": {
            "provider": {
                "type": "Kubernetes",
                "kubernetes": {"envoyService": {"name": name, **service}, "useListenerPortAsContainerPort": True},
            },
            "telemetry": {
                "accessLog": {
                    "settings": [
                        {
                            "format": {"type": "JSON", "json": LOGGED},
                            "sinks": [{"type": "File", "file": {"path": "/dev/stdout"}}],
                        }
                    ]
                }
            },
        },
    }
    reference = {"parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "gw"}}
    return Infrastructure(f"{name}.{behind}", None, reference, (proxy,))


NODE_PORTS = {
    "type": "StrategicMerge",
    "value": {"spec": {"ports": [{"port": 31111, "nodePort": 31111}, {"port": 31112, "nodePort": 31112}]}},
}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (request("ingress"), expected("gw", "mc-wan", {"type": "ClusterIP"}, "envoy-gateway-system")),
        (request("egress"), expected("gw", "mc-wan", {"type": "ClusterIP"}, "envoy-gateway-system")),
        (
            request("ingress", "secure"),
            expected("gw-secure", "secure", {"type": "ClusterIP"}, "envoy-gateway-system"),
        ),
        (
            request("egress", gateway={"serviceNamespace": "eg"}),
            expected("gw", "mc-wan", {"type": "ClusterIP"}, "eg"),
        ),
        (
            request("ingress", ingress={"exposure": "NodePort"}),
            expected("gw", "mc-wan", {"type": "NodePort", "patch": NODE_PORTS}, "envoy-gateway-system"),
        ),
        (
            request("egress", ingress={"exposure": "NodePort"}),
            expected("gw", "mc-wan", {"type": "ClusterIP"}, "envoy-gateway-system"),
        ),
    ],
    ids=["ingress", "egress", "of an export", "in another namespace", "node ports", "no node ports for egress"],
)
def test_infrastructure(asked: GatewayRequest, found: Infrastructure) -> None:
    assert envoy_gateway.infrastructure(asked) == found


def test_nothing_is_a_load_balancer() -> None:
    assert {"ClusterIP", "NodePort"} == envoy_gateway.EXPOSURES


def test_the_plan_has_the_proxy_beside_the_gateway() -> None:
    plan = planned(changed({"clusters/cluster-1/ingress/exposure": "NodePort"}))
    proxy = called(plan, "cluster-1", "EnvoyProxy", "mc-wan-ingress", "mc-wan")
    assert proxy["metadata"]["labels"] == labelled("ingress-gateway", "high", "low")
    assert proxy["spec"]["provider"]["kubernetes"]["envoyService"] == {
        "name": "mc-wan-ingress",
        "type": "NodePort",
        "patch": NODE_PORTS,
    }
    other = called(plan, "cluster-2", "EnvoyProxy", "mc-wan-ingress", "mc-wan")
    assert other["spec"]["provider"]["kubernetes"]["envoyService"] == {"name": "mc-wan-ingress", "type": "ClusterIP"}


def test_the_services_of_two_exports_have_two_names() -> None:
    """Both lie in the controller's namespace: `x` in `ingress-y`, and `x-ingress` in `y`."""

    def own(service: str, address: str) -> Raw:
        offers = [{"cluster": "cluster-1", "addresses": [address]}]
        return exported(service=service, scope="service", from_=offers)

    raw = changed({"clusters/cluster-1/namespaces": ["ingress-y", "y"], "clusters/cluster-2/namespaces": []})
    raw["exports"] = [own("x.ingress-y", "10.0.0.1"), own("x-ingress.y", "10.0.0.2")]
    assert lines(raw) == [
        "exports[1].scope: 'x-ingress-ingress-y': the name of a gateway's Service on cluster-1, and already that of "
        "x-ingress in ingress-y; allowed: a name of its own; export under another name, or use the shared scope"
    ]
    raw["exports"][1]["service"] = "z.y"
    assert lines(raw) == []
