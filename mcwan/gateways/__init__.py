"""Gateway profiles: one module per implementation, each saying what it can do."""

from collections.abc import Iterable, Iterator, Mapping

from mcwan.facts.report import Wanted
from mcwan.facts.resolve import NOTHING, Known
from mcwan.gateways import envoy_gateway, istio, standard
from mcwan.gateways.ports import ports_free
from mcwan.gateways.supported import unsupported
from mcwan.model.cluster import ProfileName
from mcwan.model.description import Description
from mcwan.model.fabric import Fabric
from mcwan.model.importing import all_importings, clusters_by_namespace, entries_by_export, failover, importings
from mcwan.model.leaves import MAX_LABEL
from mcwan.model.mistakes import Mistake, MistakesError, Place
from mcwan.model.traffic import Traffic
from mcwan.plan import GatewayRequest, Plan, Profile, expand
from mcwan.plan.names import EGRESS, INGRESS, NAMESPACE, clusterset, service_ingress
from mcwan.plan.profile import Feature

PROFILES: Mapping[ProfileName, Profile] = {"envoy-gateway": envoy_gateway, "istio": istio, "standard": standard}


def plan(fabric: Fabric, known: Known = NOTHING, *, awaits: bool = False) -> Plan:
    """Expand a fabric with the profile that each of its clusters names, and with what is `known` of the clusters.

    `awaits` is as in `mcwan.plan.expand`. Raises MistakesError if it asks of a cluster what its profile cannot do.
    """
    if mistakes := list(check(fabric)):
        raise MistakesError(mistakes)
    profiles = {name: PROFILES[cluster.gateway.profile] for name, cluster in fabric.clusters.items()}
    made = expand(fabric, profiles, known, awaits=awaits)
    if mistakes := list(unsupported(made)):
        raise MistakesError(mistakes)
    return made


def wanted(description: Description, name: str) -> Wanted:
    """Say what a description needs to know of one of its clusters."""
    cluster = description.clusters[name]
    profile = PROFILES[cluster.gateway.profile]
    ingress, egress = [(INGRESS, NAMESPACE)], [(EGRESS, NAMESPACE)]
    for export in description.exports:
        if export.scope == "service":
            ingress.append((service_ingress(export.exported_name), export.namespace))
            egress.append((clusterset(export.exported_name), export.namespace))

    def service(gateway: str, namespace: str) -> str:
        return profile.infrastructure(GatewayRequest("ingress", gateway, namespace, cluster, (), {})).service

    own = {one.service for one in description.exports if name in one.offers}
    shadows = {f"{clusterset(one.exported_name)}.{one.namespace}" for one in description.exports}
    return Wanted(
        services=tuple(sorted(own)),
        answering=tuple(sorted({service(*one) for one in egress} | shadows | own)),
        exports=tuple(sorted({one.key for one in description.exports})),
        gateways={f"{gateway}.{namespace}": service(gateway, namespace) for gateway, namespace in sorted(ingress)},
        exposure=cluster.ingress.exposure,
        classes=(cluster.gateway.class_name,),
    )


def check(description: Description) -> Iterator[Mistake]:
    """Say what a description asks of a cluster whose profile cannot do it."""
    for name, cluster in description.clusters.items():
        allowed = PROFILES[cluster.gateway.profile].EXPOSURES
        if cluster.ingress.exposure not in allowed:
            able = sorted(profile for profile in PROFILES if cluster.ingress.exposure in PROFILES[profile].EXPOSURES)
            yield Mistake(
                ("clusters", name, "ingress", "exposure"),
                repr(cluster.ingress.exposure),
                f"profile {cluster.gateway.profile} cannot order that; allowed: {', '.join(sorted(allowed))}",
                f"leave it to the GatewayClass, or use one of the profiles {', '.join(able)}",
            )
    yield from ports_free(description, PROFILES)
    for problem in (_failover, _spares_alike, _traffic, _callers, _federated, _ambient, _tls, _tracing):
        yield from problem(description)
    yield from _service_names(description)


def _lacking(description: Description, names: Iterable[str], feature: Feature) -> list[str]:
    """Give those of some clusters whose profile cannot do something."""
    known = [name for name in sorted(names) if name in description.clusters]
    return [name for name in known if feature not in PROFILES[description.clusters[name].gateway.profile].FEATURES]


