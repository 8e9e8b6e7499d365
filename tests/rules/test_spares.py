"""A spare that is not there hides no other that a rule lacks."""

from itertools import pairwise

from mcwan.rules import RULES, run
from mcwan.rules.sources import of_plan
from tests.components.examples import plan
from tests.rules.mutations import dropped, swapped, without


def test_a_missing_backend_hides_no_spare_that_is_not_sent_to() -> None:
    (rule,) = [one for one in RULES if one.name == "requests-go-on"]
    evidence = of_plan(plan("guarded"))
    routes = [one for one in evidence.of_kind("HTTPRoute") if ".egress" in one.name]
    found = 0
    for route in routes:
        refs = route.content["spec"]["rules"][0]["backendRefs"]
        spares = [index for index, ref in enumerate(refs) if ref["kind"] == "Backend"]
        for lost, missing in pairwise(spares):
            less = swapped(evidence, route, dropped(route.content, ("spec", "rules", 0, "backendRefs", lost)))
            alone = run(rule, less).violations
            one = evidence.find(route.cluster, "Backend", refs[missing]["namespace"], refs[missing]["name"])
            assert one is not None
            both = run(rule, without(less, one)).violations
            assert {it.what for it in alone} <= {it.what for it in both}
            found += bool(alone)
    assert found
