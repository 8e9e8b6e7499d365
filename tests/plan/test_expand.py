"""The whole plan: owners, notes, no change of what was given."""

from copy import deepcopy

from mcwan.plan import Owner
from tests.fabrics import ISSUED, changed, described, exported, fabric, planned


def test_owners() -> None:
    plan = planned()
    assert list(plan.by_owner) == [
        Owner("EastWestGateway", "mc-wan"),
        Owner("ServiceExport", "logging.insecure"),
        Owner("ServiceExport", "payment.secure"),
        Owner("ServiceImport", "logging.insecure"),
        Owner("ServiceImport", "payment.secure"),
        Owner("WANPolicy", "high"),
        Owner("WANPolicy", "low"),
    ]
    assert sum(len(found) for clusters in plan.by_owner.values() for found in clusters.values()) == len(plan.objects)
    assert all(one.manifest in plan.by_owner[one.owner][one.cluster] for one in plan.objects)


def test_the_examples_objects() -> None:
    """What README and issue tell of the example; more or less is a change that operators see."""
    plan = planned(described(tls=ISSUED), name="dev")
    counts = {
        cluster: sorted(one.manifest["kind"] for one in plan.objects if one.cluster == cluster)
        for cluster in ("cluster-1", "cluster-2")
    }
    common = ["CustomResourceDefinition", *["EndpointSlice"], *["EnvoyProxy"] * 2, *["Gateway"] * 2]
    common += ["ClientTrafficPolicy", *["BackendTrafficPolicy"] * 4, *["Certificate"] * 2, "BackendTLSPolicy"]
    common += ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert counts["cluster-2"] == sorted(
        [*common, "Namespace", *["HTTPRoute"] * 2, *["Service"] * 3, *["ServiceImport"] * 2, *["WANPolicy"] * 2]
    )
    assert counts["cluster-1"] == sorted(
        [*counts["cluster-2"], *["HTTPRoute"] * 3, *["ReferenceGrant"] * 2, *["ServiceExport"] * 2]
    )


def test_notes() -> None:
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
        "cluster-2: no ingress address is written, so that it has no target on the other clusters",
        "cluster-2: the standard profile cannot say how a gateway is reached; GatewayClass internal must not make a "
        "public load balancer",
        "cluster-2: profile standard follows no settings for traffic: the implementation's own defaults hold",
    ]


def test_a_plan_changes_nothing_and_is_the_same_again() -> None:
    raw = changed({"exports/-": exported()})
    its = fabric(raw)
    before = deepcopy(its)
    assert planned(raw).objects == planned(deepcopy(raw)).objects
    assert its == before
