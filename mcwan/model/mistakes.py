"""A mistake in a description: where, what, and the remedy, on one line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Place = tuple[str | int, ...]

_SECTIONS = ("clusters", "wanPolicies", "exports", "imports", "tls", "telemetry", "facts", "sdwan", "manage", "labels")

CIPHERTEXT = "a Pulumi secret"
"""How one is shown."""
QUOTES = "write it in quotes"
"""The remedy where YAML takes a text for something else."""


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with a description.

    `place` leads from the top of the description to the value, e.g. ("exports", 2, "rules", 0, "wanPolicy").
    `value` is already fit to be printed (see `show`), and empty where the mistake is that something is not there.
    `other` is the place that `problem` calls {other}.
    """

    place: Place
    value: str
    problem: str
    remedy: str
    other: Place = ()

    def __str__(self) -> str:
        value = f"{self.value}: " if self.value else ""
        problem = self.problem.replace("{other}", written(self.other))
        # names of others stand in what is wrong and in the remedy: as they are written, whatever that is
        return printable(f"{written(self.place)}: {value}{problem}; {self.remedy}")


class Ciphertext:
    """Stands for a Pulumi secret where none can be: its ciphertext is shown to nobody."""


class MistakesError(ValueError):
    """A description that cannot be used, with every mistake in it, ordered by place."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes), key=_order))
        super().__init__("\n".join(map(str, self.mistakes)))


def written(place: Place) -> str:
    """Write a place as an operator finds it: `exports[2].rules[0].wanPolicy`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part and all(c.isalnum() or c in "-_:" for c in part):
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text or "the description"


def show(value: object) -> str:
    """Show a value in a message: short scalars as they are, anything that could hide a secret by its kind only."""
    if isinstance(value, Ciphertext):
        return CIPHERTEXT
    if isinstance(value, str):
        return repr(value) if len(value) <= 80 and "\n" not in value else f"a text of {len(value)} characters"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return "null" if value is None else repr(value)
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return "a list"
    return f"a {type(value).__name__}"


def _order(mistake: Mistake) -> tuple[object, ...]:
    head, *rest = mistake.place or ("",)
    section = _SECTIONS.index(head) if head in _SECTIONS else len(_SECTIONS)
    parts = tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in rest)
    return (section, str(head), parts, mistake.problem, mistake.remedy, mistake.value)


def no_key(place: Place, key: object) -> Mistake:
    """Give the mistake of a key that is no text, in a mapping or at its own place."""
    remedy = QUOTES if is_plain(key) else "write a name in its place"
    return Mistake(place, show(key), "a key that is no text; allowed: a text", remedy)


def is_plain(value: object) -> bool:
    """Tell whether a value is what YAML makes of a text that nobody put in quotes: a number, a date, true."""
    return isinstance(value, bool | int | float | date)


def printable(text: str) -> str:
    """Give a text as a terminal may get it: what is no printable character is written as in Python."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def unread(error: OSError | UnicodeDecodeError) -> str:
    """Say why a file cannot be read: as the system says it, or that it is no text."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not text in UTF-8; save it as that"
