"""TLS of each profile, as whole objects; and callers."""

from dataclasses import replace
from typing import Literal

import pytest

from mcwan.gateways import envoy_gateway, istio, standard
from mcwan.model import Cluster
from mcwan.plan import GatewayRequest
from mcwan.plan.profile import Certificate, RouteRequest, TargetRequest
from tests.fabrics import Raw

LABELS = {"a": "b"}
NAMED = tuple(f"p{number:02}" for number in range(20))
METADATA = {"name": "to-east", "namespace": "mc-wan", "labels": LABELS}


def request(role: Literal["ingress", "egress"], config_map: str | None = None) -> GatewayRequest:
    known = Certificate("gw-tls", "a.b", config_map)
    cluster = Cluster.model_validate({"gateway": {"class": "x"}})
    return GatewayRequest(role, "gw", "mc-wan", cluster, (31111,), LABELS, secure=frozenset({31111}), certificate=known)


def target(*policies: str, kind: str = "Service", plain: tuple[str, ...] = ()) -> TargetRequest:
    every = tuple(sorted({*policies, *plain}))
    return TargetRequest("to-east", "mc-wan", kind, LABELS, "east", every, policies, Certificate("gw-tls", "a.b", None))


TERMINATE = {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": "gw-tls"}]}


def test_listeners() -> None:
    assert envoy_gateway.infrastructure(request("ingress")).listener_tls == TERMINATE
    assert standard.infrastructure(request("ingress", "ca")).listener_tls == TERMINATE
    mutual = {"options": {"gateway.istio.io/tls-terminate-mode": "MUTUAL"}}
    assert istio.infrastructure(request("ingress")).listener_tls == TERMINATE | mutual


@pytest.mark.parametrize(("config_map", "kind", "name"), [(None, "Secret", "gw-tls"), ("ca", "ConfigMap", "ca")])
def test_envoy_gateways_ingress_wants_an_identity_of_the_fabric(config_map: str | None, kind: str, name: str) -> None:
    _, policy, _ = envoy_gateway.infrastructure(request("ingress", config_map)).objects
    assert policy["spec"] == {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}],
        "headers": {"requestID": "PreserveOrGenerate"},
        "tls": {
            "minVersion": "1.3",
            "clientValidation": {
                "mode": "RequireAndVerify",
                "caCertificateRefs": [{"group": "", "kind": kind, "name": name}],
                "subjectAltNames": {"uris": [{"type": "Prefix", "value": "spiffe://a.b/cluster/"}]},
            },
        },
    }


def test_egress_gateways_show_their_certificate() -> None:
    (proxy,) = envoy_gateway.infrastructure(request("egress")).objects
    assert proxy["spec"]["backendTLS"] == {"clientCertificateRef": {"kind": "Secret", "name": "gw-tls"}}
    assert standard.infrastructure(request("egress", "ca")).tls == {
        "backend": {"clientCertificateRef": {"name": "gw-tls"}}
    }


def test_the_standard_profiles_ingress_validates_clients() -> None:
    root = {"group": "", "kind": "ConfigMap", "name": "ca"}
    assert standard.infrastructure(request("ingress", "ca")).tls == {
        "frontend": {"default": {"validation": {"caCertificateRefs": [root]}}}
    }


def policy(name: str, *targets: Raw) -> Raw:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "BackendTLSPolicy",
        "metadata": METADATA | {"name": name},
        "spec": {
            "targetRefs": list(targets),
            "validation": {
                "caCertificateRefs": [{"group": "", "kind": "Secret", "name": "gw-tls"}],
                "hostname": "ingress.east.a.b",
                "subjectAltNames": [{"type": "URI", "uri": "spiffe://a.b/cluster/east/ingress"}],
            },
        },
    }


def test_a_targets_policies_name_at_most_16_ports_each() -> None:
    service = {"group": "", "kind": "Service", "name": "to-east"}
    backend = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "to-east"}
    named = [service | {"sectionName": name} for name in NAMED]
    for profile in (envoy_gateway, standard):
        assert profile.target(target("p00", "p01")) == (policy("to-east", service),)
        assert profile.target(target("p00", plain=("p01",))) == (policy("to-east", named[0]),)
        assert profile.target(target(*NAMED, plain=("q",))) == (
            policy("to-east", *named[:16]),
            policy("to-east.1", *named[16:]),
        )
        assert profile.target(target("p00", kind="Backend")) == (policy("to-east", backend),)
        assert profile.target(target(plain=("p00",))) == ()
        assert profile.target(replace(target("p00"), certificate=None)) == ()


@pytest.mark.parametrize(
    ("identities", "rules"),
    [
        ([], {}),
        (
            ["b", "a"],
            {
                "rules": [
                    {
                        "name": "callers",
                        "action": "Allow",
                        "cel": 'connection.uri_san_peer_certificate in ["a", "b"]',
                    }
                ]
            },
        ),
    ],
)
def test_callers(identities: list[str], rules: Raw) -> None:
    asked = RouteRequest("to-east", "mc-wan", LABELS, {})
    (found,) = envoy_gateway.callers(asked, identities)
    route = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "to-east"}
    assert found == {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "SecurityPolicy",
        "metadata": METADATA,
        "spec": {"targetRefs": [route], "authorization": {"defaultAction": "Deny", **rules}},
    }


@pytest.mark.parametrize(
    ("identities", "source"),
    [([], {"principals": ["*"]}), (["spiffe://b/c", "spiffe://a/c"], {"notPrincipals": ["a/c", "b/c"]})],
)
def test_istios_callers(identities: list[str], source: Raw) -> None:
    asked = RouteRequest("to-east", "mc-wan", LABELS, {}, gateway="gw", hostnames=("pay.secure",))
    assert istio.callers(asked, identities) == (
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": METADATA,
            "spec": {
                "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}],
                "action": "DENY",
                "rules": [
                    {
                        "from": [{"source": source}],
                        "to": [{"operation": {"hosts": ["pay.secure", "pay.secure:*"]}}],
                    }
                ],
            },
        },
    )


def test_istios_ingress_gateway_refuses_clients_of_another_fabric() -> None:
    policy_, _ = istio.infrastructure(request("ingress")).objects
    assert policy_ == {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "gw", "namespace": "mc-wan", "labels": LABELS},
        "spec": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}],
            "action": "DENY",
            "rules": [
                {
                    "from": [{"source": {"notPrincipals": ["a.b/cluster/*"]}}],
                    "to": [{"operation": {"ports": ["31111"]}}],
                }
            ],
        },
    }


def test_istios_egress_gateway_may_read_its_secret() -> None:
    role, binding, _ = istio.infrastructure(request("egress")).objects
    metadata = {"name": "gw", "namespace": "mc-wan", "labels": LABELS}
    assert role == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": metadata,
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}],
    }
    assert binding == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "gw"},
        "subjects": [{"kind": "ServiceAccount", "name": "gw-x", "namespace": "mc-wan"}],
    }
