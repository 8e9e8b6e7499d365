"""What comments on pull requests have in common."""

import html
import re

MOST_ROWS = 50
"""The most rows of a kind in a comment."""
MOST_CHARACTERS = 40_000
"""The most characters of a plan in a comment, whose limit is 65,536: a report of `mcwan check` has room beside it."""


def cell(text: str) -> str:
    """Write a text so that Markdown takes none of it for markup, and a table not for its end."""
    escaped = re.sub(r"([\\`*\[\]|])", r"\\\1", html.escape(text, quote=False))
    return " ".join(escaped.split())
