"""The admission policy for WANPolicies. What an API server makes of it is `tests.e2e.test_14_guard`'s."""

import pytest

from mcwan.plan.manifests import Manifest
from tests.fabrics import called, changed, labelled, on, planned

NAME = "wanpolicies.mc-wan.l7mp.io"
BREAK_GLASS = "mc-wan.l7mp.io/break-glass"


def written(*writers: str) -> Manifest:
    plan = planned(changed({"manage": {"wanPolicyWriters": list(writers)}}))
    policy, other = (called(plan, cluster, "ValidatingAdmissionPolicy", NAME) for cluster in ("cluster-1", "cluster-2"))
    assert policy == other
    return policy


def test_the_policy() -> None:
    policy = written()
    (validation,) = policy["spec"].pop("validations")
    assert policy == {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": NAME, "labels": labelled("fabric")},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["mc-wan.l7mp.io"],
                        "apiVersions": ["*"],
                        "operations": ["UPDATE", "DELETE"],
                        "resources": ["wanpolicies"],
                    }
                ]
            },
            "variables": [
                {
                    "name": "unchanged",
                    "expression": "request.operation == 'UPDATE' && object.spec == oldObject.spec",
                },
                {
                    "name": "ours",
                    "expression": "request.operation == 'UPDATE' ? "
                    "(has(request.options.fieldManager) && request.options.fieldManager == 'mcwan') : "
                    "(has(request.options.propagationPolicy) && request.options.propagationPolicy == 'Orphan')",
                },
                {"name": "writer", "expression": "request.userInfo.username in []"},
                {
                    "name": "broken",
                    "expression": f"(has(oldObject.metadata.labels) && '{BREAK_GLASS}' in oldObject.metadata.labels)"
                    " || (request.operation == 'UPDATE' && "
                    f"(has(object.metadata.labels) && '{BREAK_GLASS}' in object.metadata.labels))",
                },
            ],
        },
    }
    assert {key: value for key, value in validation.items() if key != "messageExpression"} == {
        "expression": "variables.unchanged || variables.ours || variables.writer || variables.broken",
        "message": "WANPolicies are what the stack file of mcwan says",
        "reason": "Forbidden",
    }
    for remedy in ("--field-manager=mcwan", "--cascade=orphan", f"{BREAK_GLASS}=WHY"):
        assert remedy in validation["messageExpression"]


@pytest.mark.parametrize("cluster", ["cluster-1", "cluster-2"])
def test_the_policy_is_in_force(cluster: str) -> None:
    assert called(planned(), cluster, "ValidatingAdmissionPolicyBinding", NAME) == {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": NAME, "labels": labelled("fabric")},
        "spec": {"policyName": NAME, "validationActions": ["Deny"]},
    }


@pytest.mark.parametrize(
    ("writers", "expected"),
    [
        (
            ["system:serviceaccount:flux-system:kustomize-controller", "alice"],
            '["alice", "system:serviceaccount:flux-system:kustomize-controller"]',
        ),
        (["o'neill\"\\"], """["o'neill\\"\\\\"]"""),
    ],
)
def test_writers_are_a_list_in_cel(writers: list[str], expected: str) -> None:
    found = {one["name"]: one["expression"] for one in written(*writers)["spec"]["variables"]}
    assert found["writer"] == f"request.userInfo.username in {expected}"


def test_every_wan_policy_says_how_pulumi_is_to_write_it() -> None:
    for policy in on(planned(), "cluster-1", "WANPolicy"):
        assert policy["metadata"]["annotations"]["pulumi.com/patchFieldManager"] == "mcwan"
        assert policy["metadata"]["annotations"]["pulumi.com/deletionPropagationPolicy"] == "orphan"
