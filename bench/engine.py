"""What mcwan's program costs in the real engine beside a bare one: `pulumi preview`, paired, in one run.

The bare program registers the same resources, components among them, from a list that is ready in a file: the same
types, names, parents, providers, dependencies and inputs, without mcwan.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from bench.fabrics import described
from mcwan import gateways, stack
from mcwan.plan.manifests import identity

PROJECT = Path(__file__).parents[1]
EXPORTS, ROUNDS = 54, 4
"""So many exports make about 1,000 resources on three clusters; so many pairs of previews."""

_BARE = """
import json
import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apiextensions.v1 import CustomResourceDefinition
from pulumi_kubernetes.core.v1 import Namespace, Service
from pulumi_kubernetes.discovery.v1 import EndpointSlice

typed = {one.__name__: one for one in (CustomResourceDefinition, EndpointSlice, Namespace, Service)}
with open("resources.json") as file:
    content = json.load(file)
providers = {name: Provider(name, **inputs) for name, inputs in content["providers"].items()}
top = pulumi.ComponentResource("mcwan:index:Fabric", "bench", {})
made = {}
for kind, name, children in content["components"]:
    component = pulumi.ComponentResource(f"mcwan:index:{kind}", name, {}, pulumi.ResourceOptions(parent=top))
    for called, cluster, manifest in children:
        kind, api_version = manifest.pop("kind"), manifest.pop("apiVersion")
        needed = None
        if kind == "WANPolicy":
            needed = made[cluster, "CustomResourceDefinition"]
        elif manifest["metadata"].get("namespace") == "mc-wan":
            needed = made[cluster, "Namespace"]
        options = pulumi.ResourceOptions(parent=component, provider=providers[cluster], depends_on=needed)
        if kind in typed:
            if "addressType" in manifest:
                manifest["address_type"] = manifest.pop("addressType")
            made[cluster, kind] = typed[kind](called, opts=options, **manifest)
        else:
            CustomResource(called, api_version=api_version, kind=kind, opts=options, **manifest)
"""


def main() -> None:
    """Print the pairs and their ratio; a line that says so where there is no Pulumi."""
    if shutil.which("pulumi") is None:
        print("pulumi preview against a bare program: not measured, there is no `pulumi` on PATH")
        return
    with tempfile.TemporaryDirectory() as directory:
        ours, bare = _projects(Path(directory))
        count = None
        found: dict[str, list[tuple[float, float]]] = {"mcwan": [], "bare": []}
        for number in range(ROUNDS + 1):
            for name, project in (("mcwan", ours), ("bare", bare)):
                wall, processor, created = _preview(project)
                if count not in (None, created):
                    sys.exit(f"the programs register different numbers of resources: {count} and {created}")
                count = created
                if number:  # the first of each warms up
                    found[name].append((wall, processor))
        print(f"pulumi preview of {count} resources on three clusters, {ROUNDS} pairs, medians:")
        for index, what in enumerate(("wall clock", "processor")):
            own, other = ([one[index] for one in found[name]] for name in ("mcwan", "bare"))
            ratio = statistics.median(one / two for one, two in zip(own, other, strict=True))
            print(
                f"  {what}: mcwan {statistics.median(own):.2f} s, bare {statistics.median(other):.2f} s, "
                f"ratio {ratio:.2f}"
            )


def _projects(directory: Path) -> tuple[Path, Path]:
    """Lay out both projects with a new stack each."""
    raw = described(3, EXPORTS, render=True)
    found = []
    for name in ("ours", "bare"):
        project = directory / name
        project.mkdir()
        shutil.copy(PROJECT / "Pulumi.yaml", project)
        (project / ".venv").symlink_to(sys.prefix)
        config = {f"mcwan:{key}": value for key, value in raw.items()} if name == "ours" else {}
        (project / "Pulumi.bench.yaml").write_text(yaml.safe_dump({"config": config}))
        found.append(project)
    ours, bare = found
    shutil.copy(PROJECT / "__main__.py", ours)
    settings = yaml.safe_load((bare / "Pulumi.yaml").read_text())
    del settings["config"]  # it has none
    (bare / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    (bare / "__main__.py").write_text(_BARE)
    plan = gateways.plan(stack.fabric("bench", raw))
    components = [
        (
            owner.kind,
            f"bench/{owner.name}",
            [
                (f"bench/{owner.name}/{cluster}/{'/'.join(identity(one)[2:])}", cluster, one)
                for cluster, manifests in clusters.items()
                for one in manifests
            ],
        )
        for owner, clusters in plan.by_owner.items()
    ]
    providers = {
        name: {"render_yaml_to_directory": cluster.render_to, "cluster_identifier": name}
        for name, cluster in plan.fabric.clusters.items()
    }
    (bare / "resources.json").write_text(json.dumps({"components": components, "providers": providers}))
    for project in found:
        (project / "state").mkdir()
        _pulumi(project, "stack", "init", "bench")
    return ours, bare


def _preview(project: Path) -> tuple[float, float, int]:
    """Give the seconds that a preview took, by clock and processors, and how many resources it would make."""
    start, before = time.perf_counter(), _processor()
    told = _pulumi(project, "preview", "--stack", "bench")
    wall, processor = time.perf_counter() - start, _processor() - before
    line = next(line for line in told.splitlines() if "to create" in line and line.strip().startswith("+"))
    return wall, processor, int(line.split()[1])


def _processor() -> float:
    """Give the processor seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pulumi(project: Path, *arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"} | {
        "PULUMI_BACKEND_URL": (project / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    done = subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"pulumi {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