def _cannot(place: Place, value: str, description: Description, lacking: str, feature: Feature, remedy: str) -> Mistake:
    able = sorted(profile for profile in PROFILES if feature in PROFILES[profile].FEATURES)
    profile = description.clusters[lacking].gateway.profile
    problem = f"{lacking} has profile {profile}, which has no {feature}; allowed: with profile {', '.join(able)}"
    return Mistake(place, value, problem, remedy)


def _importing(description: Description) -> list[list[str]]:
    """Give, for each export, the clusters that import it by an egress gateway, or federated."""
    having, entries = clusters_by_namespace(description.clusters), entries_by_export(description.imports)
    return [
        [
            one.cluster
            for one in importings(export, having.get(export.namespace, ()), entries.get(export.key, ()))
            if one.follows_rules
        ]
        for export in description.exports
    ]


def _failover(description: Description) -> Iterator[Mistake]:
    """Clusters that import an export with spares can follow them."""
    importing = _importing(description)
    for number, export in enumerate(description.exports):
        policies = description.wan_policies
        over = [name for name in export.wan_policies if failover(export, name, policies)]
        spares = [offer.cluster for offer in export.from_ if offer.spare]
        lacking = _lacking(description, importing[number], "failover")
        if (over or spares) and lacking:
            place: Place = ("exports", number, "from" if spares else "failover")
            remedy = "take spare away" if spares else f"write failover: none for {export.key}"
            yield _cannot(place, "", description, lacking[0], "failover", remedy)


def _spares_alike(description: Description) -> Iterator[Mistake]:
    """Where one upstream has an export's places, these all have TLS, or none has."""
    importing, policies = _importing(description), description.wan_policies
    for number, export in enumerate(description.exports):
        together = [
            name
            for name in importing[number]
            if name in description.clusters and PROFILES[description.clusters[name].gateway.profile].upstream
        ]
        for name in export.wan_policies if together else ():
            over = failover(export, name, policies)
            if over and (name in description.secure) != (over in description.secure):
                plain, secure = sorted((name, over), key=lambda one: one in description.secure)
                yield Mistake(
                    ("exports", number, "failover"),
                    repr(over),
                    f"{together[0]} has profile {description.clusters[together[0]].gateway.profile}, which keeps both "
                    f"tunnels together, and {secure} has TLS while {plain} is plaintext; allowed: both with TLS, "
                    "or none",
                    f"write failover: none for {export.key}, or the same tls for both",
                )


def _traffic(description: Description) -> Iterator[Mistake]:
    """Clusters that import an export can treat its requests as is written."""
    importing = _importing(description)
    written: dict[Place, list[int]] = {
        ("exports", number, "traffic"): [number]
        for number, export in enumerate(description.exports)
        if export.traffic != Traffic()
    }
    for name, policy in description.wan_policies.items():
        if policy.traffic != Traffic():
            using = [number for number, one in enumerate(description.exports) if name in one.wan_policies]
            written["wanPolicies", name, "traffic"] = using
    for place, exports in written.items():
        clusters = [cluster for number in exports for cluster in importing[number]]
        for lacking in _lacking(description, set(clusters), "traffic")[:1]:
            why = PROFILES[description.clusters[lacking].gateway.profile].LACKS["traffic"]
            yield _cannot(place, "", description, lacking, "traffic", f"remove it: {why}")


def _callers(description: Description) -> Iterator[Mistake]:
    """Clusters that offer an export to some callers only can tell those."""
    for number, export in enumerate(description.exports):
        lacking = _lacking(description, export.offers, "callers")
        if export.callers is not None and lacking:
            place: Place = ("exports", number, "callers")
            remedy = "offer it on another cluster, or let everybody call"
            value = ", ".join(caller.cluster for caller in export.callers) or "[]"
            yield _cannot(place, value, description, lacking[0], "callers", remedy)


