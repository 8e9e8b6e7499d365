"""What the rules cost at 10,000 objects: to read them as Pulumi's engine hands them over, and to judge them."""

import gc
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from bench.fabrics import described
from mcwan import gateways, stack
from mcwan.plan import Plan
from mcwan.plan.summary import export_summary, import_summary, wan_policy_summary
from mcwan.rules import RULES, Evidence, run
from mcwan.rules.sources import Registered, of_resources

CLUSTERS, EXPORTS, ROUNDS = 10, 229, 3
SLOWEST = 3
T = TypeVar("T")


def main() -> None:
    """Print what reading and judging take, and the rules that take most."""
    plan = gateways.plan(stack.fabric("bench", described(CLUSTERS, EXPORTS)))
    text = json.dumps(list(resources(plan)))
    gc.freeze()  # the plan is not what is measured
    gc.set_threshold(100_000, 50, 100)  # as the policy pack does
    best: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        handed = [Registered(*one) for one in json.loads(text)]
        evidence = _measured(best, "read", lambda its=handed: of_resources(its))  # type: ignore[misc]
        _measured(best, "judge", lambda its=evidence: _judge(its, best))  # type: ignore[misc]
    count = len(evidence.objects)
    print(f"rules: {len(RULES)} over {count} objects as Pulumi has them, best of {ROUNDS}:")
    for what in ("read", "judge"):
        wall, processor = best.pop(what)
        print(f"  {what}: {wall:.2f} s, processor {processor:.2f} s, {processor / count * 1e6:.0f} us per object")
    slowest = sorted(best.items(), key=lambda item: -item[1][1])[:SLOWEST]
    print(f"  slowest: {', '.join(f'{name} {processor:.2f} s' for name, (_, processor) in slowest)}")


def _judge(evidence: Evidence, best: dict[str, tuple[float, float]]) -> None:
    for rule in RULES:
        found = _measured(best, rule.name, lambda rule=rule: run(rule, evidence))  # type: ignore[misc]
        if found.violations or found.unjudged or found.failure:
            raise SystemExit(f"{rule.name}: {found.violations or found.unjudged or found.failure}")


def _measured(best: dict[str, tuple[float, float]], what: str, work: Callable[[], T]) -> T:
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    took = (time.perf_counter() - wall, time.process_time() - processor)
    best[what] = min(took, best.get(what, took), key=lambda one: one[1])
    return found


def resources(plan: Plan) -> list[tuple[str, str, Any, str]]:
    """Give a plan's resources: type, URN, outputs, cluster."""
    found: list[tuple[str, str, Any, str]] = []

    def add(kind: str, name: str, properties: Any, cluster: str = "") -> None:
        found.append((kind, f"urn:pulumi:bench::mcwan::{kind}::{name}", properties, cluster))

    for policy in plan.fabric.wan_policies:
        add("mcwan:index:WANPolicy", policy, wan_policy_summary(plan, policy))
    for export in plan.context.exports:
        add("mcwan:index:ServiceExport", export, export_summary(plan, export))
        add("mcwan:index:ServiceImport", export, import_summary(plan, export))
    for one in plan.objects:
        version, metadata = one.manifest["apiVersion"], one.manifest["metadata"]
        kind = f"kubernetes:{version if '/' in version else f'core/{version}'}:{one.manifest['kind']}"
        name = f"{one.cluster}/{metadata.get('namespace', '')}/{metadata['name']}"
        add(kind, name, one.manifest, one.cluster)
    return found


if __name__ == "__main__":
    main()
