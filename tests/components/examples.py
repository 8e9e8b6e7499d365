"""The example stacks, as Pulumi hands their configuration to the program."""

from pathlib import Path
from typing import Any

from mcwan import gateways, stack
from mcwan.plan import Plan

PROJECT = Path(__file__).parents[2]


def config(name: str) -> dict[str, Any]:
    """Give a stack's configuration, by key with its namespace."""
    return {f"mcwan:{key}": value for key, value in stack.read_config(PROJECT, name).items()}


def plan(name: str) -> Plan:
    """Give a stack's plan."""
    return gateways.plan(stack.read(PROJECT, name))
