"""Values that are not there to be read: what a preview does not know yet, and secrets.

Whoever touches one gets `UnjudgedError`, so that a rule cannot take it for a value by mistake, nor print it.
"""

from typing import Any, NoReturn


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
    __int__ = __float__ = __str__ = __format__ = __lt__ = __gt__ = raise_

    def __repr__(self) -> str:
        return f"Withheld{self._said}"


UNKNOWN = "is not known before the update"
HIDDEN = "is a secret"
