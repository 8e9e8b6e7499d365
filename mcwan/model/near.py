"""Which name is meant by one that there is not."""

from collections.abc import Collection
from difflib import get_close_matches
from itertools import pairwise


def near(name: str, known: Collection[str]) -> str | None:
    """Give the name that is likely to be meant; None if none is like it, or several are as near.

    Two letters that changed places are one mistake, as one that is wrong, lacks, or is too many.
    """
    alike = get_close_matches(name, sorted(set(known)), n=len(known) or 1)
    ranked = sorted((_mistakes(name, one), one) for one in alike)
    if not ranked or any(first == second for (first, _), (second, _) in pairwise(ranked[:2])):
        return None
    return ranked[0][1]


def _mistakes(typed: str, meant: str) -> int:
    """Count what went wrong between two names: the optimal string alignment distance (Damerau)."""
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for number, letter in enumerate(typed, 1):
        earlier, before, row = before, row, [number]
        for place, other in enumerate(meant, 1):
            found = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != other))
            swapped = number > 1 and place > 1 and (typed[number - 2], letter) == (other, meant[place - 2])
            row.append(min(found, earlier[place - 2] + 1) if swapped else found)
    return row[-1]
