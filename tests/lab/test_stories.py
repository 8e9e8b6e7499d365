import pytest

from lab.stories import REFUSED, Measured, Step, contradictions
from tests.lab.measured import carried, measured, wire

ONE = Step("west", "billing.secure:8080", {"GET /": "business"}, {"billing.secure on east (200)": 1}, ("east",))
RIGHT = measured(
    {"billing.secure on east (200)": 1},
    wire(("business", "west", "east", 6), ("business", "east", "west", 5)),
    carried("business", "/"),
)
TWO = {"GET /payment": "business", "GET /stats": "default"}
BOTH = Step("west", "payment.secure:8080", TWO, {"payment.secure on east (200)": 1}, ("east",), times=2)
BOTH_MOVED = wire(*((tunnel, *way, 9) for tunnel in TWO.values() for way in (("west", "east"), ("east", "west"))))
REFUSAL = Step("west", "payment.secure:8080", {"POST /payment": ""}, {REFUSED: 1})
SHARED = Step("east", "search.catalog:80", {"GET /": ""}, {"a on east (200)": 0.75, "a on west (200)": 0.25}, times=100)


@pytest.mark.parametrize(
    ("step", "happened"),
    [
        (ONE, RIGHT),
        (
            BOTH,
            measured(
                {"payment.secure on east (200)": 4},
                BOTH_MOVED,
                carried("business", "/payment", "/payment"),
                carried("default", "/stats", port=40001),
                carried("default", "/stats", port=40002),
            ),
        ),
        (REFUSAL, measured({REFUSED: 1}, wire())),
        (SHARED, measured({"a on east (200)": 66, "a on west (200)": 34}, wire())),
    ],
)
def test_what_happens_as_told_is_not_contradicted(step: Step, happened: Measured) -> None:
    assert list(contradictions(step, happened)) == []


@pytest.mark.parametrize(
    ("step", "happened", "said"),
    [
        (
            ONE,
            measured({"metrics.insecure on east (200)": 1}, RIGHT.wire, *RIGHT.carried),
            ["answers: metrics.insecure on east (200) 100%; to be: billing.secure on east (200) 100%"],
        ),
        (
            ONE,
            measured(
                {"billing.secure on east (200)": 1},
                wire(("default", "west", "east", 6), ("default", "east", "west", 5)),
                carried("default", "/"),
            ),
            [
                "tunnels with packets: default between east and west; to be: business between east and west",
                "requests on tunnels: / by default 1 times; to be: / by business 1 times",
            ],
        ),
        (
            ONE,
            measured(
                {"billing.secure on east (200)": 1},
                wire(*((tunnel, *way, 9) for tunnel in TWO.values() for way in (("west", "east"), ("east", "west")))),
                *RIGHT.carried,
            ),
            ["tunnels with packets: business+default between east and west; to be: business between east and west"],
        ),
        (
            ONE,
            measured({"no answer: timed out": 1}, wire()),
            [
                "answers: no answer: timed out 100%; to be: billing.secure on east (200) 100%",
                "tunnels with packets: none; to be: business between east and west",
                "requests on tunnels: none; to be: / by business 1 times",
            ],
        ),
        (
            BOTH,
            measured(
                {"payment.secure on east (200)": 4},
                BOTH_MOVED,
                carried("business", "/payment", "/stats"),
                carried("default", "/stats", "/payment"),
            ),
            [
                "requests on tunnels: /payment by business 1 times, /stats by business 1 times, "
                "/payment by default 1 times, /stats by default 1 times; "
                "to be: /payment by business 2 times, /stats by default 2 times"
            ],
        ),
        (
            BOTH,
            measured(
                {"payment.secure on east (200)": 4},
                BOTH_MOVED,
                carried("business", "/payment", "/payment", wan_port=31111),
                carried("default", "/stats", "/stats", wan_port=31111),
            ),
            ["connection ('10.2.0.100', 40000) to ('10.1.0.11', 31111): on two tunnels"],
        ),
        (
            REFUSAL,
            measured({REFUSED: 1}, wire(("default", "west", "east", 6), ("default", "east", "west", 5))),
            ["tunnels with packets: default between east and west; to be: none"],
        ),
        (
            SHARED,
            measured({"a on east (200)": 50, "a on west (200)": 50}, wire()),
            ["answers: a on east (200) 50%, a on west (200) 50%; to be: a on east (200) 75%, a on west (200) 25%"],
        ),
    ],
)
def test_what_happens_otherwise_is_said(step: Step, happened: Measured, said: list[str]) -> None:
    assert list(contradictions(step, happened)) == said


def test_packets_in_one_direction_only_are_said() -> None:
    happened = measured({"billing.secure on east (200)": 1}, wire(("business", "west", "east", 6)), *RIGHT.carried)
    (said,) = contradictions(ONE, happened)
    assert said.startswith("business between east and west: packets at one end or in one direction only")
