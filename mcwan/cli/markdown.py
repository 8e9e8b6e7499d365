"""What comments on pull requests have in common."""

import html
import re

MOST_ROWS = 50
"""The most rows of a kind in a comment."""
MOST_CHARACTERS = 60_000
"""The most characters of a comment on a pull request, whose limit is 65,536."""


def cell(text: str) -> str:
    """Write a text so that Markdown takes none of it for markup, and a table not for its end."""
    escaped = re.sub(r"([\\`*\[\]|])", r"\\\1", html.escape(text, quote=False))
    return " ".join(escaped.split())
