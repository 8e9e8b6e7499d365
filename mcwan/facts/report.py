"""What one cluster reports. Frozen values, and JSON without secrets that is the same for the same cluster."""

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mcwan.model.base import Model
from mcwan.model.cluster import Exposure
from mcwan.model.leaves import MAX_LABEL
from mcwan.model.leaves import Port as PortNumber

Section = Literal["namespaces", "services", "gateways", "answering", "classes", "served", "exports", "imports"]
SECTIONS: tuple[Section, ...] = (
    "namespaces",
    "services",
    "gateways",
    "answering",
    "classes",
    "served",
    "exports",
    "imports",
)


def _is_address(text: str) -> str:
    ip_address(text)
    return text


def written(time: datetime) -> str:
    """Write a time as reports and conditions have it: RFC 3339, in UTC, whole seconds."""
    return time.astimezone(UTC).strftime(_TIME)


def time_of(text: str) -> datetime:
    """Give the time that is written so. Raises ValueError."""
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _is_time(text: str) -> str:
    time_of(text)
    return text


_TIME = "%Y-%m-%dT%H:%M:%SZ"
Address = Annotated[str, AfterValidator(_is_address)]


class Port(Model):
    """A port of a Service."""

    name: Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=MAX_LABEL)] = ""
    port: PortNumber
    protocol: str = "TCP"
    app_protocol: str | None = None


class Service(Model):
    """An exported Service, and how many ready endpoints its slices have; None for a Service that is not there."""

    ports: tuple[Port, ...] = ()
    type: str = "ClusterIP"
    headless: bool = False
    session_affinity: str = "None"
    session_affinity_seconds: int | None = None
    ip_families: tuple[str, ...] = ()
    internal_traffic_policy: str | None = None
    traffic_distribution: str | None = None
    ready: Annotated[int, Field(ge=0)] = 0


class Gateway(Model):
    """A gateway that is there: whether it is programmed, and where other clusters reach it."""

    programmed: bool = False
    addresses: tuple[Address, ...] = ()


class Class(Model):
    """A GatewayClass: whether its controller takes it, and what it says that it supports (GEP-2162)."""

    accepted: bool = False
    features: tuple[str, ...] = ()


class Exported(Model):
    """A ServiceExport: when it was made (RFC 3339), by which fabric, and what its spec carries to importing clusters.

    `fabric` is empty if it is nobody's of mcwan's.
    """

    created: str
    carries: bool = True
    """Whether its version has a place for what is carried: v1alpha1, the older one, has none."""
    fabric: str = ""
    wan_policy: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Imported(Model):
    """A ServiceImport that is there; `fabric` as for `Exported`."""

    fabric: str = ""


class Report(Model):
    """What a cluster reports; what is None could not be read."""

    at: Annotated[str, AfterValidator(_is_time)]
    """When it was read, RFC 3339 in UTC."""
    namespaces: tuple[str, ...] | None = None
    services: dict[str, Service | None] | None = None
    """By name.namespace; only those that were asked for."""
    gateways: dict[str, Gateway] | None = None
    """The gateways that were asked for and are there, by name.namespace."""
    answering: dict[str, tuple[str, ...]] | None = None
    """The cluster IPs of Services that imports answer by, by name.namespace; of those that are there."""
    classes: dict[str, Class] | None = None
    served: dict[str, tuple[str, ...]] | None = None
    """The versions that are served, by the name of the CustomResourceDefinition; empty if that is not there."""
    exports: dict[str, Exported] | None = None
    """By name.namespace; only of exports that were asked for."""
    imports: dict[str, Imported] | None = None

    @property
    def missing(self) -> list[Section]:
        """What could not be read."""
        return [section for section in SECTIONS if getattr(self, section) is None]

    @property
    def is_empty(self) -> bool:
        """Whether it tells of no namespace: every cluster has some, so that this is never true of one."""
        return self.namespaces is not None and not self.namespaces


class Failure(Model):
    """Why a cluster, or a part of what it was asked for, could not be read; and the remedy."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}"


class Reading(Model):
    """What came of reading one cluster: a report, as far as it could be read, and why the rest could not."""

    report: Report | None = None
    failures: dict[Section | Literal["cluster"], Failure] = Field(default_factory=dict)


class Wanted(Model):
    """What a description needs to know of one cluster: services, exports and gateways by name.namespace, classes."""

    services: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()
    """The Services that imports answer by: those of egress gateways, shadows, and the cluster's own."""
    exports: tuple[str, ...] = ()
    gateways: dict[str, str] = Field(default_factory=dict)
    """The name.namespace of each gateway's Service."""
    exposure: Exposure = "ClusterIP"
    """How other clusters reach the gateways."""
    classes: tuple[str, ...] = ()


def namespace_of(name: str) -> str:
    """Give the namespace of a name.namespace."""
    return name.partition(".")[2]


def within(names: Iterable[str], namespace: str) -> list[str]:
    """Give the names without namespace of those in a namespace."""
    return sorted(one.partition(".")[0] for one in names if namespace_of(one) == namespace)


def newest(versions: Iterable[str]) -> str:
    """Give the version of the MCS API to use, of those that are served; empty if there is none that mcwan knows."""
    return next((one for one in ("v1beta1", "v1alpha1") if one in set(versions)), "")
