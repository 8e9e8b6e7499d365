"""What mc-wan's objects mean, as the `mcwan:` keys of a stack file, and what of them has no place there."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcwan.cli.adopting.matching import CannotError, rules
from mcwan.cli.adopting.reading import Found, Left
from mcwan.cli.editing.described import LOW
from mcwan.cli.editing.splice import EditError
from mcwan.model import Export, Mistake, MistakesError
from mcwan.model.export import Rule
from mcwan.model.leaves import FABRIC_NAMESPACE, GROUP, RESERVED

OLD_GROUP = "mcw.l7mp.io"
OWN_GROUPS = (GROUP, "mc-wan.17mp.io", OLD_GROUP)
"""mc-wan's own groups; one document has the digit 1 in the place of the letter l."""
MCS_GROUPS = ("multicluster.x-k8s.io", "multicluster.k8s.io")
ANNOTATION = f"{OLD_GROUP}/mc-wan-policy"

_SLA = {"jitterMs": "jitter-ms", "latencyMs": "latency-ms", "lossPercent": "loss-percent"}
_MADE = ("Gateway", "HTTPRoute", "Endpoints", "EndpointSlice")
_PUT_BY = "mcwan makes these itself"
Config = dict[str, Any]


@dataclass
class Adopted:
    """Exports and imports, each with the object that it comes from, and what was left."""

    exports: dict[str, tuple[Found, Config]]
    imports: list[tuple[Found, Config]]
    left: list[Left]


def adopt(
    objects: Sequence[Found],
    clusters: Mapping[str, Config],
    ports: Mapping[str, Config],
    tls: Config,
    check: Callable[[Config], object],
) -> tuple[Config, list[Left]]:
    """Give the keys of a stack file that mean what the objects mean, and what could not be carried over.

    `clusters` are as typed; `ports` are those typed, by service. `check` raises MistakesError for keys that a stack
    file cannot have: exports and imports that it names are left out, and told. Raises EditError for what has to be
    said first, MistakesError for what is wrong otherwise.
    """
    left: list[Left] = []
    policies = _policies(objects, left)
    if not policies:
        raise EditError(
            "no WANPolicy among the objects; add the file that has them: without one nothing can be exported"
        )
    its = {name: one | {"namespaces": _namespaces(objects, name, one)} for name, one in clusters.items()}
    found = Adopted({}, [], left)
    _exports(objects, its, _ports(objects, ports, left), policies, found)
    _imports(objects, its, policies, found)
    left += _others(objects)
    while True:
        config: Config = {
            "clusters": its,
            "tls": tls,
            "wanPolicies": policies,
            "exports": [one for _, one in found.exports.values()],
            "imports": [*(one for _, one in found.imports), *_as_exported(found.imports, its)],
        }
        try:
            check(config)
        except MistakesError as error:
            if not _dropped(found, error):
                raise
        else:
            return config, found.left


def _policies(objects: Sequence[Found], left: list[Left]) -> dict[str, Config]:
    made: dict[str, Config] = {}
    for found in _of(objects, "WANPolicy", OWN_GROUPS):
        tunnel, port = found.value("tunnel"), found.value("port")
        if not found.name or tunnel is None or port is None:
            missing = next(key for key, one in (("name", found.name), ("tunnel", tunnel), ("port", port)) if not one)
            left.append(
                Left(
                    found.where,
                    missing,
                    "not there, and no WAN policy is without; left out",
                    f"write {missing}",
                    whole=True,
                )
            )
            continue
        sla = {key: value for key, value in ((key, _sla(found, key)) for key in _SLA) if value is not None}
        if missing_sla := [_SLA[key] for key in _SLA if key not in sla]:
            what = ", ".join(f"{_SLA[key]} {LOW[key]}" for key in _SLA if key not in sla)
            left.append(
                Left(found.where, missing_sla[0], f"no service level; taken: {what}", "write what the tunnel promises")
            )
        policy = {"tunnel": tunnel, "port": port, "sla": LOW | sla}
        if made.setdefault(found.name, policy) != policy:
            left.append(
                Left(found.where, "spec", "not as in an earlier file, which is taken", "see which of them holds")
            )
    return dict(sorted(made.items()))


