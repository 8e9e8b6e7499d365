"""A lab with the stack `live`, the smallest one: its clusters are changed and read, and are as they were afterwards.

Or the one that MCWAN_E2E_LIVE names and that stays up.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.state import Lab
from tests.e2e.conftest import another
from tests.e2e.live.desk import Desk


@pytest.fixture(scope="package")
def live(request: pytest.FixtureRequest) -> Iterator[Lab]:
    yield from another(request, "live")


@pytest.fixture
def desk(live: Lab, tmp_path: Path) -> Desk:
    return Desk(live, tmp_path)
