"""The rules find nothing wrong with what the API servers of this lab have."""

import pytest

from lab.state import Lab
from tests.e2e.judged import violations

pytestmark = pytest.mark.lab


def test_nothing_is_wrong_with_what_is_deployed(federated: Lab) -> None:
    assert violations(federated) == []
