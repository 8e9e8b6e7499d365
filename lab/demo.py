"""`python -m lab.demo [DIRECTORY]`: tells the stories by real requests, and draws what was measured (`make demo`)."""

import argparse
import http.client
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lab import picture
from lab.capture import Capture
from lab.client import Client, UnknownNameError
from lab.down import down
from lab.errors import ERRORS
from lab.gateways import IMPLEMENTATIONS
from lab.state import Lab, directory, lab_name
from lab.stories import STACK, STORIES, UNKNOWN, Carried, Measured, Step, contradictions
from lab.up import PROFILE, up
from lab.waiting import LabError, interruptible
from lab.watch import watched
from mcwan.cli.tables import console

PICTURE = "demo.svg"


def gateways(lab: Lab) -> dict[str, str]:
    """Name the addresses that connections between clusters have: clients, nodes, the gateways' pods."""
    found: dict[str, str] = {}
    for site in lab.topology.sites.values():
        found |= {str(site.node_address): "node port", str(site.client_address): "client"}
        with lab.api(site) as api:
            for pod in api.all("v1", "Pod"):
                if owner := IMPLEMENTATIONS[site.profile].owner(pod):
                    found[pod.get("status", {}).get("podIP", "")] = owner.partition(".")[0]
    return found


def measure(lab: Lab, names: Mapping[str, str], step: Step) -> Measured:
    """Send a step's requests, and give what happened. Raises LabError."""
    topology = lab.topology
    with Capture(topology, topology.sites[step.cluster]) as capture, watched(topology) as wire:
        answers = Counter(_answers(lab, step))
    carried = [
        Carried(one, topology.at(server).cluster, names.get(client, client), names.get(server, server), tuple(paths))
        for one, paths in sorted(capture.requests.items())
        if paths
        for client, server in [(one.client[0], one.server[0])]
    ]
    return Measured(answers, wire, tuple(carried))


def _answers(lab: Lab, step: Step) -> Iterator[str]:
    """Send the requests and say who answered each; none further once there is no answer."""
    lines = [line.split() for _ in range(step.times) for line in step.requests]
    try:
        with _client(lab, step) as client:
            for method, path in lines:
                reply = client.ask(method, path, step.headers)
                yield f"{reply.who} ({reply.status})"
    except UnknownNameError:
        yield UNKNOWN
    except (OSError, http.client.HTTPException) as error:
        yield f"no answer: {error}"


def _client(lab: Lab, step: Step) -> Client:
    name, _, port = step.name.partition(":")
    site = lab.topology.sites[step.cluster]
    if not step.around:
        return Client(site, name, int(port))
    tunnel = next(iter(step.requests.values()))
    wan_port = next(number for number, one in lab.topology.ports.items() if one.name == tunnel)
    return Client(site, name, wan_port, address=str(lab.fabric.clusters[step.to[0]].ingress.addresses[0]))


def tell(lab: Lab, out: Console) -> tuple[list[tuple[Step, Measured]], int]:
    """Go through the stories, print each; give what was measured, and how many steps went another way than told."""
    names = gateways(lab)
    found: list[tuple[Step, Measured]] = []
    wrong = 0
    for number, story in enumerate(STORIES, start=1):
        told = [(step, measure(lab, names, step)) for step in story.steps]
        out.print(f"\n[bold]{number}. {escape(story.title)}[/]\n{escape(story.sentence)}", highlight=False)
        out.print(table(told))
        for step, measured in told:
            if said := list(contradictions(step, measured)):
                wrong += 1
                asked = ", ".join(f"{line.split()[0]} {step.name}{line.split()[1]}" for line in step.requests)
                for one in said:
                    out.print(f"[bold red]NOT AS TOLD[/] {escape(f'{step.cluster}, {asked}: {one}')}", highlight=False)
        found += told
    return found, wrong


