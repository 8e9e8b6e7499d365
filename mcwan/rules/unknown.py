"""Values that are not there to be read: what a preview does not know yet, and secrets.

Whoever touches one gets `UnjudgedError`, so that a rule cannot take it for a value by mistake, nor print it.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NoReturn, Protocol, TypeVar

T = TypeVar("T")
X = TypeVar("X")
K = TypeVar("K", bound=Hashable)


class InCluster(Protocol):
    """What lies in a cluster."""

    @property
    def cluster(self) -> str:
        """Give the cluster's name."""
        ...


C = TypeVar("C", bound=InCluster)


class UnjudgedError(Exception):
    """Something cannot be judged yet; says which value of which object, and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} {why}")
        self.where, self.why = where, why


class Withheld:
    """Stands for a value at some place of an object. Comparing, hashing, reading or printing it raises."""

    def __init__(self, where: str, why: str) -> None:
        self._said = (where, why)

    def raise_(self, *_: Any, **__: Any) -> NoReturn:
        """Say that the value cannot be had. Raises UnjudgedError."""
        raise UnjudgedError(*self._said)

    __eq__ = __hash__ = __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = raise_
    __int__ = __float__ = __index__ = __str__ = __format__ = __lt__ = __le__ = __gt__ = __ge__ = raise_

    def __repr__(self) -> str:
        return f"Withheld{self._said}"


UNKNOWN = "is not known before the update"
HIDDEN = "is a secret"


def first(*reads: Callable[[], T]) -> T:
    """Give the first answer that is not empty, else the last one.

    Raises UnjudgedError if none is, and one of them cannot be had yet.
    """
    doubt = None
    for read in reads:
        try:
            if found := read():
                return found
        except UnjudgedError as error:
            doubt = doubt or error
    if doubt:
        raise doubt
    return found


def each(ones: Iterable[X], read: Callable[[X], T]) -> tuple[list[T], list[UnjudgedError]]:
    """Give what can be read of each, and why the others cannot be."""
    found, doubts = [], []
    for one in ones:
        try:
            found.append(read(one))
        except UnjudgedError as doubt:
            doubts.append(doubt)
    return found, doubts


def grouped(
    ones: Iterable[C], read: Callable[[C], Iterable[tuple[K, T]]]
) -> tuple[dict[K, list[T]], dict[str, UnjudgedError]]:
    """Give by key what is read of each, pairs of both; and by cluster why one there cannot be read to its end."""
    found: dict[K, list[T]] = {}
    doubts: dict[str, UnjudgedError] = {}
    for one in ones:
        try:
            for key, value in read(one):
                found.setdefault(key, []).append(value)
        except UnjudgedError as doubt:
            doubts.setdefault(one.cluster, doubt)
    return found, doubts


def chosen(ones: Iterable[X], test: Callable[[X], object]) -> list[X | UnjudgedError]:
    """Give those that pass a test; for one of which that is not known yet, the reason in its place."""
    found: list[X | UnjudgedError] = []
    for one in ones:
        try:
            if test(one):
                found.append(one)
        except UnjudgedError as doubt:
            found.append(doubt)
    return found
