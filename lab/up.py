"""`python -m lab.up`: brings a lab up, and deploys its stack on it."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab import certificates, cluster, deploy, machine, node, probe, tools, wan, workloads
from lab.api import Object
from lab.down import down
from lab.errors import ERRORS
from lab.state import Lab, directory, lab_name, make
from lab.stories import STACK
from lab.topology import PROFILES, Site
from lab.topology import topology as topology_of
from lab.waiting import LabError, each, interruptible, wait
from mcwan import stack

PROJECT = Path(__file__).parents[1]
PROFILE = "MCWAN_LAB_PROFILE"
"""The variable of the environment that says the clusters' gateway profiles; see `with_profile`."""
Say = Callable[[str], None]


def up(name: str, stack_name: str = STACK, say: Say = print, profile: str = "") -> Lab:
    """Bring a lab up. What was made is taken down again if that fails or is interrupted.

    `profile`: the gateway profile of its clusters in place of what the stack says, see `with_profile`. What fails
    leaves its logs in a place that the error names. Raises LabError, TopologyError, MistakesError.
    """
    if lacks := machine.lacks():
        raise LabError("this machine cannot run the lab; it lacks\n" + "\n".join(f"  {one}" for one in lacks))
    config = with_profile(_config(stack_name), profile)
    topology = topology_of(name, stack.fabric(stack_name, config))
    exists = LabError(f"there is a lab {name!r}, or what is left of one; {make('lab-down', name)} takes it down")
    if directory(name).exists():
        raise exists
    try:
        made = tools.ready(say, {site.profile for site in topology.sites.values()})
    except tools.ToolError as error:
        raise LabError(str(error)) from error
    pulumi = shutil.which("pulumi")
    lab = Lab(name, stack_name, config, made, cluster.new_token(), Path(pulumi) if pulumi else None)
    try:
        directory(name).mkdir(parents=True)
    except FileExistsError:
        raise exists from None
    try:
        lab.save()
        cluster.write_kubeconfig(lab.kubeconfig, cluster.kubeconfig_of(lab, *topology.sites.values()))
        with steps(say) as step:
            step(f"namespaces, links, routes: {len(topology.sites)} clusters, {len(topology.links)} tunnels")
            node.build(topology)
            wan.build(topology)
            certificates.root(certificates.authority(lab))
            step("clusters: API servers, controllers, DNS, gateway implementations")
            each(lambda site: cluster.up(lab, site), topology.sites.values())
            step("certificates, workloads")
            each(lambda site: _workloads(lab, site), topology.sites.values())
            step(f"stack {stack_name}, by {'pulumi up' if pulumi else 'applying what is rendered: there is no pulumi'}")
            deploy.deploy(lab)
            step("gateways and routes in effect")
            deploy.wait_programmed(lab)
            step("every rule answers")
            probe.wait_answered(lab)
    except ERRORS as error:
        try:
            kept = keep_logs(name)
        finally:
            _away(name, say)
        told = str(error).replace(str(directory(name)), str(kept))
        raise LabError(f"{told}\nthe logs of lab {name} are kept in {kept}") from error
    except BaseException:
        _away(name, say)
        raise
    return lab


def with_profile(config: dict[str, Any], profile: str) -> dict[str, Any]:
    """Give a stack's configuration with other gateway profiles: `istio` for all clusters, or `east=istio,west=istio`.

    Raises LabError.
    """
    clusters = config.get("clusters", {})
    if "=" in profile:
        wanted = dict(one.strip().partition("=")[::2] for one in profile.split(","))
    else:
        wanted = dict.fromkeys(clusters, profile) if profile else {}
    for name, chosen in wanted.items():
        if name not in clusters or chosen not in PROFILES:
            raise LabError(
                f"{PROFILE}={profile!r}: {name}={chosen}; allowed: clusters {', '.join(clusters)}, "
                f"profiles {', '.join(PROFILES)}"
            )
    changed = {name: clusters[name] | {"gateway": {"profile": chosen}} for name, chosen in wanted.items()}
    return config | {"clusters": clusters | changed} if changed else config


def keep_logs(name: str) -> Path:
    """Copy the logs of a lab to a place where they outlive it, instead of those of that name before; give the place."""
    kept = tools.cache() / "failed" / name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for log in directory(name).glob("*/*/*.log"):
        target = kept / log.relative_to(directory(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(log, target)
    return kept


def _config(stack_name: str) -> dict[str, Any]:
    try:
        return stack.read_config(PROJECT, stack_name)
    except stack.StackFileError as error:
        if stack_name in (known := stack.stacks(PROJECT)):
            raise
        raise LabError(
            f"stack {stack_name!r}: there is no Pulumi.{stack_name}.yaml; stacks there: {', '.join(known)}; "
            "name one of them by MCWAN_LAB_STACK, or write the file"
        ) from error


def _away(name: str, say: Say) -> None:
    try:
        say(f"lab {name}: not up; taking down what there is")
    finally:
        down(name)


@contextmanager
def steps(say: Say) -> Iterator[Say]:
    """Give a function that says a step of a bring-up as it begins, and how long the one before took."""
    began: list[float] = []

    def done() -> None:
        if began:
            say(f"  {time.monotonic() - began.pop():.1f} s")

    def begin(step: str) -> None:
        done()
        say(step)
        began.append(time.monotonic())

    yield begin
    done()


def _workloads(lab: Lab, site: Site) -> None:
    with lab.api(site) as api:
        certificates.furnish(lab, site, api, cluster.MANAGER)
        for one in workloads.objects(lab.fabric, site.cluster):
            api.apply(one, manager=cluster.MANAGER)

        def running() -> bool:
            return all(_ready(pod) for namespace in site.namespaces for pod in api.all("v1", "Pod", namespace))

        wait(running, f"the workloads of {site.cluster} are ready; see {lab.keeper(site).log('node')}")
        before = sorted(deploy.everything(api))
    (lab.site_directory(site) / "before.json").write_text(json.dumps(before), encoding="utf-8")


def _ready(pod: Object) -> bool:
    conditions = {item["type"]: item["status"] for item in (pod.get("status", {}).get("conditions") or ())}
    return conditions.get("Ready") == "True"


def main() -> int:
    """Bring up the lab that MCWAN_LAB names."""
    interruptible()
    try:
        name = lab_name()
        lab = up(
            name,
            os.environ.get("MCWAN_LAB_STACK", STACK),
            lambda line: print(line, flush=True),
            os.environ.get(PROFILE, ""),
        )
    except ERRORS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"lab {name} is up; its files are in {lab.directory}; {make('lab-down', name)} takes it down")
    return 0


if __name__ == "__main__":
    sys.exit(main())