def table(told: list[tuple[Step, Measured]]) -> Table:
    """Give a story's rows: who asked what, who answered, which tunnel carried how many packets each way."""
    made = Table(box=box.SIMPLE_HEAD, highlight=False, pad_edge=False)
    for column in ("in", "asked", "answered by", "packets by tunnel", "gateways"):
        made.add_column(column, overflow="fold")
    for step, measured in told:
        cells = (_asked(step), _answered(measured), _packets(step, measured), _gateways(measured))
        made.add_row(step.cluster, *(escape("\n".join(lines)) for lines in cells))
    return made


def _asked(step: Step) -> Iterator[str]:
    many = f"{step.times} x " if step.times > 1 else ""
    for line in step.requests:
        method, path = line.split()
        yield f"{many}{method} {step.name}{path}"
    yield from (f"  {name}: {value}" for name, value in step.headers.items())


def _answered(measured: Measured) -> Iterator[str]:
    total = measured.answers.total()
    for who, count in sorted(measured.answers.items()):
        yield who if count == total == 1 else f"{count} x {who}"


def _packets(step: Step, measured: Measured) -> Iterator[str]:
    """Say how many packets arrived, there and back, and on how many connections many requests went."""
    arrived = measured.wire.arrived()
    connections = Counter((one.connection.tunnel, one.remote) for one in measured.carried)
    for tunnel, source, target in sorted(arrived, key=lambda way: (way[0], sorted(way[1:]), way[1] != step.cluster)):
        yield f"{tunnel} {source}→{target} {arrived[tunnel, source, target]}"
        if measured.answers.total() > 1 and target == step.cluster:
            yield f"  {measured.requests[tunnel, source]} requests, connections: {connections[tunnel, source]}"
    if not arrived:
        yield "none"


def _gateways(measured: Measured) -> Iterator[str]:
    for sender, receiver in sorted({(one.sender, one.receiver) for one in measured.carried}):
        yield f"{sender} →"
        yield receiver


@contextmanager
def standing(out: Console) -> Iterator[Lab]:
    """Give the lab that MCWAN_LAB names; if there is none, one that goes again at the end. Raises LabError."""
    name = lab_name()
    if (directory(name) / "lab.json").exists():
        lab = Lab.load(name)
        if lab.stack != STACK:
            raise LabError(
                f"lab {name!r} has the stack {lab.stack!r}; the stories are about {STACK!r}: take another lab"
            )
        yield lab
        return
    lab = up(name, STACK, lambda line: out.print(line, markup=False, highlight=False), os.environ.get(PROFILE, ""))
    try:
        yield lab
    finally:
        down(name)


def run(target: Path, out: Console) -> int:
    """Tell the stories and draw the picture; give the exit code. Raises LabError."""
    with standing(out) as lab:
        measured, wrong = tell(lab, out)
        drawn = picture.draw(lab.topology, measured)
    target.write_text(drawn, encoding="utf-8")
    out.print(f"\npicture: {target}", markup=False, highlight=False, soft_wrap=True)
    if wrong:
        out.print(f"[bold red]{wrong} of {len(measured)} steps went another way than told[/]", highlight=False)
        return 1
    out.print(f"{len(STORIES)} stories, {len(measured)} steps: all as told", highlight=False)
    return 0


def main(arguments: list[str]) -> int:
    """Tell the stories on the lab that MCWAN_LAB names; the picture goes to a directory, this one if none is given."""
    parser = argparse.ArgumentParser(prog="python -m lab.demo", description="Tells the stories and draws a picture.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(), help="where the picture is to go")
    chosen: Path = parser.parse_args(arguments).directory
    interruptible()
    try:
        if shutil.which("dot") is None:
            raise LabError("program dot is not on PATH (Debian: graphviz): it draws the picture")
        if not chosen.is_dir():
            raise LabError(f"{chosen}: not a directory; the picture is to go there")
        return run(chosen.resolve() / PICTURE, console())
    except ERRORS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
