"""What the program makes of the fabric's own: nothing is written that nobody heeds."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.mistakes import Mistake


def writers_are_heeded(description: Description) -> Iterator[Mistake]:
    """Only the guard knows who may write WANPolicies."""
    manage = description.manage
    if manage.wan_policy_writers and not manage.wan_policy_guard:
        yield Mistake(
            ("manage", "wanPolicyWriters"),
            ", ".join(map(repr, manage.wan_policy_writers)),
            "without the guard everybody may write; allowed: beside wanPolicyGuard: true",
            "remove it, or remove wanPolicyGuard: false",
        )


CHECKS = (writers_are_heeded,)
