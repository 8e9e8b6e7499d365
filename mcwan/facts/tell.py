"""Tells the clusters what became of their ServiceExports: writes the conditions that KEP-1645 has for them.

Only those of this fabric, and only where they change. It needs more rights than reading: see docs/how-to/facts.md.
"""

import asyncio
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.generic_resource import create_namespaced_resource
from lightkube.types import PatchType

from mcwan.facts.agreed import Agreed
from mcwan.facts.conditions import conditions
from mcwan.facts.connect import UnreachableError, client
from mcwan.facts.report import namespace_of, written
from mcwan.facts.resolve import Known
from mcwan.model.durations import milliseconds
from mcwan.model.fabric import Fabric


class ToldError(RuntimeError):
    """Conditions that could not be written: a line for each cluster, with the reason."""


def tell(fabric: Fabric, known: Known, now: datetime) -> list[str]:
    """Write the conditions of every ServiceExport of the fabric; gives a line for each that changed.

    Raises ToldError once every cluster was tried.
    """
    found: list[str] = []
    failed: list[str] = []
    thread = threading.Thread(target=lambda: asyncio.run(_each(fabric, known, now, found, failed)), daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise ToldError("\n".join(sorted(failed)))
    return sorted(found)


async def _each(fabric: Fabric, known: Known, now: datetime, found: list[str], failed: list[str]) -> None:
    seconds = milliseconds(fabric.facts.timeout) / 1000

    async def work(cluster: str, wanted: Mapping[str, Agreed]) -> None:
        try:
            async with asyncio.timeout(seconds):
                api = client(cluster, fabric.clusters[cluster], seconds)
                try:
                    for key, agreed in sorted(wanted.items()):
                        if await _told(api, fabric.clusters[cluster].mcs_api, key, agreed, cluster, now):
                            found.append(f"{cluster}: {key}: {_said(agreed, cluster)}")
                finally:
                    await api.close()
        except UnreachableError as error:
            failed.append(f"{cluster}: {error.failure}")
        except (ApiError, httpx2.HTTPError, TimeoutError) as error:
            said = str(error) or "no answer in time"
            failed.append(f"{cluster}: conditions cannot be written: {said}; see docs/how-to/facts.md")
        except Exception as error:  # whatever it is, the others are told
            failed.append(f"{cluster}: conditions cannot be written: {type(error).__name__}; see that its login works")

    clusters: dict[str, dict[str, Agreed]] = {}
    for export in fabric.exports:
        for cluster in export.offers:
            there = (known.reports[cluster].exports or {}).get(export.key) if cluster in known.reports else None
            if there is not None and there.fabric == fabric.name and export.key in known.agreed:
                clusters.setdefault(cluster, {})[export.key] = known.agreed[export.key]
    await asyncio.gather(*(work(*one) for one in sorted(clusters.items())))


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
