"""WANPolicies are changed and deleted by deployments only: the guard, judged by a real API server.

What is tried is a WANPolicy of the test's own, but for the last test: what the guard says of one, it says of all.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from lab import deploy
from lab.api import Api, ApiError, Object
from lab.state import Lab
from lab.waiting import wait
from mcwan.model.description import Manage
from mcwan.plan.guard import guard
from mcwan.plan.names import BREAK_GLASS, FIELD_MANAGER, GROUP

pytestmark = pytest.mark.lab
VERSION, KIND, NAME = f"{GROUP}/v1alpha1", "WANPolicy", "of-a-test"
FORBIDDEN = 403
POLICY: Object = {
    "apiVersion": VERSION,
    "kind": KIND,
    "metadata": {"name": NAME},
    "spec": {
        "tunnel": "business",
        "port": 31999,
        "sla": {"jitterMs": 50, "latencyMs": 100, "lossPercent": 0.5},
        "tls": "mutual",
        "failover": "low",
    },
}
EDITS: dict[str, Object] = {
    "port": {"port": 31998},
    "tunnel": {"tunnel": "default"},
    "SLA": {"sla": {"jitterMs": 50, "latencyMs": 101, "lossPercent": 0.5}},
    "TLS": {"tls": "plaintext"},
    "failover": {"failover": "high"},
}
OTHERS = ("kubectl", "kubectl-edit", "argocd-controller", "mcwan-lab", "pulumi-kubernetes-1a2b3c4d", "")
EMERGENCY = f"in an emergency: kubectl label wanpolicy {NAME} {BREAK_GLASS}=WHY, then again"


@pytest.fixture
def api(lab: Lab) -> Iterator[Api]:
    with lab.api(lab.topology.sites["west"]) as found:
        yield found


@pytest.fixture(autouse=True)
def policy(api: Api) -> Iterator[Object]:
    """The WANPolicy, which goes at the end."""
    yield api.apply(POLICY, manager="somebody")
    api.delete(POLICY, propagation="Orphan")
    wait(lambda: not deploy.exists(api, POLICY), f"WANPolicy {NAME} is gone")


def path(api: Api) -> str:
    return api.path(VERSION, KIND, "", NAME)


def edited(edit: Object) -> Object:
    return POLICY | {"spec": POLICY["spec"] | edit}


def patched(api: Api, patch: Object, manager: str) -> None:
    """Change it by a merge patch, as `kubectl edit` and `kubectl patch` do."""
    params = {"fieldManager": manager} if manager else None
    api.request("PATCH", path(api), patch, "application/merge-patch+json", params)


def deleted(api: Api, propagation: str | None, *, everything: bool = False) -> None:
    """Delete it, or all that have a label that only it has, as if: nothing goes."""
    body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}
    if propagation:
        body["propagationPolicy"] = propagation
    if everything:
        selector = {"labelSelector": f"{GROUP}/test=guard"}
        api.request("DELETE", api.path(VERSION, KIND), body, params=selector)
    else:
        api.request("DELETE", path(api), body)


def refusal(do: Callable[[], object]) -> str:
    """Do what is to be refused; gives what the guard says."""
    with pytest.raises(ApiError) as refused:
        do()
    assert refused.value.status == FORBIDDEN
    told = str(refused.value)
    assert f"ValidatingAdmissionPolicy 'wanpolicies.{GROUP}'" in told
    return told.partition("denied request: ")[2]


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("manager", OTHERS)
def test_nobody_else_changes_what_it_says(api: Api, edit: Object, manager: str) -> None:
    said = f"WANPolicy {NAME} is what the stack file of mcwan says; change it in the stack file and deploy, or apply "
    said += f"what mcwan render writes with --server-side --field-manager=mcwan; {EMERGENCY}"
    assert refusal(lambda: patched(api, {"spec": edit}, manager)) == said
    if manager:
        assert refusal(lambda: api.apply(edited(edit), manager=manager)) == said
    whole = api.get(VERSION, KIND, NAME)
    assert refusal(lambda: api.request("PUT", path(api), whole | {"spec": whole["spec"] | edit})) == said
    assert api.get(VERSION, KIND, NAME)["spec"] == POLICY["spec"]


def test_taking_a_field_away_is_a_change(api: Api) -> None:
    refusal(lambda: patched(api, {"spec": {"failover": None}}, "kubectl"))


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_the_fabric_does(api: Api, edit: Object) -> None:
    assert api.apply(edited(edit), manager=FIELD_MANAGER)["spec"] == POLICY["spec"] | edit


def test_whoever_changes_nothing_of_it_may(api: Api) -> None:
    patched(api, {"metadata": {"labels": {"team": "payments"}}}, "kubectl")
    whole = api.get(VERSION, KIND, NAME)
    api.request("PUT", path(api), whole)
    assert api.apply(POLICY, manager="kubectl")["metadata"]["labels"] == {"team": "payments"}


@pytest.mark.parametrize("propagation", [None, "Background", "Foreground"])
def test_nobody_deletes_it_by_mistake(api: Api, propagation: str | None) -> None:
    said = f"WANPolicy {NAME} is what the stack file of mcwan says; remove it from the stack file and deploy, or "
    said += f"delete it with --cascade=orphan; {EMERGENCY}"
    assert refusal(lambda: deleted(api, propagation)) == said
    patched(api, {"metadata": {"labels": {f"{GROUP}/test": "guard"}}}, "kubectl")
    assert refusal(lambda: deleted(api, propagation, everything=True)) == said


def test_it_is_deleted_as_deployments_do(api: Api) -> None:
    """The fixture does so in earnest."""
    deleted(api, "Orphan")


def test_broken_glass_admits_everything(api: Api) -> None:
    """In two steps or one; and it can be put in order again."""
    patched(api, {"metadata": {"labels": {BREAK_GLASS: "incident-4711"}}}, "kubectl")
    patched(api, {"spec": {"port": 31998}}, "kubectl")
    deleted(api, "Background")
    patched(api, {"metadata": {"labels": {BREAK_GLASS: None}}, "spec": {"port": 31999}}, "kubectl")
    refusal(lambda: patched(api, {"spec": {"port": 31998}}, "kubectl"))
    patched(api, {"metadata": {"labels": {BREAK_GLASS: ""}}, "spec": {"port": 31997}}, "kubectl")
    assert api.get(VERSION, KIND, NAME)["spec"]["port"] == 31997


@pytest.fixture
def writers(lab: Lab, api: Api) -> Iterator[None]:
    """The lab's own user is a writer meanwhile, with one whose name has to be escaped."""

    def admits() -> bool:
        try:
            api.apply(edited({"port": 31996}), manager="kubectl", dry_run=True)
        except ApiError as error:
            assert error.status == FORBIDDEN  # noqa: PT017 - anything else is no answer of the guard
            return False
        return True

    (own,) = (one for one in deploy.rendered(lab.fabric)["west"] if one["kind"] == "ValidatingAdmissionPolicy")
    other, _ = guard(Manage(wan_policy_writers=("o'neill\"\\", "lab")), own["metadata"]["labels"])
    api.apply(other, manager=FIELD_MANAGER)
    wait(admits, "the guard admits its writer")
    yield
    api.apply(own, manager=FIELD_MANAGER)
    wait(lambda: not admits(), "the guard is as it was")


