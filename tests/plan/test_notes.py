"""Notes: what a plan could not know, and what does not hold."""

import pytest

from mcwan.plan.notes import too_large
from tests.fabrics import GONE, Raw, changed, exported, planned

KNOWN: Raw = {"clusters/cluster-1/sources": ["10.1.0.0/16"], "clusters/cluster-2/sources": ["10.2.0.0/16"]}


def test_of_clusters() -> None:
    unsaid = "no sources are written, so that no NetworkPolicy protects the WAN ports"
    assert planned().notes() == [f"cluster-1, cluster-2: {unsaid}"]
    raw = changed({"clusters/cluster-1/sources": ["10.1.0.0/16"], "clusters/cluster-2/sources": ["10.2.0.0/16"]})
    assert planned(raw).notes() == []
    raw = changed(
        {
            "clusters/cluster-1/sources": ["10.1.0.0/16"],
            "clusters/cluster-2/ingress": {},
            "clusters/cluster-2/gateway": {"profile": "standard", "class": "internal"},
            "clusters/edge": {"renderTo": "edge", "ingress": {"addresses": ["10.0.0.5"]}, "namespaces": ["secure"]},
            "exports/-": exported(),
            "imports": [{"service": "cart.secure", "clusters": []}],
        }
    )
    assert planned(raw).notes() == [
        f"cluster-2, edge: {unsaid}",
        "cluster-2: no ingress address is known, so that it has no target on the other clusters",
        "cluster-2, GatewayClass internal: profile standard does not say how a gateway is reached: it is up to the "
        "GatewayClass, which must not make a public load balancer",
        "cluster-2: profile standard follows no settings for traffic: the implementation's own defaults hold",
        "cart.secure: no cluster imports it",
    ]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (["0.0.0.0/0"], ["10.2.0.0/16", "::/0"], ["cluster-1: {IPv4}", "cluster-2: {IPv6}"]),
        (["10.1.0.0/16", "0.0.0.0/0"], ["0.0.0.0/0"], ["cluster-1, cluster-2: {IPv4}"]),
        (["0.0.0.0/1", "128.0.0.0/1"], ["10.2.0.0/16"], ["cluster-1: {IPv4}"]),
        (["0.0.0.0/0", "::/0"], ["10.2.0.0/16"], ["cluster-1: {IPv4}", "cluster-1: {IPv6}"]),
        (["0.0.0.0/1"], ["128.0.0.0/1"], []),
        (["0.0.0.0/0"], [], ["cluster-2: {unsaid}", "cluster-1: {IPv4}"]),
    ],
)
def test_of_sources_that_are_everybody(one: list[str], two: list[str], expected: list[str]) -> None:
    raw = changed({"clusters/cluster-1/sources": one, "clusters/cluster-2/sources": two})
    told = "sources have every {} address, so that NetworkPolicies keep none of them away from the WAN ports"
    said = {family: told.format(family) for family in ("IPv4", "IPv6")}
    said["unsaid"] = "no sources are written, so that no NetworkPolicy protects the WAN ports"
    assert planned(raw).notes() == [text.format_map(said) for text in expected]


def test_of_sources_of_another_family_than_the_address_that_requests_are_for() -> None:
    """cluster-1 offers all and asks nobody else; its own pods are admitted by their labels."""
    sources = {"clusters/cluster-1/sources": ["fd01::/64"], "clusters/cluster-2/sources": ["fd02::/64"]}
    told = [
        "cluster-2: sources have no IPv4 network, and cluster-1 is reached by IPv4 only: NetworkPolicies do not admit "
        "the requests of cluster-2 there"
    ]
    assert planned(changed(sources)).notes() == told
    direct: Raw = {"imports": [{"service": key, "path": "direct"} for key in ("logging.insecure",)], "exports/0": GONE}
    assert planned(changed({**sources, **direct})).notes() == told
    both = {"clusters/cluster-1/ingress/addresses": ["198.51.100.11", "fd01::11"]}
    assert planned(changed({**sources, **both})).notes() == []
    assert planned(changed({**sources, "clusters/cluster-1/ingress": {}, "exports": []})).notes() == [
        "cluster-1: no ingress address is known, so that it has no target on the other clusters"
    ]
    assert planned(changed({**sources, "clusters/cluster-2/sources": ["fd02::/64", "10.2.0.0/16"]})).notes() == []


def test_of_a_time_for_one_try_where_there_is_only_one() -> None:
    """The example's rule `queries` is for GET only, and may be repeated; `stats` is not."""
    times = {"timeouts": {"perTry": "400ms"}}
    told = "only requests that may be repeated are cut off; idempotent: true says that they may"
    assert planned(changed({**KNOWN, "exports/0/traffic": times})).notes() == [
        f"payment.secure: perTry does not hold for rule stats: {told}"
    ]
    assert planned(changed({**KNOWN, "wanPolicies/low/traffic": times})).notes() == [
        f"WAN policy low: perTry does not hold for logging.insecure, payment.secure: {told}"
    ]
    assert planned(changed({**KNOWN, "wanPolicies/high/traffic": times})).notes() == []
    assert planned(changed({**KNOWN, "exports/0/traffic": times | {"idempotent": True}})).notes() == []


def test_of_an_object_that_no_api_server_stores() -> None:
    def policy(size: int) -> Raw:
        name = {"name": "mc-wan-ingress", "namespace": "mc-wan"}
        return {"kind": "AuthorizationPolicy", "metadata": name, "spec": {"rules": ["x" * size]}}

    told = "west: AuthorizationPolicy mc-wan/mc-wan-ingress has 1.6 MiB, and etcd takes 1.5"
    remedy = "have meshes import the same exports, or fewer"
    found = too_large({"east": [policy(3 * 2**19 - 200)], "west": [policy(1_700_000), policy(1)]})
    assert list(found) == [f"{told}: {remedy}"]
