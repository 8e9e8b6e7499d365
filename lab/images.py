"""What a node runs in place of a container image: a program, and files that the image has at certain paths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Image:
    """The words that a command begins with, and the image's own files by path."""

    words: Sequence[str | Path]
    files: Mapping[str, Path] = field(default_factory=dict)
