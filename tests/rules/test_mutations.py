"""Every kind of mistake is caught, by just the rules that claim it; what is not known yet is never passed over."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcwan.rules import RULES, Evidence, Level, Verdict, run
from mcwan.rules.sources import of_plan
from tests.components.examples import plan
from tests.fabrics import ISSUED, Raw, changed, fabrics, federated, planned
from tests.rules.mutations import KINDS, Mutation, configured, deployed, withheld
from tests.shipped import STACKS

PER_ROW = 3
"""So many changes of a kind, with the same rules, are tried in one environment; they are spread over its objects."""


def verdicts(evidence: Evidence, consistent: Evidence) -> list[Verdict]:
    options = configured(consistent)
    return [run(rule, evidence, options.get(rule.name)) for rule in RULES]


def caught(found: list[Verdict]) -> set[str]:
    return {one.rule.name for one in found if one.violations}


def said(found: list[Verdict]) -> list[tuple[str, object]]:
    return [
        (one.rule.name, one.violations or one.unjudged or one.failure)
        for one in found
        if one.violations or one.unjudged or one.failure
    ]


def sample(evidence: Evidence, seed: int) -> Iterator[tuple[str, Mutation]]:
    chance = random.Random(seed)  # noqa: S311 - no secret
    for name, changes in KINDS.items():
        rows: dict[frozenset[str], list[Mutation]] = {}
        for one in islice(changes(evidence), 200):
            rows.setdefault(one.rules, []).append(one)
        for ones in rows.values():
            yield from ((name, one) for one in chance.sample(ones, min(PER_ROW, len(ones))))


def check(evidence: Evidence, table: Counter[tuple[str, frozenset[str]]], seed: int = 0) -> None:
    """Try every kind of mistake; then the same with the value in question not known."""
    assert said(verdicts(evidence, evidence)) == []
    for name, one in sample(evidence, seed):
        found = verdicts(one.evidence, evidence)
        where = f"{name}: {one.subject}"
        assert (where, [v.failure for v in found if v.failure], [v.unjudged for v in found if v.unjudged]) == (
            where,
            [],
            [],
        )
        assert (where, caught(found)) == (where, set(one.rules))
        table[name, one.rules] += 1
        if one.leaf is not None:
            found = verdicts(withheld(evidence, one.subject, one.leaf), evidence)
            silent = {v.rule.name for v in found if not v.unjudged and v.rule.level is Level.MANDATORY} & one.rules
            assert (where, caught(found), [v.failure for v in found if v.failure], silent) == (where, set(), [], set())


def test_every_kind_of_mistake_is_caught_by_the_rules_that_claim_it(capsys: pytest.CaptureFixture[str]) -> None:
    table: Counter[tuple[str, frozenset[str]]] = Counter()
    own_share = changed({"tls": ISSUED, "exports/1/from": ["cluster-1", "cluster-2"], "exports/1/callers": []})
    low = changed({"tls": ISSUED, "wanPolicies/high/port": 443})
    timed = {"idempotent": True, "timeouts": {"perTry": "1s"}}
    istio: Raw = {f"clusters/cluster-{one}/gateway": {"profile": "istio"} for one in (1, 2)}
    tried = changed({**istio, "tls": ISSUED, "exports/1/traffic": timed})
    for one in (*map(plan, STACKS), *map(planned, (federated(), own_share, low, tried))):
        check(deployed(of_plan(one)), table)

    @settings(max_examples=4)
    @given(fabrics(meshes=True), st.integers())
    def generated(raw: Raw, seed: int) -> None:
        evidence = deployed(of_plan(planned(raw)))
        check(evidence, table, seed)

    generated()
    with capsys.disabled():
        print("\n\ncaught  kind of mistake: by exactly these rules")
        places = list(KINDS)
        for name, rules in sorted(table, key=lambda row: (places.index(row[0]), sorted(row[1]))):
            print(f"{table[name, rules]:>6}  {name}: {', '.join(sorted(rules))}")
        print(f"{sum(table.values())} changes of {len({name for name, _ in table})} kinds")
    assert {name for name, _ in table} == set(KINDS)
    assert {rule for _, rules in table for rule in rules} == {rule.name for rule in RULES}
