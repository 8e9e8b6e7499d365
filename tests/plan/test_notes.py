"""Notes: what a plan could not know, and what does not hold."""

from mcwan.plan.notes import too_large
from tests.fabrics import Raw, changed, exported, planned

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
