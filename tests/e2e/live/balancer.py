"""West's gateway behind a balancer. The lab has none: tests give addresses in its place, in the Service's status."""

from typing import Any

from lab.api import Object
from lab.deploy import exists, key
from lab.state import Lab
from lab.waiting import wait
from tests.e2e.live.cluster import SECONDS

BALANCED = {"exposure": "LoadBalancer", "balancer": "metallb", "balancerPool": "sdwan"}
"""What the stack file says of it."""
NODE, OTHER = "10.2.0.1", "10.2.0.40"
"""Addresses: of west's node, where the lab answers for a balancer; and where nobody is."""
PAYMENT: dict[str, Any] = {"service": "payment.secure", "port": 8080, "from": ["west"], "wanPolicy": "high"}
"""What west alone exports."""
URL, ANSWER = "payment-clusterset.secure:8080/", "payment.secure on west"
_SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "mc-wan-ingress", "namespace": "envoy-gateway-system"},
}


def ordered(lab: Lab) -> None:
    """Wait until the gateway's implementation has ordered a balancer."""
    with lab.api(lab.topology.sites["west"]) as api:

        def waits() -> bool:
            return (
                exists(api, _SERVICE) and api.get(*key(_SERVICE))["spec"]["type"] == "LoadBalancer" and _at(api) == []
            )

        wait(waits, "west's gateway waits for its balancer", SECONDS)


def given(lab: Lab, *addresses: str) -> None:
    """Give the Service of west's gateway these addresses, and wait until its Gateway says so."""
    with lab.api(lab.topology.sites["west"]) as api:
        metadata = _SERVICE["metadata"]
        path = api.path("v1", "Service", metadata["namespace"], metadata["name"])
        status = {"status": {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]}}}
        api.request("PATCH", f"{path}/status", status, "application/merge-patch+json")
        wait(lambda: _at(api) == list(addresses), f"west's gateway is at {', '.join(addresses)}", SECONDS)


def _at(api: Any) -> list[str]:
    """Give where west's gateway is, as its status says."""
    status: Object = api.get("gateway.networking.k8s.io/v1", "Gateway", "mc-wan-ingress", "mc-wan")["status"]
    return [one["value"] for one in status.get("addresses") or ()]
