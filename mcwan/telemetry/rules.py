"""The file of rules for Prometheus."""

from typing import Any

from mcwan.plan.context import Context
from mcwan.telemetry.alerts import alerts
from mcwan.telemetry.recording import recording


def rules(context: Context) -> dict[str, Any]:
    """Give what a rules file of Prometheus has: two groups, since rules of one are evaluated in order."""
    name = f"mcwan-{context.fabric.name}"
    return {
        "groups": [
            {"name": f"{name}-recording", "rules": recording(context)},
            {"name": f"{name}-alerts", "rules": alerts()},
        ]
    }
