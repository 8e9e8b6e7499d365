"""The whole plan: owners, no change of what was given."""

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


def test_a_plan_changes_nothing_and_is_the_same_again() -> None:
    raw = changed({"exports/-": exported()})
    its = fabric(raw)
    before = deepcopy(its)
    assert planned(raw).objects == planned(deepcopy(raw)).objects
    assert its == before