def _federated(description: Description) -> Iterator[Mistake]:
    """Clusters that import federated have sidecars, and those that offer such an export can tell their workloads."""
    exports = {export.key: export for export in description.exports}
    every = list(all_importings(description.exports, description.clusters, description.imports))
    for number, entry in enumerate(description.imports):
        place: Place = ("imports", number, "path")
        ours = [one.cluster for one in every if one.entry is entry and one.path == "federated"]
        for lacking in _lacking(description, ours, "federated")[:1]:
            yield _cannot(place, repr(entry.path), description, lacking, "federated", "choose path gateway there")
        led = {one.backend for one in entry.rules if one.backend}
        for key in sorted({entry.service, *led} & set(exports)) if ours else ():
            for lacking in _lacking(description, exports[key].offers, "callers of a mesh")[:1]:
                remedy = f"choose path gateway, or offer {key} on another cluster"
                yield _cannot(place, repr(entry.path), description, lacking, "callers of a mesh", remedy)


def _ambient(description: Description) -> Iterator[Mistake]:
    """What ambient meshes import is offered by gateways that speak HTTP/2 by TLS: their proxies cannot ask by ALPN.

    See `mcwan.gateways.istio_filters`.
    """
    importing = _importing(description)
    able = sorted(name for name, one in PROFILES.items() if one.TARGET_PROTOCOL != "http")
    for name, cluster in description.clusters.items():
        for number, export in enumerate(description.exports if cluster.mesh and cluster.mesh.ambient else ()):
            plain = [
                one
                for one in sorted(set(export.offers) & set(description.clusters) - {name})
                if description.clusters[one].gateway.profile not in able
            ]
            if plain and name in importing[number] and description.secure & set(export.wan_policies):
                yield Mistake(
                    ("clusters", name, "mesh", "ambient"),
                    "true",
                    f"it imports {export.key} by TLS from {plain[0]}, whose profile "
                    f"{description.clusters[plain[0]].gateway.profile} may speak HTTP/1 only, which proxies of an "
                    f"ambient mesh cannot find out; allowed: from profile {', '.join(able)}",
                    f"remove it, or narrow by mcwan:imports who imports {export.key}",
                )
                break


def _tls(description: Description) -> Iterator[Mistake]:
    """Every cluster can speak mutual TLS, if it is wanted."""
    for name in _lacking(description, description.clusters if description.secure else (), "mutual TLS"):
        place: Place = ("clusters", name, "gateway", "profile")
        value = repr(description.clusters[name].gateway.profile)
        yield _cannot(place, value, description, name, "mutual TLS", "choose plaintext: mcwan:tls.mode")


def _tracing(description: Description) -> Iterator[Mistake]:
    """Every cluster can send traces, if they are wanted."""
    wanted = description.clusters if description.telemetry.otlp else ()
    for name in _lacking(description, wanted, "tracing")[:1]:
        place: Place = ("telemetry", "otlp")
        yield _cannot(place, "", description, name, "tracing", "remove it")


def _service_names(description: Description) -> Iterator[Mistake]:
    """The Service that an implementation makes for a gateway has a name that Kubernetes takes."""
    wanted: list[tuple[Place, str, str, str]] = []
    for name in description.clusters:
        place: Place = ("clusters", name, "gateway", "class")
        wanted += [(place, name, INGRESS, NAMESPACE), (place, name, EGRESS, NAMESPACE)]
    for number, export in enumerate(description.exports):
        if export.scope == "service":
            own = (service_ingress(export.exported_name), clusterset(export.exported_name))
            having = [name for name, one in description.clusters.items() if export.namespace in one.namespaces]
            place = ("exports", number, "scope")
            wanted += [(place, name, gateway, export.namespace) for name in having for gateway in own]
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for place, name, gateway, namespace in wanted:
        described = description.clusters[name]
        request = GatewayRequest("ingress", gateway, namespace, described, (), {})
        full = PROFILES[described.gateway.profile].infrastructure(request).service
        service = full.partition(".")[0]
        other = first.setdefault((name, full), (gateway, namespace))
        if other != (gateway, namespace):
            yield Mistake(
                place,
                repr(service),
                f"the name of a gateway's Service on {name}, and already that of {other[0]} in {other[1]}; allowed: a "
                "name of its own",
                "export under another name, or use the shared scope",
            )
        if len(service) > MAX_LABEL:
            yield Mistake(
                place,
                repr(service),
                f"the name of a gateway's Service on {name}, {len(service)} characters; allowed: {MAX_LABEL}",
                "use a GatewayClass with a shorter name" if place[0] == "clusters" else "use the shared scope",
            )
