"""Targets: a Service and its slices for each remote ingress gateway."""

import pytest

from tests.fabrics import GONE, ISSUED, Raw, called, changed, exported, labelled, on, planned

SOURCE = {"multicluster.kubernetes.io/source-cluster": "cluster-1"}


def ports(**numbers: int) -> list[Raw]:
    return [{"name": name, "port": port, "protocol": "TCP", "appProtocol": "http"} for name, port in numbers.items()]


def service(name: str, namespace: str, labels: dict[str, str], **numbers: int) -> Raw:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"type": "ClusterIP", "ports": [one | {"targetPort": one["port"]} for one in ports(**numbers)]},
    }


def endpoints(name: str, namespace: str, labels: dict[str, str], addresses: list[str], **numbers: int) -> Raw:
    family = "IPv6" if ":" in addresses[0] else "IPv4"
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-{family.lower()}",
            "namespace": namespace,
            "labels": labels | {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "mcwan"},
        },
        "addressType": family,
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
        "ports": ports(**numbers),
    }


WAN = {"high": 31111, "low": 31112}
LABELS = labelled("target", "high", "low") | SOURCE


@pytest.mark.parametrize(
    ("addresses", "slices"),
    [
        (["198.51.100.11"], [["198.51.100.11"]]),
        (["10.0.0.10", "10.0.0.9", "10.0.0.10"], [["10.0.0.9", "10.0.0.10"]]),
        (["fd00::2", "FD00:0::1"], [["fd00::1", "fd00::2"]]),
        (["fd00::1", "10.0.0.9"], [["10.0.0.9"], ["fd00::1"]]),
    ],
    ids=["IPv4", "several, by number, each once", "IPv6", "both"],
)
def test_a_target(addresses: list[str], slices: list[list[str]]) -> None:
    plan = planned(changed({"clusters/cluster-1/ingress/addresses": addresses}))
    found = [
        one
        for one in on(plan, "cluster-2")
        if one["metadata"]["labels"].get("multicluster.kubernetes.io/source-cluster") == "cluster-1"
    ]
    expected = service("target-cluster-1", "mc-wan", LABELS, **WAN)
    if any(":" in address for address in addresses):
        expected["spec"]["ipFamilyPolicy"] = "PreferDualStack"
    assert found == [expected, *(endpoints("target-cluster-1", "mc-wan", LABELS, one, **WAN) for one in slices)]


def test_targets_belong_to_pairs_of_clusters() -> None:
    raw = changed(
        {
            "clusters/edge": {"renderTo": "out"},
            "exports/-": exported(),
            "clusters/dmz": {"renderTo": "dmz", "ingress": {"addresses": ["10.0.0.5"]}},
        }
    )
    plan = planned(raw)
    for cluster in raw["clusters"]:
        names = [one["metadata"]["name"] for one in on(plan, cluster, "Service")]
        expected = {f"target-{one}" for one in ("cluster-1", "cluster-2", "dmz") if one != cluster}
        assert {name for name in names if name.startswith("target-")} == expected, "edge has no address"
    assert plan.notes()[1:] == ["edge: no ingress address is known, so that it has no target on the other clusters"]


def test_a_cluster_alone_has_no_targets() -> None:
    plan = planned(changed({"clusters/cluster-2": GONE}))
    assert on(plan, "cluster-1", "EndpointSlice") == []


def test_an_export_with_gateways_of_its_own_has_targets_of_its_own() -> None:
    offers = [
        {"cluster": "cluster-1", "addresses": ["10.0.0.1"]},
        {"cluster": "cluster-2", "addresses": ["10.0.0.2", "fd00::2"]},
    ]
    plan = planned(changed({"exports": [exported(scope="service", from_=offers)]}))
    labels = labelled("target", "low", export="cart.secure") | SOURCE
    name = "cart-clusterset-to-cluster-1"
    assert called(plan, "cluster-2", "Service", name, "secure") == service(name, "secure", labels, low=31112)
    assert called(plan, "cluster-2", "EndpointSlice", f"{name}-ipv4", "secure") == endpoints(
        name, "secure", labels, ["10.0.0.1"], low=31112
    )
    own = [
        one["metadata"]["name"]
        for one in on(plan, "cluster-1", "EndpointSlice")
        if one["metadata"]["namespace"] == "secure"
    ]
    assert own == ["cart-clusterset-to-cluster-2-ipv4", "cart-clusterset-to-cluster-2-ipv6"]


def test_an_offer_without_weight_has_no_target_of_its_own() -> None:
    offers = [
        {"cluster": "cluster-1", "addresses": ["10.0.0.1"]},
        {"cluster": "cluster-2", "addresses": ["10.0.0.2"], "weight": 0},
    ]
    plan = planned(changed({"exports": [exported(scope="service", from_=offers)]}))
    assert [one["metadata"]["namespace"] for one in on(plan, "cluster-1", "EndpointSlice")] == ["mc-wan"]


def test_by_tls_gateways_speak_http_2_where_both_can() -> None:
    """Plaintext stays HTTP/1; so does TLS to or from a gateway of which it is not known."""
    changes: Raw = {"tls": ISSUED | {"caConfigMap": "root"}, "wanPolicies/low/tls": "plaintext"}
    for name, profile in (("edge", {"profile": "standard", "class": "x"}), ("mesh", {"profile": "istio"})):
        address = f"10.0.0.{4 + len(changes)}"
        changes[f"clusters/{name}"] = {"renderTo": name, "ingress": {"addresses": [address]}, "gateway": profile}
    plan = planned(changed(changes))

    def spoken(cluster: str, kind: str, name: str) -> list[str]:
        found = called(plan, cluster, kind, name, "mc-wan")
        return [one["appProtocol"] for one in (found["spec"]["ports"] if kind == "Service" else found["ports"])]

    assert spoken("cluster-2", "Service", "target-cluster-1") == ["kubernetes.io/h2c", "http"]
    assert spoken("cluster-2", "EndpointSlice", "target-cluster-1-ipv4") == ["kubernetes.io/h2c", "http"]
    assert spoken("cluster-2", "Service", "target-mesh") == ["kubernetes.io/h2c", "http"]
    assert spoken("cluster-2", "Service", "target-edge") == ["http", "http"]
    assert spoken("edge", "Service", "target-cluster-1") == ["http", "http"]
