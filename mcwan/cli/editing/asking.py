"""The questions of `mcwan init`, on a terminal: each answer is checked at once, and asked for again if it is wrong."""

import re
from collections.abc import Callable
from typing import Any

import click

from mcwan.cli.editing import described
from mcwan.model.leaves import LABEL, PATTERN_MEANS


def environment() -> dict[str, Any]:
    """Ask for clusters, TLS and WAN policies; gives the `mcwan:` keys of a stack file."""
    click.echo("A first stack file. Return takes what is in brackets.")
    clusters = _clusters()
    issuer = click.prompt(
        "TLS: the ClusterIssuer of cert-manager that signs the gateways' certificates, or none", default="mc-wan"
    )
    policies = {}
    for name, policy in described.POLICIES.items():
        tunnel = click.prompt(f"WAN policy {name}: the SD-WAN's tunnel", default=policy["tunnel"], value_proc=_label)
        port = click.prompt(f"WAN policy {name}: its port", default=policy["port"], type=click.IntRange(1, 65535))
        level = click.prompt(
            f"WAN policy {name}: what that tunnel promises, as jitter ms/latency ms/loss percent",
            default="/".join(map(str, policy["sla"].values())),
            value_proc=_level,
        )
        policies[name] = {"tunnel": tunnel, "port": port, "sla": level}
    return {
        "clusters": clusters,
        "tls": described.tls(issuer, plaintext=issuer == "none"),
        "wanPolicies": policies,
    }


def _clusters() -> dict[str, Any]:
    found: dict[str, Any] = {}
    namespaces = ""
    while True:
        more = f"Cluster {len(found) + 1}: its name" + (" (empty: no more)" if found else "")
        name = click.prompt(more, default="" if found else None, show_default=False, value_proc=_optional(_label))
        if not name:
            if found:
                return found
            continue
        context = click.prompt(f"Cluster {name}: its context in ~/.kube/config", default=name)
        where = click.prompt(
            f"Cluster {name}: the address of its ingress gateway inside the SD-WAN", value_proc=_addresses
        )
        namespaces = click.prompt(
            f"Cluster {name}: the namespaces with services to share, with commas", default=namespaces or "default"
        )
        listed = [one.strip() for one in namespaces.split(",") if one.strip()]
        found[name] = {"context": context, "ingress": {"addresses": where}, "namespaces": listed}


def _label(typed: str) -> str:
    if not re.match(LABEL, typed):
        raise click.UsageError(f"{typed!r}: not allowed; allowed: {PATTERN_MEANS[LABEL]}")
    return typed


def _optional(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda typed: check(typed) if typed else ""


def _level(typed: str) -> described.Level:
    found = described.level(typed)
    if found is None:
        raise click.UsageError(f"{typed!r}: not a service level; e.g. 50/100/1: milliseconds, milliseconds, percent")
    return found


def _addresses(typed: str) -> list[str]:
    found = described.addresses(typed)
    if not found:
        raise click.UsageError(f"{typed!r}: not an IP address; e.g. 10.1.0.11; several with commas")
    return found
