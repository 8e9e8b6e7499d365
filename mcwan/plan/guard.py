"""What keeps WANPolicy objects as the fabric says they are: an admission policy on every cluster.

The API server refuses to change the spec of a WANPolicy, or to delete it, unless the request says that it is the
fabric's, comes from a writer that the description names, or the object has the break-glass label.

- An update says so by its field manager: `mcwan render` is applied as that, and Pulumi's provider takes it from an
  annotation (its own is another one for each resource).
- A deletion has no field manager (DeleteOptions). The one thing that Pulumi's provider can be told of it, again by an
  annotation, is how dependents are treated. WANPolicies have none, so all ways delete alike; `Orphan` is what nobody
  sends unasked: kubectl and Flux send Background, Argo CD and Pulumi Foreground.

Both are what a client says of itself: this stops mistakes, not somebody who means to. That is RBAC's.
"""

import json

from mcwan.model.description import Manage
from mcwan.plan.manifests import Manifest, manifest
from mcwan.plan.names import BREAK_GLASS, FIELD_MANAGER, GROUP, GUARD

_API = "admissionregistration.k8s.io/v1"
_ORPHAN = "Orphan"

ANNOTATIONS = {
    "pulumi.com/deletionPropagationPolicy": _ORPHAN.lower(),
    "pulumi.com/patchFieldManager": FIELD_MANAGER,
    # what others wrote, through broken glass, say, is the fabric's again when `pulumi up` next writes it
    "pulumi.com/patchForce": "true",
}
"""What a WANPolicy has for Pulumi's provider, so that the guard knows the fabric's requests."""


def guard(manage: Manage, common: dict[str, str]) -> list[Manifest]:
    """Give the policy and what puts it in force."""
    update = "request.operation == 'UPDATE'"
    writes, deletes = _option("fieldManager", FIELD_MANAGER), _option("propagationPolicy", _ORPHAN)
    policy = manifest(
        _API,
        "ValidatingAdmissionPolicy",
        GUARD,
        None,
        common,
        spec={
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [GROUP],
                        "apiVersions": ["*"],
                        "operations": ["UPDATE", "DELETE"],
                        "resources": ["wanpolicies"],
                    }
                ]
            },
            "variables": [
                {"name": "unchanged", "expression": f"{update} && object.spec == oldObject.spec"},
                {"name": "ours", "expression": f"{update} ? {writes} : {deletes}"},
                {"name": "writer", "expression": f"request.userInfo.username in {_list(manage.wan_policy_writers)}"},
                {
                    "name": "broken",
                    "expression": f"{_labelled('oldObject')} || ({update} && {_labelled('object')})",
                },
            ],
            "validations": [
                {
                    "expression": "variables.unchanged || variables.ours || variables.writer || variables.broken",
                    "messageExpression": _message(update),
                    "message": "WANPolicies are what the stack file of mcwan says",
                    "reason": "Forbidden",
                }
            ],
        },
    )
    binding = manifest(
        _API,
        "ValidatingAdmissionPolicyBinding",
        GUARD,
        None,
        common,
        spec={"policyName": GUARD, "validationActions": ["Deny"]},
    )
    return [policy, binding]


def _option(name: str, value: str) -> str:
    return f"(has(request.options.{name}) && request.options.{name} == '{value}')"


def _labelled(which: str) -> str:
    return f"(has({which}.metadata.labels) && '{BREAK_GLASS}' in {which}.metadata.labels)"


def _list(names: tuple[str, ...]) -> str:
    """Write a list in CEL, whose strings take JSON's escapes."""
    return json.dumps(sorted(names))


def _message(update: str) -> str:
    """Say whose the object is, and both ways on: the proper one, and the one for emergencies."""
    proper = (
        "'change it in the stack file and deploy, or apply what mcwan render writes with "
        f"--server-side --field-manager={FIELD_MANAGER}'"
    )
    removal = "'remove it from the stack file and deploy, or delete it with --cascade=orphan'"
    return (
        "'WANPolicy ' + oldObject.metadata.name + ' is what the stack file of mcwan says; ' + "
        f"({update} ? {proper} : {removal}) + "
        "'; in an emergency: kubectl label wanpolicy ' + oldObject.metadata.name + "
        f"' {BREAK_GLASS}=WHY, then again'"
    )
