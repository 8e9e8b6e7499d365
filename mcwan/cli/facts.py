"""What the command line tells of facts."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import click
import yaml

from mcwan.cli.tables import console, titled
from mcwan.facts.report import Report
from mcwan.facts.rights import cluster_role
from mcwan.stack import Environment


def rights(*, conditions: bool) -> str:
    """Give the ClusterRole that reading facts needs, and writing conditions, as YAML."""
    return yaml.safe_dump(cluster_role(conditions=conditions), sort_keys=False)


def conditions(found: Environment) -> list[str]:
    """Write the conditions of the fabric's ServiceExports; gives what changed. What fails ends with exit code 1."""
    from mcwan.facts.tell import ToldError, tell

    try:
        return tell(found.fabric, found.known, datetime.now(UTC)) or ["conditions: unchanged"]
    except ToldError as error:
        raise click.ClickException(str(error)) from None


def told(found: Environment) -> str:
    """Give a table of the facts that hold, a cluster a row."""
    wanted = {export.namespace for export in found.fabric.exports}
    made = titled(
        "Facts", "cluster", "read", "namespaces", "ready pods", "ingress addresses", "MCS API", "GatewayClass"
    )
    for name, report in sorted(found.known.reports.items()):
        cluster = found.fabric.clusters[name]
        made.add_row(
            name,
            report.at,
            _lines(sorted(set(report.namespaces or ()) & wanted)),
            _lines(_ready(report)),
            _lines(map(str, cluster.ingress.addresses)),
            cluster.mcs_api,
            _class(report, cluster.gateway.class_name),
        )
    out = console()
    with out.capture() as captured:
        out.print(made)
    return captured.get()


def _ready(report: Report) -> list[str]:
    services = (report.services or {}).items()
    return [f"{name}: {'no Service' if one is None else one.ready}" for name, one in services]


def _class(report: Report, name: str) -> str:
    known = (report.classes or {}).get(name)
    return f"{name}: {'not known' if known is None else 'accepted' if known.accepted else 'not accepted'}"


def _lines(values: Iterable[str]) -> str:
    return "\n".join(values) or "-"


def _held(found: Environment) -> dict[str, Any]:
    """Give the facts that hold, by cluster, as the record has them."""
    return {
        name: report.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for name, report in sorted(found.known.reports.items())
    }


FORMATS: Mapping[str, Callable[[Environment], str]] = {
    "table": told,
    "json": lambda found: json.dumps(_held(found), indent=2) + "\n",
    "yaml": lambda found: yaml.safe_dump(_held(found), sort_keys=False),
}
