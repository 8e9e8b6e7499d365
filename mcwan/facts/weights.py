"""Shares of the requests from ready pods: small numbers, steady while the pods come and go a little."""

from collections.abc import Mapping
from fractions import Fraction
from math import gcd

from mcwan.model.shares import whole

MOST = 100
"""The highest weight that is made: a share of one percent is as fine as it gets."""


def steady(counts: Mapping[str, int], before: Mapping[str, int], percent: int) -> dict[str, int]:
    """Give the counts that shares are made of: those before, while none of their shares would change by more.

    Who gets none, and who gets some, is never left as it was: a cluster without ready pods answers 503.
    """
    same = {one for one, count in counts.items() if count} == {one for one, count in before.items() if count}
    if not same or not any(counts.values()):
        return dict(counts)
    limit = Fraction(percent, 100)
    now, then = _shares(counts), _shares(before)
    moved = max(abs(now[one] - then.get(one, Fraction(0))) for one in now)
    return {one: before.get(one, 0) for one in counts} if moved <= limit else dict(counts)


def weights(counts: Mapping[str, int]) -> dict[str, int]:
    """Reduce counts to small weights in the same proportion; who has any keeps at least 1, who has none has 0."""
    divisor = gcd(*counts.values()) or 1
    return dict(zip(counts, whole([count // divisor for count in counts.values()], MOST), strict=True))


def _shares(counts: Mapping[str, int]) -> dict[str, Fraction]:
    total = sum(counts.values())
    return {one: Fraction(count, total) for one, count in counts.items()}
