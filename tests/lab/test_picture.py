from pathlib import Path

from lab import picture
from lab.stories import REFUSED, UNKNOWN, Step
from lab.topology import topology
from tests.lab.measured import carried, measured, wire
from tests.lab.test_topology import fabric

EXPECTED = Path(__file__).with_name("picture.dot")
TOPOLOGY = topology("small", fabric())
TOLD = [
    (
        Step("west", "billing-clusterset.secure:8080", {"GET /": "business"}, {}),
        measured(
            {"billing.secure on east (200)": 1},
            wire(("business", "west", "east", 6), ("business", "east", "west", 5)),
            carried("business", "/"),
        ),
    ),
    (
        Step("west", "billing.secure.svc.clusterset.local:8080", {"GET /": "business"}, {}),
        measured(
            {"billing.secure on east (200)": 1200},
            wire(("business", "west", "east", 7200), ("business", "east", "west", 6000)),
            carried("business", *["/"] * 1200),
        ),
    ),
    (
        Step("west", "payment-clusterset.secure", {"GET /stats": "default"}, {}, around=True),
        measured(
            {REFUSED: 1},
            wire(("default", "west", "east", 4), ("default", "east", "west", 3)),
            carried("default", "/stats", sender="client"),
        ),
    ),
    (Step("west", "payment-clusterset.secure:8080", {"POST /payment": ""}, {}), measured({REFUSED: 1}, wire())),
    (Step("east", "metrics-clusterset.insecure:8080", {"GET /": ""}, {}), measured({UNKNOWN: 1}, wire())),
]


def test_the_whole_picture() -> None:
    assert picture.drawing(TOPOLOGY, TOLD).source == EXPECTED.read_text(encoding="utf-8")
