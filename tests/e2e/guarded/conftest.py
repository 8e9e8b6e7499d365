"""A lab with the stack `guarded` for these stories, or the one that MCWAN_E2E_GUARDED names and that stays up."""

from collections.abc import Iterator

import pytest

from lab.state import Lab
from tests.e2e.conftest import another


@pytest.fixture(scope="package")
def guarded(request: pytest.FixtureRequest) -> Iterator[Lab]:
    yield from another(request, "guarded")
