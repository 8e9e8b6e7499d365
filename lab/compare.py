"""Several ways of a request, measured in turns so that a noisy machine disturbs all of them alike; and the bars."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from lab.load import Sample

Rounds = Mapping[str, Sequence[Sample]]
"""The samples of every way, one a round, in the order of the rounds."""
FIGURES: Mapping[str, Callable[[Sample], float]] = {
    "requests/s": lambda one: one.rate,
    "p50": lambda one: one.p50,
    "p99": lambda one: one.p99,
    "proxies' time": lambda one: one.proxies,
}


@dataclass(frozen=True)
class Bar:
    """Two ways to compare, and the least share of the other's requests per second that the first has to carry."""

    way: str
    other: str
    least: float = 0.0


@dataclass(frozen=True)
class Ratio:
    """A figure of one way in terms of another's: the median of the rounds' ratios, and their range."""

    middle: float
    lowest: float
    highest: float


def order(ways: Sequence[str], rounds: int) -> Iterator[Sequence[str]]:
    """Give the order of the ways in every round: there, then back."""
    return (ways if number % 2 == 0 else ways[::-1] for number in range(rounds))


def ratio(found: Rounds, way: str, other: str, figure: str) -> Ratio:
    """Compare a figure of two ways round by round."""
    of = FIGURES[figure]
    ratios = [of(one) / of(two) for one, two in zip(found[way], found[other], strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios))


def missed(found: Rounds, bars: Sequence[Bar]) -> list[str]:
    """Give a line for every bar that is missed."""
    ratios = [(bar, ratio(found, bar.way, bar.other, "requests/s").middle) for bar in bars]
    return [
        f"{bar.way}: {middle:.2f} of the requests/s of {bar.other}; the bar is {bar.least:.2f}"
        for bar, middle in ratios
        if middle < bar.least
    ]


def figures(found: Rounds) -> list[list[str]]:
    """Give the rows of a table: every way's medians over the rounds, and how far its throughput ranged."""
    rows = [["", *FIGURES, "lowest-highest"]]
    for way, samples in found.items():
        rate, p50, p99, proxies = (median(map(of, samples)) for of in FIGURES.values())
        rates = [one.rate for one in samples]
        ranged = f"{min(rates):,.0f}-{max(rates):,.0f}"
        rows.append([way, f"{rate:,.0f}", f"{p50:.2f} ms", f"{p99:.2f} ms", f"{proxies:.0f} µs", ranged])
    return rows


def ratios(found: Rounds, bars: Sequence[Bar]) -> list[list[str]]:
    """Give the rows of a table: for every bar the ratio of each figure, with its range over the rounds.

    A cell is empty where the other way has nothing of a figure, and where two ways are compared without a bar.
    """
    return [["", *FIGURES, "bar"], *([f"{bar.way} / {bar.other}", *_cells(found, bar)] for bar in bars)]


def _cells(found: Rounds, bar: Bar) -> list[str]:
    return [*(_cell(found, bar, figure) for figure in FIGURES), f"{bar.least:.2f}" if bar.least else ""]


def _cell(found: Rounds, bar: Bar, figure: str) -> str:
    if not all(map(FIGURES[figure], found[bar.other])):
        return ""
    one = ratio(found, bar.way, bar.other, figure)
    return f"{one.middle:.2f} ({one.lowest:.2f}-{one.highest:.2f})"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Give a table's lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
