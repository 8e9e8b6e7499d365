"""`python -m lab.bench_faults`: every fault under load, each request counted; no request that may be repeated is lost.

On a lab of its own with the stack `guarded`, its gateways as MCWAN_LAB_PROFILE says, or on the one that
MCWAN_E2E_GUARDED names and that is left as it was.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from lab import benchmark, compare, faults
from lab.faults import Fault, Outcome
from lab.state import Lab
from lab.up import PROFILE, up

STACK, OWN = "guarded", "bench-guarded"
REQUESTS = 50_000
_BROKEN = 10.0


@dataclass(frozen=True)
class Case:
    """A fault, the export that is asked for, and the longest wait in ms that is allowed; none if it is None."""

    what: str
    service: str
    fault: Fault
    longest: float | None = 1000.0


CASES = (
    Case("nothing", "billing.secure", faults.nothing),
    Case("the WAN policy's tunnel drops all packets", "billing.secure", faults.tunnel_lost("business")),
    Case("one of two ingress gateways is killed, again and again", "payment.secure", faults.gateway_killed("east")),
    Case(
        "the pods of one of two clusters are gone",
        "payment.secure",
        faults.backends_gone("east", "payment.secure"),
        None,
    ),
    Case("the same, seen by another service", "billing.secure", faults.backends_gone("east", "payment.secure")),
    Case("the first choice hangs; a try may take 400 ms", "quotes.secure", faults.gateway_hangs("east"), 1500.0),
    Case("all gateways get new certificates", "billing.secure", faults.certificates_rotated()),
    Case(
        "other timeouts and retries",
        "billing.secure",
        faults.edited("billing.secure", {"traffic": {"idempotent": True, "retries": 5, "timeouts": {"request": "3s"}}}),
    ),
)


def bench(lab: Lab) -> list[str]:
    """Print what became of the requests; give a line for every bar that is missed."""
    rate = faults.under(lab, "billing.secure", faults.nothing, 2, 0).requests / 5
    after = max(2.0, REQUESTS / rate * 1.1 - _BROKEN)
    rows = [["fault", "requests", "failed", "longest wait"]]
    missed = []
    for case in CASES:
        found = faults.under(lab, case.service, case.fault, _BROKEN, after)
        rows.append([case.what, f"{found.requests:,}", str(found.failed), f"{found.longest:.0f} ms"])
        missed += list(_missed(case, found))
    print("\n".join(compare.aligned(rows)), flush=True)
    return missed


def _missed(case: Case, found: Outcome) -> Iterator[str]:
    if found.failed:
        yield f"{case.what}: {found.failed} of {found.requests} requests failed; bar 0"
    if case.longest is not None and found.longest > case.longest:
        yield f"{case.what}: a request waited {found.longest:.0f} ms; bar {case.longest:.0f}"


def main() -> int:
    """Measure and print; exit code 1 if a bar is missed or it cannot be measured."""
    return benchmark.main(
        "MCWAN_E2E_GUARDED", OWN, lambda name: up(name, STACK, profile=os.environ.get(PROFILE, "")), bench
    )


if __name__ == "__main__":
    sys.exit(main())
