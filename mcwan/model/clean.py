"""What a stack file can hold and no model can: keys that are no texts, and Pulumi secrets where nothing is secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcwan.model.mistakes import Ciphertext, Mistake, Place, no_key


@dataclass
class Clean:
    """A configuration as models can read it, and what had to be taken out of it."""

    raw: Mapping[str, Any]
    mistakes: list[Mistake] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.raw = {key: self._of(value, (str(key),)) for key, value in self.raw.items()}

    def _of(self, value: Any, place: Place) -> Any:
        if is_secret(value):
            return value if _may_be_secret(place) else Ciphertext()
        if isinstance(value, Mapping):
            return {key: self._of(one, (*place, key)) for key, one in value.items() if self._is_key(key, place)}
        if isinstance(value, list | tuple):
            return [self._of(one, (*place, index)) for index, one in enumerate(value)]
        return value

    def _is_key(self, key: object, place: Place) -> bool:
        """Tell whether a key can stand in a place; whole numbers can, which models tell of."""
        if isinstance(key, str | int) and not isinstance(key, bool):
            return True
        self.mistakes.append(no_key(place, key))
        return False


def is_secret(value: object) -> bool:
    """Tell whether a value is a secret as Pulumi writes it in a stack file, whatever key it stands under."""
    return isinstance(value, Mapping) and set(value) == {"secure"} and isinstance(value["secure"], str)


def _may_be_secret(place: Place) -> bool:
    return len(place) == 3 and (place[0], place[2]) == ("clusters", "kubeconfig")
