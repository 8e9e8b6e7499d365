"""Something is lost while requests are on their way: those that may be repeated all arrive."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from lab import client, deploy, faults, health, wan
from lab.client import Client
from lab.faults import CALLER, Outcome
from lab.memory import components
from lab.state import Lab
from lab.waiting import until
from tests.e2e.guarded.test_identity import by_istio

pytestmark = pytest.mark.lab
EGRESS = "mc-wan-egress.mc-wan"
STALL, SLACK = 1000.0, 2
"""Milliseconds that a request may wait where a tunnel or a cluster is lost, as `make bench-lab` has it on a machine
that does nothing else; here one may take twice as long. One that hangs fails: `wrk` waits 5 s for it.
"""
EDIT = 20.0
"""Seconds after which an edit of an upstream that carries traffic is in effect (Envoy Gateway 1.9: 15)."""
LATER = 12.0
"""Seconds of load beyond that: for what applying the edit takes on a busy machine."""
ENOUGH = 2000
"""Requests in a run, so that none failed means something."""


def all_arrived(found: Outcome, bar: float = STALL) -> None:
    assert (found.failed, found.requests > ENOUGH, found.longest <= SLACK * bar) == (0, True, True), found


def tunnels(found: Outcome, one: str, other: str) -> set[str]:
    """Give the tunnels that carried requests between two clusters, a second after something broke."""
    return {tunnel for tunnel, *ends in wan.carriers(found.arrived) if set(ends) == {one, other}}


def test_a_lost_tunnel_is_replaced_within_a_second_and_used_again(guarded: Lab) -> None:
    found = faults.under(guarded, "billing.secure", faults.tunnel_lost("business"), 4)
    all_arrived(found)
    assert tunnels(found, CALLER, "east") == {"default"}
    again(guarded, "billing-clusterset.secure", "business")


def test_without_a_spare_a_lost_tunnel_is_a_failure(guarded: Lab) -> None:
    found = faults.under(guarded, "vault.secure", faults.tunnel_lost("default"), 7)
    assert found.failed > 0


def test_a_killed_gateways_share_goes_to_the_other_cluster(guarded: Lab) -> None:
    found = faults.under(guarded, "payment.secure", faults.gateway_killed("east"), 4)
    all_arrived(found)
    assert "business" in tunnels(found, CALLER, "west")
    assert tunnels(found, CALLER, "east") == set()
    assert guarded.keeper(guarded.topology.sites["east"]).alive("node"), "nothing but the gateway was killed"
    served_by(guarded, "payment-clusterset.secure", {"east", "west"})


def test_a_first_choice_that_hangs_is_replaced_by_the_spare(guarded: Lab) -> None:
    egress = f"gateway {EGRESS}"
    served_by(guarded, "quotes-clusterset.secure", {"east"})
    before = components(guarded, guarded.topology.sites[CALLER])[egress]
    found = faults.under(guarded, "quotes.secure", faults.gateway_hangs("east"), 4)
    all_arrived(found, bar=1500.0)  # a try of 400 ms, then one at the spare
    held = components(guarded, guarded.topology.sites[CALLER])[egress]
    assert held < 1.3 * before + 20, "nothing piles up"
    served_by(guarded, "quotes-clusterset.secure", {"east"})


def test_a_service_without_pods_is_answered_elsewhere_and_its_neighbours_notice_nothing(guarded: Lab) -> None:
    gone = faults.backends_gone("east", "payment.secure")
    # tries, with pauses between them; a SYN is repeated for the second time after 3 s (RFC 6298): no bar but the 5 s
    all_arrived(faults.under(guarded, "payment.secure", gone, 3), bar=math.inf)
    neighbour = faults.under(guarded, "billing.secure", gone, 3)
    all_arrived(neighbour)
    assert tunnels(neighbour, CALLER, "east") == {"business"}
    served_by(guarded, "payment-clusterset.secure", {"east", "west"})


def test_without_their_settings_the_same_faults_are_failures(guarded: Lab) -> None:
    """So it is the settings that hold in the stories above, and not chance."""
    never_again: dict[str, object] = {"traffic": {"idempotent": False, "retries": 0}}
    without: dict[str, dict[str, object]] = {
        "payment.secure": never_again,
        "quotes.secure": {"from": ["east"], "traffic": {"idempotent": True}},
    }
    try:
        deploy.apply(guarded, faults.changed(guarded, without))
        time.sleep(EDIT)
        killed = failing(guarded, "payment.secure", faults.gateway_killed("east"))
        health.settle(guarded, CALLER, EGRESS, 60)
        gone = failing(guarded, "payment.secure", faults.backends_gone("east", "payment.secure"))
        hung = failing(guarded, "quotes.secure", faults.gateway_hangs("east"), bar=1500.0)
    finally:
        deploy.apply(guarded, guarded.fabric)
        time.sleep(EDIT)
    assert killed.failed > 0
    assert gone.failed > 0
    assert hung.failed > 0 or hung.longest > SLACK * 1500, hung
    served_by(guarded, "payment-clusterset.secure", {"east", "west"})


def failing(lab: Lab, service: str, fault: faults.Fault, bar: float = math.inf) -> Outcome:
    """Give what a fault does once requests fail by it, or wait too long: an edit may not be in effect at once."""
    for _ in range(3):
        found = faults.under(lab, service, fault, 4)
        if found.failed or found.longest > SLACK * bar:
            break
    return found


def test_a_service_that_only_fails_takes_no_endpoint_from_others(guarded: Lab) -> None:
    """Its own endpoints are left out, which asking for 503 does; the same gateways stay in use for its neighbour."""
    out: set[str] = set()

    @contextmanager
    def beside(lab: Lab) -> Iterator[None]:
        with faults.beside("ledger.secure", "/status/503", 4)(lab):
            yield
            out.update(health.left_out(lab, CALLER, EGRESS))

    neighbour = faults.under(guarded, "billing.secure", beside, 3)
    all_arrived(neighbour)
    assert out
    assert all("ledger.secure" in one for one in out)
    assert carried(guarded, "billing-clusterset.secure") == {"business"}


def test_more_requests_than_the_limit_are_refused_at_once_and_neighbours_are_served(guarded: Lab) -> None:
    limited = {"traffic": {"limits": {"requests": 4, "pending": 1}}}
    name = "ledger-clusterset.secure"
    with faults.edited("ledger.secure", limited)(guarded):
        until(lambda: together(guarded, name, 16)[503] > 0, "the limit holds", 60)
        told = together(guarded, name, 16)
        neighbour = together(guarded, "billing-clusterset.secure", 16)
    assert told[200] + told[503] == 16
    assert told[200] >= 4
    assert told[503] >= 4, "the limit is counted by each of the proxy's two workers, a little late"
    assert neighbour == {200: 16}
    until(lambda: together(guarded, name, 16) == {200: 16}, "the limit is as it was", 60)


def test_a_request_that_may_have_been_answered_is_never_sent_twice(guarded: Lab) -> None:
    """The service answers 503 itself: a request that may be repeated is tried again, another one is not."""
    site = guarded.topology.sites[CALLER]
    with (
        Client(site, "ledger-clusterset.secure", 8080) as once,
        Client(site, "billing-clusterset.secure", 8080) as more,
    ):
        told = [client.ask("POST", "/status/503") for client in (once, once, more, more)]
    assert [one.status for one in told] == 4 * [503]
    first, second, repeated, again = (one.said["times"] for one in told)
    assert second - first == 1
    assert again - repeated > 1


def test_new_certificates_disturb_nobody(guarded: Lab) -> None:
    all_arrived(faults.under(guarded, "billing.secure", faults.certificates_rotated(), 4))


def test_other_timeouts_and_retries_disturb_nobody(guarded: Lab) -> None:
    other = {"traffic": {"idempotent": True, "retries": 5, "timeouts": {"request": "3s"}}}
    all_arrived(faults.under(guarded, "billing.secure", faults.edited("billing.secure", other), EDIT, LATER))


def test_asking_gateways_whether_they_are_there_disturbs_nobody(guarded: Lab) -> None:
    asked = {"traffic": {"idempotent": True, "healthChecks": {"interval": "500ms", "timeout": "300ms"}}}
    all_arrived(faults.under(guarded, "billing.secure", faults.edited("billing.secure", asked), EDIT, LATER))


def test_an_export_goes_over_to_a_policy_with_tls_and_loses_nothing(guarded: Lab) -> None:
    """As docs/how-to/tls.md has it: ingress gateways admit it by both WAN policies while egress gateways change."""
    if by_istio(guarded):
        pytest.skip("profile istio keeps both tunnels of a rule together: both have TLS, or none")
    plain = {"wanPolicy": "open", "failover": "none"}
    steps = (
        {"wanPolicy": "open", "failover": "high"},
        {"wanPolicy": "high", "failover": "open"},
        {"failover": "none"},
    )
    name = "billing-clusterset.secure"
    try:
        deploy.apply(guarded, faults.changed(guarded, {"billing.secure": plain}))
        until(lambda: carried(guarded, name) == {"default"}, "billing.secure goes by open", 60)
        time.sleep(EDIT)
        going_over = faults.edited("billing.secure", *steps, pause=EDIT)
        all_arrived(faults.under(guarded, "billing.secure", going_over, 2, len(steps) * (EDIT + LATER)))
    finally:
        deploy.apply(guarded, guarded.fabric)
    until(lambda: carried(guarded, name) == {"business"}, "billing.secure goes by high", 60)


def together(lab: Lab, name: str, requests: int) -> Counter[int]:
    """Send requests that take so long that all are there at the same time, and count the answers by status."""
    site = lab.topology.sites[CALLER]
    with ThreadPoolExecutor(requests) as pool:
        replies = pool.map(lambda _: client.ask(site, "GET", f"{name}:8080/slow/2000"), range(requests))
        return Counter(reply.status for reply in replies)


def again(lab: Lab, name: str, tunnel: str) -> None:
    """Wait until requests go by a tunnel only; an ejection of 5 s has to end first, and perhaps a second one of 10."""
    until(lambda: carried(lab, name) == {tunnel}, f"requests for {name} go by {tunnel} only", 60)


def carried(lab: Lab, name: str, requests: int = 60) -> set[str]:
    """Send requests to east and give the tunnels that carried them, none if one of them was not answered."""
    with Client(lab.topology.sites[CALLER], name, 8080) as one:
        before = wan.octets(lab.topology)
        if {one.ask("GET", "/", wan.HEAVY).status for _ in range(requests)} != {200}:
            return set()
        found = wan.carriers(wan.octets(lab.topology) - before, requests)
    return {one.tunnel for one in found if (one.site, one.remote, one.direction) == (CALLER, "east", "out")}


def served_by(lab: Lab, name: str, clusters: set[str]) -> None:
    """Wait until just these clusters answer."""

    def answered() -> bool:
        with Client(lab.topology.sites[CALLER], name, 8080) as one:
            return {one.ask("GET", "/").said.get("cluster") for _ in range(30)} == clusters

    until(answered, f"{', '.join(sorted(clusters))} alone answer for {name}", 60)
