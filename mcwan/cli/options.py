"""The options that several commands have, and the stack that is meant where none is named."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from mcwan.cli import completing

Command = TypeVar("Command", bound=Callable[..., Any])

CHANGED = 4
"""The exit code where something changes, or is not as it ought to be, of commands that end with 0 otherwise."""
FALLBACK = "dev"
"""The stack that is meant where neither an option nor Pulumi names one."""

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)
DIRECTORY = click.Path(path_type=Path, file_okay=False)

LIVE_OPTION = click.option(
    "--live", is_flag=True, help="Ask clusters with `facts: live`; else what is recorded of them holds."
)
ALLOW_OPTION = click.option(
    "--allow-withdrawals", "allow", is_flag=True, help="Consent to withdraw many imports at once."
)

POLICY_CONFIG_OPTION = click.option(
    "--policy-config", metavar="FILE", type=PATH, help="Levels and options of rules, as JSON."
)


def selected(project: Path) -> str | None:
    """Give the stack that Pulumi has selected for a project, as `pulumi stack select` left it; None if it has none.

    PULUMI_STACK comes first. Else it is the file of Pulumi's own `workspace` package: named by the project and the
    SHA-1 of the path of its Pulumi.yaml, below PULUMI_HOME.
    """
    named = os.environ.get("PULUMI_STACK")
    file = project.resolve() / "Pulumi.yaml"
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    digest = hashlib.sha1(str(file).encode(), usedforsecurity=False).hexdigest()
    found = [named] if named else []
    for path in sorted((home / "workspaces").glob(f"*-{digest}-workspace.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        stack = content.get("stack") if isinstance(content, dict) else None
        found += [stack] if isinstance(stack, str) and stack else []
    # a stack of Pulumi Cloud is ORGANIZATION/PROJECT/STACK; its file has the last part alone
    return found[0].rpartition("/")[2] if found else None


def meant(stack: str | None, project: Path) -> str:
    """Give the stack that is meant: as named, else as Pulumi has selected, else FALLBACK."""
    return stack or selected(project) or FALLBACK


def _stack(context: click.Context, parameter: click.Parameter, typed: str | None) -> str | None:
    """Refuse what names no stack, but looks as if it did: the empty word of a variable, a stack's file."""
    del context, parameter
    if typed == "":
        raise click.UsageError("--stack '': names no stack; write NAME of Pulumi.NAME.yaml, or leave the option out")
    if file := re.fullmatch(r"(?:.*/)?Pulumi\.([^/]+)\.ya?ml", typed or ""):
        raise click.UsageError(f"--stack {typed!r}: the file of a stack; did you mean {file[1]!r}?")
    return typed


def _namespaces(context: click.Context, parameter: click.Parameter, typed: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what no namespace can be called, once and not for each cluster that would have it."""
    del context, parameter
    from mcwan.model.leaves import LABEL, MAX_LABEL, PATTERN_MEANS

    for one in typed:
        if not re.fullmatch(LABEL, one) or len(one) > MAX_LABEL:
            each = " ".join(f"--namespace {part.strip()}" for part in one.split(",") if part.strip())
            remedy = f"write {each}" if "," in one else "write it so"
            raise click.UsageError(f"--namespace {one!r}: not allowed; allowed: {PATTERN_MEANS[LABEL]}; {remedy}")
    return typed


def stack_options(command: Command) -> Command:
    """Give a command `--stack` and `--project`, as the arguments `stack` (one is always meant) and `project`."""

    @wraps(command)
    def chosen(*args: Any, stack: str | None, project: Path, **kwargs: Any) -> Any:
        return command(*args, stack=meant(stack, project), project=project, **kwargs)

    options = (
        click.option(
            "--stack",
            metavar="NAME",
            shell_complete=completing.stacks,
            callback=_stack,
            help="The stack: NAME in Pulumi.NAME.yaml.  [default: the one that Pulumi has selected, else dev]",
        ),
        click.option(
            "--project",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            default=Path(),
            help="The directory with Pulumi.yaml and the stack files; the current one by default.",
        ),
    )
    found: Any = chosen
    for option in reversed(options):
        found = option(found)
    return found  # type: ignore[no-any-return]


def edit_options(command: Command) -> Command:
    """Give a command that edits a stack file its argument `service`, and what names clusters and a trial run."""
    options = (
        click.argument("service", shell_complete=completing.services),
        click.option(
            "--cluster",
            "clusters",
            metavar="NAME",
            multiple=True,
            shell_complete=completing.clusters,
            help="A cluster; may be repeated.",
        ),
        click.option(
            "--context",
            "contexts",
            metavar="CONTEXT",
            multiple=True,
            shell_complete=completing.contexts,
            help="The same, by the context that it is reached by.",
        ),
        click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing."),
        POLICY_CONFIG_OPTION,
        stack_options,
    )
    for option in reversed(options):
        command = option(command)
    return command


def new_stack_options(command: Command) -> Command:
    """Give a command that writes a new stack file what names clusters, namespaces and TLS, and a trial run."""
    options = (
        click.option(
            "--cluster",
            "clusters",
            metavar="NAME=CONTEXT:ADDRESS",
            multiple=True,
            help="A cluster, its kubeconfig context, its ingress gateway's address in the SD-WAN; may be repeated.",
        ),
        click.option(
            "--namespace",
            "namespaces",
            metavar="NAME",
            multiple=True,
            callback=_namespaces,
            help="A namespace that every cluster has; may be repeated.",
        ),
        click.option(
            "--issuer",
            metavar="NAME",
            default="mc-wan",
            show_default=True,
            help="The ClusterIssuer of cert-manager that signs the gateways' certificates.",
        ),
        click.option("--plaintext", is_flag=True, help="No TLS between the gateways."),
        click.option("--dry-run", is_flag=True, help="Print the file, and write nothing."),
        stack_options,
    )
    for option in reversed(options):
        command = option(command)
    return command


def output_option(*forms: str) -> Callable[[Command], Command]:
    """Give a command `--output`, as the argument `form`: `table`, `json`, `yaml`, and more `forms`."""
    return click.option(
        "-o",
        "--output",
        "--format",
        "form",
        type=click.Choice(["table", "json", "yaml", *forms]),
        default="table",
        show_default=True,
        help="How to tell it: to people, or to other programs.",
    )


def one_of(context: click.Context, *names: str) -> None:
    """Refuse options that exclude each other, if more than one of them was written."""
    given = ParameterSource.COMMANDLINE
    arguments = {f"--{name}": _ARGUMENTS.get(name, name.replace("-", "_")) for name in names}
    written = [name for name, argument in arguments.items() if context.get_parameter_source(argument) is given]
    if len(written) > 1:
        raise click.UsageError(f"{' and '.join(written)} exclude each other; write one of them")


_ARGUMENTS = {"allow-withdrawals": "allow", "from": "earlier"}
"""Options that are called otherwise as arguments."""
