"""A request for every rule of every import: what a client would send to see that it is there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lab import client
from lab.state import Lab
from lab.topology import Site
from lab.waiting import each, wait
from mcwan import gateways
from mcwan.model import Fabric
from mcwan.model.export import Export
from mcwan.model.importing import egress_rules, or_all
from mcwan.model.matches import Match
from mcwan.plan.names import cluster_host, clusterset

_SECONDS = 180.0


@dataclass(frozen=True)
class Probe:
    """A request that one rule of an import answers."""

    cluster: str
    rule: str
    method: str
    url: str
    headers: dict[str, str] = field(hash=False)


def probes(fabric: Fabric) -> Iterator[Probe]:
    """Give a request for every rule of every import, but for rules by regular expressions.

    None for what is imported federated, if no mesh is ambient: who asks needs a sidecar, which a site's client has not.
    """
    context = gateways.plan(fabric).context
    for key, importings in context.imports.items():
        export = context.exports[key]
        for importing in (one for one in importings if one.paths != ("federated",)):
            for rule in egress_rules(importing, context.exports):
                one = or_all(rule.matches)[0]
                if _plain(one) and _may_call(rule.target, importing.cluster):
                    host = cluster_host(f"{clusterset(export.exported_name)}.{export.namespace}")
                    query = "&".join(f"{item.name}={item.value}" for item in one.query_params)
                    path = one.path.value + (f"?{query}" if query else "")
                    headers = {item.name: item.value for item in one.headers}
                    if one.cookie:
                        headers["Cookie"] = f"{one.cookie.name}={one.cookie.value}"
                    url = f"{host}:{export.all_ports[0].port}{path}"
                    yield Probe(importing.cluster, f"{key}: {rule.name}", one.method or "GET", url, headers)


def _may_call(export: Export, cluster: str) -> bool:
    called = export.callers is None or cluster in [caller.cluster for caller in export.callers]
    return called or cluster in export.offers


def wait_answered(lab: Lab) -> None:
    """Wait until every rule is answered by its service. Raises LabError."""
    every = list(probes(lab.fabric))

    def answered(site: Site) -> None:
        left = [one for one in every if one.cluster == site.cluster]

        def all_answered() -> bool:
            left[:] = [one for one in left if not _answered(site, one)]
            return not left

        wait(all_answered, f"every rule answers the clients of {site.cluster}", _SECONDS)

    each(answered, lab.topology.sites.values())


def _answered(site: Site, one: Probe) -> bool:
    try:
        return client.ask(site, one.method, one.url, one.headers).status == 200
    except (OSError, client.UnknownNameError):
        return False


def _plain(one: Match) -> bool:
    kinds = {one.path.type, *(item.type for item in one.headers), *(item.type for item in one.query_params)}
    return "RegularExpression" not in kinds
