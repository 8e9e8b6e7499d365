"""Tells the clusters what became of their ServiceExports: writes the conditions that KEP-1645 has for them.

Only those of this fabric, and only where they change. It needs more rights than reading: see docs/how-to/facts.md.
"""

from datetime import datetime
from typing import Any

from lightkube import AsyncClient
from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import PatchType

from mcwan.facts.agreed import Agreed
from mcwan.facts.conditions import conditions
from mcwan.facts.every import ask_every
from mcwan.facts.report import Failure, namespace_of, written
from mcwan.facts.resolve import Known
from mcwan.model.durations import milliseconds
from mcwan.model.fabric import Fabric


class ToldError(RuntimeError):
    """Conditions that could not be written: a line for each cluster, with the reason."""


def tell(fabric: Fabric, known: Known, now: datetime) -> list[str]:
    """Write the conditions of every ServiceExport of the fabric; gives a line for each that changed.

    Raises ToldError once every cluster was tried.
    """
    wanted = _wanted(fabric, known)

    async def ask(cluster: str, api: AsyncClient) -> list[str]:
        version = fabric.clusters[cluster].mcs_api
        return [
            f"{cluster}: {key}: {_said(agreed, cluster)}"
            for key, agreed in sorted(wanted[cluster].items())
            if await _told(api, version, key, agreed, cluster, now)
        ]

    answers = ask_every(
        {name: fabric.clusters[name] for name in wanted}, ask, milliseconds(fabric.facts.timeout) / 1000
    )
    if failed := [
        f"{name}: conditions cannot be written: {one}" for name, one in answers.items() if isinstance(one, Failure)
    ]:
        raise ToldError("\n".join(failed))
    return [line for one in answers.values() if not isinstance(one, Failure) for line in one]


def _wanted(fabric: Fabric, known: Known) -> dict[str, dict[str, Agreed]]:
    """Give, by cluster and export, what the fabric's ServiceExports that are there are to be told."""
    clusters: dict[str, dict[str, Agreed]] = {}
    for export in fabric.exports:
        for cluster in export.offers:
            there = (known.reports[cluster].exports or {}).get(export.key) if cluster in known.reports else None
            if there is not None and there.fabric == fabric.name and export.key in known.agreed:
                clusters.setdefault(cluster, {})[export.key] = known.agreed[export.key]
    return clusters


async def _told(api: AsyncClient, version: str, key: str, agreed: Agreed, cluster: str, now: datetime) -> bool:
    """Write one ServiceExport's conditions if they are others; a condition keeps its time while its status does."""
    kind = create_namespaced_resource("multicluster.x-k8s.io", version, "ServiceExport", "serviceexports")
    name, namespace = key.partition(".")[0], namespace_of(key)
    one: Any = await api.get(kind, name, namespace=namespace)
    there: dict[str, Any] = {one["type"]: one for one in (one.status or {}).get("conditions") or ()}
    at = written(now)
    wanted = []
    for condition in conditions(agreed, cluster, one.metadata.generation or 1, at):
        before = there.get(condition["type"], {})
        same = before.get("status") == condition["status"] and "lastTransitionTime" in before
        wanted.append({**condition, "lastTransitionTime": before["lastTransitionTime"]} if same else condition)
    if all(there.get(condition["type"]) == condition for condition in wanted):
        return False
    body = {
        "apiVersion": f"multicluster.x-k8s.io/{version}",
        "kind": "ServiceExport",
        "metadata": {"name": name, "namespace": namespace},
        "status": {"conditions": wanted},
    }
    status = kind.Status  # the subresource
    await api.patch(status, name, body, namespace=namespace, patch_type=PatchType.APPLY, force=True)
    return True


def _said(agreed: Agreed, cluster: str) -> str:
    invalid = dict(agreed.invalid).get(cluster)
    return invalid or ",".join(reason for reason, _ in agreed.conflicts) or "valid, no conflicts"
