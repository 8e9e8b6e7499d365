"""A service's port may have the number of a WAN port; what nobody offers by that number is still told."""

from typing import Any

import pytest

from mcwan.rules import RULES, run
from mcwan.rules.sources import of_plan
from tests.fabrics import ISSUED, changed, planned
from tests.rules.mutations import put, swapped

(RULE,) = [one for one in RULES if one.name == "route-has-target"]


@pytest.mark.parametrize("profile", ["envoy-gateway", "istio"])
@pytest.mark.parametrize("tls", [ISSUED, {"mode": "plaintext"}])
def test_a_wan_port_with_the_number_of_a_services_port(profile: str, tls: Any) -> None:
    same: dict[str, Any] = {f"clusters/cluster-{one}/gateway": {"profile": profile} for one in (1, 2)}
    evidence = of_plan(planned(changed({**same, "tls": tls, "exports/0/port": 31111, "exports/1/port": 31112})))
    for rule in RULES:
        found = run(rule, evidence)
        assert (rule.name, found.violations, found.unjudged, found.failure) == (rule.name, (), (), "")


def test_a_service_that_answers_for_no_export_there_is_still_told() -> None:
    evidence = of_plan(planned(changed({"tls": {"mode": "plaintext"}, "exports/1/port": 31112})))
    (route,) = [
        one
        for one in evidence.of_kind("HTTPRoute")
        if (one.cluster, one.name) == ("cluster-1", "logging.insecure.egress")
    ]
    place = ("spec", "rules", 0, "backendRefs", 0)
    said = [it.what for it in run(RULE, swapped(evidence, route, put(route.content, (*place, "name"), "x"))).violations]
    assert said == [
        "HTTPRoute mc-wan/logging.insecure.egress on cluster-1 sends to Service insecure/x, port 31112, which is not "
        "there"
    ]
