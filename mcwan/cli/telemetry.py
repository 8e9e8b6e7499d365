"""The rules for Prometheus and the dashboard for Grafana, as files."""

import json
from pathlib import Path

from mcwan import telemetry
from mcwan.cli.render import dump
from mcwan.plan.context import Context
from mcwan.telemetry.dashboard import MARK

RULES, DASHBOARD = "rules.yaml", "dashboard.json"
_HEAD = 200
"""Bytes of a file among which its mark is."""


def files(context: Context) -> dict[str, str]:
    """Give every file's content by its name; each begins with the mark by which a later run knows its own."""
    return {
        DASHBOARD: json.dumps(telemetry.dashboard(context), indent=2, ensure_ascii=False) + "\n",
        RULES: f"# {MARK}\n{dump([telemetry.rules(context)])}",
    }


def write(context: Context, directory: Path) -> tuple[str, ...]:
    """Write the files to a directory, and give their names.

    Raises OSError, FileExistsError among them where somebody else's file is in the way; nothing is written then.
    """
    wanted = files(context)
    for name in wanted:
        if (directory / name).exists() and not _ours(directory / name):
            raise FileExistsError(f"{name} is there and not written by mcwan; move it away, or write elsewhere")
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in wanted.items():
        (directory / name).write_text(content, encoding="utf-8")
    return tuple(sorted(wanted))


def _ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return MARK.encode() in file.read(_HEAD)
