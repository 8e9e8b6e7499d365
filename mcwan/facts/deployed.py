"""Reads what a fabric's objects are on its clusters, as each API server has them, with status and managed fields."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
from lightkube import AsyncClient
from lightkube.generic_resource import create_global_resource, create_namespaced_resource

from mcwan.facts.every import Done, ask_every
from mcwan.facts.report import Failure
from mcwan.model.cluster import Cluster

Object = dict[str, Any]
_CHUNK = 500


@dataclass(frozen=True)
class Kind:
    """A kind of objects: `api_version` (`gateway.networking.k8s.io/v1`), `kind`, what it is called in paths."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True


@dataclass(frozen=True)
class Asked:
    """What is read of one cluster: kinds, the labels of the fabric, and the objects that ought to be there.

    `expected` has, by kind, (namespace, name). Those that have lost the labels are found by their names.
    """

    kinds: tuple[Kind, ...]
    labels: Mapping[str, str]
    expected: Mapping[str, Collection[tuple[str, str]]]


Deployed = tuple[Object, ...]
"""The objects of a cluster."""


def deployed_on(
    clusters: Mapping[str, Cluster],
    asked: Mapping[str, Asked],
    seconds: float,
    done: Done[Deployed] | None = None,
) -> dict[str, Deployed | Failure]:
    """Read every cluster within so many seconds. One whose objects cannot all be read is a Failure, never half read."""

    async def ask(name: str, api: AsyncClient) -> Deployed:
        return await deployed(api, asked[name])

    return ask_every(clusters, ask, seconds, done)


async def deployed(api: AsyncClient, asked: Asked) -> Deployed:
    """Read one cluster. Raises ApiError where it refuses."""
    found: list[Object] = []
    for kind in asked.kinds:
        found += await _of_kind(api, kind, asked.labels, set(asked.expected.get(kind.kind, ())))
    return tuple(found)


async def _of_kind(
    api: AsyncClient, kind: Kind, labels: Mapping[str, str], expected: set[tuple[str, str]]
) -> list[Object]:
    """List what has the labels; then, in namespaces where something is missing, everything, for what lost them."""
    every = {_place(one): one for one in await listed(api, kind, "*", labels)}
    missing = expected - set(every)
    for namespace in sorted({namespace for namespace, _ in missing}):
        there = await listed(api, kind, namespace, {})
        every |= {_place(one): one for one in there if _place(one) in missing}
    return [every[place] for place in sorted(every)]


async def listed(api: AsyncClient, kind: Kind, namespace: str, labels: Mapping[str, str]) -> list[Object]:
    """List the objects of a kind with some labels; namespace `*` is all of them. Raises ApiError.

    Of a kind that is not served there are none.
    """
    wanted: Any = dict(labels)
    if kind.namespaced:
        every = api.list(_resource(kind), namespace=namespace, labels=wanted, chunk_size=_CHUNK)
    else:
        every = api.list(_resource(kind), labels=wanted, chunk_size=_CHUNK)
    try:
        # items of a list do not say what they are
        return [{**one.to_dict(), "apiVersion": kind.api_version, "kind": kind.kind} async for one in every]
    except httpx2.HTTPStatusError as error:  # an ApiError is one; where the whole group is not served, it is none
        if error.response.status_code != 404:
            raise
        return []


@cache
def _resource(kind: Kind) -> Any:
    """Give lightkube's class of a kind; made once, since lightkube refuses those of the core group a second time."""
    group, _, version = kind.api_version.rpartition("/")
    made = create_namespaced_resource if kind.namespaced else create_global_resource
    return made(group, version, kind.kind, kind.plural)


def _place(one: Object) -> tuple[str, str]:
    return one["metadata"].get("namespace", ""), one["metadata"]["name"]
