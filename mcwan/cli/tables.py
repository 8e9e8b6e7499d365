"""What a plan makes, as tables."""

from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from mcwan.plan import Plan
from mcwan.plan.summary import export_summary, gateways, import_summary

PLAIN_WIDTH = 140
"""Columns where the output is not a terminal."""


def show(plan: Plan) -> None:
    """Print clusters, WAN policies, exports and imports, and what the plan could not know."""
    click.echo(text(plan), nl=False)


def text(plan: Plan, *, plain: bool = False) -> str:
    """Give the same as text: for a terminal, if there is one, unless it has to be plain."""
    out = Console(width=PLAIN_WIDTH, force_terminal=False) if plain else console()
    with out.capture() as captured:
        for table in (clusters(plan), wan_policies(plan), exports(plan), imports(plan)):
            out.print(table)
        for note in plan.notes():
            out.print(f"note: {note}", markup=False)
    return captured.get()


def console() -> Console:
    """Give the place to print to: as wide as the terminal, or PLAIN_WIDTH where there is none."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


def clusters(plan: Plan) -> Table:
    """One row per cluster."""
    table = _table("Clusters", "cluster", "reached by", "profile", "ingress addresses", "namespaces", "objects")
    counts = Counter(one.cluster for one in plan.objects)
    found = gateways(plan)
    for name, cluster in sorted(plan.fabric.clusters.items()):
        if cluster.render_to is not None:
            way = f"directory {cluster.render_to}"
        else:
            way = f"context {cluster.context}" if cluster.context else "kubeconfig (secret)"
        addresses = ", ".join(found[name]["ingress"]["addresses"]) or "none"
        namespaces = ", ".join(sorted(cluster.namespaces))
        table.add_row(name, way, cluster.gateway.profile, addresses, namespaces, str(counts[name]))
    return table


def wan_policies(plan: Plan) -> Table:
    """One row per WAN policy."""
    table = _table("WAN policies", "policy", "tunnel", "WAN port", "jitter ms", "latency ms", "loss %")
    for name, policy in sorted(plan.fabric.wan_policies.items()):
        sla = policy.sla
        numbers = (policy.port, sla.jitter_ms, sla.latency_ms)
        table.add_row(name, policy.tunnel, *map(str, numbers), f"{sla.loss_percent:g}")
    return table


def exports(plan: Plan) -> Table:
    """One row per export."""
    table = _table("Exports", "export", "ports", "from (weight)", "WAN policy", "host name")
    for key in plan.context.exports:
        found = export_summary(plan, key)
        table.add_row(
            key,
            ", ".join(map(str, found["ports"])),
            ", ".join(f"{cluster} ({weight})" for cluster, weight in found["weights"].items()),
            found.get("wanPolicy") or _rules(found["rules"]),
            found["hostnames"][0],
        )
    return table


def imports(plan: Plan) -> Table:
    """One row per export and cluster."""
    table = _table("Imports", "export", "cluster", "path", "WAN policy", "name in the cluster")
    for key in plan.context.exports:
        found = import_summary(plan, key)
        for cluster, one in found["clusters"].items():
            table.add_row(key, cluster, one["path"], _rules(one["rules"]), found["name"])
    return table


def _rules(rules: dict[str, str]) -> str:
    if list(rules) == ["all"]:
        return rules["all"]
    return ", ".join(f"{name}: {policy}" for name, policy in rules.items())


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", highlight=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
