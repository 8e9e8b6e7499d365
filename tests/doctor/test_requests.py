"""What is sent for a rule is harmless, and no other rule's; where there is no such request, it is said why."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given

from mcwan.doctor.probes import asked
from mcwan.doctor.requests import harmless
from mcwan.facts.probed import Request
from mcwan.model.importing import EgressRule
from mcwan.model.matches import Match
from tests.fabrics import Raw, fabric, fabrics, planned
from tests.plan.test_laws import entry_for
from tests.reference_router import Request as Met
from tests.reference_router import first_rule, rules_of


def met(request: Request) -> Met:
    """Give the request as a router has it."""
    path, _, query = request.path.partition("?")
    headers = {name.lower(): value for name, value in request.headers}
    return Met("", path, request.method, headers, dict(parse_qsl(query)))


@given(fabrics())
def test_what_is_sent_is_the_rules_own_by_what_the_description_says(raw: Raw) -> None:
    plan = planned(raw)
    exports = {
        f"{one.get('name', one['service'].split('.')[0])}.{one['service'].split('.')[1]}": one for one in raw["exports"]
    }
    for cluster in plan.context.clusters:
        for one in asked(plan, cluster):
            if one.probe is not None:
                export = exports[one.probe.export]
                entry = entry_for(raw, export, cluster) or {}
                taken = first_rule(entry.get("rules") or rules_of(export), met(one.probe.request))
                assert taken is not None
                assert (taken["name"], one.probe.request.method in ("GET", "HEAD")) == (one.probe.rule, True)


def rules(*matches: dict[str, object]) -> tuple[EgressRule, ...]:
    """Give a rule for each match."""
    (target,) = fabric(exports=[{"service": "a.secure", "port": 80, "from": ["cluster-1"], "wanPolicy": "low"}]).exports
    return tuple(
        EgressRule(f"r{number}", (Match.model_validate(one),), target, "low", "a.secure")
        for number, one in enumerate(matches)
    )


PAYMENT = {"path": {"value": "/payment"}}
REGULAR = {"path": {"type": "RegularExpression", "value": "/p.*"}}
UNMADE = "no request is made of a regular expression, of what URLs encode, or of a header that says how it is sent"
TAKEN = "an earlier rule may take every request that is made of its matches"


@pytest.mark.parametrize(
    ("before", "match", "expected"),
    [
        ([], {}, Request("GET", "/")),
        ([], {"method": "HEAD", **PAYMENT}, Request("HEAD", "/payment")),
        ([], {"path": {"value": "/ä"}}, UNMADE),
        ([], {"queryParams": [{"name": "a", "value": "c"}, {"name": "b", "value": "d"}]}, Request("GET", "/?a=c&b=d")),
        ([], {"queryParams": [{"name": "a", "value": "c&d"}]}, UNMADE),
        ([], {"cookie": {"name": "user", "value": "test"}}, Request("GET", "/", (("cookie", "user=test"),))),
        ([], {"headers": [{"name": "X-A", "value": "b"}]}, Request("GET", "/", (("X-A", "b"),))),
        ([], {"method": "POST", **PAYMENT}, "its method is POST, and only GET and HEAD are sent"),
        ([], REGULAR, UNMADE),
        ([], {"headers": [{"name": "Authorization", "value": "b"}]}, UNMADE),
        ([], {"headers": [{"name": "x-a", "value": "bä"}]}, UNMADE),
        ([], {"queryParams": [{"type": "RegularExpression", "name": "a", "value": "b"}]}, UNMADE),
        ([{"path": {"type": "Exact", "value": "/payment"}}], PAYMENT, Request("GET", "/payment/mcwan-doctor")),
        ([{"method": "GET", **PAYMENT}], PAYMENT, TAKEN),
        ([{"method": "POST", **PAYMENT}], PAYMENT, Request("GET", "/payment")),
        ([REGULAR], PAYMENT, TAKEN),
        ([{**REGULAR, "cookie": {"name": "user", "value": "test"}}], PAYMENT, Request("GET", "/payment")),
    ],
)
def test_a_request_or_why_there_is_none(
    before: list[dict[str, object]], match: dict[str, object], expected: Request | str
) -> None:
    assert harmless(rules(*before, match), len(before)) == expected
