"""A stack's configuration, as it lies in its file or comes from Pulumi: read, checked with its gateway profiles."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mcwan import gateways
from mcwan.model import Fabric, load

PROJECT = "mcwan"


class StackFileError(ValueError):
    """A stack file that cannot be read: one line that says which, why and the remedy."""


def fabric(stack: str, raw: Mapping[str, Any], *, secret: Collection[str] = ()) -> Fabric:
    """Make the fabric of a stack; see `mcwan.model.load`. Raises MistakesError."""
    return load(stack, raw, secret=secret, checks=(gateways.check,))


def read(project: Path, stack: str) -> Fabric:
    """Read `Pulumi.<stack>.yaml` in the project's directory. Raises StackFileError or MistakesError.

    Pulumi itself is not needed. Secrets stay encrypted.
    """
    return fabric(stack, read_config(project, stack))


def read_config(project: Path, stack: str) -> dict[str, Any]:
    """Give the stack file's `mcwan:` keys, without that prefix. Raises StackFileError."""
    path = project / f"Pulumi.{stack}.yaml"
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(stacks(project)) or "none"
        raise StackFileError(
            f"{path.name}: no such file in {project.resolve()}; stacks there: {known}; "
            "name one of them with --stack, or write the file"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StackFileError(f"{path.name}: cannot be read: {error}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise StackFileError(f"{path.name}:{where}: not YAML: {error.problem}; correct that line") from None
    except YAMLError as error:
        raise StackFileError(f"{path.name}: not YAML: {str(error).splitlines()[0]}") from None
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict):
        raise StackFileError(f"{path.name}: no configuration; write the keys mcwan:clusters, … under config")
    prefix = f"{PROJECT}:"
    return {key.removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}


def stacks(project: Path) -> list[str]:
    """Give the stacks that have a file in the project's directory, sorted."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in project.glob("Pulumi.*.yaml"))