def _sla(found: Found, key: str) -> Any:
    sla = found.value("sla")
    for name in (_SLA[key], key):
        if isinstance(sla, Mapping) and name in sla:
            return sla[name]
        if (value := found.value(name)) is not None:
            return value
    return None


def _namespaces(objects: Sequence[Found], cluster: str, typed: Config) -> list[str]:
    """Give the namespaces that the objects of a cluster are in, and those that were typed."""
    found = set(typed["namespaces"])
    for one in objects:
        if one.source.cluster in (None, cluster):
            if one.kind == "Namespace":
                found.add(one.name)
            elif one.kind in ("ServiceExport", "ServiceImport") or _is_users_service(one):
                found.add(one.namespace)
    return sorted(found - {"", FABRIC_NAMESPACE})


def _is_users_service(found: Found) -> bool:
    return found.kind == "Service" and found.namespace != FABRIC_NAMESPACE and RESERVED not in found.name


def _ports(objects: Sequence[Found], typed: Mapping[str, Config], left: list[Left]) -> dict[str, Config]:
    """Give the ports of services: as typed, else of the Services, else of the imports that list them."""
    made: dict[str, Config] = {}
    for found in (*filter(_is_users_service, objects), *_of(objects, "ServiceImport", MCS_GROUPS)):
        listed = found.value("ports")
        usable = []
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(one, Mapping) and one.get("protocol", "TCP") == "TCP" and "port" in one:
                usable.append(one)
            elif found.kind == "Service":
                why = "no TCP port, and gateways carry HTTP only; left out"
                left.append(Left(found.where, f"spec.ports[{index}]", why, "reach it another way"))
        if len(usable) == 1:
            made.setdefault(found.key, {"port": usable[0]["port"]})
        elif usable:
            ports = [{"name": one.get("name", f"port-{one['port']}"), "port": one["port"]} for one in usable]
            made.setdefault(found.key, {"ports": ports})
    return made | dict(typed)


def _exports(
    objects: Sequence[Found],
    clusters: Mapping[str, Config],
    ports: Mapping[str, Config],
    policies: Collection[str],
    adopted: Adopted,
) -> None:
    for found in _of(objects, "ServiceExport", (*MCS_GROUPS, *OWN_GROUPS)):
        cluster = _cluster(found, clusters)
        try:
            policy = _policy(found, policies, adopted.left)
        except CannotError as error:
            adopted.left.append(error.left)
            continue
        if found.key not in ports:
            typed = found.key.replace(".", "/", 1)
            raise EditError(
                f"{found.where}: nothing says its port; add the file of its Service, or write --port {typed}=NUMBER"
            )
        export = {"service": found.key, **ports[found.key], "from": [cluster], **policy}
        _, other = adopted.exports.setdefault(found.key, (found, export))
        if other is export:
            continue
        if other | {"from": []} != export | {"from": []}:
            first = adopted.exports[found.key][0].source.name
            why = f"another WAN policy or rules than in {first}, which are taken"
            adopted.left.append(Left(found.where, "", why, "an export has the same on all clusters; see which holds"))
        if cluster not in other["from"]:
            other["from"].append(cluster)


def _policy(found: Found, policies: Collection[str], left: list[Left]) -> Config:
    """Give an export's rules or its WAN policy. Raises CannotError."""
    made = rules(found, policies, left)
    annotations = found.metadata.get("annotations")
    named = (annotations if isinstance(annotations, Mapping) else {}).get(ANNOTATION)
    if made:
        if named is not None:
            left.append(
                Left(found.where, f"annotation {ANNOTATION}", "its rules say more, and hold", "remove one of them")
            )
        return {"rules": made}
    field = f"metadata.annotations[{ANNOTATION}]"
    if named is None:
        raise CannotError(found, field, "no WAN policy is named, nor rules", "mcwan export it by one")
    if named not in policies:
        known = ", ".join(sorted(policies))
        raise CannotError(
            found, field, f"{named!r}: no such WANPolicy in the files; there are: {known}", "correct the name"
        )
    return {"wanPolicy": named}


