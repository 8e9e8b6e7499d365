"""What Istio has to be told of each cluster's mesh, as files of values."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mcwan.cli.files import write as write_files
from mcwan.cli.render import dump
from mcwan.gateways.istio_values import values
from mcwan.model.description import Description
from mcwan.model.leaves import unknown

_MARK = "Written by `mcwan mesh`"


class MeshError(ValueError):
    """A cluster that has no mesh, with those that have."""


def written(description: Description, clusters: Sequence[str]) -> dict[str, str]:
    """Give the values for some clusters, or for all that have a mesh, as YAML by cluster. Raises MeshError."""
    known = sorted(name for name, cluster in description.clusters.items() if cluster.mesh is not None)
    for name in clusters:
        if wrong := unknown("cluster", name, description.clusters):
            raise MeshError(f"{name!r}: {'; '.join(wrong)}")
        if name not in known:
            raise MeshError(f"{name!r} has no mesh; allowed: {', '.join(known) or 'none, no cluster has one'}")
    if not known:
        raise MeshError("no cluster has a mesh; write mcwan:clusters.NAME.mesh.trustDomain")
    return {
        name: f"# {_MARK}: values for Istio's chart istiod on {name}\n{dump([values(name, mesh)])}"
        for name in (dict.fromkeys(clusters) or known)
        if (mesh := description.clusters[name].mesh) is not None
    }


def write(files: Mapping[str, str], directory: Path) -> tuple[str, ...]:
    """Write them to a directory as CLUSTER.yaml, and give their names.

    Raises OSError, FileExistsError among them where somebody else's file is in the way; nothing is written then.
    """
    wanted = {Path(f"{name}.yaml"): text for name, text in files.items()}
    write_files(wanted, directory, _MARK)
    return tuple(sorted(map(str, wanted)))
