"""Exports: what is offered, by whom, under which name."""

from collections.abc import Iterator

from mcwan.model.description import Description
from mcwan.model.importing import all_importings, clusters_by_namespace, entries_by_export, importings
from mcwan.model.leaves import EGRESS, INGRESS, MAX_BACKENDS, MAX_LABEL, MAX_LISTENERS, RESERVED, unknown
from mcwan.model.mistakes import Mistake, Place


def references_lead_somewhere(description: Description) -> Iterator[Mistake]:
    """Every cluster and WAN policy that an export names is described."""
    for number, export in enumerate(description.exports):
        for position, offer in enumerate(export.from_):
            if wrong := unknown("cluster", offer.cluster, description.clusters):
                yield Mistake(("exports", number, "from", position, "cluster"), repr(offer.cluster), *wrong)
        if export.wan_policy and (wrong := unknown("WAN policy", export.wan_policy, description.wan_policies)):
            yield Mistake(("exports", number, "wanPolicy"), repr(export.wan_policy), *wrong)
        for index, rule in enumerate(export.rules):
            if wrong := unknown("WAN policy", rule.wan_policy, description.wan_policies):
                place = ("exports", number, "rules", index, "wanPolicy")
                yield Mistake(place, repr(rule.wan_policy), *wrong)


def ports_one_way(description: Description) -> Iterator[Mistake]:
    """An export has `port` or `ports`, each name and number once."""
    for number, export in enumerate(description.exports):
        if (export.port is None) == (not export.ports):
            found = "both are written" if export.ports else "neither is written"
            yield Mistake(
                ("exports", number, "port"),
                "",
                f"{found}; allowed: port for one, ports for several",
                f"write the port of {export.service}" if not export.ports else "remove one of them",
            )
        for index, one in enumerate(export.ports):
            for field in ("name", "port"):
                value = getattr(one, field)
                if value in [getattr(other, field) for other in export.ports[:index]]:
                    yield Mistake(
                        ("exports", number, "ports", index, field),
                        repr(value),
                        "written twice; allowed: each name and number once",
                        "remove or correct one of them",
                    )


def policy_one_way(description: Description) -> Iterator[Mistake]:
    """No export without a policy; one policy for the whole service, or rules."""
    for number, export in enumerate(description.exports):
        if (export.wan_policy is None) == (not export.rules):
            found = "both wanPolicy and rules are written" if export.rules else "it has no WAN policy"
            yield Mistake(
                ("exports", number, "wanPolicy"),
                "",
                f"{found}; allowed: wanPolicy for the whole service, or rules",
                "remove one of them" if export.rules else f"write one of {', '.join(sorted(description.wan_policies))}",
            )


def offered_once(description: Description) -> Iterator[Mistake]:
    """A cluster offers an export once, and has its namespaces; somebody has a share."""
    for number, export in enumerate(description.exports):
        clusters = [offer.cluster for offer in export.from_]
        for position, cluster in enumerate(clusters):
            place = ("exports", number, "from", position)
            if cluster in clusters[:position]:
                yield Mistake(place, repr(cluster), "written twice; allowed: each cluster once", "remove one of them")
        if export.from_ and not any(offer.weight for offer in export.from_):
            yield Mistake(
                ("exports", number, "from"),
                "",
                "all weights are 0, so nobody would answer; allowed: at least one above 0",
                "give a cluster that has pods a weight",
            )
        shares = sum(offer.weight > 0 for offer in export.from_)
        if shares > MAX_BACKENDS:
            yield Mistake(
                ("exports", number, "from"),
                f"{shares} clusters",
                f"more than a rule of Gateway API can split between; allowed: {MAX_BACKENDS} with a weight above 0",
                "give the others weight 0, or export under a second name",
            )


def namespaces_exist(description: Description) -> Iterator[Mistake]:
    """An exporting cluster has the namespaces of the service and of its rules' backends; they are never made."""
    for number, export in enumerate(description.exports):
        for position, offer in enumerate(export.from_):
            cluster = description.clusters.get(offer.cluster)
            for namespace in export.backend_namespaces:
                if cluster is not None and namespace not in cluster.namespaces:
                    yield Mistake(
                        ("exports", number, "from", position),
                        repr(offer.cluster),
                        f"exports from namespace {namespace}, which it does not have; allowed: "
                        f"{', '.join(sorted(cluster.namespaces)) or 'none, it has no namespaces'}",
                        f"add {namespace} to mcwan:clusters.{offer.cluster}.namespaces once it is there, "
                        "or take the cluster out",
                    )


