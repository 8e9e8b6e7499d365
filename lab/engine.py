"""A stack on the lab's clusters by the real Pulumi, at the lab's desk, with a state of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import yaml
from ruamel.yaml import YAML

from lab.cluster import kubeconfig_of, write_kubeconfig
from lab.processes import REPOSITORY
from lab.state import Lab
from lab.waiting import LabError
from mcwan import stack

_SECONDS = 300
_FILES = ("Pulumi.yaml", "__main__.py")


def up(lab: Lab) -> None:
    """Run `pulumi up`. Raises LabError."""
    state, home, project = (lab.directory / "pulumi" / name for name in ("state", "home", "project"))
    for directory in (state, home, project):
        directory.mkdir(parents=True, exist_ok=True)
    write_kubeconfig(home / ".kube" / "config", kubeconfig_of(lab, *lab.topology.sites.values()))
    for name in _FILES:
        shutil.copyfile(REPOSITORY / name, project / name)
    (project / f"Pulumi.{lab.stack}.yaml").write_text(stack_file(lab), encoding="utf-8")
    if not (project / ".venv").exists():
        (project / ".venv").symlink_to(REPOSITORY / ".venv")
    _pulumi(lab, "stack", "select", "--create")
    _pulumi(lab, "up", "--yes", "--skip-preview")


def stack_file(lab: Lab) -> str:
    """Give the file of the lab's stack, for a copy of the project: Pulumi writes into it.

    The description in it is the lab's, which may have more in it than the file of the repository.
    """
    content = YAML(typ="safe", pure=True).load((REPOSITORY / f"Pulumi.{lab.stack}.yaml").read_text(encoding="utf-8"))
    content["config"] |= {f"{stack.PROJECT}:{key}": value for key, value in lab.config.items()}
    return yaml.safe_dump(content, sort_keys=False)


def destroy(lab: Lab) -> None:
    """Run `pulumi destroy`. Raises LabError."""
    _pulumi(lab, "destroy", "--yes", "--skip-preview")


def _pulumi(lab: Lab, *words: str) -> None:
    directory = lab.directory / "pulumi"
    environment = {
        "PULUMI_HOME": str(Path.home() / ".pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        **os.environ,
        "HOME": str(directory / "home"),  # a stack's contexts are those of ~/.kube/config
        "PULUMI_BACKEND_URL": (directory / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PYTHONPATH": str(REPOSITORY),
    }
    environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
    at_desk = ["ip", "netns", "exec", lab.topology.desk]
    command = [*at_desk, str(lab.pulumi), *words, "--stack", lab.stack, "--non-interactive"]
    try:
        done = subprocess.run(
            command,
            cwd=directory / "project",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"pulumi {' '.join(words)}: not done after {_SECONDS} s") from None
    if done.returncode:
        raise LabError(f"pulumi {' '.join(words)}: exit code {done.returncode}:\n{done.stdout}{done.stderr}")
