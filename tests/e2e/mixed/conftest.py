"""A lab with the stack `mixed` for these stories, or the one that MCWAN_E2E_MIXED names and that stays up."""

from collections.abc import Iterator

import pytest

from lab.state import Lab
from tests.e2e.conftest import another


@pytest.fixture(scope="package")
def mixed(request: pytest.FixtureRequest) -> Iterator[Lab]:
    yield from another(request, "mixed")
