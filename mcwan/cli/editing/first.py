"""A first stack file: its text, with comments that teach, checked before it is made."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mcwan import stack as stacks
from mcwan.cli.editing import emitted, saving
from mcwan.cli.editing.doing import judged
from mcwan.cli.editing.splice import EditError
from mcwan.cli.running import from_here, unwritten
from mcwan.plan import Plan
from mcwan.rules.words import many

SCHEMA = "# yaml-language-server: $schema=./schemas/stack.schema.json"
_COMMENTS = {
    "clusters": (
        "The clusters. `context`: one of ~/.kube/config; or `renderTo: DIRECTORY`, to have objects written as YAML.",
        "`addresses`: where the other clusters reach its ingress gateway over the SD-WAN, never public ones.",
        "`namespaces`: those that it has; a service is imported by every cluster that has the service's namespace.",
    ),
    "issuer": (
        "Mutual TLS between the gateways: a ClusterIssuer of cert-manager, with the same root on all clusters.",
    ),
    "plaintext": ("No TLS between the gateways: whoever is on the way can read. `{issuer: NAME}` gives mutual TLS.",),
    "wanPolicies": (
        "The WAN policies: the SD-WAN tells them apart by their ports, and sends each through its tunnel.",
        "`sla`: what the tunnel promises, as its operator says.",
    ),
    "exports": (
        "What clusters offer to the others, e.g. all of a service by one WAN policy:",
        "  mcwan export payment/secure --port 8080 --cluster {cluster} --wan-policy {policy}",
        "or by request, where anything else is refused: --rule 'queries: GET /payment by {policy}'",
    ),
    "imports": ("Where the consuming side wants it otherwise.",),
}


def stack_text(config: Mapping[str, Any], header: Sequence[str]) -> str:
    """Give a stack file's text for its `mcwan:` keys: clusters, tls, wanPolicies, exports, imports."""
    names = {"cluster": next(iter(config["clusters"])), "policy": next(iter(config["wanPolicies"]))}
    lines = [SCHEMA, *(f"# {line}" for line in header), "config:", '  pulumi:disable-default-providers: ["*"]']
    lines += _section("clusters", names)
    lines.append("  mcwan:clusters:")
    for name, cluster in config["clusters"].items():
        lines.append(f"    {emitted.flow(name)}:")
        lines += [f"      {line}" for key, value in cluster.items() for line in emitted.pair(key, value, 6)]
    lines += _section(next(iter(set(config["tls"]) & {"issuer"}), "plaintext"), names)
    lines.append(f"  mcwan:tls: {emitted.flow(config['tls'])}")
    lines += _section("wanPolicies", names)
    lines.append("  mcwan:wanPolicies:")
    for name, policy in config["wanPolicies"].items():
        lines.append(f"    {emitted.flow(name)}: {emitted.flow(policy)}")
    for key in ("exports", "imports"):
        if key == "exports" or config.get(key):
            lines += _section(key, names)
            first, *rest = emitted.pair(f"mcwan:{key}", config.get(key, []), 2)
            lines += [f"  {first}", *rest]
    return "\n".join(lines) + "\n"


def vacant(project: Path, stack: str) -> Path:
    """Give where a new stack's file goes. Raises EditError if it is there, or the project is none."""
    path = stacks.stack_file(project, stack)
    if not (project / "Pulumi.yaml").is_file():
        raise EditError(
            f"Pulumi.yaml: not in {project.resolve()}, so that Pulumi could not deploy a stack of it; "
            "name the directory of mcwan's program with --project"
        )
    if path.exists() or path.is_symlink():
        raise EditError(
            f"{path.name}: there already, and it is never overwritten; name another stack with --stack, or edit it"
        )
    return path


def make(project: Path, stack: str, text: str, *, dry_run: bool) -> Plan:
    """Check a new stack file, and write or print it. Raises as `doing.judged`; ends with 1 if it cannot be written."""
    path = vacant(project, stack)
    plan = judged(project, stack, text)
    if dry_run:
        click.echo(text, nl=False)
        return plan
    try:
        saving.create(path, text)
    except FileExistsError:
        vacant(project, stack)
        raise
    except OSError as error:
        raise unwritten(from_here(path), error) from None
    fabric = plan.fabric
    clusters = many(len(fabric.clusters), "cluster")
    policies = many(len(fabric.wan_policies), "WAN policy", "WAN policies")
    click.echo(f"{from_here(path)}: written: {clusters}, {policies}, {many(len(fabric.exports), 'export')}")
    return plan


def _section(key: str, names: Mapping[str, str]) -> list[str]:
    return [f"  # {line.format_map(names) if key == 'exports' else line}" for line in _COMMENTS[key]]
