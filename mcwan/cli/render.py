"""A plan as YAML files, a directory per cluster."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mcwan.cli.files import write as write_files
from mcwan.plan import Owner, Plan
from mcwan.plan.manifests import Manifest

MARK = "# Written by `mcwan render`; changes here are lost.\n"
"""The first line of every file, by which a later run knows its own."""

_FILES = {
    "EastWestGateway": "10-fabric",
    "WANPolicy": "10-fabric",
    "ServiceExport": "20-export",
    "ServiceImport": "30-import",
}
_CRDS = "00-crds.yaml"
_NOT_PLAIN = re.compile(r"^([-+.0-9]|[yYnN]$)")


@dataclass(frozen=True)
class Written:
    """What a run wrote and removed: paths below the output directory, and the number of objects."""

    files: tuple[Path, ...]
    removed: tuple[Path, ...]
    objects: int


def files(plan: Plan, cluster: str | None = None) -> dict[Path, str]:
    """Give every file's content by its path below the output directory.

    Definitions come in a file of their own: `kubectl apply` looks up all kinds before it applies anything.
    """
    found: dict[Path, list[Manifest]] = {}
    for one in plan.objects:
        if cluster in (None, one.cluster):
            found.setdefault(Path(one.cluster, _file(one.owner, one.manifest)), []).append(one.manifest)
    return {path: MARK + dump(manifests) for path, manifests in sorted(found.items())}


def dump(manifests: Iterable[Manifest]) -> str:
    """Write manifests as one YAML stream."""
    return yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, explicit_start=True, width=120, allow_unicode=True)


def write(plan: Plan, directory: Path, cluster: str | None = None) -> Written:
    """Write the files below a directory; remove those of an earlier run that are not among them.

    Raises OSError, FileExistsError among them where somebody else's file is in the way; nothing is written then.
    """
    wanted = files(plan, cluster)
    removed = write_files(wanted, directory, MARK, (f"{cluster or '*'}/*.yaml",))
    objects = sum(cluster in (None, one.cluster) for one in plan.objects)
    return Written(tuple(wanted), removed, objects)


def _file(owner: Owner, manifest: Manifest) -> str:
    if manifest["kind"] == "CustomResourceDefinition":
        return _CRDS
    name = _FILES[owner.kind]
    return f"{name}.yaml" if name == "10-fabric" else f"{name}.{owner.name}.yaml"


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes shared parts out each time; quotes what another reader than PyYAML takes for a number or boolean."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: Any, value: str) -> Any:
    style = "'" if _NOT_PLAIN.match(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
