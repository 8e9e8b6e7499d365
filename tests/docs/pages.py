"""Reads the pages: their fenced blocks, their links, the table of names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
ANY = "…"
"""In an output, a line for any lines, none included."""

_FENCE = re.compile(r"^```(?P<info>.*)$")
_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_STACK = re.compile(r"^# Pulumi\.(?P<name>[-a-z0-9]+)\.yaml$")
_FILE = re.compile(r"^(json|python|yaml) (?P<path>\S+\.\S+)$")
_RENDERED = re.compile(r"^# (?P<path>rendered/\S+\.yaml)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its words after the fence (`console`, `yaml wrong`), its text, the line it begins on."""

    info: str
    text: str
    line: int

    @property
    def stack(self) -> str | None:
        """The stack that it is the file of, by its first line `# Pulumi.NAME.yaml`."""
        found = _STACK.match(self.first)
        return found["name"] if found else None

    @property
    def rendered(self) -> str | None:
        """The rendered file that it is part of, by its first line `# rendered/…`."""
        found = _RENDERED.match(self.first)
        return found["path"] if found else None

    @property
    def file(self) -> str | None:
        """The file that it is, by the words after the fence: `json FILE`, `python FILE` or `yaml FILE`."""
        found = _FILE.match(self.info)
        return found["path"] if found else None

    @property
    def first(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0]


@dataclass(frozen=True)
class Command:
    """A command of a console block, with the output that the page shows."""

    words: str
    output: tuple[str, ...]


def pages() -> list[Path]:
    """Give every page of the documentation."""
    return sorted(DOCS.rglob("*.md"))


def blocks(text: str) -> list[Block]:
    """Give the fenced blocks of a page."""
    found: list[Block] = []
    opened: tuple[str, int] | None = None
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and opened is None:
            opened, lines = (fence["info"].strip(), number), []
        elif fence and opened is not None:
            found.append(Block(opened[0], "\n".join(lines) + "\n", opened[1]))
            opened = None
        elif opened is not None:
            lines.append(line)
    if opened is not None:
        raise ValueError(f"a fence that begins on line {opened[1]} has no end")
    return found


def commands(block: Block) -> list[Command]:
    """Give the commands of a console block; what stands before the first is a mistake."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"line {block.line}: an output without a command: {line!r}")
    return [Command(words, tuple(output)) for words, output in found]


def same(shown: tuple[str, ...], real: tuple[str, ...]) -> bool:
    """Tell whether an output is what a page shows; blanks at the end of a line do not count."""
    if not shown:
        return not real
    if shown[0] == ANY:
        return any(same(shown[1:], real[skip:]) for skip in range(len(real) + 1))
    return bool(real) and shown[0].rstrip() == real[0].rstrip() and same(shown[1:], real[1:])


def links(text: str) -> Iterator[str]:
    """Give the targets of a page's links, those inside code left out."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            for found in _LINK.finditer(re.sub(r"`[^`]*`", "``", line)):
                yield found["to"]


def anchors(text: str) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def section(text: str, heading: str) -> str:
    """Give what stands below a heading, up to the next one of the same or a higher level."""
    marks = heading.partition(" ")[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(marks)}}} |\Z)", text, re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"no heading {heading!r}")
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Give the cells of every row of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line][1:]
