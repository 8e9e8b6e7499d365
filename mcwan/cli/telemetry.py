"""The rules for Prometheus and the dashboard for Grafana, as files."""

import json
from pathlib import Path

from mcwan import telemetry
from mcwan.cli.files import write as write_files
from mcwan.cli.render import dump
from mcwan.plan.context import Context
from mcwan.telemetry.dashboard import MARK

RULES, DASHBOARD = "rules.yaml", "dashboard.json"


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
    wanted = {Path(name): content for name, content in files(context).items()}
    write_files(wanted, directory, MARK)
    return tuple(sorted(map(str, wanted)))
