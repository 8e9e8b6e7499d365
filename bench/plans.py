"""Time and memory of planning, each size in a process of its own; objects per export."""

import resource
import subprocess
import sys
import time

from bench.fabrics import described
from mcwan import gateways, stack
from mcwan.plan import Plan

SIZES = ((10, 1000), (50, 1000))


def main() -> None:
    """Print a line per size, then what one more export adds."""
    print("plan: clusters x exports -> objects; read and check, plan; peak memory; objects per second")
    for clusters, exports in SIZES:
        subprocess.run([sys.executable, "-m", "bench.plans", str(clusters), str(exports)], check=True)
    for rules in (False, True):
        exporting, importing = _added(rules)
        what = "two rules, two WAN policies" if rules else "one WAN policy"
        print(f"objects for one more export ({what}): exporting cluster {exporting}, importing cluster {importing}")


def measure(clusters: int, exports: int) -> None:
    """Print one size's line."""
    raw = described(clusters, exports)
    start = time.perf_counter()
    fabric = stack.fabric("bench", raw)
    middle = time.perf_counter()
    count = len(gateways.plan(fabric).objects)
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {clusters:>2} x {exports}: {count} objects; {middle - start:.2f} s + {end - middle:.2f} s; "
        f"{peak:.0f} MB; {count / (end - start):,.0f}/s",
        flush=True,
    )


def _added(rules: bool) -> tuple[int, int]:
    """Count what one more export adds in a cluster that offers it, beyond importing it, and in one that imports it."""
    raw = described(3, 4)
    more = next(export for export in raw["exports"][::-1] if ("rules" in export) == rules)
    more = more | {"service": f"one-more.{more['service'].partition('.')[2]}", "from": ["cluster-00"]}
    before = _counts(gateways.plan(stack.fabric("bench", raw)))
    after = _counts(gateways.plan(stack.fabric("bench", raw | {"exports": [*raw["exports"], more]})))
    added = {name: after[name] - before[name] for name in after}
    return added["cluster-00"] - added["cluster-02"], added["cluster-02"]


def _counts(plan: Plan) -> dict[str, int]:
    counts = dict.fromkeys(plan.fabric.clusters, 0)
    for one in plan.objects:
        counts[one.cluster] += 1
    return counts


if __name__ == "__main__":
    measure(int(sys.argv[1]), int(sys.argv[2]))
