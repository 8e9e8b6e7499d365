"""What changes between two descriptions, for tests."""

from typing import Any

from mcwan.changes.plan import Changes, changes
from mcwan.rules.evidence import Evidence
from mcwan.rules.sources import of_plan
from tests.fabrics import Raw, changed, described, planned


def between(before: Evidence, after: Evidence) -> Changes:
    return changes(before, after, stack="test", named_before="before", named_after="after")


def compared(before: Raw, after: Raw) -> Changes:
    return between(of_plan(planned(before)), of_plan(planned(after)))


def edit(edits: dict[str, Any], raw: Raw | None = None) -> Changes:
    """Give what changes if the example, or `raw`, is edited."""
    raw = described() if raw is None else raw
    return compared(raw, changed(edits, raw))


def told(found: Changes) -> list[tuple[str, str]]:
    """Give each sentence and whether traffic is disturbed."""
    return [(one.text, one.disturbance.level) for one in found.sentences]
