"""`python -m lab.kubectl --context CLUSTER ARGUMENTS`: kubectl at the desk of the lab that MCWAN_LAB names."""

import os
import sys

from lab import netns, system
from lab.machine import need_root
from lab.state import Lab, lab_name
from lab.waiting import LabError


def main(arguments: list[str]) -> None:
    """Become kubectl."""
    try:
        need_root()
        lab = Lab.load(lab_name())
    except LabError as error:
        raise SystemExit(f"error: {error}") from None
    with netns.handle(lab.topology.desk) as desk:
        system.setns(desk, system.NEW_NET)
    kube = str(lab.tools.kube)
    os.execv(kube, [kube, "kubectl", f"--kubeconfig={lab.kubeconfig}", *arguments])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
