"""`python -m lab.bench_facts`: how long `mcwan facts` takes for many services of every cluster.

On a lab of its own, or on the one that MCWAN_LAB names and that is left as it was.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import yaml

from lab import benchmark
from lab.api import Object
from lab.cluster import MANAGER
from lab.deploy import exists
from lab.processes import REPOSITORY
from lab.state import Lab
from lab.stories import STACK
from lab.topology import Site
from lab.up import up
from lab.waiting import LabError, each, wait

OWN = "facts"
"""The name of the lab that is made for it."""
SECONDS = 10.0
"""The bar: by then all clusters are read, in half of the runs."""
_SERVICES, _NAMESPACES, _PODS, _RUNS = 200, 10, 5, 5
_LIMIT = 120
_CAME = re.compile(r": read \((\d+\.\d) s\)$", re.MULTILINE)


def main() -> int:
    """Measure and print; exit code 1 if the bar is missed or it cannot be measured."""
    return benchmark.main("MCWAN_LAB", OWN, lambda name: up(name, STACK, _say), bench)


def bench(lab: Lab) -> list[str]:
    """Print what was measured on a lab; give a line if the bar is missed."""
    clusters = sorted(lab.topology.sites)
    with _many(lab), tempfile.TemporaryDirectory() as directory:
        (Path(directory) / f"Pulumi.{lab.stack}.yaml").write_text(stack_file(lab), encoding="utf-8")
        took = [_read(lab, Path(directory)) for _ in range(_RUNS)]
    read, whole = zip(*took, strict=True)
    _say(
        f"mcwan facts: {_SERVICES} services with {_PODS} ready pods each in {_NAMESPACES} namespaces, on each of "
        f"{len(clusters)} clusters; medians of {_RUNS} runs (lowest-highest)\n"
        f"  read after {median(read):.1f} s ({min(read):.1f}-{max(read):.1f})\n"
        f"  the whole command {median(whole):.1f} s ({min(whole):.1f}-{max(whole):.1f})"
    )
    return [f"facts read after {median(read):.1f} s; to be: {SECONDS:g} s at most"] if median(read) > SECONDS else []


def services() -> list[str]:
    """Give the services, as name.namespace."""
    return [f"service-{number}.facts-{number % _NAMESPACES}" for number in range(_SERVICES)]


def objects() -> list[Object]:
    """Give what every cluster has of them: Services without selectors, and an EndpointSlice for each."""
    found: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"facts-{number}"}}
        for number in range(_NAMESPACES)
    ]
    for service in services():
        name, _, namespace = service.partition(".")
        metadata = {"name": name, "namespace": namespace}
        ports = [{"name": "http", "port": 8080, "protocol": "TCP"}]
        endpoints = [{"addresses": [f"192.0.2.{pod}"], "conditions": {"ready": True}} for pod in range(1, _PODS + 1)]
        found.append({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}})
        found.append(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": metadata | {"labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv4",
                "endpoints": endpoints,
                "ports": ports,
            }
        )
    return found


def stack_file(lab: Lab) -> str:
    """Give the file of a stack that exports them all from every cluster, and leaves everything to the clusters."""
    clusters = sorted(lab.topology.sites)
    wanted = {
        "clusters": {
            name: {
                "context": name,
                "kubeconfigPath": str(lab.kubeconfig),
                "facts": "live",
                "ingress": {"exposure": lab.fabric.clusters[name].ingress.exposure},
            }
            for name in clusters
        },
        "tls": {"mode": "plaintext"},
        "wanPolicies": lab.config["wanPolicies"],
        "exports": [
            {"service": service, "from": clusters, "wanPolicy": sorted(lab.config["wanPolicies"])[0]}
            for service in services()
        ],
    }
    return yaml.safe_dump({"config": {f"mcwan:{key}": value for key, value in wanted.items()}}, sort_keys=False)


@contextmanager
def _many(lab: Lab) -> Iterator[None]:
    """The services stand on every cluster."""
    every, sites = objects(), lab.topology.sites.values()

    def bring(site: Site) -> None:
        with lab.api(site) as api:
            for one in every:
                api.apply(one, manager=MANAGER)

    def take(site: Site) -> None:
        namespaces = [one for one in every if one["kind"] == "Namespace"]
        with lab.api(site) as api:
            for one in namespaces:
                api.delete(one)
            wait(lambda: not any(exists(api, one) for one in namespaces), f"the services are gone from {site.cluster}")

    try:
        each(bring, sites)
        yield
    finally:
        each(take, sites)


def _read(lab: Lab, project: Path) -> tuple[float, float]:
    """Run the command at the desk, with nothing recorded. Raises LabError.

    Gives after how many seconds all clusters were read, and after how many it had ended.
    """
    (project / "facts" / f"{lab.stack}.json").unlink(missing_ok=True)
    command = ["ip", "netns", "exec", lab.topology.desk, sys.executable, "-m", "mcwan.cli.main", "facts"]
    options = ["--stack", lab.stack, "--project", str(project)]
    begun = time.monotonic()
    try:
        done = subprocess.run(
            [*command, *options], cwd=REPOSITORY, capture_output=True, text=True, timeout=_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"mcwan facts: not done after {_LIMIT} s") from None
    took = time.monotonic() - begun
    if done.returncode:
        raise LabError(f"mcwan facts: exit code {done.returncode}:\n{done.stderr}")
    found = done.stdout.count(f": {_PODS} ")
    if found != (wanted := _SERVICES * len(lab.topology.sites)):
        raise LabError(f"mcwan facts told of {found} services with {_PODS} ready pods; to be: {wanted}")
    return max(map(float, _CAME.findall(done.stderr))), took


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
