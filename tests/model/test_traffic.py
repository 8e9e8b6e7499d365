"""How requests are treated: what goes before what, and what follows from an SLA."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcwan.model.durations import DURATION, lasting, milliseconds
from mcwan.model.sla import MAX_MILLISECONDS, SLA
from mcwan.model.traffic import DEFAULT, HealthChecks, Limits, Outliers, Timeouts, Traffic, merged, promised


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    """Give settings of which anything may not be written."""
    count, length = st.none() | st.integers(1, 9), st.none() | st.sampled_from(("1s", "500ms", "2m"))
    return Traffic(
        idempotent=draw(st.none() | st.booleans()),
        retries=draw(st.none() | st.integers(0, 10)),
        timeouts=Timeouts(connect=draw(length), request=draw(length), per_try=draw(length), keepalive=draw(length)),
        health_checks=draw(st.none() | st.builds(HealthChecks)),
        outliers=Outliers(errors=draw(count), ejection=draw(length)),
        limits=Limits(connections=draw(count), pending=draw(count), requests=draw(count), retries=draw(count)),
    )


def test_what_stands_first_wins_field_by_field() -> None:
    export = Traffic(retries=0, timeouts=Timeouts(request="5s"), limits=Limits(requests=64))
    policy = Traffic(idempotent=True, retries=2, timeouts=Timeouts(request="9s", per_try="1s"))
    assert merged(export, policy, DEFAULT) == Traffic(
        idempotent=True,
        retries=0,
        timeouts=Timeouts(request="5s", per_try="1s"),
        outliers=Outliers(errors=5, ejection="5s"),
        limits=Limits(connections=1024, pending=1024, requests=64, retries=1024),
    )


@given(traffics(), traffics(), traffics())
def test_merging_is_associative_and_nothing_written_changes_nothing(one: Traffic, two: Traffic, last: Traffic) -> None:
    assert merged(one, merged(two, last)) == merged(merged(one, two), last) == merged(one, two, last)
    assert merged(one, Traffic()) == merged(Traffic(), one) == merged(one, one) == one


@given(traffics())
def test_with_the_defaults_nothing_that_has_one_is_left_out(one: Traffic) -> None:
    found = merged(one, DEFAULT)
    assert None not in (found.idempotent, found.retries, *dict(found.outliers).values(), *dict(found.limits).values())


@pytest.mark.parametrize(
    ("latency", "jitter", "connect", "keepalive"),
    [
        (0, 0, "250ms", "200ms"),
        (50, 10, "250ms", "310ms"),
        (100, 50, "500ms", "450ms"),
        (1000, 1000, "6000ms", "3200ms"),
    ],
)
def test_what_an_sla_promises(latency: int, jitter: int, connect: str, keepalive: str) -> None:
    sla = SLA(latency_ms=latency, jitter_ms=jitter, loss_percent=0)
    assert promised(sla) == Traffic(timeouts=Timeouts(connect=connect, keepalive=keepalive))


@given(st.integers(0, 6 * MAX_MILLISECONDS))
def test_a_duration_is_one_of_gateway_api_and_never_shorter(length: int) -> None:
    found = lasting(length)
    assert re.fullmatch(DURATION, found)
    assert length <= milliseconds(found) < length + 1000
    assert length >= 100_000 or milliseconds(found) == length


@pytest.mark.parametrize(
    ("written", "expected"), [("5ms", 5), ("5m", 300_000), ("1m30s", 90_000), ("1h2m3s4ms", 3_723_004), ("0s", 0)]
)
def test_how_long_a_duration_is(written: str, expected: int) -> None:
    assert milliseconds(written) == expected
