"""The program: a stack's configuration, its fabric, a provider per cluster, the components, the stack's outputs."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG

from mcwan import stack
from mcwan.components import Fabric, FabricArgs, cluster_provider
from mcwan.facts.record import Record, RecordError, path, save
from mcwan.facts.report import Reading, Wanted
from mcwan.model import Description, MistakesError


def main() -> None:
    """Run the program in a Pulumi engine. Mistakes in the configuration are told in a line each, no traceback."""
    raw, secret = configuration()
    name, project = pulumi.get_stack(), Path()
    try:
        environment = stack.known(project, name, raw, secret=secret, reader=_read)
        plan = environment.plan(awaits=True)
    except MistakesError as error:
        from mcwan.rules.words import many  # whoever makes no mistake does without the rules

        raise pulumi.RunError(f"{many(len(error.mistakes), 'mistake')} in Pulumi.{name}.yaml\n{error}") from None
    except RecordError as error:
        raise pulumi.RunError(str(error)) from None
    described = environment.fabric
    for note in plan.notes():
        pulumi.log.info(note)
    if environment.known.reports and not pulumi.runtime.is_dry_run():
        _record(path(project, name), environment.known.record)
    providers = {name: cluster_provider(name, cluster) for name, cluster in sorted(described.clusters.items())}
    fabric = Fabric(described.name, FabricArgs(plan=plan, providers=providers))
    pulumi.export("clusters", fabric.clusters)
    pulumi.export("exports", fabric.exports)


def _read(description: Description, wanted: Mapping[str, Wanted], now: datetime) -> dict[str, Reading]:
    """Ask live clusters. The client is imported here: most stacks have none."""
    from mcwan.facts.reading import read_all

    return read_all(description, wanted, now, say=pulumi.log.debug)


def _record(file: Path, record: Record) -> None:
    """Record the facts that an update goes by: they hold where a cluster cannot be read the next time."""
    try:
        if save(file, record):
            pulumi.log.info(f"{file}: facts recorded; commit it")
    except RecordError as error:
        pulumi.log.warn(str(error))


def configuration() -> tuple[dict[str, Any], set[str]]:
    """Give the stack's `mcwan:` keys, without that prefix, and those of them that hold a secret.

    `pulumi.Config` gives only keys that one knows; a misspelt one has to be seen.
    """
    prefix = f"{stack.PROJECT}:"
    keys = [key for key in CONFIG.get() if key.startswith(prefix)]
    secret = {key.removeprefix(prefix) for key in keys if pulumi.runtime.is_config_secret(key)}
    return {key.removeprefix(prefix): _value(CONFIG.get()[key]) for key in keys}, secret


def _value(text: str) -> Any:
    """Pulumi hands objects over as JSON and scalars as they are."""
    try:
        return json.loads(text)
    except ValueError:
        return text
