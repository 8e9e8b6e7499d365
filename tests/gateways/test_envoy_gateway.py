"""The Envoy Gateway profile: an EnvoyProxy pins the Service's type and name."""

from typing import Any, Literal

import pytest

from mcwan.gateways import envoy_gateway, envoy_metrics
from mcwan.model import Cluster
from mcwan.plan import GatewayRequest, Infrastructure
from mcwan.plan.profile import Certificate, RouteRequest
from tests.fabrics import Raw, called, changed, exported, labelled, lines, planned

LABELS = {"a": "b"}
LOGGED = {
    "start_time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    ":authority": "%REQ(:AUTHORITY)%",
    "x-envoy-origin-path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "response_code": "%RESPONSE_CODE%",
    "response_code_details": "%RESPONSE_CODE_DETAILS%",
    "response_flags": "%RESPONSE_FLAGS%",
    "duration": "%DURATION%",
    "route_name": "%ROUTE_NAME%",
    "upstream_host": "%UPSTREAM_HOST%",
    "x-request-id": "%REQ(X-REQUEST-ID)%",
    "spanid": "%REQ(SPANID)%",
    "traceparent": "%REQ(TRACEPARENT)%",
    "export": "%REQ(MC-WAN-EXPORT)%",
    "source_cluster": "%REQ(MC-WAN-SOURCE)%",
}
LOGGED_BY = {
    "egress": {
        "wan_policy": "%RESP(MC-WAN-POLICY)%",
        "tunnel": "%RESP(MC-WAN-TUNNEL)%",
        "destination_cluster": "%RESP(MC-WAN-DESTINATION)%",
    },
    "ingress": {
        "wan_policy": "%REQ(MC-WAN-POLICY)%",
        "tunnel": "%REQ(MC-WAN-TUNNEL)%",
        "peer": "%DOWNSTREAM_PEER_URI_SAN%",
        "destination_cluster": "east",
    },
}
GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}
API = "gateway.envoyproxy.io/v1alpha1"
KNOWN = Certificate("gw-tls", "a.b", None)


def one_of(kind: str, namespace: str, spec: Raw, name: str = "gw") -> Raw:
    metadata = {"name": name, "namespace": namespace, "labels": LABELS}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def request(role: Literal["ingress", "egress"], namespace: str = "mc-wan", **cluster: Any) -> GatewayRequest:
    return GatewayRequest(role, "gw", namespace, Cluster.model_validate(cluster), (31111, 31112), LABELS, site="east")


def expected(
    role: Literal["ingress", "egress"], name: str, namespace: str, service: Raw, behind: str = "envoy-gateway-system"
) -> Infrastructure:
    proxy = one_of(
        "EnvoyProxy",
        namespace,
        {
            "provider": {
                "type": "Kubernetes",
                "kubernetes": {"envoyService": {"name": name, **service}, "useListenerPortAsContainerPort": True},
            },
            "telemetry": {
                "accessLog": {
                    "settings": [
                        {
                            "format": {"type": "JSON", "json": LOGGED | LOGGED_BY[role]},
                            "sinks": [{"type": "File", "file": {"path": "/dev/stdout"}}],
                        }
                    ]
                },
                "metrics": envoy_metrics.metrics(request(role, namespace)),
            },
            "bootstrap": envoy_metrics.bootstrap(request(role, namespace)),
        },
    )
    target = {"targetRefs": [GATEWAY]}
    policies = (
        one_of("ClientTrafficPolicy", namespace, {**target, "headers": {"requestID": "PreserveOrGenerate"}}),
        one_of("BackendTrafficPolicy", namespace, {**target, "timeout": {"http": {"requestTimeout": "0s"}}}),
    )
    pods = {
        "gateway.envoyproxy.io/owning-gateway-name": "gw",
        "gateway.envoyproxy.io/owning-gateway-namespace": namespace,
    }
    reference = {"parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "gw"}}
    return Infrastructure(
        f"{name}.{behind}", None, reference, (proxy, *(policies if role == "ingress" else ())), pods, (19001,)
    )


NODE_PORTS = {
    "type": "StrategicMerge",
    "value": {"spec": {"ports": [{"port": 31111, "nodePort": 31111}, {"port": 31112, "nodePort": 31112}]}},
}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (request("ingress"), expected("ingress", "gw", "mc-wan", {"type": "ClusterIP"})),
        (request("egress"), expected("egress", "gw", "mc-wan", {"type": "ClusterIP"})),
        (
            request("ingress", "secure"),
            expected("ingress", "gw-secure", "secure", {"type": "ClusterIP"}),
        ),
        (
            request("egress", gateway={"serviceNamespace": "eg"}),
            expected("egress", "gw", "mc-wan", {"type": "ClusterIP"}, "eg"),
        ),
        (
            request("ingress", ingress={"exposure": "NodePort"}),
            expected("ingress", "gw", "mc-wan", {"type": "NodePort", "patch": NODE_PORTS}),
        ),
        (
            request("egress", ingress={"exposure": "NodePort"}),
            expected("egress", "gw", "mc-wan", {"type": "ClusterIP"}),
        ),
    ],
    ids=["ingress", "egress", "of an export", "in another namespace", "node ports", "no node ports for egress"],
)
def test_infrastructure(asked: GatewayRequest, found: Infrastructure) -> None:
    assert envoy_gateway.infrastructure(asked) == found


@pytest.mark.parametrize(
    ("ingress", "annotations"),
    [
        (
            {"balancer": "aws"},
            {
                "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
                "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
            },
        ),
        ({"balancer": "azure"}, {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}),
        ({"balancer": "gcp"}, {"networking.gke.io/load-balancer-type": "Internal"}),
        ({"balancer": "metallb", "balancerPool": "sdwan"}, {"metallb.io/address-pool": "sdwan"}),
    ],
)
def test_a_load_balancer_is_an_internal_one(ingress: Raw, annotations: Raw) -> None:
    balanced = ingress | {"exposure": "LoadBalancer"}
    service = {"type": "LoadBalancer", "annotations": annotations}
    found = envoy_gateway.infrastructure(request("ingress", ingress=balanced))
    assert found == expected("ingress", "gw", "mc-wan", service)
    found = envoy_gateway.infrastructure(request("egress", ingress=balanced))
    assert found == expected("egress", "gw", "mc-wan", {"type": "ClusterIP"})


def test_it_can_order_every_exposure() -> None:
    assert {"ClusterIP", "NodePort", "LoadBalancer"} == envoy_gateway.EXPOSURES


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


def test_expressions_stay_within_their_limit_and_say_all() -> None:
    """Envoy Gateway's API takes 4096 characters in one; any rule that matches admits."""
    hosts = [f"payment-service-{number}.shop.svc.cluster.local" for number in range(300)]
    made = envoy_gateway.mesh_callers("gw", "mc-wan", {}, "wan.example", {"east.example": hosts, "west.example": hosts})
    identities = [f"spiffe://east.example/ns/a-namespace/sa/account-{number}" for number in range(300)]
    request = RouteRequest("r", "mc-wan", {}, {})
    (called,) = envoy_gateway.callers(request, [*identities, "spiffe://west.example/*"])
    for policy, values in ((made, hosts), (called, identities)):
        rules = policy["spec"]["authorization"]["rules"]
        assert len(rules) > 1
        assert max(len(one["cel"]) for one in rules) <= 4096
        assert len({one["name"] for one in rules}) == len(rules)
        text = " || ".join(one["cel"] for one in rules)
        assert [value for value in values if f'"{value}"' not in text] == []
    assert made["spec"]["authorization"]["rules"][0]["cel"].startswith("!connection.mtls || ")
