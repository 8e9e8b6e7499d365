"""The program: a stack's configuration, its fabric, a provider per cluster, the components, the stack's outputs."""

import json
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG

from mcwan import gateways, stack
from mcwan.components import Fabric, FabricArgs, cluster_provider
from mcwan.model import MistakesError


def main() -> None:
    """Run the program in a Pulumi engine. Mistakes in the configuration are told in a line each, no traceback."""
    raw, secret = configuration()
    try:
        described = stack.fabric(pulumi.get_stack(), raw, secret=secret)
    except MistakesError as error:
        count = len(error.mistakes)
        raise pulumi.RunError(
            f"{count} mistake{'s' * (count > 1)} in Pulumi.{pulumi.get_stack()}.yaml\n{error}"
        ) from None
    plan = gateways.plan(described)
    for note in plan.notes():
        pulumi.log.info(note)
    providers = {name: cluster_provider(name, cluster) for name, cluster in sorted(described.clusters.items())}
    fabric = Fabric(described.name, FabricArgs(plan=plan, providers=providers))
    pulumi.export("clusters", fabric.clusters)
    pulumi.export("exports", fabric.exports)


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
