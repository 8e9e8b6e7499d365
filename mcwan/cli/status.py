"""What `mcwan status` tells: a row for each export and cluster, then every field that drifted."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import yaml

from mcwan.cli.deployed import Found, unread
from mcwan.cli.tables import console, titled
from mcwan.drift import Drift, drifts
from mcwan.drift.objects import export_of
from mcwan.facts.resolve import Known
from mcwan.model.base import Model
from mcwan.model.importing import egress_rules
from mcwan.plan import Plan
from mcwan.plan.manifests import Manifest
from mcwan.plan.names import INGRESS, NAMESPACE
from mcwan.rules.words import many

_NOT_KNOWN = "not known"


class Row(Model):
    """An export on one cluster, which offers it (`exports`) or imports it (`imports`)."""

    service: str
    cluster: str
    role: str
    """`exports` or `imports`."""
    wan_policy: str
    """Its WAN policy, or that of each rule: `queries: high, stats: low`."""
    tunnel: str
    gateway: str
    """Where its ingress gateway is reached; `-` for an importing cluster."""
    weight: str
    """The cluster's weight; for an importing cluster the path, `gateway` or `direct`."""
    state: str
    """`ok`, what is not accepted or programmed and why, or `not known`."""
    drift: str
    """How many objects are not as planned; `no`, or `not known`."""
    conflict: str
    """KEP-1645's reasons, as ServiceExports tell them; `-` if there is none."""
    read: str
    """`live`, `files`, or what is known instead, with its time."""


class Status(Model):
    """The whole of it. `drift` has a line for each field; `unread` one for each cluster that could not be read."""

    stack: str
    rows: tuple[Row, ...]
    drift: tuple[str, ...]
    notes: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether all is as planned and accepted, as far as it is known."""
        return not self.drift and all(one.state in ("ok", _NOT_KNOWN, "-") and one.conflict == "-" for one in self.rows)


def status(plan: Plan, known: Known, found: Mapping[str, Found], service: str | None = None) -> Status:
    """Work it out; `service`, an export's key, limits it to that export and what belongs to all of them."""
    drifted = {name: _drifted(plan, name, one) for name, one in sorted(found.items()) if one.objects is not None}
    wanted = [key for key in plan.context.exports if service in (None, key)]
    rows = [row for key in wanted for row in _rows(plan, known, found, drifted, key)]
    lines = [
        line
        for every in drifted.values()
        for one in every
        if service in (None, one.export) or not one.export
        for line in one.lines()
    ]
    return Status(
        stack=plan.fabric.name,
        rows=tuple(rows),
        drift=tuple(lines),
        notes=tuple(plan.notes()),
        unread=tuple(unread(found)),
    )


def _drifted(plan: Plan, cluster: str, one: Found) -> tuple[Drift, ...]:
    return drifts(cluster, (made.manifest for made in plan.objects if made.cluster == cluster), one.objects or ())


def _rows(
    plan: Plan, known: Known, found: Mapping[str, Found], drifted: Mapping[str, tuple[Drift, ...]], key: str
) -> Iterator[Row]:
    export, policies = plan.context.exports[key], plan.fabric.wan_policies
    for cluster, offer in export.offers.items():
        rules = {rule.name: rule.wan_policy for rule in export.rules} or {"all": export.wan_policy or ""}
        addresses = ", ".join(map(str, plan.fabric.clusters[cluster].ingress.addresses))
        yield Row(
            service=key,
            cluster=cluster,
            role="exports",
            wan_policy=_by_rule(rules),
            tunnel=_by_rule({name: policies[policy].tunnel for name, policy in rules.items()}),
            gateway=addresses or "none",
            weight=f"{offer.weight}{', spare' if offer.spare else ''}",
            **_seen(key, "export", cluster, known, found[cluster], drifted.get(cluster)),
        )
    for one in plan.context.imports[key]:
        rules = {rule.name: rule.wan_policy for rule in egress_rules(one, plan.context.exports)}
        yield Row(
            service=key,
            cluster=one.cluster,
            role="imports",
            wan_policy=_by_rule(rules),
            tunnel=_by_rule({name: policies[policy].tunnel for name, policy in rules.items()}),
            gateway="-",
            weight=one.path,
            **_seen(key, "import", one.cluster, known, found[one.cluster], drifted.get(one.cluster)),
        )


