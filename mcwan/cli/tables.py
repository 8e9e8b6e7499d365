"""What a plan makes, as tables."""

from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from mcwan.model.export import Caller, Export
from mcwan.model.importing import Importing, egress_rules, failover
from mcwan.plan import Plan
from mcwan.plan.spares import spares
from mcwan.plan.summary import export_summary, gateways, import_summary
from mcwan.plan.upstreams import stays

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
    table = titled("Clusters", "cluster", "reached by", "profile", "ingress addresses", "namespaces", "objects")
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
    table = titled(
        "WAN policies", "policy", "tunnel", "WAN port", "jitter ms", "latency ms", "loss %", "TLS", "failover"
    )
    for name, policy in sorted(plan.fabric.wan_policies.items()):
        sla = policy.sla
        numbers = (policy.port, sla.jitter_ms, sla.latency_ms)
        tls = "mutual" if name in plan.fabric.secure else "plaintext"
        table.add_row(name, policy.tunnel, *map(str, numbers), f"{sla.loss_percent:g}", tls, policy.failover or "none")
    return table


def exports(plan: Plan) -> Table:
    """One row per export."""
    table = titled("Exports", "export", "ports", "from (weight)", "WAN policy", "failover", "callers", "host name")
    for key, export in plan.context.exports.items():
        found = export_summary(plan, key)
        table.add_row(
            key,
            ", ".join(map(str, found["ports"])),
            ", ".join(_offer(export, cluster, weight) for cluster, weight in found["weights"].items()),
            found.get("wanPolicy") or _rules(found["rules"]),
            _failover(plan, export),
            "all" if export.callers is None else ", ".join(sorted(map(_caller, export.callers))) or "none",
            found["hostnames"][0],
        )
    return table


def imports(plan: Plan) -> Table:
    """One row per export and cluster."""
    table = titled("Imports", "export", "cluster", "path", "WAN policy", "spares", "name in the cluster")
    for key in plan.context.exports:
        found = import_summary(plan, key)
        for importing in plan.context.imports[key]:
            one = found["clusters"][importing.cluster]
            spare = _spares(plan, importing)
            table.add_row(key, importing.cluster, one["path"], _rules(one["rules"]), spare, found["name"])
    return table


def _caller(caller: Caller) -> str:
    return f"{caller.cluster} ({', '.join(caller.accounts)})" if caller.accounts else caller.cluster


def _offer(export: Export, cluster: str, weight: int) -> str:
    return f"{cluster} ({weight}, spare)" if export.offers[cluster].spare else f"{cluster} ({weight})"


def _failover(plan: Plan, export: Export) -> str:
    """Say by which WAN policy the requests of each of an export's go on."""
    over = {name: failover(export, name, plan.fabric.wan_policies) for name in export.wan_policies}
    if len(over) == 1:
        return over[export.wan_policies[0]] or "none"
    return ", ".join(f"{name}: {other}" for name, other in over.items() if other) or "none"


def _spares(plan: Plan, importing: Importing) -> str:
    """Say where the requests of a cluster go on to: which clusters, by which WAN policy."""
    context, cluster = plan.context, importing.cluster
    rules = egress_rules(importing, context.exports) if importing.follows_rules else ()
    going_on = (rule for rule in rules if not stays(context, cluster, rule))
    found = {(one.cluster, one.wan_policy) for rule in going_on for one in spares(context, cluster, rule)}
    return ", ".join(f"{name} by {policy}" for name, policy in sorted(found)) or "none"


def _rules(rules: dict[str, str]) -> str:
    if list(rules) == ["all"]:
        return rules["all"]
    return ", ".join(f"{name}: {policy}" for name, policy in rules.items())


def titled(title: str, *columns: str) -> Table:
    """Give an empty table."""
    table = Table(title=title, title_justify="left", title_style="bold", highlight=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
