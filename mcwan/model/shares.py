"""Shares of requests as the whole numbers that an API takes."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm


def whole(shares: Sequence[Fraction | int], highest: int) -> list[int]:
    """Give whole numbers in the proportion of some shares, none above `highest`; as they are, if they can be.

    Where no such numbers are in that proportion exactly, they are the nearest below, and at least 1 for a share: a
    place that is to get requests gets some.
    """
    common = lcm(*(Fraction(share).denominator for share in shares))
    numbers = [int(share * common) for share in shares]
    if max(numbers, default=0) <= highest:
        return numbers
    divisor = gcd(*numbers)
    most = max(numbers) // divisor
    if most <= highest:
        return [number // divisor for number in numbers]
    return [max(1, number // divisor * highest // most) if number else 0 for number in numbers]