def _seen(
    key: str, role: str, cluster: str, known: Known, one: Found, drifted: tuple[Drift, ...] | None
) -> dict[str, str]:
    """Give what was seen on a cluster; where it could not be read, what is recorded of its gateway."""
    if one.objects is None or drifted is None:
        report = known.reports.get(cluster)
        gateway = (report.gateways or {}).get(f"{INGRESS}.{NAMESPACE}") if report else None
        state = _NOT_KNOWN
        if gateway is not None and role == "export":
            state = "ok" if gateway.programmed else "gateway not programmed"
        read = f"recorded {report.at}" if report else "not read"
        return {"state": state, "drift": _NOT_KNOWN, "conflict": _NOT_KNOWN, "read": read}
    own = [found for found in drifted if found.export in (key, "")]
    objects = [found for found in one.objects if export_of(found) == key]
    shared = [found for found in one.objects if found["kind"] == "Gateway" and not export_of(found)]
    return {
        "state": "-" if one.how == "files" else _state([*objects, *shared]),
        "drift": many(len(own), "object") if own else "no",
        "conflict": _conflict(objects) or "-" if role == "export" else "-",
        "read": one.how,
    }


def _state(objects: Iterable[Manifest]) -> str:
    """Say what is not accepted, resolved or programmed, of gateways and routes."""
    said: list[str] = []
    for one in objects:
        for where, conditions in _judged(one):
            for condition in conditions:
                wanted = condition.get("type") in ("Accepted", "ResolvedRefs", "Programmed")
                if wanted and condition.get("status") != "True":
                    reason = condition.get("reason") or "no reason given"
                    said.append(f"{one['kind']} {one['metadata']['name']}{where}: not {condition['type']}, {reason}")
        if one["kind"] in ("Gateway", "HTTPRoute") and not list(_judged(one)):
            said.append(f"{one['kind']} {one['metadata']['name']}: nobody has taken it yet")
    return "; ".join(dict.fromkeys(said)) or "ok"


def _judged(one: Manifest) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give the conditions of a route by parent, those of a gateway by listener: where it is, and they.

    A Gateway's own Programmed is left out: with Envoy Gateway on hosts it says AddressNotUsable though all listeners
    are programmed. What is not programmed shows at the listener.
    """
    status = one.get("status") or {}
    if one["kind"] == "HTTPRoute":
        for parent in status.get("parents") or ():
            yield f" at {parent.get('parentRef', {}).get('name', '?')}", parent.get("conditions") or []
    elif one["kind"] == "Gateway":
        for listener in status.get("listeners") or ():
            yield f" listener {listener.get('name', '?')}", listener.get("conditions") or []


def _conflict(objects: Iterable[Manifest]) -> str:
    """Give KEP-1645's reasons: of a Conflict, or why an export is not valid."""
    said = []
    for one in objects:
        if one["kind"] == "ServiceExport":
            for condition in (one.get("status") or {}).get("conditions") or ():
                bad = {"Conflict": "True", "Valid": "False", "Ready": "False"}.get(condition.get("type", ""))
                if bad is not None and condition.get("status") == bad:
                    said.append(str(condition.get("reason") or condition["type"]))
    return ", ".join(said)


def _by_rule(rules: Mapping[str, str]) -> str:
    every = set(rules.values())
    if len(every) <= 1:
        return next(iter(every), "-")
    return ", ".join(f"{name}: {value}" for name, value in rules.items())


def table(found: Status) -> str:
    """Tell it to people."""
    titles = ("service", "cluster", "role", "WAN policy", "tunnel", "gateway", "weight", "state", "drift", "conflict")
    made = titled(f"Status of {found.stack}", *titles, "read")
    for one in found.rows:
        made.add_row(*one.model_dump().values())
    out = console()
    with out.capture() as captured:
        out.print(made)
        for title, lines in (("drift", found.drift), ("note", found.notes), ("not read", found.unread)):
            for line in lines:
                out.print(f"{title}: {line}", markup=False, soft_wrap=True)
    return captured.get()


FORMATS: Mapping[str, Callable[[Status], str]] = {
    "table": table,
    "json": lambda found: found.model_dump_json(by_alias=True, indent=2) + "\n",
    "yaml": lambda found: yaml.safe_dump(found.model_dump(mode="json", by_alias=True), sort_keys=False),
}