def _imports(
    objects: Sequence[Found], clusters: Mapping[str, Config], policies: Collection[str], adopted: Adopted
) -> None:
    for found in _of(objects, "ServiceImport", OWN_GROUPS):
        try:
            made = rules(found, policies, adopted.left)
        except CannotError as error:
            adopted.left.append(error.left)
            continue
        if found.key not in adopted.exports:
            why = "no ServiceExport that was carried over exports it; left out"
            adopted.left.append(Left(found.where, "", why, "add the file of its ServiceExport", whole=True))
        elif made and not _says_the_same(adopted.exports[found.key][1], made):
            entry: Config = {"service": found.key, "rules": made}
            if found.source.cluster is not None and len(clusters) > 1:
                entry = {"service": found.key, "clusters": [found.source.cluster], "rules": made}
            adopted.imports.append((found, entry))


def _as_exported(imports: Sequence[tuple[Found, Config]], clusters: Mapping[str, Config]) -> Iterator[Config]:
    """Give entries for the clusters that no other entry is for: once there is one, they would import nothing."""
    named: dict[str, set[str]] = {}
    for _, entry in imports:
        if "clusters" in entry:
            named.setdefault(entry["service"], set()).update(entry["clusters"])
    for service, its in named.items():
        namespace = service.partition(".")[2]
        others = [name for name, one in clusters.items() if namespace in one["namespaces"] and name not in its]
        if others:
            yield {"service": service, "clusters": others}


def _says_the_same(export: Config, made: Sequence[Config]) -> bool:
    """Tell whether an import's rules are those of its export, whatever they are called."""
    try:
        own = [Rule.model_validate(one | {"name": "x"}) for one in made]
        its = [rule.model_copy(update={"name": "x"}) for rule in Export.model_validate(export).all_rules]
    except ValueError:
        return False
    return own == its


def _others(objects: Sequence[Found]) -> Iterator[Left]:
    """Say of every object that nothing was taken from why that is."""
    for found in objects:
        if found.kind in _MADE or (found.kind == "Service" and not _is_users_service(found)):
            yield Left(found.where, "", f"not carried over: {_PUT_BY}", "delete it once the stack is deployed")
        elif found.kind == "VirtualService":
            why = "not carried over: rules of one mesh's own"
            yield Left(found.where, "", why, "say by rules under mcwan:imports what it says; see canary-client-side.md")
        elif not _is_known(found):
            yield Left(found.where, "", "not carried over: no object of mc-wan", "nothing needs to be done")


def _is_known(found: Found) -> bool:
    groups = {
        "WANPolicy": OWN_GROUPS,
        "ServiceExport": (*MCS_GROUPS, *OWN_GROUPS),
        "ServiceImport": (*MCS_GROUPS, *OWN_GROUPS),
        "Service": ("",),
        "Namespace": ("",),
    }
    return found.group in groups.get(found.kind, ())


def _dropped(adopted: Adopted, error: MistakesError) -> bool:
    """Leave out the imports or else the exports that a mistake is in, and tell it; False if it is in none."""
    for section in ("imports", "exports"):
        told: dict[int, Mistake] = {}
        for mistake in error.mistakes:
            if mistake.place[0] == section and isinstance(mistake.place[1], int):
                told.setdefault(mistake.place[1], mistake)
        items = adopted.imports if section == "imports" else list(adopted.exports.values())
        for index in sorted(told, reverse=True):
            found, item = items[index]
            _, _, why = str(told[index]).partition(": ")
            place = ".".join(str(part) for part in told[index].place[2:])
            adopted.left.append(
                Left(found.where, place, f"left out: {why}", "or write it in the stack file yourself", whole=True)
            )
            if section == "imports":
                del adopted.imports[index]
            else:
                del adopted.exports[item["service"]]
        if told:
            return True
    return False


def _cluster(found: Found, clusters: Collection[str]) -> str:
    if found.source.cluster is not None:
        return found.source.cluster
    if len(clusters) == 1:
        return next(iter(clusters))
    raise EditError(
        f"{found.where}: no cluster is said that exports it; write CLUSTER={found.source.name}, CLUSTER being one of "
        f"{', '.join(sorted(clusters))}"
    )


def _of(objects: Sequence[Found], kind: str, groups: Collection[str]) -> Iterator[Found]:
    return (one for one in objects if one.kind == kind and one.group in groups)
