"""The main job on a fresh machine: `pulumi up` on a stack or, where no Pulumi can be had, the same objects as YAML."""

import os
import shutil
import subprocess
from pathlib import Path
from subprocess import CalledProcessError
from urllib.error import HTTPError, URLError

import click

from mcwan.cli.options import stack_options
from mcwan.cli.running import environment, mistakes, written_to
from mcwan.cli.sections import in_one_form
from mcwan.cli.tables import show
from mcwan.plan import Plan

STATE = ".state"
"""Where the local backend keeps its state, below the project, if no other backend is chosen."""
_INSTALL = "https://www.pulumi.com/docs/install/"
_FROM = "get.pulumi.com"
"""Where the Automation API has the installer from."""


@click.command()
@stack_options
@in_one_form()
def main(stack: str, project: Path) -> None:
    """Deploy a stack with Pulumi; without Pulumi, render it. Tells at the end what was made, and where.

    Where there is no `pulumi` on PATH, one is installed for mcwan alone, in ~/.cache/mcwan.

    Clusters that are reached, not rendered, are only deployed to after Pulumi's own preview and question.
    """
    with mistakes():
        plan = environment(stack, project, live=True).plan()
    try:
        pulumi = shutil.which("pulumi") or _installed()
    except OSError as error:
        directory = project / "rendered" / stack
        written = written_to(plan, directory)
        click.echo(
            f"no `pulumi` on PATH, and it cannot be installed from here ({error}): rendered, not deployed; {_INSTALL} "
            "says how to get it\n"
        )
        where = f"{written.objects} objects as YAML: {directory}/CLUSTER"
    else:
        if shutil.which("pulumi") is None:
            click.echo(
                f"using the Pulumi installed at {pulumi}; for commands of your own put {Path(pulumi).parent} on PATH"
            )
        _deploy(pulumi, plan, project)
        where = "\n".join(
            f"{name}: YAML below {cluster.render_to}" if cluster.render_to else f"{name}: deployed"
            for name, cluster in sorted(plan.fabric.clusters.items())
        )
    show(plan)
    click.echo(where)


def _installed() -> str:
    """Have the Automation API install the CLI, once, where the network lets it. Raises OSError where not."""
    from pulumi.automation import PulumiCommand

    root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mcwan" / "pulumi"
    found = root / "bin" / "pulumi"
    if not found.exists():
        try:
            PulumiCommand.install(root=str(root))
        except Exception as error:  # the installer raises whatever stopped its script
            raise OSError(_why(error)) from error
    return str(found)


def _why(error: Exception) -> str:
    """Say in plain words why there is no CLI: its script cannot be had, or fails."""
    if isinstance(error, HTTPError):
        return f"{_FROM} answers {error.code} {error.reason}"
    if isinstance(error, URLError):
        reason = error.reason
        return f"{_FROM} cannot be reached: {(reason.strerror if isinstance(reason, OSError) else '') or reason}"
    if isinstance(error, CalledProcessError):
        output = error.output.decode(errors="replace") if isinstance(error.output, bytes) else str(error.output or "")
        lines = [line for each in output.splitlines() if (line := click.unstyle(each).strip())]
        return f"its installer failed: {lines[-1]}" if lines else f"its installer ended with {error.returncode}"
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _deploy(pulumi: str, plan: Plan, project: Path) -> None:
    """Run `pulumi up`: for a stack that only renders with a local backend, unless another one is chosen."""
    environment = {"PULUMI_SKIP_UPDATE_CHECK": "true", **os.environ}
    environment["PATH"] = f"{Path(pulumi).parent}{os.pathsep}{environment['PATH']}"
    rendered_only = all(cluster.render_to for cluster in plan.fabric.clusters.values())
    if rendered_only and "PULUMI_BACKEND_URL" not in environment:
        (project / STATE).mkdir(exist_ok=True)
        environment["PULUMI_BACKEND_URL"] = (project / STATE).resolve().as_uri()
        if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & environment.keys():
            environment["PULUMI_CONFIG_PASSPHRASE"] = ""  # no secret is kept by it: stacks that have some set their own
    name = plan.fabric.name
    up = ["up", "--yes", "--skip-preview"] if rendered_only else ["up"]
    for arguments in (["stack", "select", "--create", name], [*up, "--stack", name]):
        done = subprocess.run([pulumi, *arguments], cwd=project, env=environment, check=False)  # noqa: S603
        if done.returncode:
            raise click.ClickException(f"pulumi {' '.join(arguments)} failed; it says why above")


if __name__ == "__main__":
    main()
