"""Istio's own validation, by the webhook of the istiod that runs, accepts every object of every example stack."""

from collections.abc import Iterator
from typing import Any

import pytest

from lab import deploy
from lab.api import Api, ApiError, Object
from lab.gateways import injection, istio
from lab.state import Lab
from lab.up import PROJECT, with_profile
from lab.waiting import wait
from mcwan import stack
from tests.e2e.live.cluster import applied

pytestmark = pytest.mark.lab
GROUPS = ("networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io")
BROKEN: Object = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "DestinationRule",
    "metadata": {"name": "broken", "namespace": "secure"},
    "spec": {"host": ""},
}


@pytest.fixture(scope="module")
def validated(federated: Lab) -> Iterator[Api]:
    """The API server of east, which has istiod validate what is applied."""
    with federated.api(federated.topology.sites["east"]) as api:
        known = api.get("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", injection.NAME)
        service = {"name": "istiod", "namespace": istio.NAMESPACE, "path": "/validate", "port": 443}
        bundle = known["webhooks"][0]["clientConfig"]["caBundle"]
        rule = {
            "operations": ["CREATE", "UPDATE"],
            "apiGroups": list(GROUPS),
            "apiVersions": ["*"],
            "resources": ["*"],
        }
        webhook = {
            "name": "rev.validation.istio.io",
            "clientConfig": {"service": service, "caBundle": bundle},
            "rules": [rule],
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
        made: Object = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "istio-validator-test"},
            "webhooks": [webhook],
        }
        with applied(federated, "east", made):
            wait(lambda: refusals(api, [BROKEN]) != [], "istiod validates what is applied", 30)
            yield api


def refusals(api: Api, objects: list[dict[str, Any]]) -> list[str]:
    found = []
    for one in objects:
        try:
            api.apply(one, manager=deploy.MANAGER, dry_run=True)
        except ApiError as error:
            found.append(str(error))
    return found


def test_what_is_wrong_is_refused(validated: Api) -> None:
    (told,) = refusals(validated, [BROKEN])
    assert "rev.validation.istio.io" in told


@pytest.mark.parametrize("name", stack.stacks(PROJECT))
def test_every_object_of_istios_is_accepted(validated: Api, name: str) -> None:
    """As the stack is, if it has Istio's gateways; else as it would be with them."""
    config = stack.read_config(PROJECT, name)
    own = any(one.get("gateway", {}).get("profile") == "istio" for one in config["clusters"].values())
    rendered = deploy.rendered(stack.fabric(name, config if own else with_profile(config, "istio")))
    objects = [one for every in rendered.values() for one in every if one["apiVersion"].partition("/")[0] in GROUPS]
    there = {"httpbin", "secure", "sleep", "mc-wan", istio.NAMESPACE}
    moved = [
        one if one["metadata"]["namespace"] in there else one | {"metadata": one["metadata"] | {"namespace": "secure"}}
        for one in objects
    ]
    assert moved
    assert refusals(validated, moved) == []