def names_once(description: Description) -> Iterator[Mistake]:
    """An exported name is one entry's, and none could be that of another's `<name>-clusterset` or of its targets."""
    first: dict[str, int] = {}
    for number, export in enumerate(description.exports):
        other = first.setdefault(export.key, number)
        if other != number:
            yield Mistake(
                ("exports", number, "name" if export.name else "service"),
                repr(export.key),
                "already exported by {other}; allowed: one entry for a name",
                "list all its clusters in one entry's from, or export it under another name",
                ("exports", other),
            )
    for number, export in enumerate(description.exports):
        if RESERVED in export.exported_name:
            yield Mistake(
                ("exports", number, "name" if export.name else "service"),
                repr(export.key),
                f"what is made for imports has {RESERVED} in its name; allowed: exported names without it",
                "export it under another name",
            )


def backends_are_services(description: Description) -> Iterator[Mistake]:
    """What answers an export is a service of users, not a name or gateway that this program makes."""
    for number, export in enumerate(description.exports):
        places: list[tuple[Place, str]] = [(("exports", number, "service"), export.service)]
        for index, rule in enumerate(export.rules):
            if rule.backend:
                places.append((("exports", number, "rules", index, "backend"), rule.backend))
        for place, service in places:
            if RESERVED in service or service.startswith((INGRESS, EGRESS)):
                yield Mistake(
                    place,
                    repr(service),
                    "the name of something that is made for imports; allowed: services of users",
                    "name the service itself",
                )


def addresses_known(description: Description) -> Iterator[Mistake]:
    """A gateway that others send to has an address: the cluster's or, with `scope: service`, the offer's."""
    for number, export in enumerate(description.exports):
        for position, offer in enumerate(export.from_):
            cluster = description.clusters.get(offer.cluster)
            place = ("exports", number, "from", position)
            if export.scope == "service" and not offer.addresses:
                yield Mistake(
                    place,
                    repr(offer.cluster),
                    "with scope service it has an ingress gateway of its own, and no address is written",
                    "write {cluster: " + offer.cluster + ", addresses: [...]}",
                )
            elif export.scope == "shared" and offer.addresses:
                yield Mistake(
                    (*place, "addresses"),
                    "",
                    "only an export with scope service has a gateway of its own; allowed: no addresses",
                    f"remove them, or write them at mcwan:clusters.{offer.cluster}.ingress.addresses",
                )
            elif cluster and export.scope == "shared" and not (cluster.ingress.addresses or cluster.is_balanced):
                yield Mistake(
                    ("clusters", offer.cluster, "ingress", "addresses"),
                    "",
                    f"{offer.cluster} exports {export.key}, and nobody knows its ingress gateway's address",
                    "write at least one address inside the SD-WAN",
                )


def service_scope_fits(description: Description) -> Iterator[Mistake]:
    """Gateways of an export's own have names of their own, and no node ports, which exist once per cluster."""
    having = clusters_by_namespace(description.clusters)
    entries = entries_by_export(description.imports)
    for number, export in enumerate(description.exports):
        if export.scope != "service":
            continue
        for position, offer in enumerate(export.from_):
            cluster = description.clusters.get(offer.cluster)
            if cluster and cluster.ingress.exposure == "NodePort":
                yield Mistake(
                    ("exports", number, "scope"),
                    repr(export.scope),
                    f"the ingress gateway of {offer.cluster} is a NodePort, and a node port exists once per cluster",
                    "use the shared scope, or another exposure",
                )
            name = f"{export.exported_name}{RESERVED}-to-{offer.cluster}"
            others = importings(export, having.get(export.namespace, ()), entries.get(export.key, ()))
            if len(name) > MAX_LABEL and any(other.cluster != offer.cluster for other in others):
                yield Mistake(
                    ("exports", number, "from", position),
                    repr(offer.cluster),
                    f"its target would be called {name}, {len(name)} characters; allowed: {MAX_LABEL}",
                    "export under a shorter name",
                )


def egress_ports_fit(description: Description) -> Iterator[Mistake]:
    """An egress gateway has a listener per port of what the cluster imports: 64 at most (Gateway API)."""
    ports: dict[str, set[int]] = {}
    for one in all_importings(description.exports, description.clusters, description.imports):
        if "gateway" in one.paths and one.export.scope == "shared":
            ports.setdefault(one.cluster, set()).update(port.port for port in one.export.all_ports)
    for cluster, numbers in sorted(ports.items()):
        if len(numbers) > MAX_LISTENERS:
            yield Mistake(
                ("clusters", cluster),
                f"{len(numbers)} ports",
                f"imports services on more ports than one egress gateway has listeners; allowed: {MAX_LISTENERS}",
                "narrow by mcwan:imports what it imports, or give exports with rare ports scope service",
            )


CHECKS = (
    references_lead_somewhere,
    ports_one_way,
    policy_one_way,
    offered_once,
    namespaces_exist,
    names_once,
    backends_are_services,
    addresses_known,
    service_scope_fits,
    egress_ports_fit,
)
