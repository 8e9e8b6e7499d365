"""`mcwan` at a lab's desk, on a stack file of its own in which the clusters say of themselves what they can."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from lab import deploy, netns
from lab.api import Object
from lab.state import Lab
from mcwan.cli.main import main
from mcwan.facts.record import Record, load, path

_CAME = re.compile(r"  \(\d+\.\d s\)$| \(\d+\.\d s\)$")
_MOST = 4
"""Rounds of facts and deployment after which nothing is left to change, at the latest."""
Rendered = dict[tuple[str, deploy.Identity], Object]


@dataclass(frozen=True)
class Ran:
    """What came of a command: its exit code, its lines on standard output and standard error, without durations."""

    code: int
    out: tuple[str, ...]
    err: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """What it has to say about the facts, without times."""
        return [_timeless(line.removeprefix("note: ")) for line in self.out if line.startswith("note: ")]

    @property
    def mistakes(self) -> list[str]:
        """What it refuses, a line each."""
        *lines, last = (line for line in self.err if not re.match(r"^\w+: .*\(\d+\.\d s\)$", line))
        assert last == f"{len(lines)} mistake{'s' * (len(lines) > 1)}; nothing was done"
        return [_timeless(line) for line in lines]


@dataclass(frozen=True)
class Desk:
    """A project's directory, beside a lab."""

    lab: Lab
    project: Path

    def write(
        self, exports: Sequence[Mapping[str, Any]], clusters: Mapping[str, Mapping[str, Any]] | None = None, **more: Any
    ) -> None:
        """Write the stack file; `clusters` has what of each is said there, beside where it is reached."""
        reached = {"kubeconfigPath": str(self.lab.kubeconfig), "facts": "live"}
        every = {
            name: {"context": name, **reached, **(clusters or {}).get(name, {})} for name in self.lab.topology.sites
        }
        config = {
            **{key: self.lab.config[key] for key in ("tls", "wanPolicies")},
            "clusters": every,
            "exports": list(exports),
            **more,
        }
        content = {"config": {f"mcwan:{key}": value for key, value in config.items()}}
        text = yaml.safe_dump(content, sort_keys=False)
        (self.project / f"Pulumi.{self.lab.stack}.yaml").write_text(text, encoding="utf-8")

    def mcwan(self, *words: str) -> Ran:
        """Run a command where the clusters are reached. It ends by itself: a traceback fails the test."""
        arguments = [*words, "--stack", self.lab.stack, "--project", str(self.project)]
        with netns.inside(self.lab.topology.desk):
            done = CliRunner().invoke(main, arguments, terminal_width=200)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, tuple(done.stdout.splitlines()), tuple(done.stderr.splitlines()))

    def facts(self, *options: str, unread: bool = False) -> Ran:
        """Run `mcwan facts`, which succeeds, but for the exit code where a cluster could not be read, or in part."""
        ran = self.mcwan("facts", *options)
        assert ran.code == unread, ran
        return ran

    @property
    def record(self) -> Record:
        """What is recorded."""
        return load(path(self.project, self.lab.stack))

    def rendered(self) -> Rendered:
        """Run `mcwan render`, and give what it wrote: every object by its cluster and identity."""
        return {(cluster, deploy.identity(one)): one for cluster, objects in self._files().items() for one in objects}

    def converge(self) -> list[Ran]:
        """Do what keeps clusters as described until nothing changes: facts and conditions, render, apply."""
        before: dict[str, list[Object]] = {}
        every = []
        for _ in range(_MOST):
            every.append(self.facts("--conditions"))
            objects = self._files()
            if objects == before and every[-1].out[-1] == "conditions: unchanged":
                return every
            if objects != before:
                deploy.apply_objects(self.lab, objects)
            before = objects
        raise AssertionError(f"not settled after {_MOST} rounds: {every[-1]}")

    def _files(self) -> dict[str, list[Object]]:
        out = self.project / "rendered"
        ran = self.mcwan("render", "--out", str(out))
        assert ran.code == 0, ran
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return {
            cluster: [
                one
                for file in sorted((out / cluster).glob("*.yaml"))
                for one in yaml.load_all(file.read_text(encoding="utf-8"), loader)
            ]
            for cluster in self.lab.topology.sites
        }


def _timeless(line: str) -> str:
    """Leave out of a line how long ago something was."""
    return re.sub(r"\d+ s ago \([^)]*\)", "AGE", line)
