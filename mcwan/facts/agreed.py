"""What the clusters that offer an export agree on, and where they do not: KEP-1645's rules for a derived service.

The oldest ServiceExport wins, by its creationTimestamp; ports are a union. A ServiceExport that is not there yet is
younger than all that are; of two such, the first cluster by name is the older.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mcwan.facts.report import Exported, Port, Service

EXTERNAL_NAME = "ExternalName"


class Offered(NamedTuple):
    """What one cluster offers: the Service, None if it is not there; the ServiceExport, None if it is not there yet."""

    service: Service | None
    export: Exported | None


class Agreed(NamedTuple):
    """A derived service, and what was not agreed on.

    `ports` says for each port which clusters have it; for all else `service` holds, that of the oldest export.
    `conflicts` has a sentence for each of KEP-1645's reasons, `invalid` the reason why a cluster's export is none.
    """

    ports: tuple[tuple[Port, tuple[str, ...]], ...] = ()
    service: Service = Service()
    conflicts: tuple[tuple[str, str], ...] = ()
    invalid: tuple[tuple[str, str], ...] = ()


def agree(offers: Mapping[str, Offered]) -> Agreed:
    """Work out the derived service of what several clusters offer."""
    invalid = {cluster: reason for cluster, one in offers.items() if (reason := _invalid(one.service))}
    ordered = [name for name in sorted(offers, key=lambda name: _age(name, offers[name])) if name not in invalid]
    services = {name: service for name in ordered if (service := offers[name].service) is not None}
    if not services:
        return Agreed(invalid=tuple(sorted(invalid.items())))
    return Agreed(
        ports=_ports(services),
        service=next(iter(services.values())),
        conflicts=(*_conflicts(services), *_carried({name: offers[name].export for name in services})),
        invalid=tuple(sorted(invalid.items())),
    )


def _invalid(service: Service | None) -> str:
    """Give KEP-1645's reason why a Service cannot be exported; empty if it can."""
    if service is None:
        return "NoService"
    return "InvalidServiceType" if service.type == EXTERNAL_NAME else ""


def _age(name: str, one: Offered) -> tuple[bool, str, str]:
    created = one.export.created if one.export else ""
    return (not created, created, name)


def _ports(services: Mapping[str, Service]) -> tuple[tuple[Port, tuple[str, ...]], ...]:
    """Unite the ports: by name, then by protocol and number; where two exclude each other the older one stays."""
    united: list[Port] = []
    for service in services.values():
        for port in service.ports:
            if not any(_same(port, one) or _excludes(port, one) for one in united):
                united.append(port)
    return tuple(
        (port, tuple(sorted(name for name, service in services.items() if any(_same(port, p) for p in service.ports))))
        for port in united
    )


def _same(one: Port, other: Port) -> bool:
    return (one.name, one.protocol, one.port) == (other.name, other.protocol, other.port)


def _excludes(one: Port, other: Port) -> bool:
    return one.name == other.name or (one.protocol, one.port) == (other.protocol, other.port)


_COMPARED = (
    ("TypeConflict", "headless"),
    ("SessionAffinityConflict", "session_affinity"),
    ("SessionAffinityConfigConflict", "session_affinity_seconds"),
    ("IPFamilyConflict", "ip_families"),
    ("InternalTrafficPolicyConflict", "internal_traffic_policy"),
    ("TrafficDistributionConflict", "traffic_distribution"),
)


def _conflicts(services: Mapping[str, Service]) -> list[tuple[str, str]]:
    found = []
    ports = {name: tuple(sorted(map(_port, service.ports))) for name, service in services.items()}
    if len(set(ports.values())) > 1:
        found.append(("PortConflict", _differ({name: ", ".join(one) or "none" for name, one in ports.items()})))
    for reason, attribute in _COMPARED:
        values = {name: getattr(service, attribute) for name, service in services.items()}
        if len(set(values.values())) > 1:
            found.append((reason, _differ({name: _said(attribute, value) for name, value in values.items()})))
    return found


def _carried(exports: Mapping[str, Exported | None]) -> list[tuple[str, str]]:
    """Compare what ServiceExports that are there carry to importing clusters; the WAN policy is an annotation."""
    there = {name: one for name, one in exports.items() if one is not None and one.carries}
    found = []
    for reason, attribute in (("LabelsConflict", "labels"), ("AnnotationsConflict", "annotations")):
        carried: dict[str, dict[str, str]] = {name: getattr(one, attribute) for name, one in there.items()}
        keys = sorted({key for one in carried.values() for key in one})
        differing = [key for key in keys if len({one.get(key) for one in carried.values()}) > 1]
        said = [_differ({name: f"{key}={one.get(key, '')}" for name, one in carried.items()}) for key in differing]
        if said:
            found.append((reason, "; ".join(said)))
    return found


def _differ(values: Mapping[str, str]) -> str:
    """Say who has what, the one that holds first."""
    return "; ".join(f"{name} has {value}" for name, value in values.items())


def _port(port: Port) -> str:
    return f"{port.name or 'unnamed'} {port.port}/{port.protocol}"


def _said(attribute: str, value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if attribute == "headless":
        return "headless endpoints" if value else "a cluster IP"
    return "none" if value is None else str(value)
