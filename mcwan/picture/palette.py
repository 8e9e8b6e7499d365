"""Colours and lines of WAN policies, told apart by people who see colours otherwise, too."""

from collections.abc import Iterable

from mcwan.picture.drawing import Mark

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A6D00", "#2B2B2B")
"""After Okabe and Ito, `Color Universal Design`. The line's style tells the same."""
_STYLES = ("solid", "dashed", "dotted")
_TINTS = ("#DCEBF5", "#FBE5D6", "#D9F0E8", "#F7E6EF", "#F2EBD0", "#E4E4E4")
GREY, FRAME, HEAD = "#8A9099", "#4A5058", "#E9ECEF"
MARKS = {
    Mark.SAME: "#20242A",
    Mark.ADDED: "#00664B",
    Mark.REMOVED: "#A33B00",
    Mark.CHANGED: "#20242A",
}
WORDS = {Mark.ADDED: "new", Mark.REMOVED: "goes", Mark.CHANGED: "changes"}


class Look:
    """The colours and lines of WAN policies, in the order of their names; over again for further ones."""

    def __init__(self, policies: Iterable[str], *, marked: bool) -> None:
        self.place = {name: number for number, name in enumerate(policies)}
        self.marked = marked

    def colour(self, policy: str | None) -> str:
        """Give the colour of lines and letters; grey for none."""
        place = self.place.get(policy or "")
        return GREY if place is None else _COLOURS[place % len(_COLOURS)]

    def tint(self, policy: str | None) -> str:
        """Give the colour of areas; white for none."""
        place = self.place.get(policy or "")
        return "#FFFFFF" if place is None else _TINTS[place % len(_TINTS)]

    def style(self, policy: str | None) -> str:
        """Give the line: another one when the colours begin again, so that no two of the first 18 are alike."""
        place = self.place.get(policy or "", 0)
        return _STYLES[(place + place // len(_COLOURS)) % len(_STYLES)]
