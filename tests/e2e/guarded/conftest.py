"""A lab with the stack `guarded` for these stories, or the one that MCWAN_E2E_GUARDED names and that stays up."""

import os
from collections.abc import Iterator

import pytest

from lab.down import down
from lab.errors import ERRORS
from lab.state import Lab
from lab.up import up
from lab.waiting import interruptible
from tests.e2e.conftest import PREFIX, say_of, sweep

STACK = "guarded"


@pytest.fixture(scope="package")
def guarded(request: pytest.FixtureRequest) -> Iterator[Lab]:
    if existing := os.environ.get("MCWAN_E2E_GUARDED"):
        yield Lab.load(existing)
        return
    sweep()
    interruptible()
    name = f"{PREFIX}{os.getpid()}-g"
    try:
        made = up(name, STACK, say_of(request))
    except ERRORS as error:
        pytest.exit(str(error), returncode=1)
    try:
        yield made
    finally:
        down(name)
