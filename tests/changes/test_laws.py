"""What holds of every plan: nothing changes against itself, order does not matter, no change goes unseen."""

import random
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from mcwan.changes.objects import compare
from mcwan.changes.plan import Changes
from mcwan.cli import plan as telling
from mcwan.rules import Evidence, Object
from mcwan.rules.sources import of_plan
from tests.changes.compared import between
from tests.changes.edits import edited
from tests.components.examples import plan
from tests.fabrics import Raw, fabrics, planned
from tests.rules.mutations import FOREIGN, KINDS, deployed, withheld

PER_KIND = 1


@settings(max_examples=15)
@given(fabrics())
def test_a_fabric_against_itself_is_nothing(raw: Raw) -> None:
    found = between(of_plan(planned(raw)), of_plan(planned(raw)))
    assert found == Changes(
        stack="test",
        before="before",
        after="after",
        changed=False,
        disturbed="no",
        summary="nothing changes",
        deployed=found.planned,
        planned=found.planned,
    )


@settings(max_examples=25)
@given(fabrics(), st.integers())
def test_order_does_not_matter_and_all_is_explained_or_listed(raw: Raw, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    before, after = of_plan(planned(raw)), of_plan(planned(edited(raw, chance, 8)))
    found = between(before, after)
    assert between(shuffled(before, chance), shuffled(after, chance)) == found
    assert telling.FORMATS["json"](found) == telling.FORMATS["json"](
        Changes.model_validate_json(telling.as_json(found))
    )
    differing, _ = compare(before.objects, after.objects)
    listed = [change for cluster in found.clusters for change in cluster.objects]
    assert sorted(map(repr, listed)) == sorted(repr(one.change) for one in differing)
    assert found.changed == bool(differing) == bool(found.sentences or found.other)


def shuffled(evidence: Evidence, chance: random.Random) -> Evidence:
    return Evidence(tuple(chance.sample(evidence.objects, len(evidence.objects))), evidence.components)


def test_every_kind_of_mistake_in_what_is_deployed_is_at_least_one_changed_object() -> None:
    """An object that somebody else added is not mcwan's to change; all else is put right, and told."""
    seen = set()
    for name in ("dev", "trio"):
        evidence = deployed(of_plan(plan(name)))
        for kind, one in ((kind, one) for kind, make in KINDS.items() for one in islice(make(evidence), PER_KIND)):
            if not isinstance(one.subject, Object) or FOREIGN in str(one.subject):
                continue
            found = between(one.evidence, evidence)
            differing = [change for cluster in found.clusters for change in cluster.objects]
            assert differing or one.subject not in evidence.objects, f"{kind}: {one.subject}"
            seen.add(kind)
            if one.leaf is not None:
                found = between(withheld(evidence, one.subject, one.leaf), evidence)
                assert found.not_known, f"{kind}: {one.subject}"
                telling.plain(found)
    assert len(seen) > len(KINDS) / 2
