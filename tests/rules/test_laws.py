"""What holds of the rules, whatever they judge."""

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mcwan.rules import Component, Evidence, Level, Object
from mcwan.rules.sources import of_plan
from tests.components.examples import plan
from tests.fabrics import SERVICE_PORTS, Raw, fabrics, key, planned, wan_ports
from tests.rules.foreign import neighbours, odd_objects
from tests.rules.mutations import Path, content_of, deployed, swapped, withheld
from tests.rules.test_mutations import caught, said, sample, verdicts
from tests.shipped import STACKS

FABRICS, VARIANTS = 100, 10


def varied(raw: Raw, chance: random.Random) -> Raw:
    """Give another consistent description: some of the exports, other ports and service levels."""
    found = deepcopy(raw)
    ports = chance.sample(wan_ports(found["clusters"]), len(found["wanPolicies"]))
    for policy, port in zip(found["wanPolicies"].values(), ports, strict=True):
        sla = {"jitterMs": chance.randrange(1000), "latencyMs": chance.randrange(1000), "lossPercent": chance.random()}
        policy |= {"port": port, "tunnel": chance.choice(("business", "default")), "sla": sla}
    found["exports"] = [one for one in found["exports"] if chance.random() < 0.8]
    for export in found["exports"]:
        if "port" in export:
            export["port"] = chance.choice((*SERVICE_PORTS, *ports))
    there = {key(one) for one in found["exports"]}
    found["imports"] = [
        one
        for one in found["imports"]
        if one["service"] in there
        and all(rule["backend"] in there for rule in one.get("rules", ()) if "backend" in rule)
        and chance.random() < 0.8
    ]
    return found


def test_a_thousand_consistent_fabrics_raise_nothing() -> None:
    seen = []

    @settings(max_examples=FABRICS)
    @given(fabrics(meshes=True, wide=True), st.integers())
    def consistent(raw: Raw, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - no secret
        for _ in range(VARIANTS):
            evidence = deployed(of_plan(planned(varied(raw, chance))))
            assert said(verdicts(evidence, evidence)) == []
            seen.append(len(evidence.objects))

    consistent()
    assert len(seen) >= FABRICS * VARIANTS == 1000
    assert max(seen) > 150


def floats(content: Any) -> Any:
    """Give the same with every whole number as a float, as Pulumi hands them over."""
    if isinstance(content, dict):
        return {key: floats(value) for key, value in content.items()}
    if isinstance(content, list):
        return [floats(value) for value in content]
    return float(content) if isinstance(content, int) and not isinstance(content, bool) else content


def as_floats(evidence: Evidence) -> Evidence:
    return replace(
        evidence,
        objects=tuple(Object(one.cluster, floats(one.content)) for one in evidence.objects),
        components=tuple(replace(one, outputs=floats(one.outputs)) for one in evidence.components),
    )


def shuffled(evidence: Evidence, chance: random.Random) -> Evidence:
    objects, components = list(evidence.objects), list(evidence.components)
    chance.shuffle(objects)
    chance.shuffle(components)
    return replace(evidence, objects=tuple(objects), components=tuple(components))


def test_order_and_floats_change_no_word_of_what_is_said() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    evidence = deployed(of_plan(plan("trio")))
    for _, one in list(sample(evidence, 1))[::3]:
        wanted = said(verdicts(one.evidence, evidence))
        assert said(verdicts(shuffled(one.evidence, chance), evidence)) == wanted
        assert said(verdicts(as_floats(one.evidence), evidence)) == wanted


def leaves(content: Any, path: Path = ()) -> Iterator[Path]:
    """Give the place of every value, and of every list and mapping around them; but what an object is, is known."""
    if path:
        yield path
    if isinstance(content, dict | list):
        for part, value in content.items() if isinstance(content, dict) else enumerate(content):
            if path or part not in ("apiVersion", "kind"):
                yield from leaves(value, (*path, part))


def test_what_is_not_known_is_no_violation_and_no_failure() -> None:
    chance = random.Random(2)  # noqa: S311 - no secret
    for name in STACKS:
        evidence = deployed(of_plan(plan(name)))
        every: list[Object | Component] = [*evidence.objects, *evidence.components]
        for one in chance.sample(every, 30):
            places = list(leaves(content_of(one)))
            for path in chance.sample(places, min(4, len(places))):
                found = verdicts(withheld(evidence, one, path), evidence)
                where = f"{one}: {path}"
                assert (where, caught(found), [v.failure for v in found if v.failure]) == (where, set(), [])


def test_what_is_not_known_adds_no_violation_to_those_that_are_there() -> None:
    chance = random.Random(3)  # noqa: S311 - no secret
    evidence = deployed(of_plan(plan("trio")))
    for name, mistake in list(sample(evidence, 3))[::2]:
        every: list[Object | Component] = [*mistake.evidence.objects, *mistake.evidence.components]
        one = chance.choice(every)
        path = chance.choice(list(leaves(content_of(one))))
        found = verdicts(withheld(mistake.evidence, one, path), evidence)
        where = f"{name}: {one}: {path}"
        assert (where, caught(found) - mistake.rules, [v.failure for v in found if v.failure]) == (where, set(), [])
        judged = {v.rule.name for v in found if v.violations or v.unjudged or v.rule.level is not Level.MANDATORY}
        assert (where, set(mistake.rules) - judged) == (where, set())


@given(fabrics(meshes=True), st.data())
def test_resources_of_other_programs_raise_nothing(raw: Raw, data: st.DataObject) -> None:
    evidence = deployed(of_plan(planned(raw)))
    clusters = [*raw["clusters"], "theirs"]
    odd = [data.draw(odd_objects(data.draw(st.sampled_from(clusters)), number)) for number in range(12)]
    theirs = [*odd, *(one for cluster in clusters for one in neighbours(cluster))]
    found = verdicts(replace(evidence, objects=(*theirs, *evidence.objects)), evidence)
    assert said(found) == []


def test_odd_parts_of_the_fabric_s_own_objects_are_no_failure() -> None:
    chance = random.Random(4)  # noqa: S311 - no secret
    odd: tuple[Any, ...] = (None, "", "text", 1, 1.5, float("inf"), float("nan"), True, [], [None], [[]], {}, {"a": {}})
    for name in STACKS:
        evidence = deployed(of_plan(plan(name)))
        every: list[Object | Component] = [*evidence.objects, *evidence.components]
        for one in chance.sample(every, 30):
            places = list(leaves(content_of(one)))
            for path in chance.sample(places, min(4, len(places))):
                content = deepcopy(content_of(one))
                inner = content
                for part in path[:-1]:
                    inner = inner[part]
                inner[path[-1]] = chance.choice(odd)
                found = verdicts(swapped(evidence, one, content), evidence)
                where = f"{one}: {path} is {inner[path[-1]]!r}"
                assert (where, [v.failure for v in found if v.failure]) == (where, [])
