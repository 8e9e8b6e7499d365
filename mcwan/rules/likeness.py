"""Whether something is as mcwan makes it, and as others have it: what it says is compared whole, not part by part."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, Generic, NamedTuple, TypeVar

from mcwan.rules.objects import value
from mcwan.rules.unknown import UnjudgedError
from mcwan.rules.words import said

_ADDED = {"alwaysEjectOneEndpoint": False}
"""What an API server adds to objects that do not say it, by the definitions of their kinds: Envoy Gateway's passive
health checks."""
T = TypeVar("T", bound=Hashable)
X = TypeVar("X")


class Difference(NamedTuple):
    """The first place where something is not as it should be; None stands for nothing."""

    path: str
    wanted: Any
    found: Any

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.path} is missing"
        if self.wanted is None:
            return f"{self.path} should not be there"
        return f"{self.path} is {said(self.found)}, and should be {said(self.wanted)}"


def difference(wanted: Any, found: Any, path: str = "", free: frozenset[str] = frozenset()) -> Difference | None:
    """Say where something is not as it should be; fields called as those of `free` may have any value, but have one.

    Raises UnjudgedError.
    """
    given = value(found)
    if isinstance(wanted, str):  # most are, and what is no text is quickly told from it
        return None if wanted == given else Difference(path, wanted, given)
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        for name in (*wanted, *(name for name in given if name not in wanted)):
            if name in _ADDED and name not in wanted and value(given, name) == _ADDED[name]:
                continue
            place = f"{path}.{name}" if path else str(name)
            chosen = name in free and name in wanted and not isinstance(wanted[name], Mapping)
            if chosen and value(given, name) is not None:
                continue
            if one := difference(wanted.get(name), given.get(name), place, free):
                return one
        return None
    if _is_list(wanted) and _is_list(given):
        pairs = enumerate(zip_longest(wanted, given))
        return next((one for at, (a, b) in pairs if (one := difference(a, b, f"{path}[{at}]", free))), None)
    if isinstance(wanted, bool) or isinstance(given, bool):
        return None if wanted is given else Difference(path, wanted, given)
    return None if not _is_list(wanted) and wanted == given else Difference(path, wanted, given)


def _is_list(one: Any) -> bool:
    return isinstance(one, Sequence) and not isinstance(one, str)


class Tally(Generic[T]):
    """What several say of what is one thing for all of them, and whether one of them cannot be read."""

    def __init__(self) -> None:
        self._counts: Counter[T] = Counter()
        self._doubt: UnjudgedError | None = None

    @classmethod
    def of(cls, ones: Iterable[X], read: Callable[[X], Iterable[T]]) -> "Tally[T]":
        """Count what each says."""
        found = cls()
        for one in ones:
            found.add(partial(read, one))
        return found

    def add(self, read: Callable[[], Iterable[T]]) -> None:
        """Count what one says."""
        try:
            self._counts.update(set(read()))
        except UnjudgedError as doubt:
            self._doubt = self._doubt or doubt

    def most(self) -> T | None:
        """Give what most say; None if nobody says anything.

        Raises UnjudgedError if they disagree, and one cannot be read, who may decide it.
        """
        if len(self._counts) > 1 and self._doubt:
            raise self._doubt
        ordered = sorted(self._counts.items(), key=lambda one: (-one[1], repr(one[0])))
        return ordered[0][0] if ordered else None