@pytest.mark.usefixtures("writers")
def test_a_writer_may_change_and_delete(api: Api) -> None:
    patched(api, {"spec": {"port": 31998}}, "kustomize-controller")
    deleted(api, "Background")


def test_deployments_pass_the_guard(lab: Lab, api: Api) -> None:
    """By Pulumi, where it is there: a WAN policy more, another SLA over what somebody wrote, and it is gone."""
    name, policies = "for-a-while", lab.config["wanPolicies"]

    def deployed(latency: int) -> int:
        sla = {"jitterMs": 9, "latencyMs": latency, "lossPercent": 1}
        more = {name: {"tunnel": "default", "port": 31997, "sla": sla}}
        deploy.deploy(replace(lab, config=lab.config | {"wanPolicies": policies | more}))
        found: int = api.get(VERSION, KIND, name)["spec"]["sla"]["latencyMs"]
        return found

    try:
        assert deployed(10) == 10
        place = api.path(VERSION, KIND, "", name)
        for label in ("a-test", None):
            written = {"metadata": {"labels": {BREAK_GLASS: label}}, "spec": {"sla": {"latencyMs": 15}}}
            api.request("PATCH", place, written, "application/merge-patch+json", {"fieldManager": "kubectl-edit"})
        assert deployed(20) == 20
    finally:
        deploy.deploy(lab)
    assert name not in [one["metadata"]["name"] for one in api.all(VERSION, KIND)]
    deploy.wait_programmed(lab)
