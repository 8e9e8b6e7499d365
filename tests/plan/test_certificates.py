"""Certificates: what is ordered, and where gateways take them from."""

from typing import Any

from tests.fabrics import ISSUED, Raw, called, changed, exported, labelled, on, planned


def certificate(name: str, namespace: str, labels: dict[str, str], cluster: str, role: str) -> Raw:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "secretName": name,
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "mc-wan"},
            "dnsNames": [f"{role}.{cluster}.test.mc-wan.internal"],
            "uris": [f"spiffe://test.mc-wan.internal/cluster/{cluster}/{role}"],
            "usages": [
                "digital signature",
                "key encipherment",
                {"ingress": "server auth", "egress": "client auth"}[role],
            ],
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        },
    }


def test_each_gateway_orders_its_own() -> None:
    found = on(planned(tls=ISSUED), "cluster-2", "Certificate")
    egress, ingress = (labelled(f"{role}-gateway", "high", "low") for role in ("egress", "ingress"))
    assert found == [
        certificate("mc-wan-egress-tls", "mc-wan", egress, "cluster-2", "egress"),
        certificate("mc-wan-ingress-tls", "mc-wan", ingress, "cluster-2", "ingress"),
    ]


def test_gateways_of_an_exports_own_order_theirs() -> None:
    own = exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])
    plan = planned(changed({"tls": ISSUED, "exports/-": own}))
    labels = labelled("ingress-gateway", "high", "low", export="cart.secure")
    assert called(plan, "cluster-1", "Certificate", "cart-ingress-tls", "secure") == certificate(
        "cart-ingress-tls", "secure", labels, "cluster-1", "ingress"
    )


def test_where_secrets_are_written_nothing_is_ordered() -> None:
    tls: dict[str, Any] = {"secrets": {"ingress": "in", "egress": "out"}}
    plan = planned(tls=tls)
    assert on(plan, "cluster-1", "Certificate") == []
    listeners = called(plan, "cluster-1", "Gateway", "mc-wan-ingress", "mc-wan")["spec"]["listeners"]
    assert [(one["protocol"], one["tls"]) for one in listeners] == [
        ("HTTPS", {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": "in"}]})
    ] * 2


def test_where_all_is_plaintext_nothing_is_ordered() -> None:
    plan = planned(changed({"tls": ISSUED | {"mode": "plaintext"}}))
    assert on(plan, "cluster-1", "Certificate") == on(plan, "cluster-1", "BackendTLSPolicy") == []


def test_a_plaintext_policy_keeps_its_listener_and_its_port_of_a_target() -> None:
    plan = planned(changed({"tls": ISSUED, "wanPolicies/low/tls": "plaintext"}))
    listeners = called(plan, "cluster-1", "Gateway", "mc-wan-ingress", "mc-wan")["spec"]["listeners"]
    assert {one["name"]: (one["protocol"], "tls" in one) for one in listeners} == {
        "high": ("HTTPS", True),
        "low": ("HTTP", False),
    }
    policy = called(plan, "cluster-2", "BackendTLSPolicy", "target-cluster-1", "mc-wan")
    assert policy["spec"]["targetRefs"] == [
        {"group": "", "kind": "Service", "name": "target-cluster-1", "sectionName": "high"}
    ]
