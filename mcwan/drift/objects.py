"""What drifted on a cluster: objects that differ, are missing, or are left over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mcwan.drift.fields import Difference, differences
from mcwan.model.labels import EXPORT, EXPORT_NAMESPACE
from mcwan.plan.manifests import KINDS, Manifest, identity

State = Literal["differs", "missing", "left over"]


@dataclass(frozen=True)
class Drift:
    """An object that is not as planned; `export` is the one that it is made for, empty if it is for all."""

    cluster: str
    state: State
    kind: str
    namespace: str
    name: str
    export: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def place(self) -> str:
        """Name it as a person does: `HTTPRoute secure/payment-egress`."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"

    def lines(self) -> list[str]:
        """Tell it, a line for each field."""
        start = f"{self.cluster}: {self.place}"
        if self.state == "differs":
            return [f"{start}: {one}" for one in self.differences]
        return [f"{start}: {'is missing' if self.state == 'missing' else 'is left over: nothing plans it any more'}"]


def drifts(cluster: str, planned: Iterable[Manifest], found: Iterable[Manifest]) -> tuple[Drift, ...]:
    """Compare what is planned for a cluster with the objects of the fabric there.

    An object is told by kind, namespace and name: the API version in which it was read may be another.
    """
    wanted, there = ({identity(one)[1:]: one for one in every} for every in (planned, found))
    every = []
    for place in sorted(wanted.keys() | there.keys(), key=lambda one: (_order(one[0]), one)):
        if place not in there:
            every.append(Drift(cluster, "missing", *place, export_of(wanted[place])))
        elif place not in wanted:
            every.append(Drift(cluster, "left over", *place, export_of(there[place])))
        elif differing := differences(wanted[place], there[place]):
            every.append(Drift(cluster, "differs", *place, export_of(wanted[place]), differing))
    return tuple(every)


def export_of(one: Mapping[str, object]) -> str:
    """Give the key of the export that an object is made for; empty if it is for all."""
    metadata = one.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    if not isinstance(labels, Mapping):
        return ""
    name, namespace = labels.get(EXPORT), labels.get(EXPORT_NAMESPACE)
    return f"{name}.{namespace}" if name and namespace else ""


def _order(kind: str) -> int:
    return list(KINDS).index(kind) if kind in KINDS else len(KINDS)
